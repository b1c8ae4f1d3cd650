"""Statements that are made about activations, put to the test."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

import data
import fastact as fa
from functions import Function
from networks import Networks, Plan
from scores import SEEDS, compare, result, spread

RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
PLAN = Plan((64, 64), "classes", RATES, epochs=15, batch=32)
SATURATED = 0.1  # a slope below this share of the largest
MIXED = ("relu", "tanh", "gelu")


def measure() -> dict[str, Any]:
    return {
        "identities": identities(),
        "saturation": saturation(),
        "limits": limits(),
        "leaky_relu": leaky_relu(),
        "raw_inputs": raw_inputs(),
        "mixed": mixed(),
    }


def identities() -> dict[str, Any]:
    x = np.linspace(-20, 20, 100_001)
    return {"tanh_by_sigmoid": float(np.abs(fa.tanh(x) - (2 * fa.sigmoid(2 * x) - 1)).max())}


def saturation() -> dict[str, Any]:
    places = {"0": 0.0, "2": 2.0, "5": 5.0, "10": 10.0}
    return {
        name: {
            f"slope_at_{key}": float(getattr(fa, name).derivative(x)) for key, x in places.items()
        }
        for name in ("sigmoid", "tanh")
    }


def limits() -> dict[str, Any]:
    """What functions are below 0, and where float32 can no longer tell them from a limit."""
    return {
        **{f"tanh_minus_{key}": float(fa.tanh(-x)) for key, x in (("half", 0.5), ("two", 2.0))},
        "tanh_is_1_from": first(lambda x: fa.tanh(x) == 1),
        "sigmoid_is_1_from": first(lambda x: fa.sigmoid(x) == 1),
        "sigmoid_is_0_to": -first(lambda x: fa.sigmoid(-x) == 0),
    }


def first(holds: Any) -> float:
    """The smallest positive float32 from which on it holds; floats are ordered as integers."""
    low, high = 0, int(np.float32(200).view(np.int32))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(np.int32(middle).view(np.float32)) else (middle, high)
    return float(np.int32(high).view(np.float32))


def leaky_relu() -> dict[str, Any]:
    def slope(x: float) -> float:
        return float(fa.leaky_relu.derivative(x, negative_slope=0.5))

    def values(*x: float) -> list[float]:
        y: list[float] = fa.leaky_relu(np.float32(x), negative_slope=0.1).tolist()
        return y

    return {
        "slope_at_half": slope(0.5),
        "slope_at_one": slope(1.0),
        "slope_at_zero": slope(0.0),
        "first": values(-1.7098, 0.3351),
        "second": values(-0.733668, 0.06844683),
    }


def raw_inputs() -> dict[str, Any]:
    """Pixels from 0 to 16 as they are, or standardised."""
    return {
        name: {
            kind: {
                "saturated": saturated_at_start(Function(name), samples),
                **result(trained_on(Function(name), samples), samples),
            }
            for kind, samples in (
                ("raw", data.raw_digits(SEEDS)),
                ("standardised", data.digits(SEEDS)),
            )
        }
        for name in ("tanh", "sigmoid", "relu")
    }


def trained_on(function: Function, samples: data.Data) -> Networks:
    networks = Networks(PLAN, [function] * 2, (64, 10), SEEDS)
    networks.train(samples.training)
    return networks


def saturated_at_start(function: Function, samples: data.Data) -> dict[str, Any]:
    """Percent of the slopes in the first layer that are a tenth of the largest or less."""
    networks = Networks(PLAN, [function] * 2, (64, 10), SEEDS)
    z = networks.layers[0].forward(np.repeat(samples.training.x, networks.copies, axis=0))
    slopes = function.activation.derivative(z)[:: networks.copies]
    largest = function.activation.info.derivative_range.high
    return spread(100.0 * np.mean(slopes < SATURATED * largest, axis=(1, 2)))


def mixed() -> dict[str, Any]:
    """Every pair of functions, one in each hidden layer."""
    pairs = {f"{a}_{b}": [Function(a), Function(b)] for a, b in product(MIXED, repeat=2)}
    return compare(PLAN, pairs, data.digits(SEEDS), reference="relu_relu")

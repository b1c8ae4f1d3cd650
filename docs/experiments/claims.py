"""Statements that are made about activations, put to the test."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

import data
import fastact as fa
from functions import Function
from networks import Networks, Plan
from scores import SEEDS, against, compare, result, spread

RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
PLAN = Plan((64, 64), "classes", RATES, epochs=15, batch=32)
SATURATED = 0.1  # a slope below this share of the largest
MIXED = ("relu", "tanh")


def measure() -> dict[str, Any]:
    return {
        "limits": limits(),
        "raw_inputs": raw_inputs(),
        "mixed": mixed(),
    }


def limits() -> dict[str, Any]:
    """Where float32 can no longer tell a function from its limit."""
    return {
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


def raw_inputs() -> dict[str, Any]:
    """Pixels from 0 to 16 as they are, or standardised."""
    return {name: raw_and_standardised(Function(name)) for name in ("tanh", "relu")}


def raw_and_standardised(function: Function) -> dict[str, Any]:
    found = {}
    for kind, samples in (("raw", data.raw_digits(SEEDS)), ("standardised", data.digits(SEEDS))):
        reached = result(trained_on(function, samples), samples)
        found[kind] = {"saturated": saturated_at_start(function, samples), **reached}
    return found | against(found["standardised"]["each"], found["raw"]["each"])


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

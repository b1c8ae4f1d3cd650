"""Units that have no gradient left: by a shifted bias, by the learning rate, by depth."""

from __future__ import annotations

from typing import Any

import numpy as np

import data
from functions import Function, gain
from networks import Networks, Plan, Samples
from scores import SEEDS, score, spread

FUNCTIONS = ("relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "silu", "sigmoid")
NO_SLOPE = 1e-3
SHIFTS = tuple(range(9))
RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5)
INPUTS, SAMPLES, UNITS = 64, 1024, 256
BORN_DEAD_NETWORKS = 1000
WIDTHS, DEPTHS = (2, 3, 4, 8), (2, 5, 10, 15, 20, 30, 40)


def measure() -> dict[str, Any]:
    return {
        "no_slope": NO_SLOPE,
        "samples": SAMPLES,
        "shifts": SHIFTS,
        "rates": RATES,
        "by_shift": {name: by_shift(Function(name)) for name in FUNCTIONS},
        "by_rate": {name: by_rate(Function(name)) for name in FUNCTIONS},
        "born_dead": {"depths": DEPTHS, **{f"width_{w}": born_dead(w) for w in WIDTHS}},
    }


def by_shift(function: Function) -> list[float]:
    """Percent of units that no sample moves, if biases sink by so many standard deviations."""
    shares = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((SAMPLES, INPUTS)) @ rng.standard_normal((INPUTS, UNITS))
        z /= INPUTS**0.5
        shares.append([dead(function.activation.derivative(z - shift), 0) for shift in SHIFTS])
    return [*map(float, np.median(shares, axis=0))]


def dead(slopes: Any, axis: int) -> float:
    """Percent of units whose slope is about 0 for every sample, the samples along an axis."""
    return float(100 * np.mean(np.max(np.abs(slopes), axis=axis) < NO_SLOPE))


def by_rate(function: Function) -> dict[str, Any]:
    """Dead units and test accuracy after training on digits by plain gradient descent."""
    plan = Plan((64, 64), "classes", RATES, epochs=15, batch=32, optimizer="sgd")
    digits = data.digits(SEEDS)
    networks = Networks(plan, [function] * 2, (64, 10), SEEDS)
    networks.train(digits.training)
    accuracy = score(networks, digits.test)
    shares = dead_units(networks, digits.training)
    return {
        "dead": [spread(shares[:, k]) for k in range(len(RATES))],
        "accuracy": [spread(accuracy[:, k]) for k in range(len(RATES))],
    }


def dead_units(networks: Networks, samples: Samples) -> Any:
    """Percent of each seed and rate; a network of NaN has no gradient to speak of."""
    h = np.repeat(samples.x, networks.copies, axis=0)
    slopes = []
    with np.errstate(all="ignore"):
        for linear, hidden in zip(networks.layers[0:-1:2], networks.layers[1:-1:2], strict=True):
            z = linear.forward(h)
            slopes.append(np.abs(hidden.function.activation.derivative(z, **hidden.options)))
            h = hidden.predict(z)
        largest = np.concatenate([each.max(axis=1) for each in slopes], axis=-1)
    share = 100 * np.mean(~(largest >= NO_SLOPE), axis=-1)
    return share.reshape(networks.seeds, networks.copies)


def born_dead(width: int) -> list[float]:
    """Percent of relu networks, He-initialised, that give every sample the same output."""
    rng = np.random.default_rng(width)
    relu = Function("relu")
    h = np.abs(rng.standard_normal((BORN_DEAD_NETWORKS, 64, width)))
    found = []
    for layer in range(1, max(DEPTHS) + 1):
        weights = rng.standard_normal((BORN_DEAD_NETWORKS, width, width))
        h = relu(h @ weights * (gain(relu) / width**0.5))
        if layer in DEPTHS:
            found.append(float(100 * np.mean(h.max(axis=(1, 2)) == 0)))
    return found

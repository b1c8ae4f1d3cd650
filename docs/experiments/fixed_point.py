"""How the size of a signal changes from layer to layer: selu draws it to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from functions import Function

FUNCTIONS = ("selu", "elu", "relu", "tanh", "gelu")
SIZES = (0.25, 1.0, 4.0)
DEPTH, WIDTH, BATCH, SEEDS = 40, 256, 64, 10


def measure() -> dict[str, Any]:
    """With weights of variance 1 / inputs, as selu wants them."""
    return {
        "sizes": SIZES,
        "depth": DEPTH,
        "functions": {name: of(Function(name)) for name in FUNCTIONS},
    }


def of(function: Function) -> dict[str, Any]:
    runs = np.array([[one_run(function, size, seed) for size in SIZES] for seed in range(SEEDS)])
    mean, deviation = np.median(runs, axis=0).transpose(2, 0, 1)
    return {
        "mean": mean.tolist(),
        "deviation": deviation.tolist(),
        "last_mean": mean[:, -1].tolist(),
        "last_deviation": deviation[:, -1].tolist(),
    }


def one_run(function: Function, size: float, seed: int) -> list[tuple[float, float]]:
    """Mean and standard deviation of all outputs of each layer."""
    rng = np.random.default_rng(seed)
    h = size * rng.standard_normal((BATCH, WIDTH))
    found = [(float(h.mean()), float(h.std()))]
    for _ in range(DEPTH):
        h = function(h @ rng.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5)
        found.append((float(h.mean()), float(h.std())))
    return found

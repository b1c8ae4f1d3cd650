"""Signal and gradient through 40 random layers, by function and initialisation.

Layers are square, without bias; weights are normal of variance gain^2 / width.  The input
and the gradient that enters at the top are standard normal.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions import CURVES, Function, gain, mean_output, second_moment, squared_slope

DEPTH, WIDTH, BATCH, SEEDS = 40, 128, 64, 10
KERAS_LAYERS = (1024,) * 5 + (512,) * 9 + (10,)
INPUTS_OF_KERAS = 784

Array = NDArray[np.float64]


def measure() -> dict[str, Any]:
    return {
        "depth": DEPTH,
        "width": WIDTH,
        "functions": {name: of(Function(name)) for name in CURVES},
        "fifteen_layers": fifteen_layers(),
    }


def of(function: Function) -> dict[str, Any]:
    fitted = gain(function)
    gains = {"lecun": 1.0, "he": 2**0.5, "double": 2.0, "fitted": fitted}
    return {
        "mean": mean_output(function),
        "second_moment": second_moment(function),
        "squared_slope": squared_slope(function),
        "gain": fitted,
        "factor": squared_slope(function) * fitted**2,
        **{name: through(function, size) for name, size in gains.items()},
    }


def through(function: Function, size: float) -> dict[str, Any]:
    """Root mean squares over all layers, their medians over seeds, and the last's spread."""
    runs = np.array([one_run(function, size, seed) for seed in range(SEEDS)])
    signal, gradient = np.median(runs, axis=0)
    return {
        "signal": [*map(float, signal)],
        "gradient": [*map(float, gradient)],
        "top_signal": float(signal[-1]),
        "bottom_gradient": float(gradient[-1]),
        "low": float(runs[:, 1, -1].min()),
        "high": float(runs[:, 1, -1].max()),
    }


def one_run(function: Function, size: float, seed: int) -> tuple[list[float], list[float]]:
    """Of the signal from the bottom up, of the gradient from the top down."""
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((WIDTH, WIDTH)) * size / WIDTH**0.5 for _ in range(DEPTH)]
    with np.errstate(all="ignore"):  # a signal may grow without end
        return signal_and_gradient(function, weights, rng)


def signal_and_gradient(
    function: Function, weights: list[Array], rng: np.random.Generator
) -> tuple[list[float], list[float]]:
    h = rng.standard_normal((BATCH, len(weights[0])))
    signal, before = [rms(h)], []
    for weight in weights:
        z = h @ weight
        before.append(z)
        h = function(z)
        signal.append(rms(h))
    dy = rng.standard_normal(h.shape)
    gradient = [rms(dy)]
    for weight, z in zip(reversed(weights), reversed(before), strict=True):
        dy = dy * function.activation.derivative(z) @ weight.T
        gradient.append(rms(dy))
    return signal, gradient


def rms(x: Array) -> float:
    return float(np.sqrt(np.mean(x * x)))


def fifteen_layers() -> dict[str, Any]:
    """A fully connected network of 15 layers with relu, as Keras would start it and by He."""
    widths = (INPUTS_OF_KERAS, *KERAS_LAYERS)
    pairs = list(pairwise(widths))
    found: dict[str, Any] = {
        "layers": len(KERAS_LAYERS),
        "of_1024": KERAS_LAYERS.count(1024),
        "of_512": KERAS_LAYERS.count(512),
        "weights": sum(n * m for n, m in pairs),
    }
    for name, variance in (("glorot", lambda n, m: 2 / (n + m)), ("he", lambda n, m: 2 / n)):
        rng = np.random.default_rng(0)
        weights = [rng.standard_normal((n, m)) * variance(n, m) ** 0.5 for n, m in pairs[:-1]]
        signal, gradient = signal_and_gradient(Function("relu"), weights, rng)
        found[name] = {"signal": signal[-1], "gradient": gradient[-1]}
    return found

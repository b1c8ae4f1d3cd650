"""How well a network that has learned the values of a sine has learned its slopes too."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions import Function
from networks import Data, Hidden, Networks, Plan, Samples
from scores import SEEDS, score, spread

FUNCTIONS = ("relu", "leaky_relu", "elu", "relu2", "gelu", "silu", "softplus", "tanh", "snake")
END, FREQUENCY = 3.0, 2.0
LEARNED_POINTS, VALIDATION_POINTS, POINTS = 64, 63, 1000
STEP = 1e-6  # of the second derivative's difference: a kink lies within it almost never
PLAN = Plan(
    hidden=(32, 32),
    output="number",
    rates=(3e-3, 1e-2),
    epochs=1000,
    batch=LEARNED_POINTS,
)

Array = NDArray[np.float64]


def measure() -> dict[str, Any]:
    return {
        "end": END,
        "frequency": FREQUENCY,
        "points": LEARNED_POINTS,
        "functions": {name: of(name) for name in FUNCTIONS},
        "curves": {name: curve(name) for name in ("relu", "gelu")},
    }


def sine() -> Data:
    between = END * (1 - 1 / LEARNED_POINTS)
    return Data(
        _samples(END, LEARNED_POINTS), _samples(between, VALIDATION_POINTS), _samples(END, POINTS)
    )


def _samples(end: float, points: int) -> Samples:
    x = np.linspace(-end, end, points)[None, :, None].repeat(SEEDS, axis=0)
    return Samples(x.astype(np.float32), np.sin(FREQUENCY * x).astype(np.float32))


@cache
def learned(name: str) -> tuple[Networks, NDArray[np.intp]]:
    """The networks, and the place of the best of each seed."""
    data, function = sine(), Function(name)
    networks = Networks(PLAN, [function] * 2, (1, 1), SEEDS)
    networks.train(data.training)
    best = score(networks, data.validation).argmax(axis=1)
    return networks, np.arange(SEEDS) * networks.copies + best


def of(name: str) -> dict[str, Any]:
    """Errors relative to what they are errors of: 1 is that of a constant 0."""
    networks, best = learned(name)
    x = np.linspace(-END, END, POINTS)
    found = derivatives(networks, x)
    names = ("value", "slope", "curvature")
    return {
        name: spread(_relative(got[best], exact))
        for name, got, exact in zip(names, found, exact_derivatives(x), strict=True)
    }


def curve(name: str) -> dict[str, Any]:
    """The median seed's network, for a figure."""
    networks, best = learned(name)
    x = np.linspace(-END, END, 301)
    found = derivatives(networks, x)
    errors = _relative(found[0][best], exact_derivatives(x)[0])
    one = best[np.argsort(errors)[SEEDS // 2]]
    names = ("value", "slope", "curvature")
    return {"x": x.tolist()} | {n: d[one].tolist() for n, d in zip(names, found, strict=True)}


def exact_derivatives(x: Array) -> list[Array]:
    w = FREQUENCY
    return [np.sin(w * x), w * np.cos(w * x), -w * w * np.sin(w * x)]


def _relative(got: Array, exact: Array) -> Array:
    error: Array = np.sqrt(np.mean((got - exact) ** 2, axis=1) / np.mean(exact**2))
    return error


def derivatives(networks: Networks, x: Array) -> list[Array]:
    """The value, slope and curvature of every network: (networks, points)."""
    value, slope = _value_and_slope(networks, x)
    after, before = (_value_and_slope(networks, x + step)[1] for step in (STEP, -STEP))
    return [value, slope, (after - before) / (2 * STEP)]


def _value_and_slope(networks: Networks, x: Array) -> tuple[Array, Array]:
    """By the chain rule, in float64."""
    h, dh = x[None, :, None], np.ones((1, x.size, 1))
    with np.errstate(all="ignore"):
        for layer in networks.layers:
            if isinstance(layer, Hidden):
                dh = dh * layer.function.activation.derivative(h, **layer.options)
                h = layer.predict(h)
            else:
                weight = layer.weight.astype(np.float64)
                h, dh = h @ weight + layer.bias, dh @ weight
    return h[..., 0], dh[..., 0]

"""A boundary value problem, u'' = g with u = 0 at both ends, by random units.

u is a sum of units f(w (x - c)) of random width and place, whose weights are solved for:
by collocation, which asks that u'' = g at many points and needs f'', and by the energy,
whose least value belongs to the same u and which needs f' only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions import Function
from scores import SEEDS, spread

FUNCTIONS = ("relu", "leaky_relu", "elu", "relu2", "hardswish", "gelu", "silu", "mish", "softplus")
FUNCTIONS += ("tanh", "sigmoid", "snake")
UNITS, POINTS, SLOPES = 60, 400, (3.0, 10.0, 30.0)
WAVES = 3
STEP = 1e-5  # of the difference that is f''
PENALTY = 1e6
SMALLEST = 1e-13  # of the largest singular value

Array = NDArray[np.float64]


def measure() -> dict[str, Any]:
    return {
        "units": UNITS,
        "functions": {name: of(Function(name)) for name in FUNCTIONS},
    }


def of(function: Function) -> dict[str, Any]:
    """Relative errors of u with the slope w that suits the function best."""
    found = {}
    for name, solve in (("collocation", by_collocation), ("energy", by_energy)):
        runs = np.array(
            [[error(function, s, solve, seed) for seed in range(SEEDS)] for s in SLOPES]
        )
        found[name] = spread(runs[np.median(runs, axis=1).argmin()])
    return found


def error(function: Function, slope: float, solve: Any, seed: int) -> float:
    rng = np.random.default_rng(seed)
    w = slope * rng.uniform(0.5, 1.5, UNITS) * rng.choice([-1, 1], UNITS)
    c = rng.uniform(-0.1, 1.1, UNITS)
    units = Units(function, w, c)
    x = (np.arange(POINTS) + 0.5) / POINTS
    u = units.values(x) @ solve(units, x)
    return float(np.sqrt(np.mean((u - solution(x)) ** 2) / np.mean(solution(x) ** 2)))


def solution(x: Array) -> Array:
    u: Array = np.sin(WAVES * np.pi * x)
    return u


def right_side(x: Array) -> Array:
    return -((WAVES * np.pi) ** 2) * solution(x)


class Units:
    """The units and their derivatives by x: (points, units)."""

    def __init__(self, function: Function, w: Array, c: Array):
        self.function, self.w, self.c = function, w, c

    def values(self, x: Array) -> Array:
        return self.function(self._inputs(x))

    def slopes(self, x: Array) -> Array:
        return self.w * self._derivative(self._inputs(x))

    def curvatures(self, x: Array) -> Array:
        z = self._inputs(x)
        difference = self._derivative(z + STEP) - self._derivative(z - STEP)
        return self.w**2 * difference / (2 * STEP)

    def _inputs(self, x: Array) -> Array:
        z: Array = self.w * (x[:, None] - self.c)
        return z

    def _derivative(self, z: Array) -> Array:
        slope: Array = self.function.activation.derivative(z)
        return slope


ENDS = np.array([0.0, 1.0])


def by_collocation(units: Units, x: Array) -> Array:
    rows = np.concatenate([units.curvatures(x), PENALTY**0.5 * units.values(ENDS)])
    wanted = np.concatenate([right_side(x), np.zeros(2)])
    return least_squares(rows, wanted)


def by_energy(units: Units, x: Array) -> Array:
    slopes, ends = units.slopes(x), units.values(ENDS)
    stiffness = slopes.T @ slopes / len(x) + PENALTY * ends.T @ ends
    return least_squares(stiffness, -units.values(x).T @ right_side(x) / len(x))


def least_squares(rows: Array, wanted: Array) -> Array:
    weights: Array = np.linalg.lstsq(rows, wanted, rcond=SMALLEST)[0]
    return weights

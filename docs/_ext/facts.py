"""What the kernels say about an activation: means under a normal input, fixed points, gain.

All of it is computed by fastact's float64 kernels while the site is built.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import ROWS, Row
from forms import form_of
from oracle import breaks_of, exact

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array], Array]

REACH = 14.0  # exp(-14**2 / 2) is 3e-43
PANEL = 0.25
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
SEARCHED = 50.0  # fixed points are looked for up to here
SEARCH_POINTS = 200_001


def function_of(row: Row, formula: str) -> tuple[Function, Function]:
    """The kernel and its derivative."""
    activation = getattr(fa, row.name)
    form = form_of(row, formula)
    return (
        lambda x: np.asarray(activation(x, **form)),
        lambda x: np.asarray(activation.derivative(x, **form)),
    )


def has_moments(row: Row) -> bool:
    return row.is_curve and math.isinf(row.interval[0])


@dataclass(frozen=True)
class Moments:
    """Means over x distributed as N(0, 1)."""

    mean: float
    square: float
    slope_square: float
    zero_slope: float

    @property
    def variance(self) -> float:
        return self.square - self.mean**2

    @property
    def gain(self) -> float:
        """The factor of weights of variance 1/fan-in that keeps the mean square."""
        return 1 / math.sqrt(self.square)

    @property
    def gradient_growth(self) -> float:
        """What a layer with this gain multiplies the mean square of a gradient by."""
        return self.slope_square / self.square


@cache
def moments(name: str, formula: str) -> Moments:
    row = ROWS[name]
    f, slope = function_of(row, formula)
    x, weight = _normal_nodes(tuple(breaks_of(row, formula, row.defaults)))
    y, d = f(x), slope(x)
    return Moments(
        mean=float(weight @ y),
        square=float(weight @ (y * y)),
        slope_square=float(weight @ (d * d)),
        zero_slope=float(weight @ (d == 0)),
    )


def _normal_nodes(breaks: tuple[float, ...]) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre between breaks, times the normal density."""
    edges = np.unique([*np.arange(-REACH, REACH + PANEL / 2, PANEL), *breaks])
    edges = edges[np.abs(edges) <= REACH]
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half + half * NODES).ravel()
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return x, (half * WEIGHTS).ravel() * density


# --- fixed points ------------------------------------------------------------------------


@dataclass(frozen=True)
class FixedPoint:
    """x with f(x) = x, or an interval of them; ``slope`` at a point tells whether it attracts."""

    low: float
    high: float
    slope: float | None
    takes_low: bool = True
    takes_high: bool = True

    @property
    def kind(self) -> str:
        if self.slope is None or abs(abs(self.slope) - 1) < 1e-9:
            return ""
        return "attracting" if abs(self.slope) < 1 else "repelling"


@cache
def fixed_points(name: str, formula: str) -> tuple[FixedPoint, ...]:
    """All between -50 and 50, by intervals of a grid in which f(x) - x is or becomes 0."""
    row = ROWS[name]
    f, slope = function_of(row, formula)
    x = _searched(row, formula)
    g = f(x) - x
    found = [interval for run in _runs(g == 0) if (interval := _interval(row, formula, x, run))]
    single = [float(x[a]) for a, b in _runs(g == 0) if b - a == 1]
    single += [_bisected(f, x[i], x[i + 1]) for i in np.flatnonzero(g[:-1] * g[1:] < 0)]
    found += [FixedPoint(p, p, float(slope(np.array([p]))[0])) for p in single]
    return tuple(sorted(found, key=lambda point: point.low))


def _searched(row: Row, formula: str) -> Array:
    if math.isfinite(row.interval[0]):
        return np.linspace(*row.interval, SEARCH_POINTS)[1:-1]
    x = np.linspace(-SEARCHED, SEARCHED, SEARCH_POINTS)
    return np.unique([*x, *breaks_of(row, formula, row.defaults)])


def _runs(holds: Array) -> list[tuple[int, int]]:
    """Where it holds, from and to."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _interval(row: Row, formula: str, x: Array, run: tuple[int, int]) -> FixedPoint | None:
    """All of a run that is so exactly, not by rounding; what ends the search ends nowhere."""
    first, last = run[0], run[1] - 1
    middle = float(x[(first + last) // 2])
    if first == last or exact(row, formula, [middle], row.defaults)[0] != middle:
        return None
    breaks = breaks_of(row, formula, row.defaults)
    low, high = float(x[first]), float(x[last])
    takes_low = first == 0 or float(x[first - 1]) not in breaks
    takes_high = last == x.size - 1 or float(x[last + 1]) not in breaks
    return FixedPoint(
        -math.inf if first == 0 else low if takes_low else float(x[first - 1]),
        math.inf if last == x.size - 1 else high if takes_high else float(x[last + 1]),
        None,
        takes_low and first > 0,
        takes_high and last < x.size - 1,
    )


def _bisected(f: Function, low: float, high: float) -> float:
    sign = math.copysign(1, float(f(np.array([low]))[0]) - low)
    for _ in range(80):
        middle = (low + high) / 2
        if (float(f(np.array([middle]))[0]) - middle) * sign > 0:
            low = middle
        else:
            high = middle
    return float((low + high) / 2)

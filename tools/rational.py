"""Fit quotients of two polynomials, for ``tools/minimax.py``.

The tail of the normal distribution over its exponential falls so slowly that one polynomial
has to be in (t - 4) / (t + 4): of degree 9 in float32 and 22 in float64, and the rounding of
that argument alone costs an ulp near 0.  A quotient of polynomials in t itself has the same
number of coefficients, all positive, so that no rounding error grows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import mpmath as mp
import numpy as np

Real: TypeAlias = Any  # an mpmath number
GRID, ROUNDS, MOVES = 160, 12, 15000


@dataclass(frozen=True)
class RationalFit:
    """N(t) / D(t) for a function; the lowest coefficients are given.

    Those have few bits, so that what the last additions of N and D lose is found exactly.
    The coefficients above are NAME_N and NAME_D: N(t) = first[0] + t NAME_N(t).
    """

    name: str
    meaning: str
    dtype: str
    degrees: tuple[int, int]
    first: tuple[float, float]
    function: Callable[[Real], Real]
    end: Real


def points_of(fit: RationalFit, count: int) -> list[Real]:
    """From 0 to the end, more of them near 0."""
    return [fit.end * (mp.mpf(k) / count) ** 2 for k in range(count + 1)]


def unrounded(fit: RationalFit) -> tuple[list[Real], list[Real]]:
    """Coefficients of least largest relative error, by weighted least squares (Lawson)."""
    points = points_of(fit, GRID)
    values = [fit.function(t) for t in points]
    weights = [mp.mpf(1)] * len(points)
    denominators = weights
    best: tuple[Real, list[Real], list[Real]] = (mp.inf, [], [])
    for _ in range(ROUNDS):
        scales = [1 / (v * d) for v, d in zip(values, denominators, strict=True)]
        n, d = _least_squares(fit, points, values, scales, weights)
        denominators = [mp.polyval(d[::-1], t) for t in points]
        errors = [
            abs(mp.polyval(n[::-1], t) / below / v - 1)
            for t, v, below in zip(points, values, denominators, strict=True)
        ]
        worst = max(errors)
        best = min(best, (worst, n, d), key=lambda found: found[0])
        weights = [w * (e / worst + mp.mpf("0.02")) for w, e in zip(weights, errors, strict=True)]
    return best[1], best[2]


def _least_squares(
    fit: RationalFit,
    points: list[Real],
    values: list[Real],
    scales: list[Real],
    weights: list[Real],
) -> tuple[list[Real], list[Real]]:
    """N and D with the least sum of weighted squares of scale * (N - value D)."""
    above, below = fit.degrees
    first_n, first_d = map(mp.mpf, fit.first)
    size = above + below
    matrix, right = mp.zeros(size, size), mp.zeros(size, 1)
    for t, v, scale, weight in zip(points, values, scales, weights, strict=True):
        row = [scale * t**j for j in range(1, above + 1)]
        row += [-scale * v * t**j for j in range(1, below + 1)]
        wanted = scale * (v * first_d - first_n)
        for i, a in enumerate(row):
            right[i] += weight * a * wanted
            for j, b in enumerate(row):
                matrix[i, j] += weight * a * b
    solution = list(mp.lu_solve(matrix, right))
    return [first_n, *solution[:above]], [first_d, *solution[above:]]


def rounded(fit: RationalFit) -> tuple[list[float], list[float], float]:
    """Coefficients in the dtype, and their error, after a walk to better neighbours."""
    real = np.dtype(fit.dtype).type
    points = points_of(fit, 400)
    xs, wanted = _long(points), _long([fit.function(t) for t in points])

    def error(n: Sequence[Any], d: Sequence[Any]) -> float:
        return float(np.abs(_value(n, xs) / _value(d, xs) / wanted - 1).max())

    n, d = ([real(float(c)) for c in part] for part in unrounded(fit))
    best, rng = error(n, d), random.Random(0)
    for _ in range(MOVES):
        moved_n, moved_d = list(n), list(d)
        for _ in range(rng.choice([1, 2, 2, 3])):
            part = moved_n if rng.random() < 0.5 else moved_d
            k = rng.randrange(1, len(part))
            part[k] = np.nextafter(part[k], real(rng.choice([0, 9])))
        if (found := error(moved_n, moved_d)) <= best:
            best, n, d = found, moved_n, moved_d
    return [float(c) for c in n], [float(c) for c in d], best


def _long(numbers: Sequence[Real]) -> Any:
    return np.array([np.longdouble(mp.nstr(x, 30)) for x in numbers])


def _value(coefficients: Sequence[Any], xs: Any) -> Any:
    total = 0 * xs
    for c in reversed(coefficients):
        total = total * xs + np.longdouble(float(c))
    return total


def near_ratio(value: Real, bits: int) -> tuple[float, float]:
    """Two numbers of at most so many bits whose quotient is near ``value``."""
    before, now = (0, 1), (1, 0)
    rest = value
    while True:
        digit = int(mp.floor(rest))
        before, now = now, (digit * now[0] + before[0], digit * now[1] + before[1])
        if now[1] >= 1 << bits:
            return float(mp.ldexp(before[0], -bits)), float(mp.ldexp(before[1], -bits))
        rest = 1 / (rest - digit)

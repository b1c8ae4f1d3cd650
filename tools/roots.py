"""Where a formula or its derivative is zero, found from the expression.

Near a root that no float can be, the derivative of even the best formula has but an
absolute accuracy: its units are floored there.  A root that is a float, such as that of
hardswish's derivative at -1.5, needs no such mercy, and gets none.
"""

from __future__ import annotations

from functools import cache
from threading import RLock
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy

import curve
from fastact.formulas.catalogue import ROWS, Row
from measure_facts import curve_of

Array = np.ndarray[Any, np.dtype[Any]]

MPMATH = RLock()  # its precision is one for all threads

NEAR = 1e-3  # closer to a root of a derivative than this, an absolute error is judged
UNIT_AT_ROOT = 0.25  # its ulp, 2**-25 in float32: two of them are the 2**-24 allowed


class Roots(NamedTuple):
    """Roots that are no floats, as mpmath numbers; with a period, those of one period."""

    points: tuple[Any, ...]
    period: Any = None

    def near(self, xs: Array, reach: float = NEAR) -> Array:
        """Which of these floats have a root within ``reach``."""
        close = np.zeros(xs.shape, bool)
        with np.errstate(invalid="ignore"):  # signalling NaN
            wide = self._in_one_period(xs.astype(np.float64))
            for root in map(float, self.points):
                distance = np.abs(wide - root)
                if self.period:
                    distance = np.minimum(distance, float(self.period) - distance)
                close |= distance < reach
        return close

    def _in_one_period(self, xs: Array) -> Array:
        if self.period is None:
            return xs
        high = float(self.period)
        low = float(self.period - mpmath.mpf(high))  # many periods make it count
        rest = np.fmod(xs, high) - np.trunc(xs / high) * low
        return np.where(rest < 0, rest + high, rest)


def roots_of(row: Row, formula: str, derivative: bool) -> Roots:
    with MPMATH:
        return _roots_of(row.name, formula, derivative)


@cache
def _roots_of(name: str, formula: str, derivative: bool) -> Roots:
    pieces = [p.derivative(int(derivative)) for p in curve_of(ROWS[name], formula).pieces]
    period = sympy.periodicity(pieces[0].expression, curve.x) if len(pieces) == 1 else None
    if not period:
        return Roots(_irrational([root for piece in pieces for root in _zeros(piece)]))
    one = pieces[0]._replace(low=sympy.S.Zero, high=period)
    with mpmath.workdps(curve.DIGITS):
        length = mpmath.mpf(sympy.N(period, curve.DIGITS))
    return Roots(_irrational(_zeros(one)), length)


def _zeros(piece: curve.Piece) -> list[Any]:
    """Where the expression changes its sign, and where it touches zero."""
    if not piece.expression.has(curve.x):
        return []
    touching = [
        point
        for point in curve.roots(piece.derivative(1))
        if abs(curve.value_at(piece.expression, point)) < curve.EQUAL
    ]
    return [*curve.roots(piece), *touching]


def _irrational(roots: list[Any]) -> tuple[Any, ...]:
    """Those between two floats."""
    with mpmath.workdps(curve.DIGITS):
        return tuple(r for r in roots if abs(r - mpmath.mpf(float(r))) > curve.EQUAL)

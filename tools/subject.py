"""A formula or derivative that is to be judged: what computes it, and where it counts."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

import fastact
from fastact.formulas.catalogue import Row
from fastact.formulas.primitives import CONSTANTS
from oracle import Array, derivative_floor, elementwise_formulas, exact, kinks_of
from roots import NEAR, Roots, roots_of


def parameters_of(row: Row, formula: str) -> dict[str, Any]:
    """The default parameters, and the one that selects the formula."""
    values: dict[str, Any] = {p.name: p.default for p in row.parameters}
    form = next((form for form, name in row.forms.items() if name == formula), None)
    return values if form is None else {**values, "approximate": form}


class Subject:
    """A formula or its derivative, with default parameters."""

    def __init__(self, row: Row, formula: str, derivative: bool) -> None:
        self.row, self.formula, self.derivative = row, formula, derivative
        self.name = f"{formula}_derivative" if derivative else formula
        self.given = parameters_of(row, formula)
        self._left_out = [end for end in row.interval if math.isfinite(end)]
        self._left_out += kinks_of(row, row.defaults) if derivative else []

    def __repr__(self) -> str:
        return self.name

    def __call__(self, xs: Array) -> Array:
        activation = getattr(fastact, self.row.name)
        function = activation.derivative if self.derivative else activation
        return np.asarray(function(xs, **self.given))

    def interval(self, dtype: str) -> tuple[float, float]:
        """The finite numbers, those of the function's interval, or those it resolves."""
        low, high = self.row.interval
        end = float(np.finfo(dtype).max)
        if self.derivative and self.row.derivative_reach:
            end = float(np.array(CONSTANTS[dtype][self.row.derivative_reach], dtype))
        return max(low, -end), min(high, end)

    def judged(self, xs: Array) -> Array:
        """Which of these inputs count: those inside the interval, and off the kinks."""
        low, high = self.interval(str(xs.dtype))
        keep: Array = (xs >= low) & (xs <= high)
        for point in self._left_out:
            keep &= xs != xs.dtype.type(point)
        return keep

    def floor(self, xs: Array) -> Array | float:
        """The least magnitude that units are taken from; faster if the inputs are neighbours."""
        roots = roots_of(self.row, self.formula, True) if self.derivative else Roots(())
        with np.errstate(over="ignore"):
            spread = float(xs.max()) - float(xs.min()) if roots.points else 0.0
        if not roots.near(xs[:1], NEAR + 2 * spread).any():
            return 0.0
        return derivative_floor(self.row, self.formula, xs)

    def exact(self, xs: Array) -> list[Any]:
        """The true values, as mpmath numbers."""
        return exact(self.row, self.formula, xs, self.given, derivative=self.derivative)


@cache
def subjects() -> tuple[Subject, ...]:
    """All of them, a formula before its derivative."""
    return tuple(Subject(row, f, d) for row, f in elementwise_formulas() for d in (False, True))

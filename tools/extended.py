"""Reference values in extended precision (80-bit long double), for millions of inputs.

mpmath takes a tenth of a millisecond for a value, this a fraction of a microsecond.
``extended_formulas.py`` has the formulas; tests/test_extended.py holds them against
mpmath, to a fiftieth of a unit of float64.  Near an irrational root, where a formula
loses its digits, its Taylor series around the root stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np

import extended_formulas
from fastact.formulas.catalogue import ROWS, Row
from oracle import Array, after_largest, exact_function, exact_number, ulp_of
from pairs import exact_of, extended
from roots import MPMATH, roots_of

IS_EXTENDED = np.finfo(np.longdouble).nmant == 63
UNAVAILABLE = "" if IS_EXTENDED else "long double is not the 80-bit format on this machine"

Series = Callable[[Array], Array]
SERIES_REACH = 0.25  # of the series around a root; the nearest pole is 1.27 away, dish's
SERIES_TERMS = 32


def has_values(kernel: str) -> bool:
    """Whether there is a formula for a kernel: ``gelu`` or ``gelu_derivative``."""
    return hasattr(extended_formulas, kernel)


def values(row: Row, formula: str, xs: Array, *, derivative: bool) -> Array:
    """The formula or its derivative, with default parameters, as long doubles."""
    function = getattr(extended_formulas, f"{formula}_derivative" if derivative else formula)
    with MPMATH:
        given, every_series = _parameters(row.name), _every_series(row.name, formula, derivative)
    with np.errstate(all="ignore"):
        result = np.asarray(function(xs.astype(np.longdouble), **given))
    for root, series in every_series:
        near = np.abs(xs - root) < SERIES_REACH
        if near.any():
            result[near] = series(xs[near])
    return result


@cache
def _parameters(name: str) -> dict[str, Any]:
    row = ROWS[name]
    with mpmath.workdps(40):
        given = {p.name: p.default for p in row.parameters if p.default is not None}
        return {p: extended(exact_number(row, p, value)) for p, value in given.items()}


@cache
def _every_series(name: str, formula: str, derivative: bool) -> list[tuple[float, Series]]:
    """Each irrational root with the series around it."""
    roots = roots_of(ROWS[name], formula, derivative)
    if roots.period is not None:
        return []  # the formula itself finds its way around each root
    return [(float(root), _series(name, formula, derivative, root)) for root in roots.points]


def _series(name: str, formula: str, derivative: bool, root: Any) -> Series:
    row = ROWS[name]
    with mpmath.workdps(60):
        given = [exact_number(row, p.name, p.default) for p in row.parameters]
        function = exact_function(name, formula, derivative)
        terms = mpmath.taylor(lambda x: function(x, *given), root, SERIES_TERMS)[1:]
        coefficients = [extended(term) for term in terms]
        high = extended(root)
        low = extended(root - exact_of(high))

    def series(xs: Array) -> Array:
        step = (xs.astype(np.longdouble) - high) - low
        value = np.zeros_like(step)
        for coefficient in reversed(coefficients):
            value = value * step + coefficient
        return np.asarray(value * step)

    return series


def error_in_ulp_extended(result: Array, reference: Array, floor: Array | float = 0.0) -> Array:
    """The oracle's measure for float64 results against long doubles."""
    with np.errstate(all="ignore"):
        nearest = reference.astype(np.float64)
        unit = ulp_of(np.maximum(np.abs(nearest), floor), result.dtype)
        end = after_largest(result.dtype)
        wide = np.where(np.isfinite(reference), np.clip(result, -end, end), result)
        error = (np.abs(wide - reference) / unit).astype(np.float64)
    same = (result == nearest) & ~np.isfinite(nearest)
    error = np.where(same | (np.isnan(result) & np.isnan(reference)), 0.0, error)
    return np.where(np.isnan(error), np.inf, error)

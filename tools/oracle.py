"""Exact values of the catalogue's expressions, and the one measure of error.

The SymPy expression of a row, which the documentation shows, is evaluated by
mpmath with as many digits as its cancellations need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import sympy

from fastact.formulas.catalogue import CATALOGUE, ROWS, Row
from fastact.formulas.primitives import CONSTANTS
from roots import UNIT_AT_ROOT, roots_of

Array = np.ndarray[Any, np.dtype[Any]]

finfo: Callable[[Any], Any] = ml_dtypes.finfo  # NumPy's, and bfloat16's


def elementwise_formulas() -> list[tuple[Row, str]]:
    """Each row that works number by number, with each of its formulas."""
    return [(row, f) for row in CATALOGUE if row.kind == "elementwise" for f in row.formulas]


def gate_formulas() -> list[tuple[Row, str]]:
    """Each gate of two arrays, with each of its formulas."""
    return [(row, f) for row in CATALOGUE if row.kind == "gate" for f in row.formulas]


def symbols_of(row: Row) -> dict[str, sympy.Symbol]:
    names = [*row.inputs, *(p.name for p in row.parameters)]
    return {name: sympy.Symbol(name, real=True) for name in names}


def expression(row: Row, formula: str, derivative: bool = False, by: str = "") -> sympy.Expr:
    """The formula; ``by`` names the input or parameter of a derivative, else the first input."""
    symbols = symbols_of(row)
    value = sympy.sympify(row.expression_of(formula), locals=symbols)
    return sympy.diff(value, symbols[by or row.inputs[0]]) if derivative or by else value


@cache
def exact_function(
    name: str, formula: str, derivative: bool = False, by: str = ""
) -> Callable[..., Any]:
    """The formula for mpmath numbers: the first input, and the parameters in their order."""
    row = ROWS[name]
    modules = [{"erfc": _erfc}, "mpmath"]
    function: Callable[..., Any] = sympy.lambdify(
        list(symbols_of(row).values()), expression(row, formula, derivative, by), modules
    )
    return function


def exact_number(row: Row, name: str, value: Any) -> Any:
    """A parameter's value as an mpmath number; a default as it is meant."""
    parameter = next(p for p in row.parameters if p.name == name)
    if value is None:
        return mpmath.mpf(0)  # not part of the expression
    if parameter.exact and value == parameter.default:
        return mpmath.mpmathify(sympy.Rational(parameter.exact))
    return mpmath.mpf(float(value))


def kinks_of(row: Row, parameters: Mapping[str, Any]) -> list[float]:
    """Where the derivative does not exist, for these parameters."""
    symbols, values = symbols_of(row), _substituted(row, parameters)
    return [float(sympy.sympify(kink, locals=symbols).subs(values)) for kink in row.kinks]


def _substituted(row: Row, parameters: Mapping[str, Any]) -> dict[sympy.Symbol, Any]:
    """Values for the symbols of the parameters; a default as it is meant."""
    symbols = symbols_of(row)
    return {
        symbols[p.name]: sympy.Rational(p.exact)
        if p.exact and parameters[p.name] == p.default
        else parameters[p.name]
        for p in row.parameters
        if parameters[p.name] is not None
    }


def breaks_of(row: Row, formula: str, parameters: Mapping[str, Any]) -> list[float]:
    """Where one piece of the formula ends and another begins, kink or not."""
    value, symbols = expression(row, formula), symbols_of(row)
    values = _substituted(row, parameters)
    found: set[float] = set()
    for relation in value.atoms(sympy.core.relational.Relational):
        difference = (relation.lhs - relation.rhs).subs(values)
        found.update(float(root) for root in sympy.solve(difference, symbols["x"]))
    for corner in value.atoms(sympy.Abs):
        found.update(float(root) for root in sympy.solve(corner.args[0].subs(values)))
    return sorted(found)


def _erfc(z: Any) -> Any:
    """mpmath's, which fails beyond 1e150; the value there is 0 or 2 to any precision."""
    if abs(z) > 10_000:
        return mpmath.mpf(0 if z > 0 else 2)
    return mpmath.erfc(z)


@cache
def _degree(name: str, formula: str) -> int:
    """Of the polynomial that the formula has in an exponent."""
    value = expression(ROWS[name], formula)
    if any(power.exp == 3 for power in value.atoms(sympy.Pow)):
        return 3
    return 2 if value.has(sympy.erfc) else 1


def _digits(x: float, degree: int) -> int:
    """Digits that survive exp(x) - 1 for tiny x, and 1 + exp(-abs(x)) for large ones.

    With x^3 for x in gelu_tanh, and 2 - erfc(x), which SymPy makes of gelu.
    """
    if x == 0 or not math.isfinite(x):
        return 40
    reach = min(abs(x), 800.0)
    reach += {1: 0.0, 2: reach**2 / 4, 3: reach**3 / 30}[degree]
    return 40 + int(max(0.0, -2 * math.log10(abs(x))) + min(900.0, reach))


def exact(
    row: Row,
    formula: str,
    xs: Iterable[float],
    parameters: Mapping[str, float],
    *,
    derivative: bool = False,
    by: str = "",
) -> list[Any]:
    """Values as mpmath numbers; away from kinks for a derivative."""
    function = exact_function(row.name, formula, derivative, by)
    degree = _degree(row.name, formula)
    values = []
    for x in map(float, xs):
        # 1 + exp(-abs(x)) needs abs(x) / log(10) digits more, x^3 in gelu_tanh more still.
        with mpmath.workdps(_digits(x, degree)):
            given = [exact_number(row, p.name, parameters[p.name]) for p in row.parameters]
            values.append(_limit_at_edge(row, x) or function(mpmath.mpf(x), *given))
    return values


def _limit_at_edge(row: Row, x: float) -> Any:
    """Minus or plus infinity at the ends of a finite interval, where SymPy divides by 0."""
    if x not in row.interval or not math.isfinite(x):
        return None
    return mpmath.inf if x == row.interval[1] else -mpmath.inf


def ulp_of(value: Array, dtype: np.dtype[Any]) -> Array:
    """Spacing of the dtype's numbers at ``value``; subnormals count as such."""
    info = finfo(dtype)
    magnitude = np.clip(np.abs(value), float(info.tiny), np.finfo(np.float64).max)
    exponent = np.frexp(magnitude)[1] - 1
    return np.asarray(np.ldexp(1.0, exponent - info.nmant))


def after_largest(dtype: np.dtype[Any]) -> Any:
    """The power of two that would follow the largest number, as a long double."""
    return np.ldexp(np.longdouble(1), finfo(dtype).maxexp)


def error_in_ulp(result: Array, reference: Array, floor: Array | float = 0.0) -> Array:
    """Error in units of the last place of the reference, rounding included.

    Results below the normal range count in the spacing of subnormals; equal
    infinities and NaN for NaN are no error, and an infinity for a finite number
    counts as the one that would follow the largest; ``floor`` is the least
    magnitude that a unit is taken from (near a root of a derivative).
    """
    wide = result.astype(np.float64)
    too_large = np.isinf(wide) & np.isfinite(reference)
    wide = np.where(too_large, np.copysign(float(after_largest(result.dtype)), wide), wide)
    with np.errstate(all="ignore"):
        unit = ulp_of(np.maximum(np.abs(reference), floor), result.dtype)
        error = np.abs(wide - reference) / unit
        # A reference beyond the largest number rounds to infinity.
        same = (result == reference.astype(result.dtype)) & ~np.isfinite(result)
    error = np.where(same | (np.isnan(wide) & np.isnan(reference)), 0.0, error)
    return np.where(np.isnan(error), np.inf, error)


def error_in_ulp_mp(result: Array, reference: Sequence[Any], floor: Array | float = 0.0) -> Array:
    """The same against mpmath numbers."""
    nearest = np.array([float(value) for value in reference])
    with np.errstate(over="ignore"):
        units = ulp_of(np.maximum(np.abs(nearest), floor), result.dtype)
        same = (result == nearest.astype(result.dtype)) & ~np.isfinite(result)
    with mpmath.workdps(60):
        largest = mpmath.mpf(2) ** int(finfo(result.dtype).maxexp)
        # In this order of arguments NaN stays NaN.
        clipped = [max(min(mpmath.mpf(float(r)), largest), -largest) for r in result]
        error = [
            float(abs(r - v) / mpmath.mpf(float(unit)))
            for r, v, unit in zip(clipped, reference, units, strict=True)
        ]
    return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))


def derivative_floor(row: Row, formula: str, xs: Array) -> Array:
    """The least magnitude that a derivative's unit is taken from."""
    return np.where(roots_of(row, formula, True).near(xs), UNIT_AT_ROOT, 0.0)


def sample_for(row: Row, dtype: str, count: int, seed: int, *, derivative: bool) -> Array:
    """Inputs where a formula is to be judged: inside its interval, and off the kinks."""
    xs = sample(dtype, count, seed)
    low, high = row.interval
    if math.isfinite(low):
        inside = np.random.default_rng(seed).uniform(low, high, count // 2).astype(dtype)
        xs = np.concatenate([xs[(low < xs) & (xs < high)], inside, 1 - inside])
        xs = xs[(low < xs) & (xs < high)]
    if derivative:
        xs = xs[~np.isin(xs, np.array(kinks_of(row, row.defaults), dtype))]
        if row.derivative_reach:
            xs = xs[np.abs(xs) <= CONSTANTS[dtype][row.derivative_reach]]
    return xs


def sample(dtype: str, count: int, seed: int = 0) -> Array:
    """Inputs of every exponent and sign, more of them where functions bend, and the edges."""
    rng = np.random.default_rng(seed)
    info = np.finfo(dtype)
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    anywhere = rng.integers(0, np.iinfo(unsigned).max, count // 2, unsigned, endpoint=True)
    reach = 110.0 if dtype == "float32" else 760.0
    edges = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 0.7, -0.7, info.max, info.min, info.tiny, -info.tiny]
    edges += [info.smallest_subnormal, -info.smallest_subnormal, reach, -reach]
    xs = np.concatenate(
        [
            anywhere.view(dtype),
            rng.uniform(-reach, reach, count // 4).astype(dtype),
            rng.uniform(-8, 8, count - count // 2 - count // 4).astype(dtype),
            np.array(edges, dtype),
        ]
    )
    return np.asarray(xs[np.isfinite(xs)])

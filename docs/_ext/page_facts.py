"""Sections of an activation's page that tell what the function is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import fastact as fa
from facts import FixedPoint, fixed_points, has_moments, moments
from fastact.formulas.catalogue import Row
from fastact.objects.info import Info, info_of
from text import code, fact_table, interval, limits, mean, number, point, yes

Array = np.ndarray[Any, np.dtype[Any]]

CONTINUITY = {
    "discontinuous": "no: it jumps",
    "C0": "no: continuous with kinks (C⁰)",
    "C-inf": "yes: every derivative is continuous (C^∞)".replace("^∞", "<sup>∞</sup>"),
}


# --- formula -----------------------------------------------------------------------------


def formulas(row: Row) -> list[str]:
    """Function and derivatives, and what the parameters are."""
    lines = []
    for formula in row.formulas:
        info = info_of(formula)
        if len(row.formulas) > 1:
            lines += [f"{code(formula)}:", ""]
        lines += ["$$", r"\begin{aligned}", *_equations(row, info), r"\end{aligned}", "$$", ""]
    return lines + _parameters(row)


def _equations(row: Row, info: Info) -> list[str]:
    left = "f(x)" if row.is_curve else f"f({', '.join(map(_upright, row.inputs))})"
    if row.kind in ("along axis", "sample"):
        left = "y_i"
    lines = [rf"{left} &= {info.formula.latex}"]
    for by, derivative in info.derivatives.items():
        lines.append(rf"{_slope(row, by)} &= {derivative.latex}")
    return [line + r" \\[1.5ex]" for line in lines[:-1]] + lines[-1:]


def _upright(name: str) -> str:
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def _slope(row: Row, by: str) -> str:
    if row.is_curve:
        return "f'(x)"
    if row.kind == "gate":
        return rf"\partial f / \partial {_upright(by)}"
    if row.kind == "reduction":
        return r"\partial f / \partial x_j"
    return "f'(x)" if row.kind == "paired" else r"\partial y_i / \partial x_j"


def _parameters(row: Row) -> list[str]:
    given = getattr(fa, row.name).info.parameters
    if not given:
        return []
    rows = [
        (
            code(p.name),
            "none" if p.default is None else number(p.default, 6),
            p.meaning + ("" if p.domain == "any" else f"; {p.domain}"),
            "learned" if p.learned else yes(p.has_gradient),
        )
        for p in given
    ]
    head = ("parameter", "default", "meaning", "gradient")
    return fact_table([head, ("---", "---:", "---", "---"), *rows])


# --- facts -------------------------------------------------------------------------------


def measured(row: Row) -> list[str]:
    """What holds with the default parameters, in a column for each form."""
    if not row.is_curve:
        return []
    columns = [
        dict([*_shape(row, formula), *_under_normal_input(row, formula)])
        for formula in row.formulas
    ]
    head = ["fact", *(map(code, row.formulas) if len(columns) > 1 else ["value"])]
    facts = dict.fromkeys(fact for column in columns for fact in column)
    rows = [[fact, *(column.get(fact, "") for column in columns)] for fact in facts]
    return [*fact_table([head, ["---"] * len(head), *rows]), "", *_how_measured(row)]


def _shape(row: Row, formula: str) -> Iterator[tuple[str, str]]:
    info = info_of(formula)
    assert info.range
    assert info.derivative_range
    assert info.limits
    assert info.derivative_limits
    if math.isfinite(row.interval[0]):
        yield "domain", interval(info.domain)
    yield "range", interval(info.range)
    yield "range of the slope", interval(info.derivative_range)
    yield "limits", limits(info.limits)
    yield "limits of the slope", limits(info.derivative_limits)
    if info.minimum:
        yield "minimum", point(*info.minimum)
    yield "monotone", "yes: it never falls" if info.monotone else "no"
    yield "zero-centred", "yes: f(−x) = −f(x)" if info.zero_centred else "no"
    yield "smooth", CONTINUITY.get(info.continuity or "", _continuity(info.continuity or ""))
    yield "fixed points", _fixed_points(row, formula)


def _continuity(order: str) -> str:
    return f"yes: C<sup>{order.removeprefix('C')}</sup>"


def _fixed_points(row: Row, formula: str) -> str:
    found = [_fixed_point(p) for p in fixed_points(row.name, formula)]
    return "; ".join(found) or "none"


def _fixed_point(p: FixedPoint) -> str:
    if p.low == p.high:
        return f"x = {number(p.low)}" + (f" ({p.kind})" if p.kind else "")
    if math.isinf(p.low) and math.isinf(p.high):
        return "every x"
    low = f"{number(p.low)} {'≤' if p.takes_low else '<'} " if math.isfinite(p.low) else ""
    high = f" {'≤' if p.takes_high else '<'} {number(p.high)}" if math.isfinite(p.high) else ""
    return f"{low}x{high}"


def _under_normal_input(row: Row, formula: str) -> Iterator[tuple[str, str]]:
    if not has_moments(row):
        return
    m = moments(row.name, formula)
    yield "mean output, E[f(z)]", mean(m.mean)
    yield "variance of the output", mean(m.variance)
    yield "mean squared output, E[f(z)²]", mean(m.square)
    yield "mean squared slope, E[f′(z)²]", mean(m.slope_square)
    yield "share of z with slope 0", f"{number(100 * m.zero_slope, 3)} %"
    yield "gain that keeps the mean square", number(m.gain)
    yield "growth of the squared gradient per layer at that gain", number(m.gradient_growth)


def _how_measured(row: Row) -> list[str]:
    told = "With the default parameters. "
    told += "Range, limits, monotonicity and kinks are derived from the formula and tested "
    told += "against the kernels. "
    if has_moments(row):
        told += (
            "Means are over z distributed as N(0, 1), by quadrature of the float64 kernel; "
            "weights of variance gain²/fan-in keep the mean square of what goes forward. "
        )
    return [told + "Fixed points are looked for from −50 to 50, with bisection.", ""]


# --- kinks and special values ------------------------------------------------------------------


def special_values(row: Row) -> list[str]:
    return [*_kinks(row), *_SPECIAL.get(row.kind, _special_rows)(row)]


def _kinks(row: Row) -> list[str]:
    kinks = getattr(fa, row.name).info.kinks
    if not kinks:
        return []
    rows = [
        (
            number(kink.x),
            number(kink.left),
            number(kink.right),
            number(kink.slope),
            ", ".join(f"{api}: {number(slope)}" for api, slope in kink.elsewhere.items())
            or "the same",
        )
        for kink in kinks
    ]
    head = ("kink at x", "slope on the left", "on the right", "there", "in other libraries")
    return [
        *fact_table([head, ("---:", "---:", "---:", "---:", "---"), *rows]),
        "",
        "The slope at a kink is PyTorch's.",
        "",
    ]


SPECIAL = np.array([-np.inf, -3.4e38, -0.0, 0.0, 1e-45, 3.4e38, np.inf, np.nan], np.float32)


def _special_numbers(row: Row) -> list[str]:
    activation = getattr(fa, row.name)
    x = SPECIAL if math.isinf(row.interval[0]) else np.array([-1, 0, 0.5, 1, np.nan], np.float32)
    head = ["x", *(_signed(v) for v in x)]
    rows = [head, ["---", *["---:"] * len(x)]]
    rows += [["f(x)", *(_signed(v) for v in activation(x))]]
    rows += [["f′(x)", *(_signed(v) for v in activation.derivative(x))]]
    return [*fact_table(rows), "", "Results of the float32 kernels."]


def _signed(value: Any) -> str:
    """With the sign of a zero."""
    negative_zero = value == 0 and np.signbit(value)
    return "\N{MINUS SIGN}0" if negative_zero else number(float(value), 3)


PAIRS = ((-np.inf, 1.0), (np.inf, 1.0), (np.inf, 0.0), (-np.inf, np.inf), (np.nan, 1.0))


def _special_pairs(row: Row) -> list[str]:
    first, second = (np.array(side, np.float32) for side in zip(*PAIRS, strict=True))
    y = getattr(fa, row.name)(first, second)
    cells = zip(*([_signed(v) for v in column] for column in (first, second, y)), strict=True)
    return [
        *fact_table([(*row.inputs, "result"), ("---:",) * 3, *cells]),
        *("", "Results of the float32 kernel."),
    ]


ROWS = (
    *((1000.0, 0.0), (-1000.0, -1000.0), (np.inf, 0.0), (-np.inf, 0.0)),
    *((-np.inf, -np.inf), (np.nan, 0.0)),
)


def _special_rows(row: Row) -> list[str]:
    activation = getattr(fa, row.name)
    options = {"rng": 0} if row.kind == "sample" else {}
    cells = []
    for numbers in ROWS:
        y = np.atleast_1d(activation(np.array(numbers, np.float32), **options))
        cells.append((_listed(numbers), _listed(y)))
    return [
        *fact_table([("row", "result"), ("---", "---"), *cells]),
        *("", "Results of the float32 kernel."),
    ]


def _listed(numbers: Any) -> str:
    return f"({', '.join(_signed(v) for v in numbers)})"


_SPECIAL = {
    "elementwise": _special_numbers,
    "random": _special_numbers,
    "gate": _special_pairs,
}

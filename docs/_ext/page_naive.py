"""The formula that people write, beside the kernel, on an activation's page."""

from __future__ import annotations

from mpmath import nstr

import naive
from fastact.formulas.catalogue import Row
from text import fact_table, number, ulp


def naive_formula(row: Row) -> list[str]:
    """The formula that people write beside the kernel."""
    lines = []
    for formula in row.formulas:
        if naive.formula_of(formula):
            lines += _naive(row, formula)
    return lines


def _naive(row: Row, formula: str) -> list[str]:
    trials = naive.trials(row, formula) if row.is_curve else naive.row_trials(formula)
    lines = ["As people write it in NumPy:", "", "```python"]
    lines += [f"{formula} = lambda x: {naive.formula_of(formula)}", "```", ""]
    worst = max((t.naive_error for t in trials), default=0.0)
    if worst <= naive.TELLING:
        return [*lines, "In float32 that is right to the last rounding wherever it was tried.", ""]
    head = ("x", "exact", "this formula", "its error, ulp", "fastact", "its error, ulp")
    rows = [_trial(t) for t in trials]
    return [
        *lines,
        *fact_table([head, ("---:",) * 6, *rows]),
        "",
        f"float32{'' if row.is_curve else '; the first result of a row'}. Exact values are",
        "mpmath's; an infinite or missing result has the error ∞.",
        "",
    ]


def _trial(t: naive.Trial) -> tuple[str, ...]:
    x = ", ".join(map(number, t.x)) if isinstance(t.x, tuple) else number(t.x)
    exact = nstr(t.exact, 6).replace("-", "\N{MINUS SIGN}")
    return (
        x,
        exact,
        number(t.naive, 6),
        ulp(t.naive_error),
        number(t.ours, 6),
        ulp(t.our_error),
    )

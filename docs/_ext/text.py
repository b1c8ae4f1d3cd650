"""Markdown in small pieces: tables, numbers, points and intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from fastact.objects.info import Ends, Interval
from svg import number

__all__ = ["code", "interval", "limits", "link", "number", "point", "table", "ulp", "yes"]

NEGLIGIBLE = 1e-12  # what rounding leaves of a mean that is 0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table whose first column is text and whose others are numbers."""
    lines = [" | ".join(cells) for cells in rows]
    if not lines:
        return []
    rule = " | ".join(["---", *["---:"] * (len(head) - 1)])
    return [f"| {line} |" for line in (" | ".join(head), rule, *lines)] + [""]


def fact_table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Two or three columns of text under no heading worth reading."""
    return [f"| {' | '.join(cells)} |" for cells in rows]


def code(text: object) -> str:
    return f"`{text}`"


def link(name: str) -> str:
    return f"{{activation}}`{name}`"


def yes(holds: bool) -> str:
    return "yes" if holds else "no"


def mean(value: float) -> str:
    return number(0.0 if abs(value) < NEGLIGIBLE else value)


def interval(given: Interval) -> str:
    opening = "[" if given.takes_low else "("
    closing = "]" if given.takes_high else ")"
    return f"{opening}{number(given.low)}, {number(given.high)}{closing}"


def limits(ends: Ends) -> str:
    low, high = ("none" if end is None else number(end) for end in ends)
    return f"{low} on the left, {high} on the right"


def point(x: float, y: float) -> str:
    return f"{number(y)} at x = {number(x)}"


def ulp(error: float | str) -> str:
    """Three digits: 2.38, 134, 1.7e7; ∞ where no finite result came."""
    if error == "inf" or (isinstance(error, float) and math.isinf(error)):
        return "∞"
    value = float(error)
    if value >= 1e4:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.3g}"

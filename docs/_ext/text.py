"""Markdown in small pieces: tables, numbers, points and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastact.objects.info import Ends, Interval
from numbers_shown import shown

NEGLIGIBLE = 1e-12  # what rounding leaves of a mean that is 0


def fact_table(rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown: headings, alignments, rows."""
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


def number(value: float, digits: int = 4) -> str:
    return shown(0.0 if value == 0 else float(value), f".{digits}g")


def microseconds(seconds: float) -> str:
    """Three digits, or all before the point."""
    value = seconds * 1e6
    return f"{value:,.0f}" if value >= 1000 else number(value, 3)


def ulp(error: float | str) -> str:
    """Two or three digits; ∞ where no finite result came."""
    value = float(error)
    return shown(value, ".2g" if value >= 1e4 else ".3g")

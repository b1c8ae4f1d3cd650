"""``compare-table``: every function in a table that readers sort and filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import memory
import peers
from facts import has_moments, moments
from fastact.accuracy import contract
from fastact.formulas.catalogue import CATALOGUE, Row
from fastact.objects.info import info_of
from text import number, ulp, yes

NONE = "–"
KINDS = {
    "elementwise": "of one number",
    "random": "of one number",
    "gate": "gate",
    "along axis": "along an axis",
    "reduction": "along an axis",
    "sample": "along an axis",
    "pieces": "along an axis",
    "paired": "along an axis",
}
COLUMNS = (
    *("function", "kind", "range", "monotone", "zero-centred", "bounded", "smooth"),
    *("steepest slope", "E[f]", "E[f′²]", "gain", "growth", "slope 0"),
    *("error, ulp", "of f′, ulp", "kept, bytes", "ns forward", "ns backward"),
)


@dataclass(frozen=True)
class Cell:
    """What is shown, and what is sorted by."""

    shown: str
    value: float | str = ""

    @property
    def html(self) -> str:
        if isinstance(self.value, str):
            return f'<td class="fa-text" data-value="{self.value}">{self.shown}</td>'
        return f'<td data-value="{self.value:.6g}">{self.shown}</td>'


MISSING = Cell(NONE, "")


class CompareTable(SphinxDirective):
    """All functions and what is known of them."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", _table(), format="html")]


def _table() -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    rows = "".join(_row(row, formula) for row in CATALOGUE for formula in _formulas(row))
    return (
        f'{_filters()}<div class="pst-scrollable-table-container" tabindex="0">'
        '<table class="table fa-sortable fa-compare"><thead><tr>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _filters() -> str:
    kinds = "".join(
        f'<option value="{kind}">{kind}</option>' for kind in dict.fromkeys(KINDS.values())
    )
    boxes = "".join(
        f'<label><input type="checkbox" data-property="{name}"> {name}</label>'
        for name in ("monotone", "not monotone", "zero-centred", "bounded", "smooth", "kinked")
    )
    return (
        '<form class="fa-filters" hidden><label>Name <input type="search" data-filter="name">'
        '</label><label>Kind <select data-filter="kind"><option value="">all</option>'
        f'{kinds}</select></label>{boxes}<output aria-live="polite"></output></form>'
    )


def _formulas(row: Row) -> tuple[str, ...]:
    return row.formulas if row.is_curve else row.formulas[:1]


def _row(row: Row, formula: str) -> str:
    info = info_of(formula)
    properties = " ".join(_properties(row, formula))
    name = f'<a href="activations/{row.name}.html"><code>{formula}</code></a>'
    cells = "".join(cell.html for cell in _cells(row, formula))
    return (
        f'<tr data-name="{formula} {row.name}" data-kind="{KINDS[row.kind]}" '
        f'data-properties="{properties}" title="{info.summary}">'
        f'<th scope="row" data-value="{formula}">{name}</th>{cells}</tr>'
    )


def _properties(row: Row, formula: str) -> Iterator[str]:
    info = info_of(formula)
    if row.is_curve:
        yield "monotone" if info.monotone else "not-monotone"
        yield "smooth" if info.smooth else "kinked"
        yield from ("zero-centred",) * bool(info.zero_centred)
        yield from ("bounded",) * bool(info.bounded)


def _cells(row: Row, formula: str) -> Iterator[Cell]:
    yield Cell(KINDS[row.kind], KINDS[row.kind])
    yield from _shape(row, formula)
    yield from _moments(row, formula)
    yield from _quality(row, formula)


def _shape(row: Row, formula: str) -> Iterator[Cell]:
    info = info_of(formula)
    if info.range is None or info.derivative_range is None:
        yield from (MISSING,) * 6
        return
    low, high = ("(", "[")[info.range.takes_low], (")", "]")[info.range.takes_high]
    shown = f"{low}{number(info.range.low, 3)}, {number(info.range.high, 3)}{high}"
    yield Cell(shown, info.range.low)
    for holds in (info.monotone, info.zero_centred, info.bounded):
        yield Cell(yes(bool(holds)), yes(bool(holds)))
    yield Cell(_continuity(info.continuity or ""), info.continuity or "")
    yield _number(max(info.derivative_range.high, -info.derivative_range.low))


def _continuity(order: str) -> str:
    if order == "discontinuous":
        return "jumps"
    return f"C<sup>{order.removeprefix('C').removeprefix('-').replace('inf', '∞')}</sup>"


def _moments(row: Row, formula: str) -> Iterator[Cell]:
    if not has_moments(row):
        yield from (MISSING,) * 5
        return
    m = moments(row.name, formula)
    mean = 0.0 if abs(m.mean) < 1e-12 else m.mean
    for value in (mean, m.slope_square, m.gain, m.gradient_growth):
        yield _number(value)
    yield Cell(f"{100 * m.zero_slope:.3g} %", m.zero_slope)


def _quality(row: Row, formula: str) -> Iterator[Cell]:
    for kernel in (formula, f"{formula}_derivative"):
        entry = contract().get(kernel)
        yield (
            Cell(ulp(entry["float32"]["max_ulp"]), entry["float32"]["max_ulp"])
            if entry
            else MISSING
        )
    yield _number(memory.kept(row.name, True).bytes) if memory.keeps(row) else MISSING
    for direction in ("forward", "backward"):
        yield _time(formula, direction)


def _time(formula: str, direction: str) -> Cell:
    """Nanoseconds per number of a large float32 array."""
    wanted = (formula, direction, "float32", peers.large())
    times = [
        cell.ours / cell.size * 1e9
        for cell in peers.cells()
        if (cell.activation, cell.direction, cell.dtype, cell.size) == wanted
    ]
    return _number(times[0]) if times else MISSING


def _number(value: float) -> Cell:
    return Cell(number(value, 3), value)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("compare-table", CompareTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

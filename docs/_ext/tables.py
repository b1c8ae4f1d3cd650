"""Tables that directives make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from docutils import nodes

Cell: TypeAlias = str | nodes.Node | Sequence[nodes.Node]


def code(text: str) -> nodes.literal:
    return nodes.literal(text, text)


def table(
    header: Sequence[Cell], rows: Iterable[Sequence[Cell]], classes: Sequence[str] = ()
) -> nodes.table:
    """A table with one line of headings; the theme lets a wide one scroll."""
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    group += nodes.thead("", _row(header))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=[f"fa-{name}" for name in classes])


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _block(cell)) for cell in cells))


def _block(cell: Cell) -> nodes.Element:
    """A paragraph, or a block of lines."""
    inline = [nodes.Text(cell)] if isinstance(cell, str) else cell
    parts = [inline] if isinstance(inline, nodes.Node) else list(inline)
    if parts and isinstance(parts[0], nodes.line):
        return nodes.line_block("", *parts)
    block = nodes.paragraph("", "", *parts)
    block["support_smartquotes"] = False  # quotes are those of code
    return block

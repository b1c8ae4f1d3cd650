"""Write ``docs/activations/*.md``, a page for each row of the catalogue, before Sphinx reads.

A page puts together the formula that SymPy derived, facts that the kernels tell, measured
figures and the notes written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import page_facts
import page_measured
from examples_of_use import session
from fastact.formulas.catalogue import CATALOGUE, Row
from notes import notes
from page_naive import naive_formula
from pages import write_pages
from text import fact_table, link

FOLDER = Path(__file__).parents[1] / "activations"

FAMILIES = {
    "Piecewise linear and parabolic": (
        *("identity", "relu", "relu6", "relu2", "leaky_relu", "prelu", "rrelu", "crelu"),
        *("threshold", "hardtanh", "hardsigmoid", "sparse_sigmoid", "hardshrink", "softshrink"),
        *("step", "hardswish", "sparse_plus", "maxout"),
    ),
    "Rectifiers with a curve": (
        *("elu", "selu", "celu", "softplus", "squareplus", "exponential", "snake"),
    ),
    "S-shaped": (*("sigmoid", "logsigmoid", "tanh", "stanh", "tanhshrink", "softsign", "logit"),),
    "x times a gate": ("silu", "quick_gelu", "gelu", "mish", "dish"),
    "Gates of two arrays": ("glu", "reglu", "geglu", "swiglu", "bilinear"),
    "Along an axis": (
        *("softmax", "log_softmax", "softmin", "logsumexp", "sparsemax", "hardmax"),
        "gumbel_softmax",
    ),
}


def page(row: Row) -> str:
    """All of a page, in Markdown."""
    written = notes(row.name)
    sections = (
        ("", [f"# {row.name}", "", row.summary, "", written["In one paragraph"]]),
        ("", ["", "```{activation-plot} " + row.name, "```"]),
        ("Formula", page_facts.formulas(row)),
        ("When to use it", _when(written)),
        ("Measured facts", page_facts.measured(row)),
        ("Kinks and special values", page_facts.special_values(row)),
        ("Code", _code(row)),
        ("Accuracy", page_measured.accuracy(row)),
        ("Speed", page_measured.speed(row)),
        ("Memory", page_measured.memory(row)),
        ("Numerics", _numerics(row, written["Numerics"])),
        ("Same name elsewhere", _elsewhere(row)),
        ("History", [written["History"], "", *_source(row)]),
        ("Related", [written["Related"], "", *_siblings(row)]),
    )
    return "\n".join(line for heading, lines in sections for line in _section(heading, lines))


def _section(heading: str, lines: list[str]) -> Iterator[str]:
    if any(line.strip() for line in lines):
        yield from (["", f"## {heading}", ""] if heading else [])
        yield from lines


def _when(written: dict[str, str]) -> list[str]:
    use, avoid = written["Use it when"], written["Avoid it when"]
    if not use:
        return []
    return [
        "::::{grid} 1 1 2 2",
        ":gutter: 3",
        ":::{grid-item-card} Use it when",
        *(use, ":::"),
        ":::{grid-item-card} Avoid it when",
        *(avoid, ":::", "::::"),
    ]


def _numerics(row: Row, written: str) -> list[str]:
    """The note, and what people write unless the note shows where it fails."""
    return [written, "", *([] if "{numerics}" in written else naive_formula(row))]


def _code(row: Row) -> list[str]:
    return [
        "```{doctest}",
        *(*session(row), "```", ""),
        f"All arguments: {{py:func}}`fastact.{row.name}`.",
    ]


def _source(row: Row) -> list[str]:
    return [f"Source: {row.source}."] if row.source else []


def _siblings(row: Row) -> list[str]:
    family = next(names for names in families().values() if row.name in names)
    others = ", ".join(link(name) for name in family if name != row.name)
    return [f"Of the same family: {others}."]


def _elsewhere(row: Row) -> list[str]:
    return [
        "What libraries call this function, and what else they mean by its names.",
        "`fa.get(name, api=...)` gives each of them with its own defaults.",
        *("", "```{same-name-table} " + row.name, "```"),
    ]


def families() -> dict[str, tuple[str, ...]]:
    """All activations; one that has no family yet is listed at the end."""
    placed = {name for names in FAMILIES.values() for name in names}
    others = tuple(row.name for row in CATALOGUE if row.name not in placed)
    return {**FAMILIES, **({"Others": others} if others else {})}


def index() -> str:
    lines = [
        "# Activations",
        "",
        "A page for each function: formula and derivative, a plot to move, measured facts,",
        "accuracy, speed, numerics and history. [Compare](../compare.md) has all of them in a",
        "table and in one plot.",
    ]
    for family, names in families().items():
        lines += ["", f"## {family}", "", *_summaries(names), "", "```{toctree}", ":hidden:", ""]
        lines += [*names, "```"]
    return "\n".join(lines) + "\n"


def _summaries(names: tuple[str, ...]) -> list[str]:
    summary = {row.name: row.summary for row in CATALOGUE}
    rows = [(link(name), summary[name]) for name in names]
    return fact_table([("function", "what it is"), ("---", "---"), *rows])


def files() -> dict[Path, str]:
    pages = {FOLDER / f"{row.name}.md": page(row) for row in CATALOGUE}
    return {FOLDER / "index.md": index(), **pages}


def write(app: Sphinx, config: Config) -> None:
    """Write the pages, and remove those of rows that are no more."""
    wanted = files()
    for path in set(FOLDER.glob("*.md")) - wanted.keys():
        path.unlink()
    write_pages(wanted)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

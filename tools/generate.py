"""Write what follows from the catalogue: the type stub and a page per activation.

``python tools/generate.py`` writes ``src/fastact/__init__.pyi`` and
``docs/activations/*.md``; with ``--check`` it writes nothing and fails if a
file would change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import sympy

from fastact.accuracy import contract
from fastact.docstrings import docstring
from fastact.formulas.catalogue import CATALOGUE, Row
from oracle import expression, has_root

ROOT = Path(__file__).parents[1]
STUB = ROOT / "src/fastact/__init__.pyi"
PAGES = ROOT / "docs/activations"

STUB_HEAD = '''\
"""Types of the public names.  Written by tools/generate.py from the catalogue."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .dispatch import backends as backends
from .dispatch import use_backend as use_backend
from .objects import Activation as Activation
from .objects import Explanation as Explanation
from .objects import explain as explain
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads
from .threads import threads as threads

__version__: str

# A scalar for a scalar, else an array of x's shape.
_Result: TypeAlias = Any
_Out: TypeAlias = np.ndarray[Any, np.dtype[Any]] | None
'''
STUB_TAIL = """
def list() -> tuple[str, ...]: ...
"""


def _parameters(row: Row) -> str:
    """The parameters of a row as they stand in a signature."""
    given = [
        f"{p.name}: {'ArrayLike' if p.learned else 'float'} = {p.default!r}" for p in row.parameters
    ]
    if row.learned:
        given.append("axis: int | None = None")
    if row.forms:
        options = ", ".join(f'"{form}"' for form in row.forms)
        given.append(f'approximate: Literal[{options}] = "{next(iter(row.forms))}"')
    if row.along_axis:
        given.append("axis: int = -1")
    return "".join(f", {p}" for p in given)


def _method(name: str, arguments: str, result: str = "_Result") -> str:
    # The base takes any parameters, an activation its own.
    body = "\n".join(f"        {a.strip()}," for a in _split(f"self, {arguments}"))
    ignore = "" if name == "__call__" else "  # type: ignore[override]"
    return f"    def {name}({ignore}\n{body}\n    ) -> {result}: ..."


def _split(arguments: str) -> list[str]:
    """At the commas that are not inside brackets."""
    parts, depth = [""], 0
    for character in arguments:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def stub_class(row: Row) -> str:
    given = _parameters(row)
    gradients = f"tuple[{', '.join(['_Result'] * (1 + len(row.learned)))}]"
    backward = "dy: ArrayLike, input: ArrayLike | None = None"
    lines = [
        f"class _{row.name}(Activation):",
        _method("__call__", f"x: ArrayLike, /{given}, *, out: _Out = None"),
        _method(
            "backward",
            f"{backward}{given}, *, output: ArrayLike | None = None, out: _Out = None",
            gradients if row.learned else "_Result",
        ),
    ]
    if not row.along_axis:
        lines.append(_method("derivative", f"x: ArrayLike, /{given}, *, out: _Out = None"))
    return "\n".join(lines) + f"\n\n{row.name}: _{row.name}\n"


def stub() -> str:
    return STUB_HEAD + "\n".join(map(stub_class, CATALOGUE)) + STUB_TAIL


def _latex(row: Row, formula: str, derivative: bool) -> str:
    if row.along_axis:
        i, j = r"e^{x_i}", r"\sum_j e^{x_j}"
        if derivative:
            return r"\frac{\partial y_i}{\partial x_j} = y_i (\delta_{ij} - y_j)"
        return rf"\frac{{{i}}}{{{j}}}"
    value = expression(row, formula, derivative)
    return str(sympy.latex(sympy.simplify(value) if derivative else value))


def _accuracy(row: Row) -> list[str]:
    if row.along_axis:
        return []
    lines = ["## Accuracy", "", "| kernel | dtype | largest error found, ulp | at x = | inputs |"]
    lines.append("|---|---|---|---|---|")
    for formula in row.formulas:
        for kernel in (formula, f"{formula}_derivative"):
            for dtype, measured in contract()[kernel].items():
                lines.append(
                    f"| {kernel} | {dtype} | {measured['max_ulp']:.3f} | {measured['at']:.9g} "
                    f"| {measured['inputs']:,} |"
                )
    note = "Rounding included: 0.5 is the best possible."
    if has_root(row.name):
        note += " Around the root of the derivative a unit is that of 1/8."
    return [*lines, "", note, ""]


def page(row: Row) -> str:
    lines = [f"# {row.name}", "", row.summary, ""]
    for formula in row.formulas:
        label = f"`{formula}`: " if len(row.formulas) > 1 else ""
        lines += [f"{label}$f(x) = {_latex(row, formula, False)}$", ""]
        lines += [f"$f'(x) = {_latex(row, formula, True)}$", ""]
    lines += ["```text", docstring(row).rstrip(), "```", "", *_accuracy(row)]
    return "\n".join(lines).rstrip() + "\n"


def files() -> dict[Path, str]:
    pages = {PAGES / f"{row.name}.md": page(row) for row in CATALOGUE}
    return {STUB: stub(), **pages}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a file is not up to date")
    check = parser.parse_args().check
    stale = []
    for path, text in files().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print("stale:" if check else "wrote", path)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())

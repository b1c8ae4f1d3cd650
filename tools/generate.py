"""Write what follows from the catalogue and from measurements: the type stub and pages.

``python tools/generate.py`` writes ``src/fastact/__init__.pyi``, ``docs/activations/*.md``
and the tables of accuracy and memory; with ``--check`` it writes nothing and fails if a
file would change.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

import fastact
from accuracy_tables import ROOT_NOTE, peers_page
from fastact.accuracy import BARS, OTHER_BARS, contract
from fastact.costs import shipped
from fastact.docstrings import docstring
from fastact.formulas.catalogue import CATALOGUE, Row
from fastact.golden import KERNEL_DTYPES
from fastact.objects import Activation
from fastact.objects.info import facts
from roots import roots_of
from stub import stub

ROOT = Path(__file__).parents[1]
STUB = ROOT / "src/fastact/__init__.pyi"
PAGES = ROOT / "docs/activations"
MEMORY = ROOT / "docs/memory.md"
ACCURACY = ROOT / "docs/accuracy.md"
PEERS = ROOT / "docs/accuracy_vs_peers.md"
PEERS_FOUND = ROOT / "docs/accuracy_vs_peers.json"
WAYS = ROOT / "docs/memory_figures.json"


def _accuracy(row: Row) -> list[str]:
    if row.kind != "elementwise":
        return []
    lines = ["## Accuracy", "", "| kernel | dtype | largest error found, ulp | at x = | inputs |"]
    lines.append("|---|---|---|---|---|")
    for formula in row.formulas:
        for kernel in (formula, f"{formula}_derivative"):
            for dtype, measured in contract()[kernel].items():
                lines.append(f"| {kernel} | {dtype} | {' | '.join(_measured(measured))} |")
    note = "Rounding included: 0.5 is the best possible."
    if any(roots_of(row, formula, True).points for formula in row.formulas):
        note += f" {ROOT_NOTE}"
    return [*lines, "", note, ""]


def _measured(entry: dict[str, Any]) -> list[str]:
    """Largest error, where, and of how many inputs; a sample's is an estimate."""
    inputs = "all" if entry["inputs"] == 1 << 32 else f"{entry['inputs']:,}"
    estimate = "" if "swept" in entry else " (estimate)"
    return [f"{entry['max_ulp']:.3f}", f"{entry['at']:.9g}", inputs + estimate]


def _formulas(row: Row) -> list[str]:
    """Each formula and its derivatives, as the facts have them."""
    lines = []
    for formula in row.formulas:
        fact = facts()[formula]
        label = f"`{formula}`: " if len(row.formulas) > 1 else ""
        lines += [f"{label}$f({', '.join(row.inputs)}) = {fact['formula']['latex']}$", ""]
        for name, derivative in fact["derivatives"].items():
            if derivative["latex"]:
                slope = "f'(x)" if row.is_curve else _partial(row, name)
                lines += [f"${slope} = {derivative['latex']}$", ""]
    return lines


def _partial(row: Row, name: str) -> str:
    if row.kind == "gate":
        return rf"\partial f / \partial {name}"
    return r"\partial y_i / \partial x_j"


def _kinks(row: Row) -> list[str]:
    """The slope at each kink, here and where another library has another."""
    activation: Activation = getattr(fastact, row.name)
    if not activation.info.kinks:
        return []
    lines = ["## Kinks", "", "| x | slope from the left | from the right | there | elsewhere |"]
    lines.append("|---|---|---|---|---|")
    for kink in activation.info.kinks:
        others = ", ".join(f"{api}: {slope:g}" for api, slope in kink.elsewhere.items())
        slopes = f"{kink.left:.6g} | {kink.right:.6g} | {kink.slope:.6g}"
        lines.append(f"| {kink.x:g} | {slopes} | {others or 'the same'} |")
    note = (
        "The slope at a kink is PyTorch's; where the measured ones of JAX and TensorFlow "
        "differ, they are listed."
    )
    return [*lines, "", note, ""]


def page(row: Row) -> str:
    lines = [f"# {row.name}", "", row.summary, "", *_formulas(row), *_kinks(row)]
    lines += ["```text", docstring(row).rstrip(), "```", "", *_accuracy(row)]
    return "\n".join(lines).rstrip() + "\n"


def _kept(row: Row, in_place: bool) -> tuple[str, float]:
    """What ``forward`` keeps by itself, and its own bytes per float32 element."""
    low, high = max(row.interval[0], -4.0), min(row.interval[1], 4.0)
    x = np.linspace(low, high, 8002, dtype=np.float32)[1:-1]
    activation: Activation = getattr(fastact, row.name)
    arrays = [x.copy() for _ in row.inputs]
    y, context = activation.forward(*arrays, out=arrays[0] if in_place else None)
    there = [*arrays, y]
    own = [a for a in context.arrays if not any(np.shares_memory(a, b) for b in there)]
    return context.save, sum(a.nbytes for a in own) / x.size


MEMORY_HEAD = """\
# What a backward pass needs to be kept

`y, context = fa.relu.forward(x)` keeps what the backward pass needs and nothing more;
`context.backward(dy)` uses it, `context.nbytes` says how large it is. `save=` chooses:

| `save=` | kept | for |
|---|---|---|
| `"input"` | the input: the array itself, or a copy where `out` overwrites it | all |
| `"output"` | the output, which usually exists anyway | where it determines the gradient |
| `"mask"` | one bit an element | functions with two slopes |
| `"derivative"` | the derivative as 16-bit numbers (32 for float64) | slopes from -0.5 to 1.5 |

Without a choice it is the first of these that gives the whole gradient: the mask, the
output, the input; the derivative where `out` overwrites the input and slopes allow it,
else a copy. A context refers to input and output as they are: who changes them changes the
gradient. The tables are written by `python tools/generate.py` from contexts it makes.

## Bytes kept beside input and output

float32, per element.

| function | way, new output | bytes | way, in place | bytes |
|---|---|---|---|---|
"""
MEMORY_WAYS = """
## In place without the input

gelu, silu and mish are not monotone: their output does not tell the gradient, and in
place the input is gone. Kept is then the derivative in 16 bits, at half the room of a copy.
Times are of a forward and a backward pass over {elements:,} float32 numbers,
relative to the copy; the error is the largest of the gradient for `dy` = 1
({machine}, {date}, `python tools/measure_ways.py`).

| function | kept | bytes | largest error | time |
|---|---|---|---|---|
"""


def memory_page() -> str:
    lines = []
    for row in CATALOGUE:
        if row.kind in ("elementwise", "gate") or row.name == "softmax":
            (new, new_bytes), (over, over_bytes) = _kept(row, False), _kept(row, True)
            lines.append(f"| {row.name} | {new} | {new_bytes:g} | {over} | {over_bytes:g} |")
    figures = json.loads(WAYS.read_text(encoding="utf-8"))
    told = MEMORY_HEAD + "\n".join(lines) + "\n" + MEMORY_WAYS.format(**figures)
    for name, ways in figures["ways"].items():
        for way, found in ways.items():
            told += f"| {name} | {way} | {found['bytes']:g} | {found['error']:.1e} "
            told += f"| {found['time']:.2f} |\n"
    return told


ACCURACY_TEXT = """\
Largest errors found, in units in the last place (ulp), rounding included: 0.5 is the best
possible. The bars are {bars}. float32 is compared with the float64 kernels, float64 with
long doubles and, where it is worst, with mpmath; an estimate has tried samples only.
{root_note} Decreases are the neighbouring float32 inputs at which a function that never falls
does. 16-bit results are the correctly rounded ones for every input. Written by
`python tools/generate.py` from `formulas/contract.json`. [Other libraries'
errors](accuracy_vs_peers.md) have a page of their own."""
ACCURACY_TABLE = """
| kernel | float32 | at x = | inputs | decreases | float64 | at x = | inputs |
|---|---|---|---|---|---|---|---|
"""

TRADED = 1 << 16  # numbers: as many as cache holds
TRADES = """
## Where the last digit was too dear

These float32 kernels may err by up to {bar:g} ulp. Computed as their float64 kernels compute
they would be as good as correctly rounded; the time is that of the float64 kernel over that
of the float32 kernel, per number on one thread, conversions not counted.

| kernel | largest error, ulp | by float64, ulp | time by float64 / time |
|---|---|---|---|
"""


def trades() -> str:
    """What the kernels of other bars lose, and what it would cost not to."""
    costs, lines = shipped(), []
    backend = next(iter(costs.rates))
    for name, dtype in OTHER_BARS:
        single, double = (costs.nanoseconds(backend, name, d, 1, TRADED) for d in KERNEL_DTYPES)
        error = contract()[name][dtype]["max_ulp"]
        lines.append(f"| {name} | {error:.3f} | 0.5 | {double / single:.1f} |")
    (bar,) = set(OTHER_BARS.values())
    return TRADES.format(bar=bar) + "\n".join(lines) + "\n"


def accuracy_page() -> str:
    bars = "; ".join(
        f"{forward:g} forward and {derivative:g} for a derivative in {dtype}"
        for dtype, (forward, derivative) in BARS.items()
    )
    lines = []
    for name, entries in contract().items():
        single, double = entries["float32"], entries["float64"]
        falls = f"{single['decreases']:,}" if "decreases" in single else ""
        lines.append(f"| {' | '.join([name, *_measured(single), falls, *_measured(double)])} |")
    text = textwrap.fill(ACCURACY_TEXT.format(bars=bars, root_note=ROOT_NOTE), 88)
    return "\n".join(["# Accuracy", "", text, ACCURACY_TABLE + "\n".join(lines)]) + "\n" + trades()


def files() -> dict[Path, str]:
    pages = {PAGES / f"{row.name}.md": page(row) for row in CATALOGUE}
    found = json.loads(PEERS_FOUND.read_text(encoding="utf-8"))
    pages |= {MEMORY: memory_page(), ACCURACY: accuracy_page(), PEERS: peers_page(found)}
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

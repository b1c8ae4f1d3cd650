"""Write the pages that hold measurements: accuracy, memory, benchmarks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import measurements
import memory
import peers
from accuracy_tables import ROOT_NOTE, peers_page
from fastact.accuracy import BARS, contract
from forms import formulas_of
from pages import write_pages
from text import code, fact_table, link, number

DOCS = measurements.DOCS

# --- accuracy ----------------------------------------------------------------------------

ACCURACY = """\
# Accuracy

Largest errors found, in units in the last place (ulp), rounding included: 0.5 is the best
possible. The bars are {bars}. float32 is compared with the float64 kernels, float64 with long
doubles and, where it is worst, with mpmath; an estimate has tried samples only.
{root_note} Decreases are the neighbouring float32 inputs at which a function that never falls
does. 16-bit results are the correctly rounded ones for every input.
[Accuracy beside other libraries](accuracy_vs_peers.md) has their errors;
[How it works](architecture.md#numerics) tells how these are reached.

"""


def accuracy_page() -> str:
    bars = "; ".join(
        f"{forward:g} forward and {derivative:g} for a derivative in {dtype}"
        for dtype, (forward, derivative) in BARS.items()
    )
    head = ("function", "float32", "at x =", "inputs", "falls", "float64", "at x =", "inputs")
    rows = [_contract_row(name) for name in contract()]
    table = fact_table([head, ("---", *("---:",) * 7), *rows])
    return ACCURACY.format(bars=bars, root_note=ROOT_NOTE) + "\n".join(table) + "\n"


def _contract_row(kernel: str) -> tuple[str, ...]:
    single, double = contract()[kernel]["float32"], contract()[kernel]["float64"]
    falls = f"{single['decreases']:,}" if "decreases" in single else ""
    return (_named(kernel), *_found(single), falls, *_found(double))


def _named(kernel: str) -> str:
    """The kernel, linked to its page."""
    formula = kernel.removesuffix("_derivative")
    return f"[{code(kernel)}](activations/{formulas_of()[formula].name}.md)"


def _found(entry: dict[str, Any]) -> tuple[str, str, str]:
    """Largest error, where, and of how many inputs; a sample's is an estimate."""
    inputs = "all" if entry["inputs"] == 1 << 32 else f"{entry['inputs']:,}"
    estimate = "" if "swept" in entry else " (estimate)"
    return f"{entry['max_ulp']:.3f}", number(entry["at"], 6), inputs + estimate


# --- memory ------------------------------------------------------------------------------

MEMORY = """\
# Memory

What a backward pass needs to be kept, and how little that can be.

`y, context = fa.relu.forward(x)` keeps what the backward pass needs and nothing more;
`context.backward(dy)` uses it, `context.nbytes` says how large it is. `save=` chooses:

| `save=` | kept | for |
|---|---|---|
| `"input"` | the input: the array itself, or a copy where `out` overwrites it | all |
| `"output"` | the output, which usually exists anyway | where it determines the gradient |
| `"mask"` | one bit an element | functions with two slopes |
| `"derivative"` | the derivative as 16-bit numbers (32 for float64) | slopes from −0.5 to 1.5 |

Without a choice it is the first of these that gives the whole gradient: the mask, the
output, the input; the derivative where `out` overwrites the input and slopes allow it,
else a copy. A context refers to input and output as they are: who changes them changes the
gradient.

## Bytes kept beside input and output

float32, per element; contexts made while this page was built.
"""
IN_PLACE = """
## In place without the input

gelu, silu and mish are not monotone: their output does not tell the gradient, and in
place the input is gone. Kept is then the derivative in 16 bits, at half the room of a copy.
Times are of a forward and a backward pass over {elements:,} float32 numbers, relative to the
copy; the error is the largest of the gradient for `dy` = 1.

"""
WAYS_FILE = DOCS / "memory_figures.json"


def memory_page() -> str:
    found = measurements.read(WAYS_FILE)
    parts = [MEMORY, *_kept(), *_by_torch(), IN_PLACE.format(**found), *_ways(found)]
    return "\n".join([*parts, "", f"{peers.machine_of(found)}{_older(found)}"]) + "\n"


def _older(found: dict[str, Any]) -> str:
    fresh = measurements.is_fresh({"measures": "times", **found})
    return "" if fresh else " Measured with earlier kernels."


def _kept() -> list[str]:
    rows = []
    for row in memory.rows():
        new, over = memory.kept(row.name, False), memory.kept(row.name, True)
        cells = (new.way, number(new.bytes), over.way, number(over.bytes))
        saved = (_torch_bytes(row.name, way) for way in ("new", "in place"))
        rows.append((link(row.name), *cells, *saved))
    head = ("function", "new array: kept", "bytes", "in place: kept", "bytes")
    torch = ("PyTorch, new", "PyTorch, in place")
    return fact_table(
        [(*head, *torch), ("---", "---", "---:", "---", "---:", "---:", "---:"), *rows]
    )


def _torch_bytes(name: str, way: str) -> str:
    value = measurements.read(memory.SAVED_BY_TORCH)["bytes"].get(name, {}).get(way)
    return "" if value is None else number(value)


def _by_torch() -> list[str]:
    found = measurements.read(memory.SAVED_BY_TORCH)
    told = (
        f"The columns of PyTorch {found['versions']['torch']} are the bytes of the tensors that "
        "autograd saves beside input and output, per element, where it has the function."
    )
    return ["", textwrap.fill(told, 95)]


def _ways(found: dict[str, Any]) -> list[str]:
    rows = [
        (link(name), way, f"{kept['bytes']:g}", f"{kept['error']:.1e}", f"{kept['time']:.2f}")
        for name, ways in found["ways"].items()
        for way, kept in ways.items()
    ]
    head = ("function", "kept", "bytes", "largest error", "time")
    return fact_table([head, ("---", "---", "---:", "---:", "---:"), *rows])


# --- benchmarks --------------------------------------------------------------------------

BENCHMARKS = """\
# Benchmarks

Every activation, forward and backward, beside what else there is on a processor: {libraries}.
A ratio is the other library's time over fastact's: **above 1 fastact is faster**, and where
it is slower the cell says so in the other colour.

{machine}
{age}

## How it is measured

Each call writes into an array that is there already (`out=`), with {threads} threads for those
who have them. All libraries take turns in short rounds, so that a slow moment of the machine
meets them all; of the rounds the least time counts. Inputs are normal numbers of deviation 2.
"NumPy formula" is the quickest that people write with whole arrays. fastact checks its
arguments within the time.

`nox -s bench` measures all of it again on your machine.

## Times at a glance

```{{figure-inline}} figures/times.py
:alt: Time per number of every activation in float32, for fastact and each other library.
:caption: Nanoseconds per float32 number at the largest size, forward. Left is better.
```
"""


def benchmarks_page() -> str:
    found = peers.times()
    others = ", ".join(peers.name_of(name) for name in peers.libraries() if name != "fastact")
    told = BENCHMARKS.format(
        libraries=others,
        machine=peers.machine_of(found),
        age=peers.age_of_times(),
        threads=found["threads"],
    )
    return told + "\n".join(_ratio_tables()) + "\n"


def _ratio_tables() -> Iterator[str]:
    kinds = dict.fromkeys((cell.direction, cell.dtype) for cell in peers.cells())
    for direction, dtype in kinds:
        cells = [c for c in peers.cells() if (c.direction, c.dtype) == (direction, dtype)]
        yield from ("", f"## {direction.capitalize()}, {dtype}", "", "```{raw} html")
        yield from (_ratio_table(cells), "```")


def _ratio_table(cells: list[peers.Cell]) -> str:
    others = [
        name
        for name in peers.libraries()
        if name != "fastact" and any(name in cell.seconds for cell in cells)
    ]
    head = ["function", "numbers", "fastact, µs", *map(peers.name_of, others)]
    rows = "".join(_ratio_row(cell, others) for cell in cells)
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return (
        '<div class="pst-scrollable-table-container" tabindex="0">'
        f'<table class="table fa-sortable fa-heat"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _ratio_row(cell: peers.Cell, others: list[str]) -> str:
    page = formulas_of()[cell.activation].name
    name = f'<a href="activations/{page}.html"><code>{cell.activation}</code></a>'
    ours = cell.ours * 1e6
    ratios = "".join(_ratio_cell(cell, other) for other in others)
    return (
        f'<tr><th scope="row">{name}</th><td data-value="{cell.size}">{cell.size:,}</td>'
        f'<td data-value="{ours:.6g}">{number(ours, 3)}</td>{ratios}</tr>'
    )


STEPS = (0.5, 1.0, 1.25, 2.0, 4.0, 10.0)  # where the colour changes


def _ratio_cell(cell: peers.Cell, other: str) -> str:
    if other not in cell.seconds:
        return '<td data-value="">–</td>'
    ratio = cell.ratio(other)
    heat = sum(ratio >= step for step in STEPS)
    shown = f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"
    return f'<td class="fa-heat-{heat}" data-value="{ratio:.6g}">{shown}</td>'


# --- all ---------------------------------------------------------------------------------


def files() -> dict[Path, str]:
    return {
        DOCS / "accuracy.md": accuracy_page(),
        DOCS / "accuracy_vs_peers.md": peers_page(peers.errors()),
        DOCS / "memory.md": memory_page(),
        DOCS / "benchmarks.md": benchmarks_page(),
    }


def write(app: Sphinx, config: Config) -> None:
    write_pages(files())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write)
    app.add_js_file("tables.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Write the pages on accuracy and memory."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import measurements
import memory
import peers
from accuracy_tables import ROOT_NOTE, peers_page
from fastact.accuracy import BARS, OTHER_BARS, contract
from fastact.costs import shipped
from fastact.golden import KERNEL_DTYPES
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


# --- the last digit ----------------------------------------------------------------------

TRADES = """
## Where the last digit was too dear

These float32 kernels may err by up to {bar:g} ulp. Computed as their float64 kernels compute
they would be as good as correctly rounded. The time is that of the float64 kernel over that of
the float32 kernel, for {count:,} numbers on one thread, conversions not counted
(table of costs of {date}{earlier}).

"""
TRADED = 1 << 16  # numbers: as many as cache holds


def trades() -> str:
    """What the kernels of other bars lose, and what it would cost not to."""
    costs = shipped()
    (bar,) = set(OTHER_BARS.values())
    backend = next(iter(costs.rates))
    rows = []
    for name, dtype in OTHER_BARS:
        single, double = (costs.nanoseconds(backend, name, d, 1, TRADED) for d in KERNEL_DTYPES)
        error = f"{contract()[name][dtype]['max_ulp']:.3f}"
        rows.append((_named(name), error, "0.5", f"{double / single:.1f}"))
    head = ("function", "largest error, ulp", "by float64", "time by float64 / time")
    # A table without a machine holds times from before the tables of float32.
    earlier = "" if costs.machine else "; float32 by formulas: by tables it is faster still"
    told = TRADES.format(bar=bar, count=TRADED, date=costs.date, earlier=earlier)
    return told + "\n".join(fact_table([head, ("---", *("---:",) * 3), *rows])) + "\n"


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

Beside that, a process without AVX-512 keeps tables of functions that have seen half a million
float16 or bfloat16 numbers: 128 kB of results, or 256 kB of slopes, and at most 64 tables
([how it works](architecture.md)).

## Bytes kept beside input and output

float32, per element; contexts made while this page was built.
"""
IN_PLACE = """
## In place without the input

gelu, silu and mish are not monotone: their output does not tell the gradient, and in
place the input is gone. Kept is then the derivative in 16 bits, at half the room of a copy.
relu and others of two slopes keep a bit.
Times are of a forward and a backward pass over {elements:,} float32 numbers, relative to the
copy; the error is the largest of the gradient for `dy` = 1.

"""
ONE_PASS = """

## One pass instead of two

Between processor and memory an array of millions of numbers goes slower than through most
activations. So what belongs together is done in one pass:

- `fa.gelu(x, bias=b, out=x)` adds a bias along the last axis, or along `axis=`, and
  activates; the bits are those of `fa.gelu(x + b)`, without the array in between.
- `fa.gelu.backward(dy, x, bias=b, wrt="bias", out=dy)` gives the gradients by the input and
  by the bias, which is summed while `dx` is still in the cache.
- `fa.prelu.backward(dy, x, weight)` likewise, with the gradient by its weight.
- `fa.gelu.forward(x, out=x, save="derivative")` packs the derivative beside the output, and
  `fa.relu.forward(x, out=x)` the mask; `context.backward(dy, out=dy)` unpacks them as it goes.
- Both together: `fa.gelu.forward(x, bias=b, out=x)`, and then
  `context.backward(dy, out=dy, wrt="bias")`.

None of them makes an array besides its results, but for sums of the size of the bias, and up to
256 kB where a bias of short runs is spread over a sample. What that saves is on the
[page of benchmarks](benchmarks.md).

## New arrays

`fa.relu(x)` without `out=` makes a new array. Of those above 32 MB the memory of the last two
that were freed, up to 512 MB each, waits for the next: on Linux it is marked `MADV_FREE`, so the
system takes it when it runs short of memory, and until then `top` counts it. Such an array is
like any other; it owns its memory, and `resize` works. Loops are best off with `out=` all the
same.
"""
WAYS_FILE = DOCS / "memory_figures.json"


def memory_page() -> str:
    found = measurements.read(WAYS_FILE)
    parts = [MEMORY, *_kept(), *_by_torch(), IN_PLACE.format(**found), *_ways(found)]
    return "\n".join([*parts, "", f"{peers.machine_of(found)}{_older(found)}", ONE_PASS])


def _older(found: dict[str, Any]) -> str:
    return "" if peers.is_of_these(found) else " Measured with earlier kernels."


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


# --- all ---------------------------------------------------------------------------------


def files() -> dict[Path, str]:
    return {
        DOCS / "accuracy.md": accuracy_page() + trades(),
        DOCS / "accuracy_vs_peers.md": peers_page(peers.errors()),
        DOCS / "memory.md": memory_page(),
    }


def write(app: Sphinx, config: Config) -> None:
    write_pages(files())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

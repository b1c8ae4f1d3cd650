"""Write the pages on speed, from the report of ``benchmarks/``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import measurements
import peers
from forms import formulas_of
from pages import write_pages
from text import code, fact_table, microseconds, number

DOCS = measurements.DOCS
DIRECTIONS = {
    "new": "Forward, into a new array",
    "forward": "Forward, `out=`",
    "backward": "Backward, `out=`",
}
WORST = 25  # losses that the overview lists
STEPS = (0.5, 1.0, 1.25, 2.0, 4.0, 10.0)  # where the colour of a ratio changes

OVERVIEW = """\
# Benchmarks

Every activation, forward and backward, beside what else there is on a processor: {libraries}.
A ratio is the other library's time over fastact's: **above 1 fastact is faster**, and where
it is slower the cell says so in the other colour.

{machine}
{age}

## At a glance

```{{figure-inline}} figures/bench_heatmap.py
:alt: The fastest other library's time over fastact's, for every function and size.
:caption: The fastest other library's time over fastact's, by the count of numbers.
```

## Numbers per second

```{{figure-inline}} figures/bench_throughput.py
:alt: Throughput of four functions against the count of numbers, for each library.
:caption: float32, forward with `out=`.
```

Dashed is fastact's copy of an array, the limit of memory; dotted is the limit of arithmetic,
for numbers that lie in the first-level cache.

## How it is measured

A call writes into an array that is there already (`out=`) or makes a new one, with {threads}
threads for those who have them. All libraries take turns in short rounds, each in a process of
its own, so that a slow moment of the machine meets them all and no pool of threads another; the
next begins when the threads of the one before are at rest. Of the rounds the least time counts.
Inputs are normal numbers of deviation 2. "NumPy formula" is the quickest that people write with
whole arrays. fastact's checks of its arguments are within the time.

`nox -s bench` measures again on your machine, `nox -s bench-report` all of it.

"""


def overview() -> str:
    found = peers.times()
    others = ", ".join(peers.name_of(name) for name in peers.libraries() if name != "fastact")
    told = OVERVIEW.format(
        libraries=others,
        machine=peers.machine_of(found),
        age=peers.age_of_times(),
        threads=found["threads"],
    )
    parts = _means(), _losses(), _figures(), _training(), _elsewhere(), _links()
    return told + "\n".join(line for part in parts for line in part) + "\n"


def _means() -> Iterator[str]:
    """By library: how much faster fastact is on average."""
    yield from ("## On average", "", "Geometric means of ratios, over all functions and sizes.", "")
    kinds = dict.fromkeys((cell.dtype, cell.direction) for cell in peers.cells())
    others = [name for name in peers.libraries() if name != "fastact"]
    rows = []
    for dtype, direction in kinds:
        cells = [c for c in peers.cells() if (c.dtype, c.direction) == (dtype, direction)]
        means = (peers.mean_ratio(cells, name) for name in others)
        shown = (f"{mean:.2f}" if count else "–" for mean, count in means)
        best = f"{peers.mean_ratio(cells)[0]:.2f}"
        rows.append((dtype, DIRECTIONS[direction], best, *shown))
    head = ("dtype", "call", "the fastest other", *map(peers.name_of, others))
    yield from fact_table([head, ("---", "---", *("---:",) * (len(others) + 1)), *rows])
    yield ""


# --- losses and training -----------------------------------------------------------------


WHY_SLOWER = """\
Most of it has one of four reasons.

- **A result that is right.** ONNX Runtime adds the exponentials of a row plainly; softmax and
  log_softmax here keep what each addition loses. PyTorch rounds 16 bits twice; here each result
  is looked at, and where that could be the wrong neighbour it is computed again.
  [Accuracy beside other libraries](accuracy_vs_peers.md) says what that buys.
- **float64 exponentials.** PyTorch's `exp` is that of Intel's MKL, made for one kind of processor.
  The formula here has the same operations on all of them, and gives the same bits.
- **Gradients along another axis than the last.** The columns are brought to the cache and back,
  so that no stride is slow; where strides do no harm, that is a pass too many.
- **Chance.** Where both do no more than read and write, one or the other is ahead by some percent,
  and not the same one each time.
"""


def _losses() -> list[str]:
    lost = _lost(peers.all_cells())
    told = [
        "## Where another library is faster",
        "",
        f"{len(lost)} of {len(peers.all_cells()):,} races"
        + (", the worst first:" if lost else "."),
        "",
    ]
    return [*told, *_table_of(lost[:WORST]), "", WHY_SLOWER, ""]


def _lost(cells: Iterable[peers.Cell]) -> list[peers.Cell]:
    """The races that another library won, the worst first."""
    return sorted((c for c in cells if c.ratio() < 1), key=lambda c: c.ratio())


def _table_of(lost: Iterable[peers.Cell]) -> list[str]:
    rows = [
        (
            code(cell.activation),
            DIRECTIONS[cell.direction],
            cell.dtype,
            _place(cell),
            peers.name_of(cell.best_peer),
            f"{cell.ratio():.2f}",
        )
        for cell in lost
    ]
    head = ("function", "call", "dtype", "numbers", "fastest", "its time / ours")
    rule = ("---", "---", "---", "---:", "---", "---:")
    return fact_table([head, rule, *rows]) if rows else []


def _place(cell: peers.Cell) -> str:
    if cell.axis is None:
        return f"{cell.size:,}"
    return f"{' × '.join(map(str, cell.shape))}, axis {cell.axis}"


def _figures() -> list[str]:
    """The ratios that fastact is held to."""
    found = peers.times().get("figures")
    if not found:
        return []
    verdicts = {True: "yes", False: "no", None: ""}
    rows = [(f["name"], f"{f['by_minima']:.2f}", f["target"], verdicts[f["met"]]) for f in found]
    told = (
        "Ratios of times, float32, that fastact is held to; one thread is meant only where it is "
        "said. A copy is that of the same bytes by as many threads."
    )
    head = ("time / time", "ratio", "wanted", "met")
    table = fact_table([head, ("---", "---:", "---", "---"), *rows])
    return ["## Against the machine", "", told, "", *table, ""]


def _training() -> list[str]:
    found = peers.times().get("training")
    if not found:
        return []
    names = list(dict.fromkeys(name for field in found.values() for name in field))
    rows = [
        (name, *(number(field[n]["minimum"], 3) if n in field else "–" for n in names))
        for name, field in found.items()
    ]
    head = ("network", *map(peers.name_of, names))
    return [
        *("## In training", "", "```{figure-inline} figures/bench_training.py"),
        ":alt: Seconds of an epoch with the activations of each library.",
        ":caption: Seconds of an epoch on the digits, in one NumPy network.",
        "```",
        "",
        *fact_table([head, ("---", *("---:",) * len(names)), *rows]),
        "",
    ]


# --- other machines ----------------------------------------------------------------------

WORST_ELSEWHERE = 12  # losses that are listed of each


def _elsewhere() -> Iterator[str]:
    """The means on every machine that was measured, and where another library wins there."""
    others = peers.times_elsewhere()
    if not others:
        return
    rows = [_machine(found) for found in (peers.times(), *others.values())]
    head = ("processor", "date", "kernels", "races", "lost", "the fastest other", "PyTorch")
    rule = ("---", "---", "---", "---:", "---:", "---:", "---:")
    yield from ("## On other processors", "", "Geometric means as above, over all races.", "")
    yield from (*fact_table([head, rule, *rows]), "")
    for found in others.values():
        machine = found["machine"]
        lost = _lost(peers.cells_of(found))[:WORST_ELSEWHERE]
        if lost:
            yield f"The worst with {machine['instruction_set']} ({machine['processor']}):"
            yield from ("", *_table_of(lost), "")
    yield from (WHY_ELSEWHERE, "")


WHY_ELSEWHERE = """\
AVX-512 picks a number from a table of 32 in registers by one instruction, AVX2 has to load and
to transpose. That makes sigmoid, tanh, gelu and their like slower there in float32, as
[How it works](architecture.md) tells with figures. ONNX Runtime has shorter formulas for them,
which [lose more digits](accuracy_vs_peers.md). Here all processors do the same operations, and
so give the same bits. Functions of 16 bits are looked up there in tables, once they have seen
half a million numbers. What is as short as leaky_relu and hardswish takes PyTorch fewer
instructions, for it does not look whether the result is rounded to the wrong side.
"""


def _machine(found: dict[str, Any]) -> tuple[str, ...]:
    cells, machine = peers.cells_of(found), found["machine"]
    known = machine.get("instruction_set")
    return (
        machine["processor"] + (f", {known}" if known else "") + f", {machine['cores']} cores",
        *(found["date"], "these" if peers.is_of_these(found) else "earlier"),
        *(f"{len(cells):,}", f"{len(_lost(cells)):,}"),
        *(f"{peers.mean_ratio(cells, name)[0]:.2f}" for name in ("", "torch")),
    )


# --- all races ---------------------------------------------------------------------------

PAGES: dict[str, tuple[str, Callable[[peers.Cell], bool]]] = {
    "benchmarks_float32": ("All races, float32", lambda c: _is_of(c, "float32")),
    "benchmarks_float64": ("All races, float64", lambda c: _is_of(c, "float64")),
    "benchmarks_16_bits": (
        "All races, 16 bits",
        lambda c: _is_of(c, "float16") or _is_of(c, "bfloat16"),
    ),
    "benchmarks_rows": ("All races, along an axis", lambda c: c.axis is not None),
}


def _is_of(cell: peers.Cell, dtype: str) -> bool:
    return cell.axis is None and cell.dtype == dtype


def _there() -> dict[str, list[peers.Cell]]:
    """The pages for which something was measured."""
    chosen = {page: [*filter(wanted, peers.all_cells())] for page, (_, wanted) in PAGES.items()}
    return {page: cells for page, cells in chosen.items() if cells}


def _links() -> list[str]:
    return ["## All of it", "", *(f"- [{PAGES[page][0]}]({page}.md)" for page in _there())]


def races_page(page: str, cells: Iterable[peers.Cell]) -> str:
    """A table for each direction and dtype."""
    tables: dict[tuple[str, str], list[peers.Cell]] = {}
    for cell in cells:
        tables.setdefault((cell.direction, cell.dtype), []).append(cell)
    several = len({dtype for _, dtype in tables}) > 1
    lines = [f"# {PAGES[page][0]}", "", "Ratios are other libraries' times over fastact's.", ""]
    lines += [f"{peers.machine_of(peers.times())} {peers.age_of_times()}"]
    for (direction, dtype), some in tables.items():
        title = DIRECTIONS[direction] + (f", {dtype}" if several else "")
        lines += ["", f"## {title}", "", "```{raw} html", _races(some), "```"]
    return "\n".join(lines) + "\n"


def _races(cells: Sequence[peers.Cell]) -> str:
    others = [
        name
        for name in peers.libraries()
        if name != "fastact" and any(name in cell.seconds for cell in cells)
    ]
    head = ["function", "numbers", "fastact, µs", *map(peers.name_of, others)]
    return _html_table(head, [_race(cell, others) for cell in cells])


def _race(cell: peers.Cell, others: Iterable[str]) -> list[str]:
    return [
        _name(cell.activation),
        f'<td data-value="{cell.size}">{_place(cell)}</td>',
        f'<td data-value="{cell.ours:.6g}">{microseconds(cell.ours)}</td>',
        *(_ratio(cell.ratio(n)) if n in cell.seconds else MISSING for n in others),
    ]


# --- HTML --------------------------------------------------------------------------------

MISSING = '<td data-value="">–</td>'


def _html_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return (
        '<div class="pst-scrollable-table-container" tabindex="0"><table class="table fa-sortable">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _name(formula: str) -> str:
    page = formulas_of()[formula].name
    link = f'<a href="activations/{page}.html"><code>{formula}</code></a>'
    return f'<th scope="row" data-value="{formula}">{link}</th>'


def _ratio(ratio: float) -> str:
    heat = sum(ratio >= step for step in STEPS)
    shown = f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"
    return f'<td class="fa-heat-{heat}" data-value="{ratio:.6g}">{shown}</td>'


# --- all ---------------------------------------------------------------------------------


def write(app: Sphinx, config: Config) -> None:
    wanted = {DOCS / f"{page}.md": races_page(page, cells) for page, cells in _there().items()}
    for path in {DOCS / f"{page}.md" for page in PAGES} - wanted.keys():
        path.unlink(missing_ok=True)
    write_pages({Path(DOCS / "benchmarks.md"): overview(), **wanted})


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write)
    app.add_js_file("tables.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

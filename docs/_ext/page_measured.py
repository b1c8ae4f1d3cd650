"""Sections of an activation's page that tell how well it is computed."""

from __future__ import annotations

from mpmath import nstr

import measurements
import memory as kept_bytes
import naive
import peers
from fastact.accuracy import contract
from fastact.formulas.catalogue import Row
from text import code, fact_table, number, ulp

# --- accuracy ----------------------------------------------------------------------------


def accuracy(row: Row) -> list[str]:
    """The largest errors found, beside the best of other libraries."""
    kernels = [k for f in row.formulas for k in (f, f"{f}_derivative") if k in contract()]
    rows = [_errors(kernel) for kernel in kernels]
    if not rows:
        return _row_accuracy(row)
    head = ("function", "float32", "float64", "best other library, float32", "NumPy formula")
    return [
        "Largest errors found, in units in the last place (ulp), rounding included: 0.5 is the",
        "best possible.",
        "",
        *fact_table([head, ("---", "---:", "---:", "---", "---:"), *rows]),
        "",
        f"{_how_found(kernels)} [Accuracy](../accuracy.md) tells where, and how errors are",
        "measured; [Accuracy beside other libraries](../accuracy_vs_peers.md) has all of them.",
    ]


def _errors(kernel: str) -> tuple[str, ...]:
    ours = contract()[kernel]
    written = peers.errors_of(kernel).get("NumPy formula")
    return (
        code(kernel),
        *(ulp(ours[dtype]["max_ulp"]) for dtype in ("float32", "float64")),
        _best_error(kernel),
        "" if written is None else ulp(written),
    )


def _best_error(kernel: str) -> str:
    best = peers.best_error(kernel)
    return f"{best[0]}: {ulp(best[1])}" if best else "none has it"


def _how_found(kernels: list[str]) -> str:
    entries = [contract()[kernel]["float32"] for kernel in kernels]
    if all("swept" in entry for entry in entries):
        return "float32 was tried on all 2³² inputs."
    return f"float32 was tried on at least {min(entry['inputs'] for entry in entries):,} inputs."


def _row_accuracy(row: Row) -> list[str]:
    rows = []
    for kernel in (row.name, f"{row.name}_derivative"):
        found = peers.errors_of(kernel)
        if "fastact" in found:
            written = found.get("NumPy formula")
            told = "" if written is None else ulp(written)
            rows.append((code(kernel), ulp(found["fastact"]), _best_error(kernel), told))
    if not rows:
        return []
    head = ("function", "float32", "best other library", "NumPy formula")
    return [
        "Largest errors found of the first number of the row (x, 0), in units in the last place",
        "(ulp), rounding included.",
        "",
        *fact_table([head, ("---", "---:", "---", "---:"), *rows]),
    ]


# --- speed -------------------------------------------------------------------------------


def speed(row: Row) -> list[str]:
    """Times beside those of the fastest other library."""
    rows = [
        _time(row, cell)
        for cell in peers.cells()
        if cell.activation in row.formulas and cell.best_peer is not None
    ]
    if not rows:
        return []
    head = ("call", "dtype", "numbers", "fastact, µs", "fastest other library", "its time / ours")
    return [
        *fact_table([head, ("---", "---", "---:", "---:", "---", "---:"), *rows]),
        "",
        *filter(None, (peers.machine_of(peers.times()), peers.age_of_times())),
        "Above 1 fastact is faster. [Benchmarks](../benchmarks.md) has all libraries and sizes.",
    ]


def _time(row: Row, cell: peers.Cell) -> tuple[str, ...]:
    assert cell.best_peer
    call = cell.direction if len(row.formulas) == 1 else f"{cell.activation}, {cell.direction}"
    return (
        call,
        cell.dtype,
        f"{cell.size:,}",
        number(cell.ours * 1e6, 3),
        peers.name_of(cell.best_peer),
        f"{cell.ratio(cell.best_peer):.2f}",
    )


# --- memory ------------------------------------------------------------------------------

WAYS = {
    "input": "the input",
    "output": "the output",
    "mask": "one bit an element",
    "derivative": "the derivative in 16 bits",
}


def memory(row: Row) -> list[str]:
    """What is kept for the backward pass."""
    if not kept_bytes.keeps(row):
        return []
    rows = []
    for label, in_place in (("into a new array", False), ("in place, `out=x`", True)):
        found = kept_bytes.kept(row.name, in_place)
        rows.append((label, WAYS[found.way], number(found.bytes), _by_torch(row, in_place)))
    head = ["forward", "kept for backward", "bytes per float32 number", "PyTorch's bytes"]
    table = [head, ["---", "---", "---:", "---:"], *rows]
    if not any(cells[-1] for cells in rows):  # PyTorch has no such function
        table = [cells[:-1] for cells in table]
    return [
        *fact_table(table),
        "",
        "Bytes are those kept beside input and output. [Memory](../memory.md) tells the ways.",
    ]


def _by_torch(row: Row, in_place: bool) -> str:
    found = measurements.read(kept_bytes.SAVED_BY_TORCH)["bytes"].get(row.name, {})
    value = found.get("in place" if in_place else "new")
    return "" if value is None else number(value)


# --- numerics ----------------------------------------------------------------------------


def naive_formula(row: Row) -> list[str]:
    """The formula that people write beside the kernel."""
    lines = []
    for formula in row.formulas:
        if naive.formula_of(formula):
            lines += _naive(row, formula)
    return lines


def _naive(row: Row, formula: str) -> list[str]:
    trials = naive.trials(row, formula) if row.is_curve else naive.row_trials(formula)
    lines = ["As people write it in NumPy:", "", "```python"]
    lines += [f"{formula} = lambda x: {naive.formula_of(formula)}", "```", ""]
    if max(t.naive_error for t in trials) <= naive.TELLING if trials else True:
        return [*lines, "In float32 this is right to the last rounding wherever it was tried.", ""]
    head = ("x", "exact", "this formula", "its error, ulp", "fastact", "its error, ulp")
    rows = [_trial(t) for t in trials]
    return [
        *lines,
        *fact_table([head, ("---:",) * 6, *rows]),
        "",
        f"float32{'' if row.is_curve else '; the first result of a row'}. Exact values are",
        "mpmath's; an infinite or missing result has the error ∞.",
        "",
    ]


def _trial(t: naive.Trial) -> tuple[str, ...]:
    x = ", ".join(map(number, t.x)) if isinstance(t.x, tuple) else number(t.x)
    exact = nstr(t.exact, 6).replace("-", "\N{MINUS SIGN}")
    return (
        x,
        exact,
        number(t.naive, 6),
        ulp(t.naive_error),
        number(t.ours, 6),
        ulp(t.our_error),
    )

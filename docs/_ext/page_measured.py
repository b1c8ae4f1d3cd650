"""Sections of an activation's page that tell how well it is computed."""

from __future__ import annotations

import measurements
import memory as kept_bytes
import peers
from fastact.accuracy import contract
from fastact.formulas.catalogue import Row
from text import code, fact_table, microseconds, number, ulp

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
    cells = [cell for cell in peers.cells() if cell.activation in row.formulas]
    rows = [_time(row, cell) for cell in cells if _is_shown(cell)]
    rows += [_time(row, c) for c in peers.rows() if c.activation in row.formulas and not cells]
    if not rows:
        return []
    head = ("call", "dtype", "numbers", "fastact, µs", "fastest other library", "its time / ours")
    return [
        *fact_table([head, ("---", "---", "---:", "---:", "---", "---:"), *rows]),
        "",
        *filter(None, (peers.machine_of(peers.times()), peers.age_of_times())),
        "Above 1 fastact is faster. [Benchmarks](../benchmarks.md) has all libraries and sizes.",
    ]


def _is_shown(cell: peers.Cell) -> bool:
    """All sizes in float32, one in other dtypes."""
    is_telling = cell.dtype == "float32" or cell.size == peers.large()
    return is_telling and cell.direction != "new"


def _time(row: Row, cell: peers.Cell) -> tuple[str, ...]:
    call = cell.direction if len(row.formulas) == 1 else f"{cell.activation}, {cell.direction}"
    return (
        call,
        cell.dtype,
        f"{cell.size:,}" if cell.axis is None else " × ".join(map(str, cell.shape)),
        microseconds(cell.ours),
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

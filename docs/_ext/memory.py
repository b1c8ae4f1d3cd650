"""What contexts keep for the backward pass, by making them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

import fastact as fa
import measurements
from fastact.formulas.catalogue import CATALOGUE, ROWS, Row

ELEMENTS = 8000
SAVED_BY_TORCH = measurements.DOCS / "saved_by_torch.json"  # tools/measure_saved.py


@dataclass(frozen=True)
class Kept:
    """The way back that ``forward`` chooses, and its own bytes per float32 element."""

    way: str
    bytes: float


def keeps(row: Row) -> bool:
    """Whether what it keeps is told by bytes per element."""
    return row.kind in ("elementwise", "gate") or row.name == "softmax"


@cache
def kept(name: str, in_place: bool) -> Kept:
    row = ROWS[name]
    low, high = max(row.interval[0], -4.0), min(row.interval[1], 4.0)
    x = np.linspace(low, high, ELEMENTS + 2, dtype=np.float32)[1:-1]
    arrays = [x.copy() for _ in row.inputs]
    y, context = getattr(fa, name).forward(*arrays, out=arrays[0] if in_place else None)
    own = [a for a in context.arrays if not any(np.shares_memory(a, b) for b in (*arrays, y))]
    return Kept(context.save, sum(a.nbytes for a in own) / x.size)


def rows() -> list[Row]:
    return [row for row in CATALOGUE if keeps(row)]

"""Any layout brought to contiguous rows.

A row is what the last axes of an array hold, the axes before them count the rows.
An axis elsewhere is moved first; that makes a view.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .arguments import is_apart_or_same, is_run
from .backends.base import Array

# Numbers per block where rows need a buffer: 1 MB of float32 stays in the second-level
# cache, and is enough for two threads to pay.
BLOCK = 1 << 18

RowFunction = Callable[[Sequence[Array], Sequence[Array]], None]


def with_last(array: Array, axes: tuple[int, ...]) -> Array:
    """A view with these axes at the end, in this order."""
    array = np.asarray(array)
    count = len(axes)
    if axes == tuple(range(array.ndim - count, array.ndim)):
        return array
    return np.moveaxis(array, axes, range(-count, 0))


def row_blocks(counts: tuple[int, ...], length: int) -> Iterator[tuple[Any, ...]]:
    """Indices of blocks of rows in C order: each at most ``BLOCK`` numbers, or one row."""
    whole = len(counts)
    while whole > 0 and length * counts[whole - 1] <= BLOCK:
        whole -= 1
        length *= counts[whole]
    if whole == 0:
        yield (...,)
        return
    step = max(1, BLOCK // max(1, length))
    for lead in np.ndindex(*counts[: whole - 1]):
        for start in range(0, counts[whole - 1], step):
            yield (*lead, slice(start, start + step))


def _run(array: Array, dtype: np.dtype[Any]) -> Array:
    return (array if is_run(array, dtype) else array.astype(dtype, "C")).reshape(-1)


def map_rows(
    function: RowFunction,
    inputs: Sequence[Array],
    outs: Sequence[Array],
    counted: int,
    dtype: np.dtype[Any],
    *,
    mask: Array | None = None,
    scratch: bool = False,
) -> None:
    """Call ``function(inputs, outs)`` on contiguous runs of whole rows that cover the arrays.

    The first ``counted`` axes of all arrays are the same and count the rows.  Inputs
    and outputs come as ``dtype``; after the inputs comes the mask, as it is.  All
    rows come at once if every array can be used as it lies, else in blocks, and also
    with ``scratch``: for a function that needs room itself.  An output may be an
    input, or overlap it or the mask in any way.
    """
    inputs = [
        array if all(is_apart_or_same(array, out) for out in outs) else array.copy()
        for array in inputs
    ]
    if mask is not None and any(np.may_share_memory(mask, out) for out in outs):
        mask = mask.copy()
    direct = [is_run(out, dtype) for out in outs]
    at_once = all(direct) and all(is_run(array, dtype) for array in inputs)
    if at_once and mask is None and not scratch:
        blocks: Iterator[tuple[Any, ...]] = iter([(...,)])
    else:
        length = max(math.prod(array.shape[counted:]) for array in (*inputs, *outs))
        blocks = row_blocks(outs[0].shape[:counted], length)
    for index in blocks:
        runs = [_run(array[index], dtype) for array in inputs]
        if mask is not None:
            runs.append(np.ascontiguousarray(mask[index]).reshape(-1))
        targets = [out[index] for out in outs]
        results = [
            target.reshape(-1) if there else np.empty(target.size, dtype)
            for target, there in zip(targets, direct, strict=True)
        ]
        function(runs, results)
        with np.errstate(all="ignore"):
            for target, result, there in zip(targets, results, direct, strict=True):
                if not there:
                    target[...] = result.reshape(target.shape)

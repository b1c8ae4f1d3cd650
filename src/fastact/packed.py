"""What a backward pass can be given instead of the input, in less room.

A mask holds one bit an element, a packed derivative 16 bits (32 for float64).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arguments import BLOCK, COMPUTED_IN, is_apart_or_same
from .backends.base import Array

# A fixed-point number: 2**-15 apart between -0.5 and 1.5, where the slopes of
# gelu, silu, mish and their like lie; 0 and 1 are exact.  The error is at most
# 2**-16 = 1.5e-5 and what a float32 slope by its formula's table lacks (near.py), where a
# float16 near 1 would be off by 2.4e-4.
_FIXED: dict[str, tuple[np.dtype[Any], float]] = {
    "f": (np.dtype(np.int16), 2.0**15),
    "d": (np.dtype(np.int32), 2.0**31),
}
LOWEST, HIGHEST = -0.5, 1.5


def pack(passes: Callable[[Array, Array], None], array: Array, dtype: np.dtype[Any]) -> Array:
    """A bit for each element, in C order; ``passes`` fills an array with 1 and 0.

    That array is of ``dtype``.  It is compared as integers: NumPy takes 1.9 ns to compare a
    float16, and 0.13 so.
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    bits = room_for_bits(flat.size)
    for start in range(0, flat.size, BLOCK):
        run = flat[start : start + BLOCK]
        ones = np.empty(run.shape, dtype)
        passes(run, ones)
        packed = np.packbits(ones.view(f"u{dtype.itemsize}") != 0, bitorder="little")
        bits[start // 8 : start // 8 + packed.size] = packed
    return bits


def room_for_bits(size: int) -> Array:
    """An array for the mask of so many numbers."""
    return np.empty(-(-size // 8), np.uint8)


def check_mask(mask: object, size: int) -> Array:
    if not isinstance(mask, np.ndarray) or mask.dtype != np.uint8:
        got = f"dtype {mask.dtype}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"mask must be a packed array of uint8 as .mask() gives it, got {got}")
    if mask.shape != (-(-size // 8),):
        raise ValueError(f"mask has shape {mask.shape}; {size} elements want ({-(-size // 8)},)")
    return np.asarray(mask)


def _flat(dy: Array, out: Array) -> tuple[Array, Array]:
    """Both as one run in C order; copies where they cannot be, or overlap in part."""
    dy, out = np.asarray(dy), np.asarray(out)
    if not is_apart_or_same(dy, out):
        dy = dy.copy()
    return dy.reshape(-1), out.reshape(-1)


def with_unpacked(
    function: Callable[[Sequence[Array], Array], None],
    bits: Array,
    inputs: Sequence[Array],
    out: Array,
) -> None:
    """``function([dy, ones, *others], out)``, with the mask's bits as numbers 1 and 0."""
    dtype = out.dtype.newbyteorder("=")
    one = np.ones(1, dtype).view(f"u{dtype.itemsize}")[0]
    shape = out.shape
    dy, *others = [np.broadcast_to(array, shape) for array in inputs]
    flat_dy, target = _flat(dy, out)
    flat_others = [other.reshape(-1) for other in others]
    for start in range(0, out.size, BLOCK):
        part = slice(start, start + BLOCK)
        run = flat_dy[part]
        ones = np.unpackbits(bits[start // 8 :], count=run.size, bitorder="little")
        numbers = (ones.astype(one.dtype) * one).view(dtype)
        function([run, numbers, *(other[part] for other in flat_others)], target[part])
    if not np.may_share_memory(target, out):
        out[...] = target.reshape(shape)


def room_for_slopes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array for the packed derivative of numbers of this dtype."""
    fixed, _ = _FIXED[dtype.char]
    return np.empty(shape, fixed)


def are_slopes_for(saved: Array, dtype: np.dtype[Any]) -> bool:
    """Whether they are packed as those of numbers of this dtype."""
    return saved.dtype == _FIXED[dtype.char][0]


def pack_derivative(
    derivative: Callable[[Sequence[Array], Array], None],
    array: Array,
    dtype: np.dtype[Any],
    name: str,
) -> Array:
    """The derivative as fixed-point numbers; ValueError where it leaves their range."""
    fixed, scale = _FIXED[dtype.char]
    limit = np.iinfo(fixed).max
    saved = np.empty(array.shape, fixed)
    flat, target = np.ascontiguousarray(array, dtype).reshape(-1), saved.reshape(-1)
    with np.errstate(invalid="ignore"):  # a signalling NaN
        for start in range(0, flat.size, BLOCK):
            part = slice(start, start + BLOCK)
            slope = np.empty(flat[part].shape, dtype)
            derivative([flat[part]], slope)
            _check_slopes(slope, name)
            lost = np.isnan(slope)
            slope *= scale
            slope -= scale / 2
            np.rint(slope, out=slope)
            np.clip(slope, -limit, limit, out=slope)
            slope[lost] = -limit - 1
            target[part] = slope
    return saved


def _check_slopes(slope: Array, name: str) -> None:
    low, high = np.nanmin(slope, initial=1.0), np.nanmax(slope, initial=0.0)
    if low < LOWEST or high > HIGHEST:
        raise ValueError(
            f'{name}: save="derivative" wants derivatives from {LOWEST} to {HIGHEST}, '
            f"got {low if low < LOWEST else high}"
        )


def times_derivative(dy: Array, saved: Array, out: Array) -> None:
    fixed, scale = _FIXED["f" if saved.dtype == np.int16 else "d"]
    lowest = np.iinfo(fixed).min
    flat_dy, target = _flat(dy, out)
    flat_saved = saved.reshape(-1)
    dtype = COMPUTED_IN[out.dtype.char]
    with np.errstate(all="ignore"):
        for start in range(0, out.size, BLOCK):
            part = slice(start, start + BLOCK)
            whole = flat_saved[part]
            slope = whole.astype(dtype) * dtype.type(1 / scale) + dtype.type(0.5)
            slope[whole == lowest] = np.nan
            target[part] = flat_dy[part].astype(dtype, copy=False) * slope
    if not np.may_share_memory(target, out):
        out[...] = target.reshape(out.shape)

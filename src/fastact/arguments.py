"""What comes in: checks, type resolution, and any layout brought to runs.

All checks are done before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .backends.base import Array

# Computed in itself, or for 16 bits in float32 (see rounding.py).
COMPUTED_IN: dict[str, np.dtype[Any]] = {
    "e": np.dtype("f4"),
    "E": np.dtype("f4"),  # bfloat16 of ml_dtypes
    "f": np.dtype("f4"),
    "d": np.dtype("f8"),
}
SUPPORTED = "supported are float16, bfloat16, float32, float64, integers and bool"

# Numbers per block where a layout needs a buffer: 256 kB of float32 stay in cache.
BLOCK = 1 << 16

Kernel1D = Callable[[Sequence[Array], Sequence[Array]], None]


def foreign_ufunc_owner(*operands: object) -> Any:
    """The first operand that overrides ufuncs (pandas, dask, ...), or None."""
    for operand in operands:
        override = getattr(type(operand), "__array_ufunc__", np.ndarray.__array_ufunc__)
        if override is not np.ndarray.__array_ufunc__:
            return operand
    return None


def is_float(dtype: np.dtype[Any]) -> bool:
    return dtype.char in COMPUTED_IN


def as_array(value: object, argument: str) -> Array:
    """An array of a supported dtype; raises TypeError that names the argument."""
    try:
        array = np.asanyarray(value)
    except ValueError as error:  # a ragged list
        raise TypeError(f"{argument} is no array: {error}") from None
    if array.dtype.kind in "biu" or is_float(array.dtype):
        return array
    raise TypeError(f"{argument} has dtype {array.dtype}; {SUPPORTED}")


def float_dtype(*arrays: Array) -> np.dtype[Any]:
    """The result dtype of a NumPy float ufunc: small integers stay small."""
    dtypes = {a.dtype for a in arrays}
    if len(dtypes) == 1 and is_float(dtype := arrays[0].dtype) and dtype.isnative:
        return dtype
    floats = [np.result_type(d, np.float16) if d.kind in "biu" else d for d in dtypes]
    return np.result_type(*floats).newbyteorder("=")


def check_same_shape(first: Array, second: Array, names: tuple[str, str]) -> None:
    if first.shape != second.shape:
        raise ValueError(
            f"{names[0]} has shape {first.shape}, {names[1]} {second.shape}; they must be equal"
        )


def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array | None:
    """``out`` as an array that can take the result; None if none was given."""
    if isinstance(out, tuple) and len(out) == 1:  # as ufunc protocols pass it
        (out,) = out
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, the result {shape}")
    if out.dtype != dtype and out.dtype.newbyteorder("=") != dtype:
        raise TypeError(f"out has dtype {out.dtype}, the result {dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")
    return out


def is_run(array: Array, dtype: np.dtype[Any]) -> bool:
    """Whether a kernel can read the array as it lies."""
    return bool(array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned)


def is_apart_or_same(array: Array, out: Array) -> bool:
    if array is out or not np.may_share_memory(array, out):
        return True
    here, there = array.__array_interface__["data"][0], out.__array_interface__["data"][0]
    return bool(here == there and array.strides == out.strides and array.shape == out.shape)


def _with_all_axes(array: Array, count: int) -> Array:
    """With axes of length 1 in front: transposed, it then broadcasts as before."""
    return array.reshape((1,) * (count - array.ndim) + array.shape)


def map_blocks(function: Kernel1D, inputs: Sequence[Array], *outs: Array) -> None:
    """Call ``function(inputs, outs)`` on contiguous native runs that cover the arrays in step.

    Contiguous arrays are one run each, or with several outputs runs of ``BLOCK``
    numbers; what is strided, byte-swapped, unaligned, of another dtype or partly
    overlapping goes through buffers.  Inputs come as the dtype of the outputs.
    """
    dtype = outs[0].dtype.newbyteorder("=")
    outs = tuple(np.asarray(out) for out in outs)
    inputs = [_with_all_axes(np.asarray(array), outs[0].ndim) for array in inputs]
    if outs[0].ndim > 1 and all(a.flags.f_contiguous for a in (*inputs, *outs)):
        inputs, outs = [array.T for array in inputs], tuple(out.T for out in outs)
    whole = all(is_run(out, dtype) for out in outs) and all(
        is_run(a, dtype) and a.shape == out.shape and is_apart_or_same(a, out)
        for a in inputs
        for out in outs
    )
    if whole:
        size = outs[0].size
        length = size if len(outs) == 1 else BLOCK
        sources, results = [a.reshape(-1) for a in inputs], [out.reshape(-1) for out in outs]
        for start in range(0, size, max(1, length)):
            part = slice(start, start + length)
            function([a[part] for a in sources], [out[part] for out in results])
        return
    read = ["readonly", "contig", "aligned", "nbo", "overlap_assume_elementwise"]
    write = ["writeonly", "contig", "aligned", "nbo", "no_broadcast", read[-1]]
    iterator = np.nditer(  # type: ignore[call-overload]  # stubs lack the operand flags
        [*inputs, *outs],
        flags=["external_loop", "buffered", "zerosize_ok", "copy_if_overlap", "grow_inner"],
        op_flags=[*[read] * len(inputs), *[write] * len(outs)],
        op_dtypes=[dtype] * (len(inputs) + len(outs)),
        casting="unsafe",
        buffersize=BLOCK,
    )
    with iterator, np.errstate(all="ignore"):
        for block in iterator:
            if block[-1].size:
                function(block[: len(inputs)], block[len(inputs) :])

"""A fixed set of inputs, and checksums of what the library makes of them.

``formulas/golden.json``, written by ``tools/write_golden.py``, has the checksums of
every kernel, and of the public calls that are built on kernels: 16-bit results,
any axis, gradients of parameters, and each way back that a context may keep.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from . import dispatch
from .backends import Backend
from .backends.base import Array
from .formulas.catalogue import CATALOGUE, Row
from .formulas.kernels import Kernel, elementwise_kernels, kernel_exists, kernel_named, row_kernels
from .objects import Activation
from .objects.listing import ACTIVATIONS

KERNEL_DTYPES = ("float32", "float64")
CALL_DTYPES = ("float16", "bfloat16", *KERNEL_DTYPES)
COUNT = 4096
THREADS = (1, 3)
ROWS = ((7, 257), (1, 1500))  # and their length: blocks and lanes, whole and with a rest
SQUARE = (64, 64)  # of elementwise calls
CUBE = (4, 8, 128)  # of calls along axes
AXES = (-1, 0, (0, 2), None)

# Numbers whose handling goes wrong first: ends, zeros, subnormals, bends.
SPECIAL = (
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    1e-40,
    -1e-40,
    1.0,
    -1.0,
    0.5,
    6.0,
    -3.0,
    88.0,
    -104.0,
)


# --- inputs ----------------------------------------------------------------------------


@cache
def dtype_named(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        from ml_dtypes import bfloat16

        bfloat: np.dtype[Any] = np.dtype(bfloat16)
        return bfloat
    return np.dtype(name)


def missing(dtype: str) -> str:
    """Why arrays of this dtype cannot be made here; empty when they can."""
    lacking = dtype == "bfloat16" and not find_spec("ml_dtypes")
    return "ml_dtypes is not installed" if lacking else ""


@cache
def wide_numbers(dtype: str, which: int) -> Array:
    """Fixed numbers of every exponent, special ones among them."""
    numbers: Array = _patterns(dtype, which).view(dtype_named(dtype))
    with np.errstate(all="ignore"):
        special = np.array(SPECIAL).astype(numbers.dtype)
    numbers[: len(SPECIAL)] = np.roll(special, which)
    numbers.setflags(write=False)
    return numbers


@cache
def moderate_numbers(dtype: str, which: int) -> Array:
    """Fixed numbers of magnitudes below 16."""
    drawn_as = "float32" if dtype_named(dtype).itemsize == 2 else dtype
    pattern = _patterns(drawn_as, which)
    high = pattern >> pattern.dtype.type(8 * pattern.itemsize - 20)
    numbers: Array = ((high.astype(np.float64) - 2**19) / 2**15).astype(dtype_named(dtype))
    numbers.setflags(write=False)
    return numbers


def _patterns(dtype: str, which: int) -> Array:
    bits = np.dtype(f"u{dtype_named(dtype).itemsize}")
    odd = bits.type(0x9E3779B97F4A7C15 >> (64 - 8 * bits.itemsize) | 1)
    counted = np.arange(1 + COUNT * which, 1 + COUNT * (which + 1))
    with np.errstate(over="ignore"):
        return np.asarray(counted.astype(bits) * odd)


# --- checks ----------------------------------------------------------------------------


class Check(NamedTuple):
    """Results with one checksum; a call runs on a backend, on None as users call it."""

    name: str
    dtype: str
    results: Callable[[Backend | None], Iterable[Array]]

    def checksum(self, backend: Backend | None) -> str:
        """Of the bits of all results, every NaN counted as the same."""
        digest = hashlib.sha256()
        for result in self.results(backend):
            result = np.array(result)
            if result.dtype.kind != "u":  # the bits of a mask
                result[np.isnan(result)] = np.nan
            digest.update(result.tobytes())
        return digest.hexdigest()[:16]


@cache
def golden() -> dict[str, dict[str, dict[str, str]]]:
    """Checksums that ship with the package: of kernels and of calls, by name and dtype."""
    text = files("fastact").joinpath("formulas/golden.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, str]]] = json.loads(text)
    return found


def kernels() -> tuple[Kernel, ...]:
    return (*elementwise_kernels(), *row_kernels())


def kernel_checks() -> Iterator[Check]:
    for kernel in kernels():
        for dtype in KERNEL_DTYPES:
            yield kernel_check(kernel.name, dtype)


def kernel_check(name: str, dtype: str) -> Check:
    kernel = kernel_named(name)
    results = _of_rows if kernel in row_kernels() else _of_elements
    return Check(name, dtype, partial(results, kernel, dtype))


def _of_elements(kernel: Kernel, dtype: str, backend: Backend | None) -> Iterator[Array]:
    for numbers in (wide_numbers, moderate_numbers):
        inputs = [numbers(dtype, k) for k in range(kernel.inputs)]
        if numbers is moderate_numbers and (row := _bounded_row(kernel)):
            inputs = [_inside(row, array) for array in inputs]
        yield from _by_threads(kernel, dtype, backend, inputs, COUNT, 1)


def _bounded_row(kernel: Kernel) -> Row | None:
    """The row of a kernel that is defined on an interval only."""
    bounded = (row for row in CATALOGUE if np.isfinite(row.interval[0]))
    return next((row for row in bounded if kernel.name.startswith(row.name)), None)


def _of_rows(kernel: Kernel, dtype: str, backend: Backend | None) -> Iterator[Array]:
    for rows, length in ROWS:
        *sizes, out_size = kernel.row_sizes(length)
        inputs = [moderate_numbers(dtype, k)[: rows * sizes[k]] for k in range(kernel.inputs)]
        yield from _by_threads(kernel, dtype, backend, inputs, rows * out_size, length)


def _by_threads(
    kernel: Kernel,
    dtype: str,
    backend: Backend | None,
    inputs: list[Array],
    size: int,
    length: int,
) -> Iterator[Array]:
    for parameters in _parameters(kernel):
        for threads in THREADS:
            out = np.empty(size, dtype)
            numbers = np.array(parameters or [0.0], dtype)
            (backend or dispatch.DEFAULT).run(kernel, inputs, out, length, numbers, threads)
            yield out


def _parameters(kernel: Kernel) -> Iterator[list[float]]:
    """Any parameters, and the defaults if they have a way of their own or any leave no input."""
    yield list(np.linspace(0.75, 1.5, kernel.parameters))
    if kernel.defaults and (kernel.near or 1.0 in kernel.defaults):
        yield list(kernel.defaults)
    if row := _bounded_row(kernel):
        yield list(row.numbers())


# --- public calls ----------------------------------------------------------------------

Case = tuple[list[Array], dict[str, Any]]  # arrays and options of a call
Pass = Callable[[Activation, list[Array], dict[str, Any]], Iterable[Any]]


def call_checks() -> Iterator[Check]:
    """One for each pass of each activation; random numbers are NumPy's and not checked."""
    for row in CATALOGUE:
        for formula, options in _forms(row):
            for name, one_pass in _passes(row, formula):
                for dtype in CALL_DTYPES:
                    if not missing(dtype):
                        results = partial(_of_calls, row, options, one_pass, dtype)
                        yield Check(name, dtype, results)


def _forms(row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
    if not row.forms:
        yield row.name, {}
    for form, formula in row.forms.items():
        yield formula, {"approximate": form}


def _passes(row: Row, formula: str) -> Iterator[tuple[str, Pass]]:
    activation = ACTIVATIONS[row.name]
    if row.kind == "sample":
        yield f"{formula} backward", _backward_of_sample
        return
    yield formula, _forward
    if row.is_curve:
        yield f"{formula} derivative", _derivative
    if row.has_mask:
        yield f"{formula} mask", _mask
    for way, reason in activation._ways(activation._defaults).items():
        packs = way != "derivative" or activation.info.backward.derivative == "always"
        if packs and not reason:
            yield f"{formula} backward from {way}", partial(_backward, way)
    for parameter in row.parameters:
        if kernel_exists(f"{formula}_backward_by_{parameter.name}"):
            yield f"{formula} backward by {parameter.name}", partial(_by_parameter, parameter.name)


def _forward(activation: Activation, arrays: list[Array], options: dict[str, Any]) -> Iterable[Any]:
    return [activation(*arrays, **options)]


def _derivative(
    activation: Activation, arrays: list[Array], options: dict[str, Any]
) -> Iterable[Any]:
    return [activation.derivative(*arrays, **options)]


def _mask(activation: Any, arrays: list[Array], options: dict[str, Any]) -> Iterable[Any]:
    return [activation.mask(*arrays, **options)]


def _backward(
    way: str, activation: Activation, arrays: list[Array], options: dict[str, Any]
) -> Iterable[Any]:
    y, context = activation.forward(*arrays, save=way, **options)
    result = context.backward(_gradient_like(y))
    return result if isinstance(result, tuple) else [result]


def _backward_of_sample(
    activation: Activation, arrays: list[Array], options: dict[str, Any]
) -> Iterable[Any]:
    return [activation.backward(_gradient_like(arrays[0]), output=arrays[0], **options)]


def _by_parameter(
    name: str, activation: Activation, arrays: list[Array], options: dict[str, Any]
) -> Iterable[Any]:
    dy = _gradient_like(arrays[0])
    *_, gradient = activation.backward(dy, *arrays, wrt=name, **options)
    return [gradient]


def _gradient_like(y: Any) -> Array:
    return np.resize(moderate_numbers(y.dtype.name, 3), np.shape(y))


def _of_calls(
    row: Row, options: dict[str, Any], one_pass: Pass, dtype: str, backend: Backend | None
) -> Iterator[Array]:
    with _on(backend):
        for arrays, further in _cases(row, dtype):
            yield from map(np.asarray, one_pass(ACTIVATIONS[row.name], arrays, options | further))


def _on(backend: Backend | None) -> AbstractContextManager[None]:
    if backend is None:
        return nullcontext()
    return dispatch.use_backend(backend.name, instruction_set=backend.instruction_set or None)


def _cases(row: Row, dtype: str) -> list[Case]:
    if row.is_elementwise or row.is_curve:
        return _elementwise_cases(row, dtype)
    x = moderate_numbers(dtype, 0).reshape(CUBE)
    axes = AXES if row.kind in ("along axis", "reduction", "sample") else AXES[:2]
    cases: list[Case] = [([x], {"axis": axis}) for axis in axes]
    if row.masked:
        cases.append(([x], {"where": moderate_numbers("float32", 4).reshape(CUBE) > -8}))
    return cases


def _elementwise_cases(row: Row, dtype: str) -> list[Case]:
    """Numbers of every exponent in one run, moderate ones in rows that lie apart."""
    learned: dict[str, Any] = {
        p.name: np.linspace(0.25, 1, SQUARE[0]).astype(dtype_named(dtype)) for p in row.learned
    }
    options = learned | ({"axis": 0} if learned else {})
    places = range(len(row.inputs))
    wide = [wide_numbers(dtype, k).reshape(SQUARE) for k in places]
    moderate = [_inside(row, moderate_numbers(dtype, k)).reshape(SQUARE).T[::-1] for k in places]
    return [(wide, options), (moderate, options)]


def _inside(row: Row, numbers: Array) -> Array:
    """The same numbers, or as many between the ends where the activation is defined."""
    low, high = row.interval
    if np.isinf(low):
        return numbers
    inside = low + (high - low) * np.abs(numbers.astype(np.float64)) / 16
    return np.asarray(inside.astype(numbers.dtype))

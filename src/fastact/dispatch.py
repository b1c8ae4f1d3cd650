"""One layer for all backends: which backend, how many threads, and why."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import NamedTuple

from . import costs_file
from .backends import ALL, BACKENDS_BY_NAME, Backend
from .backends.base import KERNEL_DTYPES, Array, Pack
from .backends.cython import driver
from .costs import BOUNDS, MARGIN, SIZES, Costs, shipped, size_class
from .formulas.kernels import Kernel, kernel_named
from .threads import get_num_threads

_forced: ContextVar[Backend | None] = ContextVar("fastact_backend", default=None)


class Choice(NamedTuple):
    """A backend and a number of threads for one call, and the reasons."""

    backend: Backend
    threads: int
    why_backend: str
    why_threads: str


def backends() -> dict[str, str]:
    """The backends by name, and whether each can be used here.

    Returns
    -------
    dict of str to str
        ``"available"``, or the reason why not.  The first available one is
        used unless another is asked for.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.backends()["numpy"]
    'available'
    """
    return {repr(backend): backend.unavailable or "available" for backend in ALL}


def _named(name: str, instruction_set: str | None, origin: str) -> Backend:
    if name not in BACKENDS_BY_NAME:
        names = ", ".join(BACKENDS_BY_NAME)
        raise ValueError(f"{origin}: no backend {name!r}; there are {names}")
    of_name = BACKENDS_BY_NAME[name]
    if instruction_set is not None:
        sets = [backend.instruction_set for backend in of_name]
        if instruction_set not in sets:
            raise ValueError(
                f"{origin}: {name} has no instruction set {instruction_set!r}; it has {sets}"
            )
        of_name = tuple(b for b in of_name if b.instruction_set == instruction_set)
    usable = [backend for backend in of_name if not backend.unavailable]
    if not usable:
        raise RuntimeError(f"{origin}: {of_name[0]!r} cannot be used: {of_name[0].unavailable}")
    return usable[0]


@contextmanager
def use_backend(name: str, *, instruction_set: str | None = None) -> Iterator[None]:
    """Run the calls in this block on one backend.

    Parameters
    ----------
    name : {"cython", "numba", "numpy"}
        The backend.
    instruction_set : str, optional
        A variant of the Cython backend: ``"x86-64"``, ``"x86-64-v3"`` or
        ``"x86-64-v4"``.  The best for this machine by default.

    Raises
    ------
    ValueError
        There is no such backend or instruction set.
    RuntimeError
        It cannot be used here; the message says why.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> with fa.use_backend("numpy"):
    ...     fa.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    token = _forced.set(_named(name, instruction_set, "use_backend"))
    if driver is not None:
        driver.add_override(1)
    try:
        yield
    finally:
        if driver is not None:
            driver.add_override(-1)
        _forced.reset(token)


def _default_backend() -> tuple[Backend, str]:
    wanted = os.environ.get("FASTACT_BACKEND")
    if wanted:
        name, _, instruction_set = wanted.partition(":")
        return _named(
            name, instruction_set or None, "FASTACT_BACKEND"
        ), "FASTACT_BACKEND asks for it"
    backend = next(backend for backend in ALL if not backend.unavailable)
    reasons = {
        "cython": "compiled ahead for the best instruction set of this machine",
        "numba": "the Cython extensions are not built, Numba is installed",
        "numpy": "neither the Cython extensions nor Numba are there",
    }
    return backend, reasons[backend.name]


DEFAULT, _WHY_DEFAULT = _default_backend()
_IS_FORCED = bool(os.environ.get("FASTACT_BACKEND"))


SHIPPED = shipped()
_tuned = costs_file.load()


def use_costs(costs: Costs | None) -> None:
    """Choose by this table from now on, or by the one that ships with fastact."""
    global _tuned
    _tuned = costs
    _by_time.cache_clear()
    threads_that_pay.cache_clear()


def tuned() -> Costs | None:
    """The table that ``tune()`` measured on this machine."""
    return _tuned


def costs_of(backend: Backend, kernel: Kernel, dtype: str) -> tuple[Costs, str]:
    """The table that tells what a kernel costs, and the backend's name there."""
    if _tuned is not None and _tuned.knows(repr(backend), kernel.name, dtype):
        return _tuned, repr(backend)
    return SHIPPED, next(iter(SHIPPED.rates))


@cache
def _by_time(kernel: str, dtype: str, of_class: int, granted: int) -> tuple[Backend, ...]:
    """The tuned backends, the fastest for this class of sizes first.

    There is none if the default backend was not tuned, or has other bits than the rest.
    """
    table = _tuned
    if table is None or _IS_FORCED or DEFAULT.name == "numpy":
        return ()
    known = [b for b in ALL if table.knows(repr(b), kernel, dtype) and not b.unavailable]

    def time(backend: Backend) -> float:
        return table.least(repr(backend), kernel, dtype, SIZES[of_class], granted)

    return tuple(sorted(known, key=time)) if DEFAULT in known else ()


def fastest(kernel: Kernel, dtype: str, size: int) -> Backend:
    """The backend that ``tune()`` found to be the fastest of those that need not compile first."""
    order = _by_time(kernel.name, dtype, size_class(size), get_num_threads())
    return next((b for b in order if b is DEFAULT or b.is_ready(kernel, dtype)), DEFAULT)


@lru_cache(maxsize=1024)
def threads_that_pay(backend: Backend, kernel: Kernel, dtype: str, size: int, granted: int) -> int:
    """As many of the granted threads as take the least time."""
    costs, name = costs_of(backend, kernel, dtype)
    best, threads = costs.nanoseconds(name, kernel.name, dtype, 1, size), 1
    for count, measured in costs.thread_counts(name, granted):
        time = costs.nanoseconds(name, kernel.name, dtype, measured, size, MARGIN)
        if time <= best:
            best, threads = time, count
    return threads


def _starts(backend: Backend, kernel: Kernel, dtype: str) -> Iterator[list[float]]:
    """From where each usable number of threads pays, by class of sizes."""
    costs, name = costs_of(backend, kernel, dtype)
    for _, measured in costs.thread_counts(name, max(2, get_num_threads())):
        yield costs.starts(name, kernel.name, dtype, measured)


def _first(starts: Sequence[float]) -> int:
    """The first size for which threads pay."""
    for start, low, high in zip(starts, (1, *BOUNDS), (*BOUNDS, sys.maxsize), strict=True):
        if start < high:
            return max(low, math.ceil(start))
    return sys.maxsize


def parallel_from(kernel: Kernel, dtype: str, backend: Backend | None = None) -> int:
    """Elements from which several threads pay."""
    starts = _starts(backend or DEFAULT, kernel, dtype)
    return min(map(_first, starts), default=sys.maxsize)


class ShortWay(NamedTuple):
    """How plain calls run below a size; from it on, ``choose`` decides."""

    backend: Backend
    parallel_from: int
    awake_from: int  # the same where calls follow each other closely
    below: int


def short_way(kernel: Kernel, dtype: str) -> ShortWay:
    """What the driver need know to serve plain calls as ``choose`` would.

    It knows one loop, which it runs on one thread or on as many as are granted.
    """
    granted = get_num_threads()
    order = _by_time(kernel.name, dtype, 0, granted)
    backend = next((b for b in order if b.name == "cython"), DEFAULT)
    *fewer, most = [*_starts(backend, kernel, dtype)] or [[math.inf] * len(SIZES)]
    start = _first(most)
    below = min(map(_first, fewer), default=sys.maxsize)
    for of_class, low in enumerate(BOUNDS, 1):
        order = _by_time(kernel.name, dtype, of_class, granted)
        if (order and order[0] is not backend) or start <= low < most[of_class]:
            below = min(below, low)
    return ShortWay(backend, start, min(start, _awake_from(backend, kernel, dtype)), below)


def _awake_from(backend: Backend, kernel: Kernel, dtype: str) -> int:
    """Elements from which all threads pay while their workers are awake."""
    costs, name = costs_of(backend, kernel, dtype)
    counts = [*costs.thread_counts(name, max(2, get_num_threads()))]
    if not counts:
        return sys.maxsize
    return _first(costs.starts(name, kernel.name, dtype, counts[-1][1], awake=True))


def decide(kernel: Kernel, dtype: str, size: int) -> tuple[Backend, int]:
    """The backend and threads for a call on ``size`` numbers."""
    backend = _forced.get() or fastest(kernel, dtype, size)
    granted = get_num_threads()
    if granted == 1 or not backend.is_parallel():
        return backend, 1
    return backend, threads_that_pay(backend, kernel, dtype, size, granted)


def choose(kernel: Kernel, dtype: str, size: int) -> Choice:
    """The same with its reasons."""
    backend, threads = decide(kernel, dtype, size)
    why = "forced by use_backend" if _forced.get() else _why(backend, kernel, dtype, size)
    return Choice(backend, threads, why, _why_threads(backend, kernel, dtype, size, threads))


def _why(backend: Backend, kernel: Kernel, dtype: str, size: int) -> str:
    order = _by_time(kernel.name, dtype, size_class(size), get_num_threads())
    if backend not in order:
        return _WHY_DEFAULT
    assert _tuned is not None
    reason = f"tune() of {_tuned.date} found it the fastest of {len(order)} for such sizes"
    if order[0] is not backend:
        reason += f" but {order[0]!r}, where this kernel is not compiled yet"
    return reason


def _why_threads(backend: Backend, kernel: Kernel, dtype: str, size: int, threads: int) -> str:
    if get_num_threads() == 1:
        return "one thread is granted"
    if not backend.is_parallel():
        return "this backend is serial here"
    start = parallel_from(kernel, dtype, backend)
    source = "tune()" if costs_of(backend, kernel, dtype)[0] is _tuned else "the shipped table"
    if start == sys.maxsize or (size >= start and threads == 1):
        return f"more would save no time, by {source}"
    if threads == 1:
        close = min(start, _awake_from(backend, kernel, dtype))
        closely = f", or {close:,} where calls follow closely" if close < start else ""
        return f"a second thread pays from {start:,} elements{closely}, by {source}"
    return f"at least {start:,} elements: threads pay, by {source}"


def run(
    kernel: Kernel, inputs: Sequence[Array], out: Array, length: int, parameters: Array
) -> None:
    """Run a kernel on contiguous arrays, wherever ``decide`` says."""
    size = max(inputs[0].size, out.size)
    backend, threads = decide(kernel, KERNEL_DTYPES[out.dtype.char], size)
    backend.run(kernel, inputs, out, length, parameters, threads)


def run_in_16_bits(
    kernel: Kernel,
    inputs: Sequence[Array],
    out: Array,
    parameters: Array,
    wide_parameters: Array,
    rounding: tuple[int, int],
) -> bool:
    """Run a kernel on contiguous arrays of 16 bits; False where that is not compiled."""
    backend, threads = decide(kernel, "float32", out.size)
    numbers = parameters, wide_parameters, rounding
    return backend.run_in_16_bits(kernel, inputs, out, *numbers, threads)


def run_by_channel(
    kernels: tuple[Kernel, Kernel],
    operand: str,
    dy: Array,
    x: Array,
    channels: Array,
    out: Array,
    sums: Array,
    parameters: Array,
    layout: tuple[int, int, int],
) -> bool:
    """Run a kernel with an operand per channel, in one pass; False where that is not compiled."""
    backend, threads = decide(kernels[0], KERNEL_DTYPES[out.dtype.char], out.size)
    arrays = dy, x, channels, out, sums, parameters
    return backend.run_by_channel(kernels, operand, *arrays, layout, threads)


def sums_by_channel(terms: Array, sums: Array, layout: tuple[int, int, int]) -> bool:
    """Sum the numbers of each channel; False where that is not compiled."""
    backend, threads = decide(kernel_named("sum"), KERNEL_DTYPES[terms.dtype.char], terms.size)
    return backend.sums_by_channel(terms, sums, layout, threads)


def forward_keeping(
    kernels: tuple[Kernel, Kernel],
    pack: Pack,
    x: Array,
    biases: Array,
    out: Array | None,
    kept: Array,
    parameters: Array,
    layout: tuple[int, int, int],
) -> bool:
    """Run (forward, what is kept) in one pass and pack the latter; False if it is not compiled."""
    backend, threads = decide(kernels[0], KERNEL_DTYPES[x.dtype.char], x.size)
    arrays = x, biases, out, kept, parameters
    return backend.forward_keeping(kernels, pack, *arrays, layout, threads)


def backward_from_mask(
    kernel: Kernel, dy: Array, mask: Array, out: Array, parameters: Array
) -> bool:
    """Run a kernel on ``dy`` and the bits of a mask; False where that is not compiled."""
    backend, threads = decide(kernel, KERNEL_DTYPES[out.dtype.char], out.size)
    return backend.backward_from_mask(kernel, dy, mask, out, parameters, threads)


def times_slopes(kernel: Kernel, dy: Array, slopes: Array, out: Array) -> bool:
    """Multiply by the packed slopes of a kernel; False where that is not compiled."""
    backend, threads = decide(kernel, KERNEL_DTYPES[out.dtype.char], out.size)
    return backend.times_slopes(dy, slopes, out, threads)

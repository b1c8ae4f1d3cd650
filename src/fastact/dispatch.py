"""One layer for all backends: which backend, how many threads, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from .backends import ALL, BACKENDS_BY_NAME, Backend
from .backends.base import KERNEL_DTYPES, Array
from .backends.cython import driver
from .costs import NANOSECONDS, REGION_NANOSECONDS
from .formulas.kernels import Kernel
from .threads import get_num_threads

# A new kernel counts like the exponential ones until tools/measure_costs.py has run.
NOT_YET_MEASURED = (0.3, 0.9)

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


def parallel_from(kernel: Kernel, dtype: str) -> int:
    """Elements from which a second thread pays.

    Two threads halve the time of the loop and add that of a parallel region;
    they are used where that saves at least a third of the region's cost.
    """
    costs = NANOSECONDS.get(kernel.name, NOT_YET_MEASURED)
    nanoseconds = costs[0 if dtype == "float32" else 1]
    return int(REGION_NANOSECONDS * (4 / 3) / (nanoseconds / 2))


def choose(kernel: Kernel, dtype: str, size: int) -> Choice:
    """The backend and threads for a call on ``size`` numbers."""
    forced = _forced.get()
    backend = forced or DEFAULT
    why = "forced by use_backend" if forced else _WHY_DEFAULT
    granted = get_num_threads()
    threshold = parallel_from(kernel, dtype)
    if granted == 1:
        return Choice(backend, 1, why, "one thread is granted")
    if not backend.is_parallel():
        return Choice(backend, 1, why, "this backend is serial here")
    if size < threshold:
        return Choice(backend, 1, why, f"a second thread pays from {threshold:,} elements")
    return Choice(backend, granted, why, f"at least {threshold:,} elements: threads pay")


def run(
    kernel: Kernel, inputs: Sequence[Array], out: Array, length: int, parameters: Array
) -> None:
    """Run a kernel on contiguous arrays, wherever ``choose`` says."""
    size = max(inputs[0].size, out.size)
    choice = choose(kernel, KERNEL_DTYPES[out.dtype.char], size)
    choice.backend.run(kernel, inputs, out, length, parameters, choice.threads)


def run_in_16_bits(
    kernel: Kernel,
    inputs: Sequence[Array],
    out: Array,
    parameters: Array,
    wide_parameters: Array,
    doubt: int,
) -> bool:
    """Run a kernel on contiguous arrays of 16 bits; False where that is not compiled."""
    choice = choose(kernel, "float32", out.size)
    return choice.backend.run_in_16_bits(
        kernel, inputs, out, parameters, wide_parameters, doubt, choice.threads
    )

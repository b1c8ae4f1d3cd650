"""``fastact.tune()``: what calls cost on this machine, by measurement."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import costs_file, dispatch
from .backends import ALL, Backend
from .backends.base import KERNEL_DTYPES, Array
from .costs import FIRST_PARALLEL, SIZES, Costs, Rates
from .formulas.catalogue import ROWS
from .formulas.kernels import Kernel, kernel_named, row_kernels, timed_kernels
from .threads import get_num_threads

Item = TypeVar("Item")
Key = TypeVar("Key")
Call = Callable[[], object]
Progress = Callable[[Sequence[Item]], Iterable[Item]]

ROW_LENGTH = 128
# For each of SIZES: by how much more numbers a longer call is measured, whose difference has
# nothing of the call itself in it; calls in a sample; samples, of which the least is taken.
LONGER = (4, 2, 0, 0)
REPEATS = (24, 4, 1, 1)
ROUNDS = (24, 16, 16, 5)
FASTEST_BELIEVED = 0.01  # ns: a rate of zero would say that a kernel is for nothing

# A second thread's start is timed as between matrix products: when its worker sleeps.
REGION_KERNEL, REGION_SIZE, REGION_REST, REGION_ROUNDS = "gelu", 1 << 14, 200e-6, 500


class Tuning(NamedTuple):
    """What ``tune()`` found; its ``str`` tells it in words."""

    costs: Costs
    file: str | None

    @property
    def wins(self) -> dict[str, int]:
        """For how many kernels, dtypes and sizes each backend is the fastest."""
        costs = self.costs
        counts = dict.fromkeys(costs.rates, 0)
        for kernel, dtype in _tuned_kernels(costs):
            known = [name for name in counts if costs.knows(name, kernel, dtype)]
            for size in SIZES:
                times = {name: costs.least(name, kernel, dtype, size) for name in known}
                counts[min(times, key=times.__getitem__)] += 1
        return counts

    def __str__(self) -> str:
        starts = [
            f"  {backend}: {threads} threads start in {ns / 1000:.1f} µs"
            for backend, by_threads in self.costs.region.items()
            for threads, ns in by_threads.items()
        ]
        wins = [f"  {name}: {count:,} cells" for name, count in self.wins.items()]
        kept = f"kept in {self.file}" if self.file else "not kept: it holds for this process"
        return "\n".join(["fastest of the tuned backends:", *wins, *starts, kept])


def _tuned_kernels(costs: Costs) -> set[tuple[str, str]]:
    return {
        (kernel, dtype)
        for kernels in costs.rates.values()
        for kernel, of_kernel in kernels.items()
        for dtype in of_kernel
    }


# --- what is measured ------------------------------------------------------------------


class Operands:
    """Random numbers that all calls of a dtype share, so that none are made in between."""

    def __init__(self, dtype: str, largest: int = SIZES[-1]) -> None:
        rng = np.random.default_rng(0)
        self.inputs = [rng.standard_normal(largest, np.float32).astype(dtype) for _ in range(3)]
        self.out = np.empty(largest, dtype)

    def call(
        self, kernel: Kernel, size: int, backend: Backend, threads: int = 1
    ) -> Callable[[], Array]:
        """A call of the kernel on about ``size`` numbers; it returns its output."""
        length = min(ROW_LENGTH, size) if kernel in row_kernels() else 1
        a, b, out = kernel.row_sizes(length)
        rows = max(1, size // max(a, b, out))
        inputs = [x[: rows * n] for x, n in zip(self.inputs, (a, b, a), strict=True)]
        inputs, result = inputs[: kernel.inputs], self.out[: rows * out]
        parameters = np.ones(4, self.out.dtype)
        parameters[: len(kernel.defaults)] = kernel.defaults

        def call() -> Array:
            backend.run(kernel, inputs, result, length, parameters, threads)
            return result

        return call


def seconds(call: Call, repeat: int = 1) -> float:
    """Time of one call, over some calls."""
    start = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - start) / repeat


def minima(calls: Mapping[Key, Call], rounds: int, repeat: int = 1) -> dict[Key, float]:
    """The least seconds of each; interleaved, so that a slow moment hits every call alike.

    A call goes before those that are timed: it wakes the workers, whose sleep ``region`` counts.
    """
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            best[name] = min(best[name], seconds(call, repeat))
    return best


def region_nanoseconds(
    backend: Backend, threads: int, rounds: int = REGION_ROUNDS, rest: float = REGION_REST
) -> float:
    """What the start of several threads costs: their time above an equal share of one's.

    With a ``rest`` of some microseconds before each call their workers are asleep.
    """
    operands = Operands("float32", REGION_SIZE)
    kernel = kernel_named(REGION_KERNEL)
    calls = {n: operands.call(kernel, REGION_SIZE, backend, n) for n in (1, threads)}
    times: dict[int, list[float]] = {1: [], threads: []}
    for _ in range(rounds):
        for count, call in calls.items():
            # Awake are the workers of the call before, of as many threads.
            call()
            until = time.perf_counter() + rest
            while time.perf_counter() < until:
                pass
            times[count].append(seconds(call))
    alone, together = (float(np.median(times[n])) * 1e9 for n in (1, threads))
    not_shared = call_nanoseconds(backend)
    return max(0.0, together - not_shared - (alone - not_shared) / threads)


def call_nanoseconds(backend: Backend) -> float:
    """What a call costs besides its numbers."""
    call = Operands("float32", 1).call(kernel_named("identity"), 1, backend)
    call()  # a kernel may have to be compiled
    return minima({"call": call}, rounds=40, repeat=50)["call"] * 1e9


def thread_counts(most: int) -> list[int]:
    """2, 4, 8 and so on, and the most."""
    counts = [1 << k for k in range(1, most.bit_length()) if 1 << k < most]
    return [*counts, most] if most > 1 else []


def rates(
    kernel: Kernel, operands: Operands, call: Mapping[Backend, float], counts: Sequence[int]
) -> dict[Backend, Rates]:
    """Nanoseconds per number of one kernel in all backends, taken in turns."""
    found: dict[Backend, Rates] = {backend: [[] for _ in (1, *counts)] for backend in call}
    for of_class, size in enumerate(SIZES):
        several = (1, *counts) if of_class >= FIRST_PARALLEL else (1,)
        sizes = [size, size * LONGER[of_class]] if LONGER[of_class] else [size]
        calls = {
            (backend, place, n): operands.call(kernel, n, backend, threads)
            for backend in call
            for place, threads in enumerate(several)
            for n in sizes
        }
        for first in calls.values():
            first()
        times = minima(calls, ROUNDS[of_class], REPEATS[of_class])
        for backend in call:
            for place, _ in enumerate(several):
                least = [times[backend, place, n] * 1e9 for n in sizes]
                if len(sizes) == 1:
                    rate = (least[0] - call[backend]) / size
                else:
                    rate = (least[1] - least[0]) / (sizes[1] - size)
                found[backend][place].append(round(max(FASTEST_BELIEVED, rate), 4))
    return found


def measure(
    kernels: Sequence[Kernel],
    backends: Sequence[Backend],
    dtypes: Sequence[str],
    progress: Progress[tuple[str, Kernel]],
) -> Costs:
    """The costs of some kernels on this machine."""
    counts = {b: thread_counts(get_num_threads()) if b.is_parallel() else [] for b in backends}
    call = {backend: call_nanoseconds(backend) for backend in backends}
    region = {repr(b): {n: round(region_nanoseconds(b, n), 1) for n in counts[b]} for b in backends}
    awake = {
        repr(b): {n: round(region_nanoseconds(b, n, rest=0.0), 1) for n in counts[b]}
        for b in backends
    }
    table: dict[str, dict[str, dict[str, Rates]]] = {repr(b): {} for b in backends}
    operands = {dtype: Operands(dtype) for dtype in dtypes}
    for dtype, kernel in progress([(dtype, kernel) for dtype in dtypes for kernel in kernels]):
        several = counts[backends[0]]
        for backend, of_kernel in rates(kernel, operands[dtype], call, several).items():
            table[repr(backend)].setdefault(kernel.name, {})[dtype] = of_kernel
    return Costs(
        date=date.today().isoformat(),
        machine=costs_file.machine(),
        versions=costs_file.versions(),
        call={repr(backend): round(ns, 1) for backend, ns in call.items()},
        region=region,
        awake=awake,
        rates=table,
    )


# --- the command -----------------------------------------------------------------------


def tune(
    *activations: Any,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] = ("float32", "float64"),
    progress: bool = True,
) -> Tuning:
    """Measure which backend is the fastest here, and from what size threads pay; use that.

    Every kernel is timed in each compiled backend and instruction set, on arrays of four
    sizes, with one thread and with several.  The table is kept in the user's cache folder
    (or in that which FASTACT_CACHE_DIR names) and read whenever fastact is imported on
    the same machine with the same versions.  Bits do not depend on it.  It takes a
    minute or two, and some more for Numba, which has to compile each kernel; let the
    machine be idle meanwhile.

    A Numba kernel is used where it was found to be faster, but only once it was compiled
    for another reason: ``use_backend("numba")``.  The NumPy backend is not measured
    where there is another, since its bits differ.

    Parameters
    ----------
    *activations : Activation or str
        Those to measure, ``fa.gelu`` or ``"gelu"``; all by default.  What is known of others
        is kept.
    backends : sequence of str, optional
        For example ``["cython"]``; every compiled one by default.
    dtypes : sequence of str
        Of ``"float32"`` (float16 and bfloat16 are computed in it) and ``"float64"``.
    progress : bool
        Show on the standard error stream how far it is.

    Returns
    -------
    Tuning
        Its ``str`` tells what was found; ``costs`` is the table, ``file`` where it is kept.

    Raises
    ------
    ValueError
        There is no such activation, backend or dtype.
    RuntimeError
        There is no compiled backend, hence nothing to choose from.

    Warns
    -----
    RuntimeWarning
        The file cannot be written: the table then holds for this process.

    Examples
    --------
    >>> import fastact as fa
    >>> tuning = fa.tune("gelu", dtypes=["float32"], progress=False)  # doctest: +SKIP
    """
    kernels = _kernels_of(activations)
    _check_among(dtypes, KERNEL_DTYPES.values(), "dtypes")
    chosen = _compiled(backends)
    shown: Progress[tuple[str, Kernel]] = _with_progress if progress else iter
    costs = _merged(dispatch.tuned(), measure(kernels, chosen, dtypes, shown))
    use(costs)
    file = costs_file.store(costs)
    return Tuning(costs, file)


def use(costs: Costs | None) -> None:
    """Let all calls be dispatched by this table; None: by the one that ships with fastact."""
    from .objects.listing import ACTIVATIONS

    dispatch.use_costs(costs)
    for activation in ACTIVATIONS.values():
        activation._forget_plans()


def _compiled(names: Sequence[str] | None) -> list[Backend]:
    there = [backend for backend in ALL if backend.name != "numpy" and not backend.unavailable]
    if not there:
        raise RuntimeError("tune: there is no compiled backend, hence nothing to choose from")
    if names is not None:
        _check_among(names, {backend.name for backend in there}, "backends")
    return [backend for backend in there if names is None or backend.name in names]


def _kernels_of(activations: Sequence[Any]) -> list[Kernel]:
    names = [getattr(activation, "__name__", activation) for activation in activations]
    _check_among(names, ROWS, "activations")
    every = timed_kernels()
    if not names:
        return list(every)
    formulas = [formula for name in names for formula in ROWS[name].formulas]
    return [k for k in every if any(f"{k.name}_".startswith(f"{f}_") for f in formulas)]


def _check_among(given: Sequence[str], accepted: Iterable[str], argument: str) -> None:
    accepted = sorted(accepted)
    if isinstance(given, str):
        raise TypeError(f"tune: {argument} must be a sequence of names, got {given!r}")
    for name in given:
        if name not in accepted:
            raise ValueError(f"tune: {argument} must be among {', '.join(accepted)}; got {name!r}")


def _merged(old: Costs | None, new: Costs) -> Costs:
    """The new table, and what the old one has besides."""
    if old is None or any(
        new.region.get(name, region).keys() != region.keys() for name, region in old.region.items()
    ):
        return new  # rates for other numbers of threads cannot be compared
    table = {
        name: {kernel: dict(by_dtype) for kernel, by_dtype in kernels.items()}
        for name, kernels in old.rates.items()
    }
    for name, kernels in new.rates.items():
        for kernel, by_dtype in kernels.items():
            table.setdefault(name, {}).setdefault(kernel, {}).update(by_dtype)
    return Costs(
        date=new.date,
        machine=new.machine,
        versions=new.versions,
        call={**old.call, **new.call},
        region={**old.region, **new.region},
        awake={**old.awake, **new.awake},
        rates=table,
    )


def _with_progress(items: Sequence[Item]) -> Iterator[Item]:
    """On the standard error stream: a bar by rich, where that is installed, else lines."""
    try:
        from rich.console import Console
        from rich.progress import track
    except ImportError:
        yield from _with_lines(items)
    else:
        yield from track(items, "Tuning", console=Console(stderr=True), transient=True)


def _with_lines(items: Sequence[Item]) -> Iterator[Item]:
    tenth = max(1, len(items) // 10)
    for done, item in enumerate(items):
        if done % tenth == 0:
            print(f"tuning: {done} of {len(items)}", file=sys.stderr, flush=True)
        yield item

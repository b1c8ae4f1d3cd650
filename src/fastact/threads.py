"""How many threads a call may use.

In order: the innermost ``with threads(n)``, ``set_num_threads``,
FASTACT_NUM_THREADS, else the processors this process may use, by affinity and
cgroup quota, within OMP_NUM_THREADS.  A lower limit set through threadpoolctl
holds in every case.  A forked child begins with one thread, since it is usually
one of many; ``set_num_threads`` gives it more.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .backends.cython import driver

_override: ContextVar[int | None] = ContextVar("fastact_threads", default=None)
_forked = False
_default = 1


def available_cpus() -> int:
    """Processors granted to this process, at least one."""
    if hasattr(os, "sched_getaffinity"):
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as limit:
            quota, period = limit.read().split()
        cpus = min(cpus, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no cgroup, or no quota ("max")
        pass
    return max(1, cpus)


def _checked(n: object, origin: str) -> int:
    try:
        threads = int(str(n))
    except ValueError:
        raise TypeError(f"{origin} must be an integer, got {n!r}") from None
    if not 1 <= threads <= 1024:
        raise ValueError(f"{origin} must be from 1 to 1024, got {threads}")
    return threads


def _default_threads() -> int:
    wanted = os.environ.get("FASTACT_NUM_THREADS")
    if wanted:
        return _checked(wanted, "FASTACT_NUM_THREADS")
    openmp = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    cpus = available_cpus()
    return min(cpus, int(openmp)) if openmp.isdecimal() and int(openmp) > 0 else cpus


def set_num_threads(n: int) -> None:
    """Let calls use up to ``n`` threads, in the whole process.

    Parameters
    ----------
    n : int
        From 1 to 1024.

    Raises
    ------
    TypeError, ValueError
        ``n`` is not an integer, or out of range.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.set_num_threads(1)
    >>> fa.get_num_threads()
    1
    """
    global _default
    _default = _checked(n, "n")
    if driver is not None:
        driver.set_default_threads(_default)


def get_num_threads() -> int:
    """Threads that a large call would use here and now."""
    wanted = _override.get() or _default
    granted = driver.omp_limit() if driver is not None else 0
    return min(wanted, granted) if granted else wanted


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let calls in this block use up to ``n`` threads.

    The limit belongs to the context: other Python threads keep theirs.

    Parameters
    ----------
    n : int
        From 1 to 1024.

    Examples
    --------
    >>> import fastact as fa
    >>> with fa.threads(1):
    ...     fa.get_num_threads()
    1
    """
    token = _override.set(_checked(n, "n"))
    if driver is not None:
        driver.add_limit(1, _override)
    try:
        yield
    finally:
        if driver is not None:
            driver.add_limit(-1, _override)
        _override.reset(token)


def has_forked() -> bool:
    """Whether this process is the child of one that had imported fastact."""
    return _forked


def _after_fork() -> None:
    global _forked
    _forked = True
    set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
set_num_threads(_default_threads())

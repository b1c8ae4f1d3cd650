"""``python -m fastact selftest``: the same bits here as everywhere.

The fixed inputs of ``golden.py`` go through every compiled backend of this machine;
checksums of the results are compared with those that ship with the package.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from . import dispatch, golden
from .backends import ALL, Backend
from .golden import Check

EQUAL, DIFFERENT, NOTHING_COMPARED = 0, 1, 2

# Numba takes a second to start and up to one more for each kernel. These use nearly all there
# is to compile: exp, the normal tail, logarithm, divisions, bits of numbers, sums along rows.
SAMPLE_FOR_NUMBA = (("gelu", "float32"), ("logit", "float64"), ("softmax_backward", "float32"))


class Outcome(NamedTuple):
    """What one backend, or the short way of plain calls, gave."""

    title: str
    compared: int
    wrong: list[str]


def differing(checks: Sequence[Check], kind: str, backend: Backend | None) -> list[str]:
    """Checks whose checksums are not the golden ones of this kind, with the dtype."""
    wanted = golden.golden()[kind]
    return [
        f"{check.name}, {check.dtype}"
        for check in checks
        if check.checksum(backend) != wanted.get(check.name, {}).get(check.dtype)
    ]


def check_backend(backend: Backend, *, thorough: bool) -> Outcome:
    if backend.name == "numba" and not thorough:
        sample = [golden.kernel_check(*chosen) for chosen in SAMPLE_FOR_NUMBA]
        title = f"{backend!r}, {len(sample)} kernels as a sample"
        return Outcome(title, len(sample), differing(sample, "kernels", backend))
    kernels, calls = list(golden.kernel_checks()), list(golden.call_checks())
    wrong = differing(kernels, "kernels", backend) + differing(calls, "calls", backend)
    title = f"{backend!r}, {len(kernels)} results of kernels and {len(calls)} of calls"
    return Outcome(title, len(kernels) + len(calls), wrong)


def check_plain_calls() -> Outcome:
    """Without a forced backend, calls of contiguous arrays take a shorter way."""
    calls = list(golden.call_checks())
    title = f"{dispatch.DEFAULT!r} as chosen by itself, {len(calls)} results of calls"
    return Outcome(title, len(calls), differing(calls, "calls", None))


def names_of(backend: Backend) -> tuple[str, ...]:
    """Its name, and ``NAME:INSTRUCTION_SET`` where it has one."""
    name, instruction_set = backend.name, backend.instruction_set
    return (name, f"{name}:{instruction_set}") if instruction_set else (name,)


def names() -> tuple[str, ...]:
    """What ``--backend`` accepts."""
    compiled = [backend for backend in ALL if backend.name != "numpy"]
    return tuple(dict.fromkeys(name for backend in compiled for name in names_of(backend)))


def is_wanted(backend: Backend, chosen: str) -> bool:
    return not chosen or chosen in names_of(backend)


def outcomes(backends: Sequence[Backend], *, thorough: bool) -> Iterator[Outcome]:
    for backend in backends:
        yield check_backend(backend, thorough=thorough)
    if dispatch.DEFAULT.name == "cython" and dispatch.DEFAULT in backends:
        yield check_plain_calls()


def reasons_not_compared(chosen: str, *, thorough: bool) -> Iterator[str]:
    for backend in ALL:
        if backend.name == "numpy":
            yield f"{backend!r}: it agrees to a few ulp, not in bits"
        elif backend.unavailable:
            yield f"{backend!r}: {backend.unavailable}"
        elif not is_wanted(backend, chosen):
            yield f"{backend!r}: --backend {chosen} leaves it out"
        elif backend.name == "numba" and not thorough:
            yield f"{backend!r}, other kernels: --thorough compiles them all, for some minutes"
    for dtype in golden.CALL_DTYPES:
        if reason := golden.missing(dtype):
            yield f"calls with {dtype}: {reason}"


def main(*, thorough: bool = False, backend: str = "") -> int:
    """Check compiled backends of this machine, all or those wanted; print what was found.

    The result is the exit status: 0 if all is equal, 1 if something differs, 2 if there was
    nothing to compare.
    """
    started = time.perf_counter()
    there = [b for b in ALL if b.name != "numpy" and not b.unavailable]
    chosen = [b for b in there if is_wanted(b, backend)]
    print(f"NumPy {np.__version__}, {platform.machine()}; compared with the golden checksums:")
    found = []
    for outcome in outcomes(chosen, thorough=thorough):
        found.append(outcome)
        print(f"  {outcome.title}: {_in_words(outcome)}", flush=True)
        for name in outcome.wrong:
            print(f"    differs: {name}")
    print("not compared:")
    for reason in reasons_not_compared(backend, thorough=thorough):
        print(f"  {reason}")
    print(_verdict(found, ", ".join(map(repr, chosen)), time.perf_counter() - started))
    if not found:
        return NOTHING_COMPARED
    return DIFFERENT if any(outcome.wrong for outcome in found) else EQUAL


def _in_words(outcome: Outcome) -> str:
    return f"{len(outcome.wrong)} differ" if outcome.wrong else "all equal"


def _verdict(found: Sequence[Outcome], backends: str, seconds: float) -> str:
    if not found:
        return "NOTHING WAS COMPARED: no compiled backend can be used here"
    compared = sum(outcome.compared for outcome in found)
    wrong = sum(len(outcome.wrong) for outcome in found)
    if wrong:
        return f"DIFFERENT BITS in {wrong:,} of {compared:,} results, in {seconds:.1f} s"
    return f"THE SAME BITS in all {compared:,} results, from {backends}, in {seconds:.1f} s"

"""Measure the errors of every kernel, and write the contract beside the formulas.

``python tools/sweep.py [FORMULA ...]`` tries all 2**32 inputs in float32, and in float64 ten
million of every exponent, four million where functions bend, and the hard cases: around all
thresholds, edges of exponents and results near the middle of two floats.  It takes half a
minute a kernel, keeps its state in ``build/sweep``, and goes on where it was interrupted.

With ``--quick`` it tries samples, in a second a kernel, for use after a change of formulas; a
sweep of the same bits is not overwritten.  ``--dtype`` chooses one of the two.  What is found
goes to ``formulas/contract.json``, which tests and documentation read; nobody types it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastact
from errors import (
    BLOCK,
    Candidates,
    Worst,
    blocks,
    errors,
    exact_worst,
    has_fast_reference,
    worst_of,
)
from extended import UNAVAILABLE
from fastact.backends import ALL
from fastact.golden import kernel_check
from fastact.objects.info import facts
from inputs import hard_cases, sample_of, stratified, uniform
from oracle import Array, sample_for, ulp_of
from subject import Subject, subjects

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "src/fastact/formulas/contract.json"
STATE = ROOT / "build/sweep"
THREADS = 2
PART = 1 << 26  # float32 inputs between two writes of the state
ALL_INPUTS = 1 << 32

# The tests repeat the first of these samples, so that they can hold the contract exactly.
TEST_COUNT = {"float32": 5 << 20, "float64": 1 << 17}
EXACT_COUNT = 400  # float64 inputs that the tests judge by mpmath alone
QUICK_SAMPLES = {"float32": 4, "float64": 2}
BITS_COUNT, BENDS_COUNT, HARD_COUNT, FLOAT64_PARTS = 10**7, 1 << 22, 1 << 21, 10
JUDGED_EXACTLY = 300  # of the worst, and of those nearest to the middle of two floats
SLOW_SAMPLES = 16  # for mpmath alone, where there are no long doubles

Each = Callable[..., Any]  # the ``map`` of a pool, or Python's


class Found(NamedTuple):
    """What a measurement found; decreases are counted where there should be none."""

    worst: Worst
    inputs: int
    decreases: int | None = None
    largest_decrease: float = 0.0


# --- samples --------------------------------------------------------------------------


def regular_sample(subject: Subject, dtype: str, seed: int = 0) -> Array:
    """What the tests try of a kernel; other seeds give more of the kind."""
    return sample_of(subject, dtype, TEST_COUNT[dtype], seed)


def exact_sample(subject: Subject, seed: int = 0) -> Array:
    """What the tests try in float64 against mpmath."""
    row, derivative = subject.row, subject.derivative
    return sample_for(row, "float64", EXACT_COUNT, seed, derivative=derivative)


def float64_part(subject: Subject, part: int, *, quick: bool) -> Array:
    """Inputs of one of the parts of the measurement, the samples of the tests in the first."""
    if quick or not has_fast_reference(subject):
        xs = regular_sample(subject, "float64", part)
        return xs if part else np.concatenate([xs, exact_sample(subject)])
    if part == 0:
        parts = (hard_cases(subject, "float64", HARD_COUNT), regular_sample(subject, "float64"))
        return np.concatenate([*parts, exact_sample(subject)])
    interval = subject.interval("float64")
    bits = stratified(*interval, BITS_COUNT // FLOAT64_PARTS, "float64", part)
    bends = uniform(*interval, BENDS_COUNT // FLOAT64_PARTS, "float64", part)
    xs = np.concatenate([bits, bends])
    return np.asarray(xs[subject.judged(xs)])


# --- float32 --------------------------------------------------------------------------


def float32_sampled(subject: Subject, each: Each) -> Found:
    samples = [regular_sample(subject, "float32", k) for k in range(QUICK_SAMPLES["float32"])]
    return Found(max(worst_of(subject, xs, each) for xs in samples), sum(x.size for x in samples))


def float32_swept(subject: Subject, each: Each) -> Found:
    """All inputs, from where an earlier run stopped."""
    state = State(subject, "float32", {"ulp": 0.0, "at": 0.0, "decreases": 0, "largest": 0.0})
    found = state.found
    for start in parts(state.next, ALL_INPUTS, PART, f"{subject} float32"):
        firsts = range(start, start + PART, BLOCK)
        worst, falls = zip(*each(lambda first: block_errors(subject, first), firsts), strict=True)
        ulp, at = max(worst)
        if ulp > found["ulp"]:
            found |= {"ulp": ulp, "at": at}
        found["decreases"] += sum(count for count, _ in falls)
        found["largest"] = max(found["largest"], *(ulp for _, ulp in falls))
        state.save(start + PART)
    decreases = found["decreases"] if is_to_be_monotone(subject) else None
    worst = Worst(found["ulp"], found["at"])
    return Found(worst, ALL_INPUTS, decreases, found["largest"])


def block_errors(subject: Subject, first: int) -> tuple[Worst, tuple[int, float]]:
    """The worst of a block of neighbours; how often results fall, and the largest fall."""
    with np.errstate(over="ignore"):
        # One more than a block: the first of the next.
        xs = (np.arange(BLOCK + 1, dtype=np.uint32) + np.uint32(first)).view(np.float32)
    keep = subject.judged(xs)
    xs = xs if keep.all() else xs[keep]
    if not xs.size:
        return Worst(0.0, 0.0), (0, 0.0)
    ys = subject(xs)
    error = errors(subject, xs, ys)
    k = int(error.argmax())
    falls = falls_of(ys, xs) if is_to_be_monotone(subject) else (0, 0.0)
    return Worst(float(error[k]), float(xs[k])), falls


def is_to_be_monotone(subject: Subject) -> bool:
    return not subject.derivative and bool(facts()[subject.formula]["monotone"])


def falls_of(ys: Array, xs: Array) -> tuple[int, float]:
    """How many of the results are less than their left neighbour's, and by how many ulp."""
    ys = ys[::-1] if xs[0] > xs[-1] else ys
    falls = ys[1:] < ys[:-1]
    if not falls.any():
        return 0, 0.0
    before, after = (part[falls].astype(np.float64) for part in (ys[:-1], ys[1:]))
    return int(falls.sum()), float(((before - after) / ulp_of(before, ys.dtype)).max())


# --- float64 --------------------------------------------------------------------------


def float64_measured(subject: Subject, each: Each, *, quick: bool) -> Found:
    """By long doubles, and those found hardest by mpmath: its verdict counts."""
    if not has_fast_reference(subject):
        samples = [exact_sample(subject, k) for k in range(SLOW_SAMPLES)]
        xs = np.concatenate(samples)
        return Found(exact_worst(subject, xs), xs.size)
    state = State(subject, "float64", {"worst": [], "halfway": [], "inputs": 0}, keep=not quick)
    count = QUICK_SAMPLES["float64"] if quick else FLOAT64_PARTS + 1
    for part in parts(state.next, count, 1, f"{subject} float64"):
        xs = float64_part(subject, part, quick=quick)
        add_hardest(state.found, subject, xs, each)
        state.save(part + 1)
    candidates = Candidates(*(as_pairs(state.found[kind]) for kind in Candidates._fields))
    return Found(exact_worst(subject, candidates.inputs()), state.found["inputs"])


def add_hardest(found: dict[str, Any], subject: Subject, xs: Array, each: Each) -> None:
    """Put those of these inputs that are hardest to those found before."""

    def of_block(block: Array) -> Candidates:
        return Candidates([], []).and_those_of(subject, block, JUDGED_EXACTLY)

    found["inputs"] += xs.size
    for block in each(of_block, blocks(xs)):
        for kind, new in block._asdict().items():
            both = {*as_pairs(found[kind]), *new}
            found[kind] = sorted(both, reverse=True)[:JUDGED_EXACTLY]


def as_pairs(lists: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    return [(mark, x) for mark, x in lists]


# --- state, progress, contract ----------------------------------------------------------


def bits_of(subject: Subject, dtype: str) -> str:
    """The checksum of a kernel: what was measured of other bits does not count."""
    backend = next(backend for backend in ALL if not backend.unavailable)
    return kernel_check(subject.name, dtype).checksum(backend)


class State:
    """What was found of a kernel so far, on disk if it is to be kept."""

    def __init__(self, subject: Subject, dtype: str, empty: dict[str, Any], keep: bool = True):
        self._file = STATE / f"{subject}-{dtype}.json" if keep else None
        self._bits = bits_of(subject, dtype)
        self.next, self.found = 0, empty
        if self._file and self._file.exists():
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            if kept["bits"] == self._bits:
                self.next, self.found = kept["next"], kept["found"]

    def save(self, following: int) -> None:
        self.next = following
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            kept = {"bits": self._bits, "next": following, "found": self.found}
            self._file.write_text(json.dumps(kept), encoding="utf-8")


def parts(first: int, end: int, step: int, what: str) -> Iterator[int]:
    """Starts of the parts to come, with progress on the terminal."""
    began = time.monotonic()
    for start in range(first, end, step):
        yield start
        seconds = (time.monotonic() - began) / (start + step - first) * (end - start - step)
        progress(f"{what:36} {100 * (start + step) / end:5.1f} %, {seconds:4.0f} s left")
    progress("")


def progress(text: str) -> None:
    """In place of what stood in the terminal's line before."""
    if sys.stderr.isatty():
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)


def read_contract() -> dict[str, Any]:
    kernels: dict[str, Any] = {}
    if OUTPUT.exists():
        kernels = json.loads(OUTPUT.read_text(encoding="utf-8"))["kernels"]
    return kernels


def record(subject: Subject, dtype: str, found: Found, *, quick: bool) -> None:
    """Write an entry of the contract, its maximum rounded up."""
    entry: dict[str, Any] = {
        "max_ulp": rounded_up(found.worst.ulp),
        "at": found.worst.at,
        "interval": subject.interval(dtype),
        "inputs": found.inputs,
        "estimated" if quick else "swept": str(date.today()),
        "bits": bits_of(subject, dtype),
    }
    if found.decreases is not None:
        entry |= {"decreases": found.decreases, "largest_decrease_ulp": found.largest_decrease}
    kernels = read_contract()
    kernels.setdefault(subject.name, {})[dtype] = entry
    in_order = {s.name: kernels[s.name] for s in subjects() if s.name in kernels}
    OUTPUT.write_text(lines_of(in_order), encoding="utf-8")


def rounded_up(ulp: float) -> float:
    return math.ceil(ulp * 1000) / 1000 if math.isfinite(ulp) else ulp


def lines_of(kernels: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each entry."""
    texts = (
        f"{json.dumps(name)}: {{\n "
        + ",\n ".join(f"{json.dumps(dtype)}: {json.dumps(entry)}" for dtype, entry in both.items())
        + "\n}"
        for name, both in kernels.items()
    )
    return '{"kernels": {\n' + ",\n".join(texts) + "\n}}\n"


def is_swept(subject: Subject, dtype: str) -> bool:
    """Whether the contract holds a sweep of these bits, which is better than an estimate."""
    entry = read_contract().get(subject.name, {}).get(dtype, {})
    return "swept" in entry and entry.get("bits") == bits_of(subject, dtype)


def measured(subject: Subject, dtype: str, each: Each, *, quick: bool) -> Found:
    if dtype == "float64":
        return float64_measured(subject, each, quick=quick)
    return float32_sampled(subject, each) if quick else float32_swept(subject, each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("formula", nargs="*", help="which; without any, all of them")
    parser.add_argument("--dtype", choices=TEST_COUNT, help="without, both")
    parser.add_argument("--quick", action="store_true", help="estimate the errors by samples")
    given = parser.parse_args()
    dtypes = [given.dtype] if given.dtype else list(TEST_COUNT)
    if UNAVAILABLE and "float64" in dtypes:
        sys.exit(f"float64 is measured by long doubles, but {UNAVAILABLE}; --dtype float32 works")
    unknown = {*given.formula} - {s.formula for s in subjects()}
    if unknown:
        sys.exit(f"no elementwise formula: {', '.join(sorted(unknown))}")
    fastact.set_num_threads(1)  # the blocks are what runs in parallel
    with ThreadPoolExecutor(THREADS) as pool:
        for subject in subjects():
            if not given.formula or subject.formula in given.formula:
                for dtype in dtypes:
                    measure(subject, dtype, pool.map, quick=given.quick)


def measure(subject: Subject, dtype: str, each: Each, *, quick: bool) -> None:
    if quick and is_swept(subject, dtype):
        print(f"{subject!s:28} {dtype} is swept")
        return
    found = measured(subject, dtype, each, quick=quick)
    record(subject, dtype, found, quick=quick)
    print(f"{subject!s:28} {dtype} {found.worst.ulp:9.4f} ulp at {found.worst.at!r}", flush=True)


if __name__ == "__main__":
    main()

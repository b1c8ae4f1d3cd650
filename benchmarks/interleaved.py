"""Timings that can be compared: taken in turns, many times, in one run.

The entrants of a contest take turns within a round, and all contests are held again in
every pass.  A slow moment of the machine so hits one round of all entrants, and a busy
neighbour hits some passes of many contests instead of all rounds of one; the minimum
and the median compare what an idle machine would show.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from timeit import Timer
from typing import NamedTuple

Call = Callable[[], object]
Sampler = Callable[[], float]  # measures once, in seconds

STRETCH = 1e-3
# A call of this length needs neither a warm cache nor company to be timed well.
LONG = 0.05
# An entrant slower than the fastest by this factor, twice, is not measured again in a pass.
HOPELESS = 10
TWICE = 2

# A thread pool's workers stay awake after their last task, for up to 30 ms, and would take a
# core from the next library.
GLANCE = 2e-3
LONGEST_REST = 0.2


class Timing(NamedTuple):
    """Seconds per call over all rounds."""

    minimum: float
    median: float


class Contest(NamedTuple):
    """Who is to be compared, prepared anew in every pass."""

    prepare: Callable[[], Mapping[str, Sampler]]
    rounds: int


class Samples:
    """Seconds by contest and entrant, and how many passes each contest has seen."""

    def __init__(self) -> None:
        self.passes: dict[str, int] = {}
        self.seconds: dict[str, dict[str, list[float]]] = {}

    def add(self, contest: str, found: Mapping[str, list[float]]) -> None:
        self.passes[contest] = self.passes.get(contest, 0) + 1
        for name, seconds in found.items():
            self.seconds.setdefault(contest, {}).setdefault(name, []).extend(seconds)

    def timings(self, contest: str) -> dict[str, Timing]:
        return {name: timing(s) for name, s in self.seconds.get(contest, {}).items()}


def hold(
    contests: Mapping[str, Contest], passes: int, samples: Samples
) -> Iterator[tuple[int, str]]:
    """Hold all contests once per pass, but for those that ``samples`` has seen already.

    Yields the number of contests held or seen, and the name of the next, before each.
    """
    for number in range(passes):
        for place, (name, contest) in enumerate(contests.items()):
            yield number * len(contests) + place, name
            if samples.passes.get(name, 0) <= number:
                samples.add(name, interleave(contest.prepare(), contest.rounds))


def interleave(samplers: Mapping[str, Sampler], rounds: int) -> dict[str, list[float]]:
    """Let everyone measure once per round, each time in another order."""
    order = list(samplers)
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            samples[name].append(samplers[name]())
        order = hopeful(samples)
    return samples


def hopeful(samples: Mapping[str, Sequence[float]]) -> list[str]:
    """Those that are not slower than the fastest by far."""
    best = {name: min(seconds) for name, seconds in samples.items()}
    bar = HOPELESS * min(best.values())
    return [name for name in best if best[name] <= bar or len(samples[name]) < TWICE]


def timing(samples: list[float]) -> Timing:
    return Timing(min(samples), statistics.median(samples))


def stretches(calls: Mapping[str, Call]) -> dict[str, Sampler]:
    return {name: stretch(call) for name, call in calls.items()}


def stretch(call: Call) -> Sampler:
    """Repeat the call for about a millisecond, or once if that takes longer."""
    timer = Timer(call)
    repeats, is_long = 0, False

    def seconds_of_a_call() -> float:
        nonlocal repeats, is_long
        if not repeats:
            seconds = timer.timeit(1)  # of the first call: starts threads, faults pages
            is_long = seconds > LONG
            repeats = 1 if is_long else repeats_in_a_stretch(timer)
            if is_long:
                return seconds
        if not is_long:
            call()  # fetches the caches and wakes the threads
        return timer.timeit(repeats) / repeats

    def sample() -> float:
        seconds = seconds_of_a_call()
        come_to_rest()
        return seconds

    return sample


def come_to_rest() -> None:
    """Return when no thread of this process is busy any more."""
    end = time.monotonic() + LONGEST_REST
    while time.monotonic() < end:
        before = time.process_time()
        time.sleep(GLANCE)
        if time.process_time() - before < GLANCE / 10:
            return


def repeats_in_a_stretch(timer: Timer) -> int:
    """How many calls make a stretch."""
    repeats = 1
    while (seconds := timer.timeit(repeats)) < STRETCH / 4:
        repeats *= 4
    return max(1, round(STRETCH / seconds * repeats))

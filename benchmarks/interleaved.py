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
from collections.abc import Callable, Iterable, Mapping
from timeit import Timer
from typing import NamedTuple, TypeVar

Call = Callable[[], object]
Sampler = Callable[[], float]  # measures once, in seconds
Key = TypeVar("Key")

STRETCH = 1e-3

# A thread pool's workers stay awake for some milliseconds after their last task and
# would take a core from the next library.
REST = 0.01


class Timing(NamedTuple):
    """Seconds per call over all rounds."""

    minimum: float
    median: float


class Contest(NamedTuple):
    """Who is to be compared, prepared anew in every pass."""

    prepare: Callable[[], Mapping[str, Sampler]]
    rounds: int


def hold(contests: Mapping[Key, Contest], passes: Iterable[object]) -> dict[Key, dict[str, Timing]]:
    """Hold all contests once per pass and sum up."""
    samples: dict[Key, dict[str, list[float]]] = {key: {} for key in contests}
    for _ in passes:
        for key, contest in contests.items():
            for name, seconds in interleave(contest.prepare(), contest.rounds).items():
                samples[key].setdefault(name, []).extend(seconds)
    return {key: {name: timing(s) for name, s in field.items()} for key, field in samples.items()}


def interleave(samplers: Mapping[str, Sampler], rounds: int) -> dict[str, list[float]]:
    """Let everyone measure once per round, each time in another order."""
    order = list(samplers)
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            samples[name].append(samplers[name]())
    return samples


def timing(samples: list[float]) -> Timing:
    return Timing(min(samples), statistics.median(samples))


def stretches(calls: Mapping[str, Call], rest: bool = True) -> dict[str, Sampler]:
    return {name: stretch(call, rest) for name, call in calls.items()}


def stretch(call: Call, rest: bool) -> Sampler:
    """Repeat the call for about a millisecond, or once if that takes longer."""
    timer = Timer(call)
    repeats = repeats_in_a_stretch(timer)

    def sample() -> float:
        if rest:
            time.sleep(REST)
        call()  # fetches the caches and wakes the threads
        return timer.timeit(repeats) / repeats

    return sample


def repeats_in_a_stretch(timer: Timer) -> int:
    repeats = 1
    while (seconds := timer.timeit(repeats)) < STRETCH / 4:
        repeats *= 4
    return max(1, round(STRETCH / seconds * repeats))

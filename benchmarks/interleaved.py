"""Timings that can be compared: taken in turns, many times, in one run.

A busy neighbour or a change of clock slows all entrants of a round alike; the minimum
and the median over the rounds then compare what would be compared on an idle machine.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from timeit import Timer
from typing import NamedTuple

Call = Callable[[], object]
Sampler = Callable[[], float]  # measures once, in seconds

STRETCH = 1e-3

# A thread pool's workers stay awake for some milliseconds after their last task and
# would take a core from the next library.
REST = 0.01


class Timing(NamedTuple):
    """Seconds per call over all rounds."""

    minimum: float
    median: float


def interleave(samplers: Mapping[str, Sampler], rounds: int) -> dict[str, Timing]:
    """Let everyone measure once per round, each time in another order."""
    order = list(samplers)
    shuffle = random.Random(0).shuffle
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            samples[name].append(samplers[name]())
    return {name: Timing(min(s), statistics.median(s)) for name, s in samples.items()}


def time_calls(calls: Mapping[str, Call], rounds: int, rest: bool = True) -> dict[str, Timing]:
    """Time calls by stretches of about a millisecond, or of one call if that takes longer."""
    return interleave({name: stretch(call, rest) for name, call in calls.items()}, rounds)


def stretch(call: Call, rest: bool) -> Sampler:
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
    while (seconds := min(timer.repeat(3, repeats))) < STRETCH / 4:
        repeats *= 4
    return max(1, round(STRETCH / seconds * repeats))

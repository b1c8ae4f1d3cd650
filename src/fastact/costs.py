"""What calls cost, as ``fastact.tune()`` measured it: here, or where the package was made.

A call of a backend on n numbers takes ``call`` nanoseconds, ``region`` nanoseconds more on
several threads, or ``awake`` if it follows so soon on another that their workers have not
gone to sleep, and some nanoseconds per number, which depend on the kernel, the dtype, the
threads and the size of the array: each of ``SIZES`` stands for the sizes near it.
"""

from __future__ import annotations

import json
import math
import os
import sys
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

FORMAT = 2

# In the first-, second- and last-level cache, and in memory.
SIZES = (1 << 10, 1 << 14, 1 << 18, 1 << 22)
BOUNDS = (1 << 12, 1 << 16, 1 << 20)  # between them, halfway on a logarithmic scale
FIRST_PARALLEL = 2  # the first of SIZES that is measured on several threads

# A new kernel counts like the exponential ones until it is measured.
NOT_YET_MEASURED = {"float32": 0.3, "float64": 0.9}

# Several threads are used where that saves at least a third of what their start costs.
MARGIN = 4 / 3

# Nanoseconds per number: for each of SIZES on one thread, then for those from FIRST_PARALLEL
# on each number of threads of which ``region`` tells the start.
Rates: TypeAlias = list[list[float]]


def size_class(size: int) -> int:
    """Which of ``SIZES`` stands for this one."""
    return bisect(BOUNDS, size)


class Costs(NamedTuple):
    """A table of costs, and where and when it was measured."""

    date: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    call: dict[str, float]  # by backend
    region: dict[str, dict[int, float]]  # and number of threads
    awake: dict[str, dict[int, float]]
    rates: dict[str, dict[str, dict[str, Rates]]]  # by backend, kernel and dtype

    def knows(self, backend: str, kernel: str, dtype: str) -> bool:
        return dtype in self.rates.get(backend, {}).get(kernel, {})

    def by_class(self, backend: str, kernel: str, dtype: str, threads: int) -> list[float]:
        """Nanoseconds per number for each of ``SIZES``; estimated where it is not measured."""
        rates = self.rates[backend].get(kernel, {}).get(dtype)
        if rates is None:
            return [NOT_YET_MEASURED[dtype] / threads] * len(SIZES)
        serial = rates[0]
        if threads == 1:
            return serial
        together = rates[1 + list(self.region[backend]).index(threads)]
        gain = together[0] / serial[FIRST_PARALLEL]  # what is smaller gains as much
        return [rate * gain for rate in serial[:FIRST_PARALLEL]] + together

    def thread_counts(self, backend: str, granted: int) -> Iterator[tuple[int, int]]:
        """Threads to use and the measured number that tells their cost, up to ``granted``."""
        counts = [n for n in self.region[backend] if n <= granted]
        yield from ((n, n) for n in counts[:-1])
        if counts:
            yield granted, counts[-1]

    def nanoseconds(
        self,
        backend: str,
        kernel: str,
        dtype: str,
        threads: int,
        size: int,
        margin: float = 1.0,
    ) -> float:
        """What a call would take on a measured number of threads."""
        start = self.call[backend]
        if threads > 1:
            start += margin * self.region[backend][threads]
        rates = self.by_class(backend, kernel, dtype, threads)
        return start + size * rates[size_class(size)]

    def least(
        self, backend: str, kernel: str, dtype: str, size: int, granted: int = sys.maxsize
    ) -> float:
        """What a call takes at best, on the measured numbers of threads up to ``granted``."""
        counts = (n for n in self.region[backend] if n <= granted)
        return min(self.nanoseconds(backend, kernel, dtype, n, size) for n in (1, *counts))

    def starts(
        self, backend: str, kernel: str, dtype: str, threads: int, *, awake: bool = False
    ) -> list[float]:
        """The size from which a measured number of threads pays, by the rates of each class."""
        region = (self.awake if awake else self.region)[backend][threads] * MARGIN
        serial = self.by_class(backend, kernel, dtype, 1)
        several = self.by_class(backend, kernel, dtype, threads)
        pairs = zip(serial, several, strict=True)
        return [region / (one - many) if one > many else math.inf for one, many in pairs]

    def as_json(self) -> str:
        return json.dumps({"format": FORMAT, **self._asdict()}, separators=(",", ":")) + "\n"


def _by_number(read: dict[str, dict[int, float]]) -> dict[str, dict[int, float]]:
    # The keys of JSON are strings.
    return {name: {int(n): ns for n, ns in of.items()} for name, of in read.items()}


def from_json(text: str) -> Costs:
    """The table; ValueError if the text is none of this format."""
    try:
        record = json.loads(text)
        if record.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        costs = Costs(**record)
        return costs._replace(region=_by_number(costs.region), awake=_by_number(costs.awake))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no table of costs: {error!r}") from None


def checked(costs: Costs) -> Costs:
    """The table; ValueError if something is missing in it or is no time."""
    try:
        for backend, kernels in costs.rates.items():
            counts = costs.region[backend]
            sizes = [len(SIZES)] + [len(SIZES) - FIRST_PARALLEL] * len(counts)
            tables = [rates for of_kernel in kernels.values() for rates in of_kernel.values()]
            if any([len(rate) for rate in rates] != sizes for rates in tables):
                raise ValueError("it is no table of costs: rates are missing")
            numbers = [number for rates in tables for rate in rates for number in rate]
            numbers += [costs.call[backend], *counts.values(), *costs.awake[backend].values()]
            if costs.awake[backend].keys() != counts.keys():
                raise ValueError("it is no table of costs: starts of threads are missing")
            if not all(isinstance(n, (int, float)) and 0 <= n < math.inf for n in numbers):
                raise ValueError("it is no table of costs: a time is no number")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no table of costs: {error!r}") from None
    return costs


def shipped() -> Costs:
    """What ``tools/measure_costs.py`` measured on the machine of ``costs.json``."""
    with open(os.path.join(os.path.dirname(__file__), "costs.json"), encoding="utf-8") as file:
        return from_json(file.read())

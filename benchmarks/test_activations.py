"""The races under pytest-benchmark, one group per race.

``pytest benchmarks -n0 -k "gelu and float32"`` runs some of it.  A group's entrants run
one after another here; ``report.py`` interleaves them, and its ratios are the ones to cite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastact as fa
from libraries import calls, entrants, use_threads
from libraries.library import Call
from races import THREADS, Case, of_numbers, of_rows

BRIEFLY = {"max_time": 0.1, "min_rounds": 5, "warmup": True, "warmup_iterations": 1}

RACES = [
    pytest.param(
        case, name, marks=pytest.mark.benchmark(group=str(case), **BRIEFLY), id=f"{case} {name}"
    )
    for case in (
        *of_numbers(("float32", "float64"), (8, 1_000_000)),
        *of_rows(("float32",), ((1000, 1000),)),
    )
    if case.direction != "new"
    for name in entrants(case)
]


@pytest.fixture(autouse=True, scope="module")
def _equal_threads() -> Iterator[None]:
    before = fa.get_num_threads()
    use_threads(THREADS)
    yield
    use_threads(before)


@lru_cache(maxsize=1)  # the entrants of a case follow one another
def calls_of(case: Case) -> dict[str, Call]:
    return calls(case)


@pytest.mark.parametrize(("case", "name"), RACES)
def test_activation(benchmark: BenchmarkFixture, case: Case, name: str) -> None:
    call = calls_of(case).get(name)
    if call is None:
        pytest.skip(f"{name} has no kernel for {case.dtype}")
    benchmark(call)


@pytest.mark.benchmark(group="call cost", **BRIEFLY)
@pytest.mark.parametrize("function", [fa.relu, np.tanh], ids=["fastact.relu", "numpy.tanh"])
def test_call_cost(benchmark: BenchmarkFixture, function: Callable[..., object]) -> None:
    x = np.ones(8, np.float32)
    benchmark(partial(function, x, out=x))

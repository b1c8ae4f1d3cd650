"""The figures fastact is held to: each a ratio of two times with a target."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import CATALOGUE
from interleaved import Call, Contest, Sampler, Timing, stretches
from libraries import LIBRARIES, calls
from races import THREADS, Case

LARGE = 1_000_000
AS_FAST_AS_TORCH = ("sigmoid", "silu")
TWICE_AS_FAST = ("tanh", "elu", "softplus", "mish", "gelu_tanh")


@dataclass(frozen=True)
class Aim:
    """Time ``above`` over time ``below`` in a contest, and what it should be."""

    name: str
    contest: str
    above: str
    below: str
    target: str = ""  # "at least 2" or "at most 1"
    judged_by: str = "minima"


AIMS = (
    *(Aim(f"torch / {f}", f, "torch", "fastact", "at least 1") for f in AS_FAST_AS_TORCH),
    *(Aim(f"torch / {f}", f, "torch", "fastact", "at least 2") for f in TWICE_AS_FAST),
    Aim("copy / relu", "copy", "copy", "relu", "at least 0.9"),
    Aim("copy / leaky_relu", "copy", "copy", "leaky_relu", "at least 0.9"),
    Aim("copy / relu in place", "copy", "copy", "relu in place"),
    Aim("copy / torch's copy", "copy", "copy", "torch's copy"),
    Aim("call of relu / of np.tanh", "call", "relu", "tanh", "at most 1"),
    Aim("sigmoid, 1 thread / 2", "threads", "one", "two", "at least 1.7"),
    Aim("import fastact / numpy", "import", "fastact", "numpy", "at most 1.5", "medians"),
)


@dataclass(frozen=True)
class Figure:
    """An aim as measured."""

    name: str
    by_minima: float
    by_medians: float
    target: str = ""
    judged_by: str = "minima"

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if not self.target:
            return None
        value = self.by_minima if self.judged_by == "minima" else self.by_medians
        bound = float(self.target.split()[-1])
        return value >= bound if self.target.startswith("at least") else value <= bound


def figures(timings: Mapping[str, Mapping[str, Timing]]) -> Iterator[Figure]:
    """Aims whose entrants are installed, and whether Numba is left alone."""
    for aim in AIMS:
        times = timings[aim.contest]
        if {aim.above, aim.below} <= times.keys():
            above, below = times[aim.above], times[aim.below]
            ratios = above.minimum / below.minimum, above.median / below.median
            yield Figure(aim.name, *ratios, aim.target, aim.judged_by)
    loaded = float(in_fresh_process("import fastact, sys; print(int('numba' in sys.modules))"))
    yield Figure("import loads numba", loaded, loaded, "at most 0")


def figure_contests(rounds: int) -> dict[str, Contest]:
    against_torch = {f: partial(torch_contest, f) for f in AS_FAST_AS_TORCH + TWICE_AS_FAST}
    contests: dict[str, Callable[[], Mapping[str, Sampler]]] = {
        **against_torch,
        "copy": copy_contest,
        "call": call_contest,
        "threads": threads_contest,
        "import": import_contest,
    }
    return {name: Contest(prepare, rounds) for name, prepare in contests.items()}


# --- contests ---------------------------------------------------------------------


def normal_numbers() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(LARGE, np.float32)


def torch_contest(formula: str) -> dict[str, Sampler]:
    activation = next(row.name for row in CATALOGUE if formula in row.formulas)
    field = calls(Case(activation, formula, "forward", "float32", (LARGE,)))
    return stretches({name: field[name] for name in ("fastact", "torch") if name in field})


def copy_contest() -> dict[str, Sampler]:
    """Rectifiers beside a copy of the same bytes by as many threads."""
    x = normal_numbers()
    y, z = np.empty_like(x), x.copy()
    contest: dict[str, Call] = {
        "copy": partial(fa.identity, x, out=y),
        "relu": partial(fa.relu, x, out=y),
        "leaky_relu": partial(fa.leaky_relu, x, out=y),
        "relu in place": partial(fa.relu, z, out=z),
    }
    if torch := LIBRARIES.get("torch"):
        contest["torch's copy"] = torch.bind(torch.formulas["identity"], {"x": x}, y)
    return stretches(contest)


def call_contest() -> dict[str, Sampler]:
    """In place on eight elements: next to nothing but the call."""
    x, y = np.ones((2, 8), np.float32)
    contest = {"relu": partial(fa.relu, x, out=x), "tanh": partial(np.tanh, y, out=y)}
    return stretches(contest, rest=False)


def threads_contest() -> dict[str, Sampler]:
    x = normal_numbers()
    y = np.empty_like(x)

    # ``with fa.threads(n)`` would send the calls through Python.
    def sigmoid_on(threads: int) -> None:
        fa.set_num_threads(threads)
        fa.sigmoid(x, out=y)
        fa.set_num_threads(THREADS)

    return stretches({"one": partial(sigmoid_on, 1), "two": partial(sigmoid_on, 2)})


def import_contest() -> dict[str, Sampler]:
    return {name: partial(import_seconds, name) for name in ("fastact", "numpy")}


def import_seconds(module: str) -> float:
    clock = "from time import perf_counter as now; start = now()"
    return float(in_fresh_process(f"{clock}; import {module}; print(now() - start)"))


def in_fresh_process(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

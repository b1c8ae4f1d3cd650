"""End to end: an epoch of training a NumPy network, with the activations of each library.

The networks are those of ``examples/digits.py``; the matrix products are NumPy's for all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from company import Company
from interleaved import Contest, Sampler, come_to_rest
from libraries import LIBRARIES
from races import ALONG_AXES, FROM_OUTPUT, Array

sys.path.append(str(Path(__file__).parents[1] / "examples"))
import digits

ENTRANTS = ("fastact", "numpy", "scipy", "torch")
# Of 512 and 256 units, and of 1,024 units five times, then 512 nine times.
NETWORKS = {
    "3 layers, gelu": ("small", "gelu"),
    "3 layers, relu": ("small", "relu"),
    "15 layers, relu": ("tutorial", "relu"),
}
WATCHES = ("epoch", "activations")
CONTESTS = {f"{name}, {watch}": (name, watch) for name in NETWORKS for watch in WATCHES}
STEPS = 5  # so many are timed; the time of an epoch follows, as all steps are alike


class OfLibrary:
    """An activation by the formulas that a library races with, into arrays made once."""

    def __init__(self, library: str, name: str, batch: int, units: int) -> None:
        self.library = LIBRARIES[library]
        # SciPy's users take NumPy for what it lacks.
        self.formulas = {**LIBRARIES["numpy"].formulas, **self.library.formulas}
        if library != "scipy":
            self.formulas = dict(self.library.formulas)
        self.name = name
        self.along = {"axis": 1} if name in ALONG_AXES else {}
        self.y, self.dx = np.empty((2, batch, units), np.float32)

    def _call(self, kernel: str, operands: Mapping[str, Array], out: Array) -> Array:
        call = self.library.bind(self.formulas[kernel], operands, out, **self.along)
        assert call is not None
        result = call()
        # What cannot write to ``out`` has made a new array.
        return result if isinstance(result, np.ndarray) else out

    def forward(self, x: Array) -> Array:
        y = self._call(self.name, {"x": x}, self.y[: len(x)])
        self.saved = {"y": y} if self.name in FROM_OUTPUT else {"x": x}
        return y

    def backward(self, dy: Array) -> Array:
        return self._call(f"{self.name}_backward", {"dy": dy, **self.saved}, self.dx[: len(dy)])


@cache
def data() -> digits.Data:
    return digits.load()


def epoch(plan: digits.Plan, activation: str, library: str, watch: str) -> Sampler:
    """A sampler that trains and tells the seconds of an epoch, or those in activations."""
    training = data().training
    batches = list(training.batches(plan.batch))
    make = partial(OfLibrary, library)
    network = digits.Network(activation, make, plan, training.pixels.shape[1], seed=0)

    def sample() -> float:
        come_to_rest()
        network.in_activations.seconds = 0.0
        start = time.perf_counter()
        for batch in batches[:STEPS]:
            network.learn(batch, plan.rate)
        seconds = time.perf_counter() - start
        if watch == "activations":
            seconds = network.in_activations.seconds
        return seconds / STEPS * len(batches)

    return sample


def prepare(company: Company, name: str, watch: str) -> dict[str, Sampler]:
    size, activation = NETWORKS[name]
    plan = replace(digits.PLANS[size], activation=activation)
    there = [library for library in ENTRANTS if library in LIBRARIES]
    return company.field(
        {library: partial(epoch, plan, activation, library, watch) for library in there}
    )


def training_contests(company: Company, rounds: int) -> dict[str, Contest]:
    """For each network, the seconds of an epoch and those in activations."""
    return {
        title: Contest(partial(prepare, company, name, watch), rounds)
        for title, (name, watch) in CONTESTS.items()
    }

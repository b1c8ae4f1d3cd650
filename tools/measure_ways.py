"""Measure the ways back of functions whose input an in-place pass destroys.

``python tools/measure_ways.py`` writes ``docs/memory_figures.json``: for gelu,
silu and mish, and for relu and hardtanh, the bytes kept, the largest error of the
gradient and the time of a forward and a backward pass together, one million float32
numbers in place.  The rejected way keeps the output and the branch (one bit) and
inverts the function by interpolation in a table.  Rounds are interleaved, the minimum
counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import fastact as fa
from fastact.costs_file import processor
from fastact.dispatch import DEFAULT
from fastact.objects import Activation
from kernel_hash import code_hash

OUTPUT = Path(__file__).parents[1] / "docs/memory_figures.json"
NAMES = ("gelu", "silu", "mish")
OF_TWO_SLOPES = ("relu", "hardtanh")
SIZE = 1_000_000
ROUNDS = 40
TABLE = 1 << 16

Array = np.ndarray[Any, np.dtype[Any]]
Pass = Callable[[Array, Array], tuple[Array, float]]


def kept_by(way: str, activation: Activation) -> Pass:
    """Forward and backward in place; the gradient, and bytes kept per element."""

    def both(x: Array, dy: Array) -> tuple[Array, float]:
        _, context = activation.forward(x, out=x, save=way)
        return context.backward(dy), context.nbytes / x.size

    return both


class Inverse:
    """The rejected way: from the output and the branch back to the input."""

    def __init__(self, activation: Activation) -> None:
        self.activation = activation
        grid = np.linspace(-12, 12, 2 * TABLE)
        self.turn = float(grid[activation(grid).argmin()])
        left = np.linspace(-12, self.turn, TABLE)
        right = np.linspace(self.turn, 12, TABLE)
        self.right = activation(right), activation.derivative(right)
        self.left = activation(left)[::-1], activation.derivative(left)[::-1]

    def __call__(self, x: Array, dy: Array) -> tuple[Array, float]:
        branch = np.packbits(x > self.turn)
        y = self.activation(x, out=x)
        on_right = np.unpackbits(branch, count=x.size).astype(bool)
        slope = np.where(on_right, np.interp(y, *self.right), np.interp(y, *self.left))
        return dy * slope.astype(dy.dtype), branch.nbytes / x.size


def figures_of(name: str) -> dict[str, dict[str, float]]:
    activation = getattr(fa, name)
    rng = np.random.default_rng(0)
    x = (2 * rng.standard_normal(SIZE)).astype(np.float32)
    dy = np.ones(SIZE, np.float32)
    exact = activation.derivative(x.astype(np.float64))
    ways: dict[str, Pass] = {"a copy of the input": kept_by("input", activation)}
    if name in OF_TWO_SLOPES:
        ways["the mask, one bit"] = kept_by("mask", activation)
    else:
        ways["the derivative, 16 bits"] = kept_by("derivative", activation)
        ways["output, branch bit, table of the inverse"] = Inverse(activation)
    seconds = dict.fromkeys(ways, float("inf"))
    found = {}
    for _ in range(ROUNDS):
        for way, both in ways.items():
            fresh = x.copy()
            start = time.perf_counter()
            gradient, kept = both(fresh, dy)
            seconds[way] = min(seconds[way], time.perf_counter() - start)
            found[way] = {"bytes": kept, "error": float(np.abs(gradient - exact).max())}
    first = next(iter(seconds.values()))
    return {way: {**found[way], "time": seconds[way] / first} for way in ways}


def main() -> None:
    machine = {"processor": processor(), "cores": os.cpu_count()}
    figures = {
        "measures": "times",
        "kernel_hash": code_hash(),
        "date": str(date.today()),
        "machine": machine | {"instruction_set": DEFAULT.instruction_set},
        "threads": fa.get_num_threads(),
        "elements": SIZE,
        "ways": {name: figures_of(name) for name in (*NAMES, *OF_TWO_SLOPES)},
    }
    OUTPUT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures["ways"], indent=1))


if __name__ == "__main__":
    main()

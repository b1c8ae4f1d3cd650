"""Measure the error of every float32 kernel over all 2**32 inputs.

``python tools/sweep.py [FORMULA ...]``; without names it sweeps all.  A kernel's state is kept in
``build/sweep`` after each part, so that a sweep that was interrupted goes on.  The reference
are the float64 kernels, which ``measure_accuracy.py`` holds against mpmath: their error is
2**-29 of a float32 ulp.  What is found goes to ``formulas/contract.json``.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import fastact
from fastact.formulas.catalogue import Row
from fastact.formulas.primitives import CONSTANTS
from fastact.selftest import golden
from measure_accuracy import OUTPUT, parameters_of
from oracle import Array, derivative_floor, elementwise_formulas, has_root, kinks_of

STATE = Path(__file__).parents[1] / "build/sweep"
PART = 1 << 26  # inputs between two writes of the state
BLOCK = 1 << 16  # inputs whose float64 arrays stay in the cache
THREADS = 2


def error_in_ulp(result: Array, reference: Array, floor: Array | float, digits: int = 23) -> Array:
    """As the oracle's, by bits: its ``frexp`` and ``ldexp`` take ten times as long.

    ``digits`` of the significand are stored: 23 by float32, 7 by bfloat16, whose normal
    numbers begin at the same place.
    """
    wide = result.astype(np.float64)
    unit = np.maximum(np.abs(reference), np.maximum(floor, 2.0**-126)).view(np.int64)
    unit >>= 52
    np.subtract(2 * 1023 + digits, unit, out=unit)
    unit <<= 52  # now the bits of 1 / ulp
    error = np.abs(wide - reference)
    error *= unit.view(np.float64)
    if not error.max() < 1e9:  # infinities and NaN on one side or both
        odd = ~(error < 1e9)
        with np.errstate(over="ignore"):
            nearest = reference.astype(result.dtype)
        same = (result == nearest) | (np.isnan(wide) & np.isnan(reference))
        error = np.where(odd & same, 0.0, np.where(np.isnan(error), np.inf, error))
    return np.asarray(error)


class Kernel:
    """One formula or derivative, and how its error is taken."""

    def __init__(self, row: Row, formula: str, derivative: bool) -> None:
        self.row, self.derivative = row, derivative
        self.name = f"{formula}_derivative" if derivative else formula
        activation = getattr(fastact, row.name)
        self.function = activation.derivative if derivative else activation
        self.given = parameters_of(row, formula)
        self.has_root = derivative and has_root(row.name)
        self.kinks = np.array(kinks_of(row, row.defaults), np.float32)

    def worst_of(self, first: int) -> tuple[float, float]:
        """The largest error of a block of inputs, and where."""
        xs = np.arange(first, first + BLOCK, dtype=np.uint32).view(np.float32)
        judged = self._judged(xs)
        xs = xs if judged.all() else xs[judged]
        if not xs.size:
            return 0.0, 0.0
        floor = derivative_floor(self.row, xs) if self.has_root else 0.0
        reference = self.function(xs.astype(np.float64), **self.given)
        error = error_in_ulp(self.function(xs, **self.given), reference, floor)
        k = int(error.argmax())
        return float(error[k]), float(xs[k])

    def _judged(self, xs: Array) -> Array:
        keep: Array = np.isfinite(xs)
        low, high = self.row.interval
        keep &= (xs >= low) & (xs <= high)
        if self.derivative:
            for kink in self.kinks:
                keep &= xs != kink
            if self.row.derivative_reach:
                keep &= np.abs(xs) <= CONSTANTS["float32"][self.row.derivative_reach]
        return keep


def swept(kernel: Kernel, pool: ThreadPoolExecutor) -> dict[str, Any]:
    """The worst of all inputs, from where an earlier run stopped."""
    state = STATE / f"{kernel.name}.json"
    version = golden()[kernel.name]["float32"]
    found: dict[str, Any] = {"version": version, "next": 0, "max_ulp": 0.0, "at": 0.0}
    if state.exists() and (kept := json.loads(state.read_text()))["version"] == version:
        found = kept
    for start in parts(found["next"], kernel.name):
        blocks = range(start, start + PART, BLOCK)
        worst, at = max(pool.map(kernel.worst_of, blocks))
        if worst > found["max_ulp"]:
            found |= {"max_ulp": worst, "at": at}
        found["next"] = start + PART
        STATE.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps(found))
    return found


def parts(first: int, name: str) -> Iterator[int]:
    """Starts of the parts to come, with progress on the terminal."""
    began = time.monotonic()
    for start in range(first, 1 << 32, PART):
        yield start
        done, left = start + PART - first, (1 << 32) - start - PART
        seconds = (time.monotonic() - began) / done * left
        print(f"\r{name:28} {100 - 100 * left / 2**32:5.1f} %, {seconds:4.0f} s left ", end="")
    print("\r", end="")


def main() -> None:
    chosen = sys.argv[1:] or [formula for _, formula in elementwise_formulas()]
    fastact.set_num_threads(1)  # the blocks are what runs in parallel
    with ThreadPoolExecutor(THREADS) as pool:
        for row, formula in elementwise_formulas():
            for derivative in (False, True) if formula in chosen else ():
                kernel = Kernel(row, formula, derivative)
                found = swept(kernel, pool)
                record(kernel.name, found)
                print(f"{kernel.name:28} {found['max_ulp']:9.4f} ulp at {found['at']!r}")


def record(name: str, found: dict[str, Any]) -> None:
    """Write the contract's float32 entry: all inputs, so that no sample exceeds it."""
    contract = json.loads(OUTPUT.read_text(encoding="utf-8"))
    contract["kernels"][name]["float32"] |= {
        "max_ulp": math.ceil(found["max_ulp"] * 1000) / 1000,
        "at": found["at"],
        "inputs": 1 << 32,
        "swept": str(date.today()),
    }
    OUTPUT.write_text(json.dumps(contract, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What functions cost beside relu, and what a backward pass in place keeps.

Times are those by which fastact decides about threads, of ``nox -s costs``: one thread,
arrays in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import fastact as fa
from fastact.costs import SIZES, Rates, shipped
from functions import CURVES

IN_CACHE = SIZES.index(max(size for size in SIZES if size < 100_000))


def measure() -> dict[str, Any]:
    costs = shipped()
    backend, rates = next(iter(costs.rates.items()))
    timed = [name for name in CURVES if f"{name}_backward" in rates]
    relu = sum(nanoseconds(rates, "relu"))
    return {
        "measured": f"{costs.date}, {backend}",
        "relu_nanoseconds": relu,
        "functions": {
            name: {
                "forward": nanoseconds(rates, name)[0],
                "backward": nanoseconds(rates, name)[1],
                "ratio": sum(nanoseconds(rates, name)) / relu,
                "bytes_in_place": bytes_in_place(name),
            }
            for name in timed
        },
    }


def nanoseconds(rates: Mapping[str, Mapping[str, Rates]], name: str) -> tuple[float, float]:
    """Forward, and backward from the input; float32, per element on one thread."""
    forward, backward = (
        rates[kernel]["float32"][0][IN_CACHE] for kernel in (name, f"{name}_backward")
    )
    return forward, backward


def bytes_in_place(name: str) -> float:
    """Kept beside the output, which has overwritten the input; per float32 element."""
    x = np.linspace(-4, 4, 8000, dtype=np.float32)
    y, context = getattr(fa, name).forward(x, out=x)
    own = [kept for kept in context.arrays if not np.shares_memory(kept, y)]
    return sum(kept.nbytes for kept in own) / x.size

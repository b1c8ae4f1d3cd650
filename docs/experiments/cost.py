"""What functions cost beside relu, and what a backward pass in place keeps.

Times are those by which fastact decides about threads, of ``nox -s costs``: one thread,
arrays in the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import fastact as fa
from fastact import costs
from functions import CURVES


def measure() -> dict[str, Any]:
    timed = [name for name in CURVES if f"{name}_backward" in costs.NANOSECONDS]
    relu = sum(nanoseconds("relu"))
    return {
        "measured": (costs.__doc__ or "").split("\n\n")[1].strip().rstrip("."),
        "relu_nanoseconds": relu,
        "functions": {
            name: {
                "forward": nanoseconds(name)[0],
                "backward": nanoseconds(name)[1],
                "ratio": sum(nanoseconds(name)) / relu,
                "bytes_in_place": bytes_in_place(name),
            }
            for name in timed
        },
    }


def nanoseconds(name: str) -> tuple[float, float]:
    """Forward, and backward from the input; float32, per element."""
    return costs.NANOSECONDS[name][0], costs.NANOSECONDS[f"{name}_backward"][0]


def bytes_in_place(name: str) -> float:
    """Kept beside the output, which has overwritten the input; per float32 element."""
    x = np.linspace(-4, 4, 8000, dtype=np.float32)
    y, context = getattr(fa, name).forward(x, out=x)
    own = [kept for kept in context.arrays if not np.shares_memory(kept, y)]
    return sum(kept.nbytes for kept in own) / x.size

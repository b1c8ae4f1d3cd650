"""Ten hidden units on 1,000 made-up samples of two classes, with every activation."""

from __future__ import annotations

from typing import Any

import data
from digits import variants
from networks import Plan
from scores import SEEDS, compare

PLAN = Plan(
    hidden=(10,),
    output="yes or no",
    rates=(1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    epochs=10,
    batch=16,
)


def measure() -> dict[str, Any]:
    functions = {name: [f] for name, f in variants().items()}
    return compare(PLAN, functions, data.two_classes(SEEDS), reference="relu")

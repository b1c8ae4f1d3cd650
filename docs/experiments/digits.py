"""The same network on handwritten digits with every activation."""

from __future__ import annotations

from typing import Any

import data
from functions import CURVES, Function
from networks import Plan
from scores import SEEDS, compare

PLAN = Plan(
    hidden=(64, 64),
    output="classes",
    rates=(1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    epochs=15,
    batch=32,
)


def variants() -> dict[str, Function]:
    """Every curve at its defaults, and a leaky rectifier whose slope is not so small."""
    found = {name: Function(name) for name in CURVES}
    found["leaky_relu_01"] = Function("leaky_relu", {"negative_slope": 0.1})
    found["crelu"] = Function("crelu")
    return found


def measure() -> dict[str, Any]:
    functions = {name: [f] * len(PLAN.hidden) for name, f in variants().items()}
    return compare(PLAN, functions, data.digits(SEEDS), reference="relu")

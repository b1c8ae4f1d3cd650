"""Forty hidden layers without normalisation or shortcuts, trained on digits."""

from __future__ import annotations

from typing import Any, Literal

import data
from functions import Function
from networks import Plan
from scores import SEEDS, result, trained

DEPTH, WIDTH = 40, 32
RATES = (3e-4, 1e-3, 3e-3)
FUNCTIONS = ("relu", "leaky_relu", "selu", "gelu", "tanh", "sigmoid")
GAINS: tuple[Literal["glorot", "fitted"], ...] = ("glorot", "fitted")


def measure() -> dict[str, Any]:
    return {
        "depth": DEPTH,
        "width": WIDTH,
        "functions": {name: of(Function(name)) for name in FUNCTIONS},
    }


def of(function: Function) -> dict[str, Any]:
    digits = data.digits(SEEDS)
    found = {}
    for gains in GAINS:
        plan = Plan((WIDTH,) * DEPTH, "classes", RATES, epochs=6, batch=64, gains=gains)
        found[gains] = result(trained(plan, [function] * DEPTH, digits), digits)
    return found

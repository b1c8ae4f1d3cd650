"""Gated units against plain ones of the same number of weights."""

from __future__ import annotations

from typing import Any

import data
from functions import GATES, Function
from networks import Plan
from scores import SEEDS, against, compare

PLAIN_UNITS = 64
PLAIN = ("relu", "gelu", "silu", "sigmoid", "identity")
OTHERS = (*GATES, "maxout")
# What is left of a gate where the gating array is the input itself.
UNGATED = {
    **{"glu": "sigmoid", "reglu": "relu", "geglu": "gelu", "swiglu": "silu"},
    **{"bilinear": "identity", "maxout": "relu"},
}
RATES = (1e-3, 3e-3, 1e-2)


def measure() -> dict[str, Any]:
    return {
        "digits": task(data.digits(SEEDS), "classes"),
        "friedman": task(data.friedman(SEEDS), "number"),
    }


def task(samples: data.Data, output: Any) -> dict[str, Any]:
    inputs, outputs = samples.training.x.shape[-1], samples.training.target.shape[-1]
    budget = weights(Function("relu"), PLAIN_UNITS, inputs, outputs)
    found: dict[str, Any] = {"weights": budget, "functions": {}}
    for name in (*PLAIN, *OTHERS):
        function = Function(name)
        units = units_for(function, budget, inputs, outputs)
        plan = Plan((units, units), output, RATES, epochs=10, batch=32)
        reached = compare(plan, {name: [function] * 2}, samples, reference=name)
        found["functions"][name] = {
            "units": units,
            "weights": weights(function, units, inputs, outputs),
            **reached["functions"][name],
        }
    for name, ungated in UNGATED.items():
        ours, theirs = (found["functions"][n]["each"] for n in (name, ungated))
        sign = -1.0 if output == "number" else 1.0
        found["functions"][name] |= {"ungated": ungated, **against(ours, theirs, sign)}
    return found


def weights(function: Function, units: int, inputs: int, outputs: int) -> int:
    """Of two hidden layers and the output, with biases."""
    into = function.inputs(units)
    return (inputs + 1) * into + (units + 1) * into + (units + 1) * outputs


def units_for(function: Function, budget: int, inputs: int, outputs: int) -> int:
    """The most units whose weights are no more than the budget."""
    candidates = range(1, 4 * PLAIN_UNITS)
    return max(n for n in candidates if weights(function, n, inputs, outputs) <= budget)

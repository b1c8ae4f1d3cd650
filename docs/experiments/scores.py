"""Functions compared on one task, each at the learning rate that suits it.

For each seed the rate is chosen by the validation samples and the score is that of the
test samples, which have no part in the choice.  Seeds are paired: a function and the
reference see the same split, batches and random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions import Function
from networks import Data, Networks, Plan, Samples

SEEDS = 10
SIGNIFICANT = 0.05

Scores = NDArray[np.float64]


def score(networks: Networks, samples: Samples) -> Scores:
    """Of each seed and rate: percent right, or minus the root mean squared error."""
    with np.errstate(all="ignore"):
        got = networks.predict(samples.x)
        target = np.repeat(samples.target, networks.copies, axis=0)
        if networks.plan.output == "number":
            error = np.sqrt(np.mean((got - target) ** 2, axis=(1, 2), dtype=np.float64))
            found = np.where(np.isfinite(error), -error, -np.inf)
        elif networks.plan.output == "classes":
            found = 100.0 * np.mean(got.argmax(axis=-1) == target.argmax(axis=-1), axis=1)
        else:
            found = 100.0 * np.mean((got > 0.5) == (target > 0.5), axis=(1, 2))
    return found.reshape(networks.seeds, networks.copies)


def trained(plan: Plan, functions: Sequence[Function], data: Data) -> Networks:
    seeds, _, inputs = data.training.x.shape
    networks = Networks(plan, functions, (inputs, data.training.target.shape[-1]), seeds)
    networks.train(data.training)
    return networks


def chosen(networks: Networks, data: Data) -> NDArray[np.intp]:
    """Of each seed the place of its best rate."""
    return score(networks, data.validation).argmax(axis=1)


def result(networks: Networks, data: Data) -> dict[str, Any]:
    best = chosen(networks, data)
    each = np.arange(networks.seeds)
    found = score(networks, data.test)[each, best]
    plan = networks.plan
    return {
        **spread(found if plan.output != "number" else -found),
        "rate": plan.rates[int(np.bincount(best).argmax())],
        "zeros": 100.0 * share_of_zeros(networks, data.test, best),
    }


def share_of_zeros(networks: Networks, samples: Samples, best: NDArray[np.intp]) -> float:
    """Of the outputs of hidden layers, those that are exactly 0."""
    each = np.arange(networks.seeds) * networks.copies + best
    *hidden, _ = networks.hidden_and_output(samples.x)
    return float(np.mean([np.mean(h[each] == 0) for h in hidden]))


def spread(found: Scores) -> dict[str, Any]:
    """Of one number for each seed."""
    return {
        "median": float(np.median(found)),
        "low": float(found.min()),
        "high": float(found.max()),
        "each": [float(value) for value in found],
    }


def compare(
    plan: Plan, functions: Mapping[str, Sequence[Function]], data: Data, reference: str
) -> dict[str, Any]:
    """What every function reached, and whether it differs from the reference."""
    found = {name: result(trained(plan, each, data), data) for name, each in functions.items()}
    sign = -1.0 if plan.output == "number" else 1.0
    for each in found.values():
        each |= against(each["each"], found[reference]["each"], sign)
    verdicts = [each["verdict"] for name, each in found.items() if name != reference]
    return {
        "functions": found,
        "reference": reference,
        "count": {
            "all": len(verdicts),
            **{verdict: verdicts.count(verdict) for verdict in ("better", "alike", "worse")},
        },
    }


def against(ours: Sequence[float], theirs: Sequence[float], sign: float = 1.0) -> dict[str, Any]:
    """The median difference over seeds, and a sign test of it."""
    difference = sign * (np.asarray(ours) - np.asarray(theirs))
    better, worse = int(np.sum(difference > 0)), int(np.sum(difference < 0))
    differs = sign_test(better, worse) < SIGNIFICANT
    verdict = ("better" if better > worse else "worse") if differs else "alike"
    return {
        "difference": float(sign * np.median(difference)),
        "wins": better,
        "losses": worse,
        "verdict": verdict,
    }


def sign_test(better: int, worse: int) -> float:
    """The probability of so uneven a count, or one more uneven, if both were as likely."""
    count = better + worse
    tail = sum(comb(count, k) for k in range(min(better, worse) + 1)) / 2**count
    return min(1.0, 2 * tail)

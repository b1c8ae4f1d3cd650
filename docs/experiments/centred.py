"""Whether outputs whose mean is 0 make learning faster: functions with a constant added.

The next layer's bias can take the constant back: both networks can express the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import data
from functions import Function, mean_output
from networks import Networks, Plan, Samples
from scores import SEEDS, against, spread

FUNCTIONS = ("sigmoid", "softplus", "relu")
RATES = {"sgd": (0.1, 0.3, 1.0), "adam": (1e-3, 3e-3, 1e-2)}
EPOCHS, LOSS = 20, 0.1

Array = NDArray[np.float64]


def measure() -> dict[str, Any]:
    return {
        "epochs": EPOCHS,
        "loss": LOSS,
        "functions": {name: of(name) for name in FUNCTIONS},
        "tanh": {optimizer: epochs_needed(Function("tanh"), optimizer) for optimizer in RATES},
    }


def of(name: str) -> dict[str, Any]:
    plain = Function(name)
    centred = Function(name, offset=-mean_output(plain))
    found: dict[str, Any] = {"offset": centred.offset}
    for optimizer in RATES:
        before, after = (epochs_needed(f, optimizer) for f in (plain, centred))
        found[optimizer] = {
            "plain": before,
            "centred": after,
            **against(after["each"], before["each"], sign=-1.0),
        }
    return found


def epochs_needed(function: Function, optimizer: Any) -> dict[str, Any]:
    """Until the training loss is low, by the rate that is quickest, for each seed."""
    plan = Plan((64, 64), "classes", RATES[optimizer], EPOCHS, batch=32, optimizer=optimizer)
    digits = data.digits(SEEDS)
    networks = Networks(plan, [function] * 2, (64, 10), SEEDS)
    needed = np.full((SEEDS, networks.copies), np.inf)
    for epoch in range(EPOCHS):
        networks.train_epoch(digits.training, epoch)
        is_low = loss(networks, digits.training) < LOSS
        needed[is_low & np.isinf(needed)] = epoch + 1
    return spread(np.minimum(needed.min(axis=1), EPOCHS + 1))


def loss(networks: Networks, samples: Samples) -> Array:
    """The cross-entropy of each seed and rate."""
    with np.errstate(all="ignore"):
        target = np.repeat(samples.target, networks.copies, axis=0)
        likelihood = np.sum(networks.predict(samples.x) * target, axis=-1)
        found: Array = -np.mean(np.log(likelihood), axis=-1)
    return found.reshape(networks.seeds, networks.copies)

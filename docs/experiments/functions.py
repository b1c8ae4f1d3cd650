"""What can stand in a hidden layer, and the gain that its weights should have."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastact as fa

Array = NDArray[Any]


def usable_curves() -> list[str]:
    """Functions of one number that take every number and have a gradient somewhere."""
    usable = []
    for name in fa.list(elementwise=True):
        info = getattr(fa, name).info
        everywhere = np.isinf(info.domain.low) and np.isinf(info.domain.high)
        if everywhere and info.derivative_range.high > 0:
            usable.append(name)
    return usable


CURVES = usable_curves()
GATES = list(fa.list(gate=True))
WIDTHS = {**dict.fromkeys(GATES, 2), "maxout": 2, "crelu": 0.5}  # numbers in over numbers out
LEARNED = {"prelu": "weight", "snake": "a"}


@dataclass(frozen=True)
class Function:
    """An activation with parameters; ``offset`` is added to its output."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    offset: float = 0.0

    @property
    def activation(self) -> Any:
        return getattr(fa, self.name)

    @property
    def learned(self) -> str | None:
        return LEARNED.get(self.name)

    def inputs(self, units: int) -> int:
        """How many numbers give as many outputs as units."""
        return round(units * WIDTHS.get(self.name, 1))

    def __call__(self, x: Array) -> Array:
        y: Array = self.activation(x, **self.parameters)
        return y + y.dtype.type(self.offset) if self.offset else y


# --- means over normally distributed inputs ------------------------------------------------

POINTS, END = 400_000, 12.0  # an even number: no point at 0, where kinks are
POINTS_OF_A_PLANE = 1201


@cache
def _normal(points: int) -> tuple[Array, Array]:
    """Points on the line, and the share of the standard normal distribution at each."""
    z = np.linspace(-END, END, points)
    weight = np.exp(-z * z / 2)
    return z, weight / weight.sum()


def second_moment(function: Function) -> float:
    """E[f(z)^2] over standard normal z; of a gate over two that are independent."""
    if WIDTHS.get(function.name, 1) == 2:
        z, weight = _normal(POINTS_OF_A_PLANE)
        pairs = np.stack(np.broadcast_arrays(z[:, None], z), axis=-1)
        return float(weight @ function(pairs)[..., 0] ** 2 @ weight)
    z, weight = _normal(POINTS)
    if function.name == "crelu":
        return float(weight @ (function(z[:, None]) ** 2).mean(axis=-1))
    return float(weight @ function(z) ** 2)


def mean_output(function: Function) -> float:
    z, weight = _normal(POINTS)
    return float(weight @ function(z))


def squared_slope(function: Function) -> float:
    """E[f'(z)^2] over standard normal z."""
    z, weight = _normal(POINTS)
    return float(weight @ function.activation.derivative(z, **function.parameters) ** 2)


def gain(function: Function) -> float:
    """What weights of variance gain^2 / inputs need so that the second moment stays 1."""
    return float(second_moment(function) ** -0.5)

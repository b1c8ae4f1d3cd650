"""The calls that every test is parametrised over, derived from the catalogue."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import fastact as fa
from fastact.backends import ALL, Backend
from fastact.formulas.catalogue import CATALOGUE, Row

BACKENDS = [backend for backend in ALL if not backend.unavailable]
MACHINE_BACKENDS = [backend for backend in BACKENDS if backend.name != "numpy"]

SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-40, -1e-40, 1e4, -1e4, 88.5, -88.5, -104.0]


@dataclass(frozen=True)
class Call:
    """One pass of an activation with one set of parameters."""

    row: Row
    method: str  # "forward", "derivative", "backward" or "backward_from_output"
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        given = ",".join(f"{k}={v}" for k, v in self.parameters.items())
        return f"{self.row.name}-{self.method}" + (f"-{given}" if given else "")

    @property
    def activation(self) -> Any:
        return getattr(fa, self.row.name)

    @property
    def inputs(self) -> int:
        return 2 if self.method.startswith("backward") else 1

    def __call__(self, *arrays: Any, out: Any = None) -> Any:
        """The result; of a backward pass that gives more, the gradient of the input."""
        if self.method == "forward":
            return self.activation(*arrays, out=out, **self.parameters)
        if self.method == "derivative":
            return self.activation.derivative(*arrays, out=out, **self.parameters)
        dy, saved = arrays
        if self.method == "backward":
            result = self.activation.backward(dy, saved, out=out, **self.parameters)
        else:
            result = self.activation.backward(dy, output=saved, out=out, **self.parameters)
        return result[0] if isinstance(result, tuple) else result


def parameter_sets(row: Row) -> list[dict[str, Any]]:
    """Defaults, then every other form, then a second value of every number."""
    sets: list[dict[str, Any]] = [{}]
    sets += [{"approximate": form} for form in list(row.forms)[1:]]
    sets += [{p.name: 0.5 + p.default} for p in row.parameters]
    return sets


def calls() -> list[Call]:
    found = []
    for row in CATALOGUE:
        methods = ["forward", "backward"]
        methods += [] if row.along_axis else ["derivative"]
        methods += [] if row.from_output == "never" else ["backward_from_output"]
        found += [Call(row, m, p) for m in methods for p in parameter_sets(row)]
    return found


def elementwise_calls() -> list[Call]:
    return [call for call in calls() if not call.row.along_axis]


def in_backend(backend: Backend) -> AbstractContextManager[None]:
    return fa.use_backend(backend.name, instruction_set=backend.instruction_set or None)


def arrays_for(call: Call, dtype: str, shape: tuple[int, ...], *, special: bool = False) -> list:
    """Inputs for a call: gradient and saved array for a backward pass."""
    rng = np.random.default_rng(7)
    x = (rng.standard_normal(shape) * 3).astype(dtype)
    if special:
        x.reshape(-1)[: len(SPECIAL)] = np.array(SPECIAL, dtype)
    if call.inputs == 1:
        return [x]
    saved = x
    if call.method == "backward_from_output":
        saved = call.activation(x, **call.parameters)
    return [rng.standard_normal(shape).astype(dtype), saved]


def bits(array: Any) -> np.ndarray:
    """The bits of an array, with one pattern for every NaN."""
    array = np.ascontiguousarray(array)
    array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.view(f"u{array.itemsize}")


def assert_same_bits(result: Any, expected: Any) -> None:
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(bits(result), bits(expected))

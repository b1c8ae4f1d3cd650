"""The calls that every test is parametrised over, derived from the catalogue."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import fastact as fa
from fastact.backends import ALL, Backend
from fastact.costs import Costs
from fastact.formulas.catalogue import CATALOGUE, Row

BACKENDS = [backend for backend in ALL if not backend.unavailable]
MACHINE_BACKENDS = [backend for backend in BACKENDS if backend.name != "numpy"]

# Tests of little else but calls take both at once: they are thousands.
DTYPES = ("float32", "float64")

# Activations of one array, with a result like it.
SIMPLE = [row for row in CATALOGUE if row.kind in ("elementwise", "along axis")]

SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-40, -1e-40, 1e4, -1e4, 88.5, -88.5, -104.0]

# Costs by which several threads pay from one number on.
FREE_THREADS = Costs(
    "",
    {},
    {},
    call={"any": 0.0},
    region={"any": {2: 0.0}},
    awake={"any": {2: 0.0}},
    rates={"any": {}},
)


@dataclass(frozen=True)
class Call:
    """One pass of an activation with one set of parameters."""

    row: Row
    method: str  # "forward", "derivative", "backward", or "backward_" with "by_" an input,
    # "from_output" or "from_mask"
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        given = ",".join(f"{k}={v}" for k, v in self.parameters.items())
        return f"{self.row.name}-{self.method}" + (f"-{given}" if given else "")

    @property
    def activation(self) -> Any:
        return getattr(fa, self.row.name)

    @property
    def inputs(self) -> int:
        """Arrays that the call takes; a mask is made of the second."""
        return len(self.row.inputs) + self.method.startswith("backward")

    def __call__(self, *arrays: Any, out: Any = None) -> Any:
        """The result; of a backward pass that gives more, the gradient of one input."""
        activation, given = self.activation, self.parameters
        if self.method == "forward":
            return activation(*arrays, out=out, **given)
        if self.method == "derivative":
            return activation.derivative(*arrays, out=out, **given)
        if self.method.startswith("backward_by_"):
            k = self.row.inputs.index(self.method.removeprefix("backward_by_"))
            outs = None if out is None else tuple(out if j == k else None for j in range(2))
            return activation.backward(*arrays, out=outs, **given)[k]
        dy, saved = arrays
        if self.method == "backward":
            result = activation.backward(dy, saved, out=out, **given)
        elif self.method == "backward_from_output":
            result = activation.backward(dy, output=saved, out=out, **given)
        else:
            mask = activation.mask(saved, **given)
            result = activation.backward(dy, mask=mask, out=out, **given)
        return result[0] if isinstance(result, tuple) else result


def parameter_sets(row: Row) -> list[dict[str, Any]]:
    """Defaults, then every other form, then a second value of every number."""
    sets: list[dict[str, Any]] = [{}]
    sets += [{"approximate": form} for form in list(row.forms)[1:]]
    sets += [{p.name: 0.125 if p.default is None else 0.5 + p.default} for p in row.parameters]
    return sets


def methods_of(row: Row, parameters: dict[str, Any]) -> list[str]:
    if row.kind == "gate":
        return ["forward", *(f"backward_by_{name}" for name in row.inputs)]
    methods = ["forward", "backward"]
    methods += ["derivative"] if row.is_curve else []
    methods += ["backward_from_mask"] if row.has_mask else []
    only_by_default = row.from_output.endswith("is None") and parameters
    if row.from_output != "never" and not only_by_default:
        methods.append("backward_from_output")
    return methods


def calls() -> list[Call]:
    return [
        Call(row, method, parameters)
        for row in CATALOGUE
        if row.kind in ("elementwise", "gate", "along axis")
        for parameters in parameter_sets(row)
        for method in methods_of(row, parameters)
    ]


def elementwise_calls() -> list[Call]:
    return [call for call in calls() if call.row.kind == "elementwise"]


def in_backend(backend: Backend) -> AbstractContextManager[None]:
    return fa.use_backend(backend.name, instruction_set=backend.instruction_set or None)


def arrays_for(call: Call, dtype: str, shape: tuple[int, ...], *, special: bool = False) -> list:
    """Inputs for a call: for a backward pass the gradient, then the saved arrays."""
    rng = np.random.default_rng(7)
    inputs = [inside(call.row, rng, shape).astype(dtype) for _ in call.row.inputs]
    if special:
        for k, x in enumerate(inputs):
            x.reshape(-1)[: len(SPECIAL)] = np.roll(np.array(SPECIAL, dtype), k)
    if call.method == "backward_from_output":
        inputs = [call.activation(*inputs, **call.parameters)]
    if call.method.startswith("backward"):
        inputs = [rng.standard_normal(shape).astype(dtype), *inputs]
    return inputs


def inside(row: Row, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers where the activation bends, inside its interval."""
    low, high = row.interval
    if np.isfinite(low):
        return rng.uniform(low, high, shape)
    return rng.standard_normal(shape) * 3


def bits(array: Any) -> np.ndarray:
    """The bits of an array, with one pattern for every NaN."""
    array = np.ascontiguousarray(array)
    with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.view(f"u{array.itemsize}")


def assert_same_bits(result: Any, expected: Any) -> None:
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(bits(result), bits(expected))

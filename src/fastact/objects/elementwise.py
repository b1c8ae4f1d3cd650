"""Activations of each number by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, as_array, check_out, float_dtype, map_blocks
from ..backends.base import Array
from ..backends.cython import CythonBackend, driver
from ..formulas.catalogue import Row
from ..formulas.kernels import Kernel, kernel_named
from .base import Activation, checked_axis, finish, new_like


class Elementwise(Activation):
    """An activation of each number by itself."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self._set_parameters([p.default for p in row.scalars])
        self._plan_plain_calls()

    def _plan_plain_calls(self) -> None:
        backend = dispatch.DEFAULT
        if driver is None or self._row.learned or not isinstance(backend, CythonBackend):
            return
        for method, number in driver.METHOD_NUMBERS.items():
            name = self._row.formulas[0] + ("" if method == "forward" else f"_{method}")
            for is_double, dtype in enumerate(("float32", "float64")):
                if name in backend.loops(dtype):
                    start = dispatch.parallel_from(kernel_named(name), dtype)
                    self._plan(number, is_double, backend.loops(dtype)[name], start)

    def _formula(self, values: dict[str, Any]) -> str:
        if not self._row.forms:
            return self._row.name
        form = values["approximate"]
        if form not in self._row.forms:
            raise ValueError(
                f"{self.__name__}: approximate must be one of {list(self._row.forms)}, got {form!r}"
            )
        return self._row.forms[form]

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        return kernel_named(self._formula(values))

    def _options(self) -> dict[str, Any]:
        return super()._options() | ({"axis": None} if self._row.learned else {})

    def _arrays(self, x: Array, values: dict[str, Any], dtype: np.dtype[Any]) -> list[Array]:
        """The learned parameters, shaped to broadcast against ``x``."""
        axis = values.get("axis")
        return [self._shaped(p.name, values[p.name], axis, x, dtype) for p in self._row.learned]

    def _shaped(self, name: str, value: Any, axis: Any, x: Array, dtype: np.dtype[Any]) -> Array:
        weight = as_array(value, name).astype(dtype, copy=False)
        if axis is None:
            try:
                fits = np.broadcast_shapes(weight.shape, x.shape) == x.shape
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(
                    f"{name} of shape {weight.shape} does not broadcast to x, {x.shape}"
                )
            return np.asarray(weight)
        axis = checked_axis(axis, x.ndim, self.__name__)
        if weight.ndim > 1 or weight.size not in (1, x.shape[axis]):
            raise ValueError(
                f"{name} has shape {weight.shape}; axis {axis} of x, {x.shape}, wants "
                f"({x.shape[axis]},)"
            )
        return np.asarray(weight).reshape([weight.size if k == axis else 1 for k in range(x.ndim)])

    def _run(self, name: str, values: dict[str, Any], inputs: Sequence[Array], out: Array) -> None:
        kernel = kernel_named(name)
        dtype = COMPUTED_IN[out.dtype.char]
        parameters = np.array([values[p.name] for p in self._row.scalars] or [0.0], dtype)
        map_blocks(
            lambda runs, result: dispatch.run(kernel, runs, result, 1, parameters), inputs, out
        )

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        return self._of_one("", x, args, out, parameters)

    def _derivative(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        return self._of_one("derivative", x, args, out, parameters)

    def _of_one(
        self, method: str, x: Any, args: Sequence[Any], out: Any, parameters: dict[str, Any]
    ) -> Any:
        handed, result = self._hand_on(method, (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, f".{method}" if method else "")
        name = self._formula(values) + (f"_{method}" if method else "")
        array = as_array(x, "x")
        dtype = float_dtype(array)
        result = check_out(out, array.shape, dtype)
        learned = self._arrays(array, values, dtype)
        if result is None:
            result = new_like(array, dtype)
        self._run(name, values, [array, *learned], result)
        return finish(result, out is not None)

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        gradient, saved, from_output = self._saved(dy, input, output)
        if from_output:
            self._check_output_suffices(values)
        dtype = float_dtype(gradient, saved)
        result = check_out(out, saved.shape, dtype)
        learned = self._arrays(saved, values, dtype)
        if result is None:
            result = new_like(saved, dtype)
        name = f"{self._formula(values)}_backward"
        # The parameters' gradients first: dx may be written over dy or the input.
        others = [
            self._parameter_gradient(p.name, values, gradient, saved, learned, dtype)
            for p in self._row.learned
        ]
        ending = "_from_output" if from_output else ""
        self._run(name + ending, values, [gradient, saved, *learned], result)
        dx = finish(result, out is not None)
        return (dx, *others) if others else dx

    def _parameter_gradient(
        self,
        name: str,
        values: dict[str, Any],
        dy: Array,
        x: Array,
        learned: Sequence[Array],
        dtype: np.dtype[Any],
    ) -> Any:
        """Sum of dy * df/dparameter over the axes along which the parameter is repeated."""
        given = values[name]
        terms = np.empty(x.shape, COMPUTED_IN[dtype.char])
        kernel = f"{self._formula(values)}_backward_by_{name}"
        self._run(kernel, values, [dy, x, *learned], terms)
        shape = learned[[p.name for p in self._row.learned].index(name)].shape
        shape = (1,) * (x.ndim - len(shape)) + shape
        kept = [k for k in range(x.ndim) if shape[k] == x.shape[k] != 1]
        summed = [k for k in range(x.ndim) if k not in kept]
        rows = np.ascontiguousarray(terms.transpose(kept + summed))
        count = math.prod(x.shape[k] for k in kept)
        sums = np.zeros(count, terms.dtype)
        if rows.size:
            length = rows.size // count
            no_parameters = np.zeros(1, terms.dtype)
            dispatch.run(kernel_named("sum"), [rows.reshape(-1)], sums, length, no_parameters)
        kind = given.dtype if isinstance(given, np.ndarray) and given.dtype.kind == "f" else dtype
        gradient = sums.astype(kind, copy=False).reshape(np.shape(given))
        return gradient if isinstance(given, np.ndarray) else gradient[()]

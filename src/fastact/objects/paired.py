"""An activation whose output is two halves along an axis."""

from __future__ import annotations

from typing import Any

from ..arguments import COMPUTED_IN, as_array, float_dtype, is_run
from ..backends.base import Array
from ..rows import map_rows, with_last
from .along_axis import kernel_on_rows, length_of
from .base import finish, place_for
from .checks import axis_of
from .not_elementwise import NotElementwise


class Paired(NotElementwise):
    """Two activations of each number, one after the other along an axis."""

    _reason = "each input has two outputs"

    def _options(self) -> dict[str, Any]:
        return {"axis": -1}

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        name = self._row.name
        if not isinstance(values["axis"], int):
            return {}
        return {
            "forward": name,
            "backward": f"{name}_backward",
            "backward_from_output": f"{name}_backward_from_output",
        }

    def _axis(self, values: dict[str, Any], x: Array) -> int:
        return axis_of(values["axis"], x, self.__name__)

    def _is_one_run(self, x: Array, values: dict[str, Any]) -> bool:
        return bool(x.flags.c_contiguous)

    def _shape_of_result(self, x: Array, values: dict[str, Any]) -> tuple[int, ...]:
        axis = self._axis(values, x)
        return (*x.shape[:axis], 2 * x.shape[axis], *x.shape[axis + 1 :])

    def _run(self, name: str, axis: int, single: Array, arrays: list[Array], out: Array) -> None:
        """Run a kernel; ``single`` is the array whose axis is not doubled."""
        if out.size == 0:
            return
        dtype = COMPUTED_IN[out.dtype.char]
        counted = single.ndim - 1
        axes: tuple[int, ...] = (axis,)
        if all(is_run(array, dtype) for array in (*arrays, out)):
            # As the arrays lie, the halves belong to the axis and all behind it.
            counted, axes = axis, tuple(range(axis, single.ndim))
        map_rows(
            kernel_on_rows(name, length_of(single, axes)),
            [with_last(array, axes) for array in arrays],
            [with_last(out, axes)],
            counted,
            dtype,
        )

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        handed, result = self._hand_on("", (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        self._remember(args, parameters, values)
        array = as_array(x, "x")
        shape = self._shape_of_result(array, values)
        result = place_for(out, array, float_dtype(array), shape)
        self._run(self._row.name, self._axis(values, array), array, [array], result)
        return finish(result, out is not None)

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        self._remember(args, parameters, values)
        if (input is None) == (output is None):
            got = "neither" if input is None else "both"
            raise TypeError(f"{self.__name__}.backward() wants input= or output=, got {got}")
        gradient = as_array(dy, "dy")
        if input is None:
            y = as_array(output, "output")
            return self._backward_from_output(gradient, y, values, out)
        return self._backward_from_input(gradient, as_array(input, "input"), values, out)

    def _backward_from_input(self, dy: Array, x: Array, values: dict[str, Any], out: Any) -> Any:
        shape = self._shape_of_result(x, values)
        if dy.shape != shape:
            raise ValueError(
                f"dy has shape {dy.shape}; the result of an input of shape {x.shape} has {shape}"
            )
        result = place_for(out, x, float_dtype(dy, x))
        name = f"{self._row.name}_backward"
        self._run(name, self._axis(values, x), x, [dy, x], result)
        return finish(result, out is not None)

    def _backward_from_output(self, dy: Array, y: Array, values: dict[str, Any], out: Any) -> Any:
        axis = self._axis(values, y)
        if dy.shape != y.shape:
            raise ValueError(f"dy has shape {dy.shape}, output {y.shape}; they must be equal")
        if y.shape[axis] % 2:
            raise ValueError(
                f"{self.__name__}.backward: axis {axis} of output, {y.shape}, must have an even "
                "length"
            )
        shape = (*y.shape[:axis], y.shape[axis] // 2, *y.shape[axis + 1 :])
        result = place_for(out, y, float_dtype(dy, y), shape)
        name = f"{self._row.name}_backward_from_output"
        self._run(name, axis, result, [dy, y], result)
        return finish(result, out is not None)

"""Activations of all numbers along some axes together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, as_array, float_dtype
from ..backends.base import Array
from ..formulas.kernels import kernel_named
from ..rows import RowFunction, map_rows, with_last
from .base import finish, place_for
from .checks import checked_axes, checked_where
from .not_elementwise import NotElementwise

# --- functions on runs of rows -----------------------------------------------------------


def kernel_on_rows(name: str, length: int) -> RowFunction:
    kernel = kernel_named(name)

    def function(inputs: Sequence[Array], outs: Sequence[Array]) -> None:
        no_parameters = np.zeros(1, outs[0].dtype)
        dispatch.run(kernel, inputs, outs[0], length, no_parameters)

    return function


def from_input(forward: RowFunction, backward: RowFunction) -> RowFunction:
    """A backward pass that wants what ``forward`` gives, made one that computes it again."""

    def function(inputs: Sequence[Array], outs: Sequence[Array]) -> None:
        gradient, x = inputs
        y = np.empty_like(gradient)
        forward([x], [y])
        backward([gradient, y], outs)

    return function


def behind_mask(
    function: RowFunction, before: Sequence[float | None], after: float | None
) -> RowFunction:
    """What ``where`` leaves out is replaced in the inputs and in the output."""

    def masked(inputs: Sequence[Array], outs: Sequence[Array]) -> None:
        *runs, mask = inputs
        function(
            [
                run if number is None else np.where(mask, run, run.dtype.type(number))
                for run, number in zip(runs, before, strict=True)
            ],
            outs,
        )
        if after is not None:
            np.copyto(outs[0], after, where=~mask)

    return masked


# --- the objects -----------------------------------------------------------------------


class AlongAxis(NotElementwise):
    """An activation of all numbers along some axes together, with as many outputs."""

    _keyword_only = ("where",)
    _reason = "each output depends on every input along the axis"

    def _options(self) -> dict[str, Any]:
        return {"axis": -1} | ({"where": None} if self._row.masked else {})

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        if values.get("where") is not None:
            return {}
        return {"forward": self._row.name, "backward_from_output": f"{self._row.name}_backward"}

    def _planned_axis(self, values: dict[str, Any]) -> tuple[int, int | None]:
        axis = values["axis"]
        if axis is None:
            return -1, 0
        if not isinstance(axis, tuple):
            return super()._planned_axis(values)
        follow = axis == tuple(range(axis[0], axis[0] + len(axis))) if axis else False
        if not follow or axis[0] < 0 <= axis[-1]:
            return -1, None
        return axis[0] if axis[0] >= 0 else axis[-1], len(axis)

    def _axes(self, values: dict[str, Any], array: Array) -> tuple[int, ...]:
        return checked_axes(values["axis"], array, self.__name__)

    def _is_one_run(self, x: Array, values: dict[str, Any]) -> bool:
        rows = with_last(x, self._axes(values, x))
        return bool(rows.flags.c_contiguous) and values.get("where") is None

    def _mask_of(self, values: dict[str, Any], array: Array) -> Array | None:
        return checked_where(values.get("where"), array.shape, self.__name__)

    def _run(
        self,
        function: RowFunction,
        inputs: Sequence[Array],
        outs: Sequence[Array],
        axes: tuple[int, ...],
        *,
        dtype: np.dtype[Any] | None = None,
        mask: Array | None = None,
        scratch: bool = False,
    ) -> None:
        if outs[0].size == 0:
            return
        map_rows(
            function,
            [with_last(array, axes) for array in inputs],
            [with_last(out, axes) for out in outs],
            outs[0].ndim - len(axes),
            COMPUTED_IN[outs[0].dtype.char] if dtype is None else dtype,
            mask=None if mask is None else with_last(mask, axes),
            scratch=scratch,
        )

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        handed, result = self._hand_on("", (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        self._remember(args, parameters, values)
        array = as_array(x, "x")
        axes = self._axes(values, array)
        mask = self._mask_of(values, array)
        result = place_for(out, array, float_dtype(array), self._shape_of_result(array, values))
        self._fill(array, result, axes, mask)
        return finish(result, out is not None)

    def _fill(self, x: Array, result: Array, axes: tuple[int, ...], mask: Array | None) -> None:
        function = kernel_on_rows(self._row.name, length_of(x, axes))
        if mask is not None and self._row.masked:
            before, after = self._row.masked
            function = behind_mask(function, [before], after)
        self._run(function, [x], [result], axes, mask=mask)

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        self._remember(args, parameters, values)
        gradient, saved, from_output = self._saved(dy, input, output)
        axes = self._axes(values, saved)
        mask = self._mask_of(values, saved)
        result = place_for(out, saved, float_dtype(gradient, saved))
        length = length_of(saved, axes)
        function = kernel_on_rows(f"{self._row.name}_backward", length)
        if not from_output:
            function = from_input(kernel_on_rows(self._row.name, length), function)
        if mask is not None and self._row.masked:
            x, y = self._row.masked
            function = behind_mask(function, [0.0, y if from_output else x], 0.0)
        self._run(
            *(function, [gradient, saved], [result], axes),
            mask=mask,
            scratch=not from_output,
        )
        return finish(result, out is not None)


def length_of(x: Array, axes: tuple[int, ...]) -> int:
    return math.prod(x.shape[k] for k in axes)

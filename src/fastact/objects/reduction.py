"""Activations that give one number for all along some axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import as_array, float_dtype
from ..backends.base import Array
from .along_axis import AlongAxis, behind_mask, kernel_on_rows, length_of
from .base import finish, place_for
from .checks import checked_flag


class Reduction(AlongAxis):
    """One number for all along some axes; its gradient needs the input."""

    def _options(self) -> dict[str, Any]:
        return {"axis": -1, "keepdims": False, "where": None}

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        if not super()._plain_kernels(values) or not isinstance(values["keepdims"], bool):
            return {}
        return {"forward": self._row.name, "backward": f"{self._row.name}_backward"}

    def _shape_of_result(self, x: Array, values: dict[str, Any]) -> tuple[int, ...]:
        keep = checked_flag(values["keepdims"], f"{self.__name__}: keepdims")
        return _reduced(x, self._axes(values, x), keep)

    def _fill(self, x: Array, result: Array, axes: tuple[int, ...], mask: Array | None) -> None:
        kept = np.asarray(result).reshape(_reduced(x, axes, True))
        if x.size == 0:
            kept[...] = -np.inf  # the logarithm of an empty sum
        else:
            super()._fill(x, kept, axes, mask)

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        return super()._ways(values) | {"output": "the output does not determine the gradient"}

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        return "input"

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        if output is not None:
            self._check_output_suffices(values)
        if input is None:
            raise TypeError(f"{self.__name__}.backward() wants input=, got none")
        gradient, x = as_array(dy, "dy"), as_array(input, "input")
        axes = self._axes(values, x)
        mask = self._mask_of(values, x)
        gradient = self._with_kept_axes(gradient, x, axes)
        result = place_for(out, x, float_dtype(gradient, x))
        function = kernel_on_rows(f"{self._row.name}_backward", length_of(x, axes))
        if mask is not None and self._row.masked:
            function = behind_mask(function, [None, self._row.masked[0]], 0.0)
        self._run(function, [gradient, x], [result], axes, mask=mask)
        return finish(result, out is not None)

    def _with_kept_axes(self, dy: Array, x: Array, axes: tuple[int, ...]) -> Array:
        shape, kept = _reduced(x, axes, False), _reduced(x, axes, True)
        if dy.shape not in (shape, kept):
            raise ValueError(
                f"{self.__name__}.backward: dy has shape {dy.shape}; the result of an input of "
                f"shape {x.shape} has {shape}, or {kept} with keepdims"
            )
        return np.asarray(dy).reshape(kept)


def _reduced(x: Array, axes: tuple[int, ...], keep: bool) -> tuple[int, ...]:
    if keep:
        return tuple(1 if k in axes else size for k, size in enumerate(x.shape))
    return tuple(size for k, size in enumerate(x.shape) if k not in axes)

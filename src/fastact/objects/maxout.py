"""The largest of each few consecutive numbers along an axis."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import COMPUTED_IN, as_array, float_dtype
from ..backends.base import Array
from ..rows import RowFunction, map_rows, with_last
from .along_axis import from_input, kernel_on_rows
from .base import finish, place_for
from .checks import axis_of, checked_flag
from .not_elementwise import NotElementwise

MOST_PIECES = 1 << 24  # up to here float32 counts


class Maxout(NotElementwise):
    """The largest of each ``pieces`` consecutive numbers along an axis."""

    _call_only = ("return_argmax",)
    _reason = "each output depends on several inputs"

    def _options(self) -> dict[str, Any]:
        return {"pieces": 2, "axis": -1, "return_argmax": False}

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        plain = isinstance(values["axis"], int) and isinstance(values["pieces"], int)
        if not plain or not isinstance(values.get("return_argmax", False), bool):
            return {}
        return {"forward": "maxout", "which": "maxout_which", "backward": "maxout_backward"}

    def _is_one_run(self, x: Array, values: dict[str, Any]) -> bool:
        return bool(with_last(x, (self._axis(values, x),)).flags.c_contiguous)

    def _axis(self, values: dict[str, Any], x: Array) -> int:
        return axis_of(values["axis"], x, self.__name__)

    def _pieces(self, values: dict[str, Any]) -> int:
        try:
            pieces = operator.index(values["pieces"])
        except TypeError:
            raise TypeError(
                f"{self.__name__}: pieces must be an integer, got {values['pieces']!r}"
            ) from None
        if not 1 <= pieces <= MOST_PIECES:
            raise ValueError(
                f"{self.__name__}: pieces must be from 1 to {MOST_PIECES}, got {pieces}"
            )
        return pieces

    def _shape_of_result(self, x: Array, values: dict[str, Any]) -> tuple[int, ...]:
        axis, pieces = self._axis(values, x), self._pieces(values)
        if x.shape[axis] % pieces:
            raise ValueError(
                f"{self.__name__}: pieces={pieces} must divide axis {axis} of x, {x.shape}"
            )
        return (*x.shape[:axis], x.shape[axis] // pieces, *x.shape[axis + 1 :])

    def _in_pieces(self, x: Array, values: dict[str, Any]) -> Array:
        """A view whose last axis holds the numbers of one output."""
        pieces = self._pieces(values)
        last = with_last(x, (self._axis(values, x),))
        return last.reshape(*last.shape[:-1], last.shape[-1] // pieces, pieces)

    def _outputs(self, y: Array, values: dict[str, Any]) -> Array:
        return with_last(y, (self._axis(values, y),))

    # --- forward ---------------------------------------------------------------------------

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        handed, result = self._hand_on("", (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        self._pieces(values)  # what is remembered is not checked again
        self._remember(args, parameters, values)
        array = as_array(x, "x")
        wanted = checked_flag(values["return_argmax"], f"{self.__name__}: return_argmax")
        shape = self._shape_of_result(array, values)
        result = place_for(out, array, float_dtype(array), shape)
        # First which: the result may lie over x.
        which = self._which(array, values) if wanted else None
        self._reduce("maxout", array, result, values)
        y = finish(result, out is not None)
        return y if which is None else (y, which)

    def _which(self, x: Array, values: dict[str, Any]) -> Array:
        pieces = self._pieces(values)
        which = np.empty(self._shape_of_result(x, values), np.min_scalar_type(pieces - 1))
        self._reduce("maxout_which", x, which, values)
        return which

    def _reduce(self, name: str, x: Array, result: Array, values: dict[str, Any]) -> None:
        if result.size == 0:
            return
        map_rows(
            kernel_on_rows(name, self._pieces(values)),
            [self._in_pieces(x, values)],
            [self._outputs(result, values)],
            x.ndim,
            COMPUTED_IN[float_dtype(x).char],
        )

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        reason = "the largest of the pieces does not tell which it was"
        return {"input": "", "which": "", "output": reason, "mask": reason, "derivative": reason}

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        return "which"

    def _keep(self, way: str, array: Array, values: dict[str, Any], in_place: bool) -> Array:
        if way == "which":
            self._shape_of_result(array, values)
            return self._which(array, values)
        return super()._keep(way, array, values, in_place)

    # --- backward --------------------------------------------------------------------------

    def _backward(
        self,
        dy: Any,
        input: Any = None,
        /,
        *args: Any,
        output: Any,
        out: Any,
        which: Any = None,
        **parameters: Any,
    ) -> Any:
        options = parameters if which is None else {**parameters, "which": which}
        inputs = (dy,) if input is None else (dy, input)
        handed, result = self._hand_on("backward", (*inputs, *args), out, options)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        if output is not None:
            self._check_output_suffices(values)
        self._pieces(values)
        self._remember(args, parameters, values)
        if (input is None) == (which is None):
            got = "neither" if input is None else "both"
            raise TypeError(f"{self.__name__}.backward() wants input= or which=, got {got}")
        gradient = as_array(dy, "dy")
        if which is None:
            return self._backward_from_input(gradient, as_array(input, "input"), values, out)
        return self._backward_from_which(gradient, which, values, out)

    def _backward_from_input(self, dy: Array, x: Array, values: dict[str, Any], out: Any) -> Any:
        shape = self._shape_of_result(x, values)
        if dy.shape != shape:
            raise ValueError(
                f"dy has shape {dy.shape}; the result of an input of shape {x.shape} has {shape}"
            )
        result = place_for(out, x, float_dtype(dy, x))
        pieces = self._pieces(values)
        function = from_input(
            kernel_on_rows("maxout_which", pieces), kernel_on_rows("maxout_backward", pieces)
        )
        inputs = [self._outputs(dy, values), self._in_pieces(x, values)]
        self._scatter(function, inputs, result, values, scratch=True)
        return finish(result, out is not None)

    def _backward_from_which(self, dy: Array, which: Any, values: dict[str, Any], out: Any) -> Any:
        axis, pieces = self._axis(values, dy), self._pieces(values)
        index = self._checked_which(which, dy, pieces)
        shape = (*dy.shape[:axis], dy.shape[axis] * pieces, *dy.shape[axis + 1 :])
        result = place_for(out, dy, float_dtype(dy), shape)
        inputs = [self._outputs(dy, values), self._outputs(index, values)]
        self._scatter(kernel_on_rows("maxout_backward", pieces), inputs, result, values)
        return finish(result, out is not None)

    def _checked_which(self, which: Any, dy: Array, pieces: int) -> Array:
        where = f"{self.__name__}.backward: which"
        index = np.asarray(which)
        if index.dtype.kind not in "iu":
            raise TypeError(f"{where} must be of integers, got dtype {index.dtype}")
        if index.shape != dy.shape:
            raise ValueError(f"{where} has shape {index.shape}, dy {dy.shape}; they must be equal")
        if index.size and not 0 <= index.min() <= index.max() < pieces:
            raise ValueError(
                f"{where} must be from 0 to {pieces - 1}, got {index.min()} to {index.max()}"
            )
        return index

    def _scatter(
        self,
        function: RowFunction,
        inputs: Sequence[Array],
        result: Array,
        values: dict[str, Any],
        *,
        scratch: bool = False,
    ) -> None:
        if result.size == 0:
            return
        map_rows(
            *(function, inputs, [self._in_pieces(result, values)], result.ndim),
            COMPUTED_IN[result.dtype.char],
            scratch=scratch,
        )

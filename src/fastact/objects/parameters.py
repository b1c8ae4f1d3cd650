"""Learned parameters as arrays, and the gradients of all parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, as_array, is_run
from ..backends.base import Array
from ..formulas.kernels import Kernel, kernel_exists, kernel_named
from .base import checked_axis
from .kernel_calls import KernelCalls
from .one_pass import Operand, compiled_layout_of, in_one_pass


class WithParameters(KernelCalls):
    """Broadcasts learned parameters and sums the gradients by parameters."""

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

    def _bias(self, x: Array, values: dict[str, Any], dtype: np.dtype[Any]) -> Array | None:
        """The bias, shaped to broadcast against ``x``; None if none is given."""
        bias, axis = values.get("bias"), values.get("axis")
        if bias is None:
            return None
        return self._shaped("bias", bias, -1 if axis is None else axis, x, dtype)

    def _term_kernel(self, method: str) -> Kernel | None:
        if method != "backward" or not self._row.learned:
            return None
        return kernel_named(f"{self._row.name}_backward_by_{self._row.learned[0].name}")

    def _operands(
        self, x: Array, values: dict[str, Any], dtype: np.dtype[Any], from_output: bool = False
    ) -> list[Operand]:
        """What differs by channel; the output has the bias in it already."""
        bias = self._bias(x, values, dtype)
        kind = "none" if from_output else "bias"
        operands = [] if bias is None else [Operand("bias", kind, bias)]
        weights = zip(self._row.learned, self._arrays(x, values, dtype), strict=True)
        return operands + [Operand(p.name, "weight", array) for p, array in weights]

    def _wanted(self, wrt: Any, values: dict[str, Any]) -> tuple[str, ...]:
        """Names of the parameters whose gradients are asked for; learned ones always are."""
        learned = tuple(p.name for p in self._row.learned)
        names = learned if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
        formula = self._formula(values)
        there = [
            p.name for p in self._row.parameters if kernel_exists(f"{formula}_backward_by_{p.name}")
        ]
        there += ["bias"] if "bias" in self._defaults else []
        for name in names:
            if name not in there:
                raise ValueError(f"{self.__name__}.backward: wrt must be of {there}, got {name!r}")
        if "bias" in names and values["bias"] is None:
            raise ValueError(f'{self.__name__}.backward: wrt="bias" wants bias=, got None')
        return names

    def _refuse_parameters(self, names: Sequence[str], given: str) -> None:
        for name in names:
            if name != "bias":
                raise ValueError(
                    f"{self.__name__}.backward: the gradient by {name} needs input=, got {given}"
                )

    def _apply(
        self,
        name: str,
        values: dict[str, Any],
        inputs: Sequence[Array],
        operands: Sequence[Operand],
        out: Array,
    ) -> None:
        """Run a kernel on [x] or [dy, x] and what differs by channel."""
        if not self._in_one_pass(name, values, inputs, operands, out, None):
            self._run(name, values, with_operands(inputs, operands, out.dtype), out)

    def _in_one_pass(
        self,
        name: str,
        values: dict[str, Any],
        inputs: Sequence[Array],
        operands: Sequence[Operand],
        out: Array,
        sums: Array | None,
    ) -> bool:
        if len(operands) != 1:
            return False
        main = kernel_named(name)
        is_weight = operands[0].kind == "weight" and len(inputs) == 2
        term = self._term_kernel("backward") if is_weight else None
        numbers = self._numbers(values, COMPUTED_IN[out.dtype.char])
        return in_one_pass(main, term, operands[0], inputs, out, numbers, sums)

    def _gradients(
        self,
        name: str,
        values: dict[str, Any],
        inputs: Sequence[Array],
        operands: Sequence[Operand],
        wanted: Sequence[str],
        out: Array,
    ) -> list[Any]:
        """Fill ``out`` with the gradient by the input; return those by parameters."""
        dtype = out.dtype
        wide = COMPUTED_IN[dtype.char]
        found: dict[str, Any] = {}

        def add(parameter: str, sums: Array) -> None:
            is_operand = any(parameter == operand.name for operand in operands)
            found[parameter] = self._like_given(sums, values[parameter], dtype, is_operand)

        def add_terms(parameter: str, kernel: str, shape: tuple[int, ...]) -> None:
            terms = np.empty(inputs[-1].shape, wide)
            self._run(kernel, values, with_operands(inputs, operands, dtype), terms)
            add(parameter, sums_of(terms, shape))

        # All before dx is written, perhaps over dy or the input.
        shapes = {operand.name: operand.array.shape for operand in operands}
        alone = operands[0].name if len(operands) == 1 else ""
        for parameter in wanted:
            if parameter not in ("bias", alone):
                kernel = f"{self._formula(values)}_backward_by_{parameter}"
                add_terms(parameter, kernel, shapes.get(parameter, ()))
        sums = np.zeros(operands[0].array.size, wide) if alone in wanted else None
        if self._in_one_pass(name, values, inputs, operands, out, sums):
            if sums is not None:
                add(alone, sums)
            return [found[parameter] for parameter in wanted]
        if sums is not None and alone != "bias":
            add_terms(alone, f"{self._formula(values)}_backward_by_{alone}", shapes[alone])
        if "bias" in wanted and wide != dtype:
            add_terms("bias", name, shapes["bias"])
        self._run(name, values, with_operands(inputs, operands, dtype), out)
        if "bias" in wanted and wide == dtype:
            add("bias", sums_of(np.asarray(out), shapes["bias"]))
        return [found[parameter] for parameter in wanted]

    def _parameter_gradient(
        self, name: str, values: dict[str, Any], inputs: Sequence[Array], dtype: np.dtype[Any]
    ) -> Any:
        """Sum of dy * df/dparameter over all elements."""
        terms = np.empty(inputs[-1].shape, COMPUTED_IN[dtype.char])
        self._run(f"{self._formula(values)}_backward_by_{name}", values, inputs, terms)
        return self._like_given(sums_of(terms, ()), values[name], dtype, False)

    def _like_given(self, sums: Array, given: Any, dtype: np.dtype[Any], learned: bool) -> Any:
        """The gradient by a parameter, with its shape and dtype."""
        if not isinstance(given, np.ndarray):
            return sums.astype(dtype if learned else sums.dtype, copy=False).reshape(
                np.shape(given)
            )[()]
        kind = given.dtype if given.dtype.kind == "f" else dtype
        return sums.astype(kind, copy=False).reshape(given.shape)


def with_operands(
    inputs: Sequence[Array], operands: Sequence[Operand], dtype: np.dtype[Any]
) -> list[Array]:
    """What a kernel takes: x with its bias, and the weight."""
    *gradient, x = inputs
    for operand in operands:
        if operand.kind == "bias":
            with np.errstate(all="ignore"):
                x = np.add(x, operand.array, dtype=dtype)
    return [*gradient, x, *(operand.array for operand in operands if operand.kind == "weight")]


def sums_of(terms: Array, operand: tuple[int, ...]) -> Array:
    """Sums over the axes along which an operand of this shape is repeated."""
    layout = compiled_layout_of(terms.shape, operand)
    if layout is not None and is_run(terms, terms.dtype):
        sums = np.empty(layout[1], terms.dtype)
        if dispatch.sums_by_channel(terms.reshape(-1), sums, layout):
            return sums
    shape = (1,) * (terms.ndim - len(operand)) + operand
    kept = [k for k in range(terms.ndim) if shape[k] == terms.shape[k] != 1]
    summed = [k for k in range(terms.ndim) if k not in kept]
    rows = np.ascontiguousarray(terms.transpose(kept + summed))
    count = math.prod(terms.shape[k] for k in kept)
    sums = np.zeros(count, terms.dtype)
    if rows.size:
        length = rows.size // count
        no_numbers = np.zeros(1, terms.dtype)
        dispatch.run(kernel_named("sum"), [rows.reshape(-1)], sums, length, no_numbers)
    return sums

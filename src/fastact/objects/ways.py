"""Ways back in less room than the input: one bit an element, or a packed derivative."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from .. import dispatch, packed
from ..arguments import COMPUTED_IN, as_array, float_dtype, is_apart_or_same, is_run
from ..backends.base import KERNEL_DTYPES, Array, Pack
from ..backends.cython import CythonBackend, driver
from ..formulas.kernels import coarse_derivative_of, kernel_named
from .base import finish, place_for
from .one_pass import Layout, Operand, compiled_layout_of
from .parameters import WithParameters, sums_of, with_operands

# What takes as long as a product with slopes.
AS_TIMES_SLOPES = "relu_backward"


class WithWays(WithParameters):
    """Masks, packed derivatives, and which way a forward pass keeps."""

    def mask(self, x: Any, /, *args: Any, **parameters: Any) -> Any:
        """One bit an element: all that a piecewise linear function's backward pass needs.

        Parameters
        ----------
        x : array_like
            The input of the forward pass.
        *args, **parameters
            Parameters of the forward pass.

        Returns
        -------
        ndarray of uint8
            Eight elements a byte in C order, the first in the lowest bit; 1 where
            the function has its steep line, and for NaN.

        Raises
        ------
        ValueError
            The activation is not made of two slopes.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> x = np.array([-1.0, 2.0, 8.0])
        >>> fa.relu6.mask(x)
        array([2], dtype=uint8)
        >>> fa.relu6.backward(np.ones(3), mask=fa.relu6.mask(x))
        array([0., 1., 0.])
        """
        if driver is not None:
            bits: Array | None = driver.plain_mask(self, x, args, parameters)
            if bits is not None:
                return bits
        values = self._bind(args, parameters, ".mask")
        return self._mask(self._input_with_bias(as_array(x, "x"), values), values)

    def _input_with_bias(self, x: Array, values: dict[str, Any]) -> Array:
        dtype = float_dtype(x)
        bias = self._bias(x, values, dtype)
        return x if bias is None else with_operands([x], [Operand("bias", "bias", bias)], dtype)[0]

    def _mask(self, array: Array, values: dict[str, Any]) -> Array:
        if not self._row.has_mask:
            raise ValueError(f"{self.__name__} has no mask: its slope has more than two values")
        dtype = float_dtype(array)
        name = f"{self._formula(values)}_mask"
        bits = packed.room_for_bits(array.size)
        if self._keep_in_one_pass("mask", array, None, bits, values):
            return bits
        # A mask does not depend on a learned slope; the kernel wants some array.
        unused = [np.zeros(1, dtype)] * len(self._row.learned)

        def passes(run: Array, out: Array) -> None:
            self._run(name, values, [run, *(np.broadcast_to(a, run.shape) for a in unused)], out)

        return packed.pack(passes, array, dtype)

    def _backward_from_mask(
        self,
        dy: Any,
        input: Any,
        args: Sequence[Any],
        output: Any,
        mask: Any,
        wrt: Any,
        out: Any,
        parameters: dict[str, Any],
    ) -> Any:
        if input is not None or output is not None:
            raise TypeError(f"{self.__name__}.backward() wants one of input=, output= and mask=")
        if driver is not None and wrt is None and not (args or parameters):
            plain = driver.backward_of_context(self, "mask", mask, dy, out)
            if plain is not None:
                return plain
        values = self._bind(args, parameters, ".backward")
        if not self._row.has_mask:
            raise ValueError(f"{self.__name__} has no mask: its slope has more than two values")
        names = () if wrt is None else self._wanted(wrt, values)
        self._refuse_parameters(names, "mask=")
        gradient = as_array(dy, "dy")
        bits = packed.check_mask(mask, gradient.size)
        dtype = float_dtype(gradient)
        learned = self._arrays(gradient, values, dtype)
        result = place_for(out, gradient, dtype)
        if not self._from_mask_in_one_pass(gradient, bits, result, values):
            name = f"{self._formula(values)}_backward_from_mask"
            packed.with_unpacked(
                lambda runs, to: self._run(name, values, runs, to),
                *(bits, [gradient, *learned], result),
            )
        return self._with_bias_gradient(result, names, values, out is not None)

    def _with_bias_gradient(
        self, dx: Array, names: Sequence[str], values: dict[str, Any], given_out: bool
    ) -> Any:
        result = finish(dx, given_out)
        if not names:
            return result
        bias = self._bias(dx, values, dx.dtype)
        assert bias is not None
        wide = np.asarray(dx, COMPUTED_IN[dx.dtype.char])
        return result, self._like_given(sums_of(wide, bias.shape), values["bias"], dx.dtype, True)

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        """For each way back, why it cannot work; empty when it can."""
        ways = {"input": "", "output": "", "mask": "", "derivative": ""}
        if not self._row.has_mask:
            ways["mask"] = "its slope has more than two values"
        if not self._output_suffices(values):
            ways["output"] = "the output does not determine the gradient"
            if self._row.from_output != "never":
                ways["output"] += f" unless {self._row.from_output}"
        if self._row.learned:
            ways["output"] = "the gradient of a learned parameter needs the input"
            ways["derivative"] = ways["output"]
        return ways

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        ways = self._ways(values)
        if not ways["mask"] and not self._row.learned:
            return "mask"
        if not ways["output"]:
            return "output"
        return "derivative" if in_place and not ways["derivative"] else "input"

    def _keep(self, way: str, array: Array, values: dict[str, Any], in_place: bool) -> Array:
        if way in ("mask", "derivative"):
            array = self._input_with_bias(array, values)
        if way == "mask":
            return self._mask(array, values)
        if way == "derivative":
            return self._kept_slopes(array, values)
        return super()._keep(way, array, values, in_place)

    def _kept_slopes(self, array: Array, values: dict[str, Any]) -> Array:
        dtype = COMPUTED_IN[float_dtype(array).char]
        if self._slopes_are_known_to_fit(values):
            with np.errstate(invalid="ignore"):  # a signalling NaN
                run = np.ascontiguousarray(array, dtype)
            kept = packed.room_for_slopes(array.shape, dtype)
            if self._keep_in_one_pass("derivative", run, None, kept, values):
                return kept
        name = coarse_derivative_of(self._formula(values))
        return packed.pack_derivative(
            lambda runs, out: self._run(name, values, runs, out), array, dtype, self.__name__
        )

    def _planned_contexts(self, plans: Any, values: dict[str, Any]) -> Any:
        contexts = super()._planned_contexts(plans, values)
        if self._row.kind == "elementwise" and not self._row.learned:
            for dtype in KERNEL_DTYPES.values():
                self._plan_mask(plans, contexts, dtype, values)
                self._plan_slopes(plans, contexts, dtype, values)
            if self._row.has_mask:
                back = kernel_named(f"{self._formula(values)}_backward_from_mask")
                self._plan_in_16_bits(plans, "backward_from_mask", back, values)
        return contexts

    def _plan_mask(self, plans: Any, contexts: Any, dtype: str, values: dict[str, Any]) -> None:
        if not self._row.has_mask:
            return
        formula = self._formula(values)
        back = kernel_named(f"{formula}_backward_from_mask")
        backend, *sizes = dispatch.short_way(back, dtype)
        if isinstance(backend, CythonBackend):
            loops, support = backend.loops(dtype), backend.support(dtype)
            plans.add("backward_from_mask", dtype, loops[back.name], *sizes)
            packing = support["pack_bits"], support["unpack_bits"]
            contexts.add("mask", dtype, 0, loops[f"{formula}_mask"], *packing)

    def _plan_slopes(self, plans: Any, contexts: Any, dtype: str, values: dict[str, Any]) -> None:
        if self._ways(values)["derivative"] or not self._slopes_are_known_to_fit(values):
            return
        formula = self._formula(values)
        backend, *sizes = dispatch.short_way(kernel_named(AS_TIMES_SLOPES), dtype)
        if isinstance(backend, CythonBackend):
            loops, support = backend.loops(dtype), backend.support(dtype)
            plans.add("backward_from_slopes", dtype, support["times_slopes"], *sizes)
            kept = loops[coarse_derivative_of(formula)]
            at_once = backend.keeping(dtype).get(formula, 0)
            contexts.add("derivative", dtype, at_once, kept, support["pack_slopes"], 0)

    def _forward_keeping(
        self, way: str, x: Array, out: Any, values: dict[str, Any]
    ) -> tuple[Any, Array] | None:
        dtype = float_dtype(x)
        if COMPUTED_IN[dtype.char] != dtype:
            return None
        if way == "derivative" and not self._slopes_are_known_to_fit(values):
            return None
        bias = self._bias(x, values, dtype)
        operand = None if bias is None else Operand("bias", "bias", bias)
        result = place_for(out, x, dtype)
        is_mask = way == "mask"
        kept = packed.room_for_bits(x.size) if is_mask else packed.room_for_slopes(x.shape, dtype)
        if not self._keep_in_one_pass(way, x, np.asarray(result), kept, values, operand):
            return None
        return finish(result, out is not None), kept

    def _keep_in_one_pass(
        self,
        way: str,
        x: Array,
        out: Array | None,
        kept: Array,
        values: dict[str, Any],
        bias: Operand | None = None,
    ) -> bool:
        """Fill ``kept``, and ``out`` if there is one; False where the arrays are no runs."""
        given, dtype = np.asarray(x), COMPUTED_IN.get(x.dtype.char)
        if dtype is None or self._row.learned or not is_run(given, dtype):
            return False
        if out is not None and not (is_run(out, dtype) and is_apart_or_same(given, out)):
            return False
        formula = self._formula(values)
        kept_of = f"{formula}_mask" if way == "mask" else coarse_derivative_of(formula)
        kernels = kernel_named(formula), kernel_named(kept_of)
        pack: Pack = "bits" if way == "mask" else "slopes"
        layout: Layout | None = (1, 1, given.size)
        biases = np.empty(0, dtype)
        if bias is not None:
            layout = compiled_layout_of(given.shape, bias.array.shape)
            biases = bias.by_channel(dtype)
        if layout is None:
            return False
        place = None if out is None else out.reshape(-1)
        arrays = given.reshape(-1), biases, place, kept.reshape(-1), self._numbers(values, dtype)
        return dispatch.forward_keeping(kernels, pack, *arrays, layout)

    def _from_mask_in_one_pass(
        self, dy: Array, mask: Array, out: Array, values: dict[str, Any]
    ) -> bool:
        """Fill ``out``; False where the arrays are no runs."""
        given, place, dtype = np.asarray(dy), np.asarray(out), COMPUTED_IN[out.dtype.char]
        if self._row.learned:
            return False
        if not (is_run(given, dtype) and is_run(place, dtype) and is_apart_or_same(given, place)):
            return False
        if not mask.flags.c_contiguous or np.may_share_memory(mask, place):
            return False
        kernel = kernel_named(f"{self._formula(values)}_backward_from_mask")
        arrays = given.reshape(-1), mask, place.reshape(-1)
        return dispatch.backward_from_mask(kernel, *arrays, self._numbers(values, dtype))

    def _slopes_are_known_to_fit(self, values: dict[str, Any]) -> bool:
        """Whether they are by the known range at the defaults, not only by looking at each."""
        return self._row.at_defaults(values) and _slopes_fit(self._formula(values))

    def _backward_from_derivative(
        self, dy: Any, saved: Array, values: dict[str, Any], out: Any, options: dict[str, Any]
    ) -> Any:
        for option in options.keys() - {"wrt"}:
            raise ValueError(
                f"{self.__name__}: a context that keeps the derivative takes no {option}="
            )
        wrt = options.get("wrt")
        names = () if wrt is None else self._wanted(wrt, values)
        self._refuse_parameters(names, "the derivative")
        gradient = as_array(dy, "dy")
        if gradient.shape != saved.shape:
            raise ValueError(
                f"dy has shape {gradient.shape}, derivative {saved.shape}; they must be equal"
            )
        result = place_for(out, gradient, float_dtype(gradient))
        if not self._times_slopes(np.asarray(gradient), saved, np.asarray(result)):
            packed.times_derivative(gradient, saved, result)
        return self._with_bias_gradient(result, names, values, out is not None)

    def _times_slopes(self, dy: Array, slopes: Array, out: Array) -> bool:
        dtype = COMPUTED_IN[out.dtype.char]
        runs = all(is_run(array, dtype) for array in (dy, out)) and slopes.flags.c_contiguous
        runs = runs and packed.are_slopes_for(slopes, dtype)
        if not runs or not is_apart_or_same(dy, out) or np.may_share_memory(slopes, out):
            return False
        kernel = kernel_named(AS_TIMES_SLOPES)
        return dispatch.times_slopes(kernel, dy.reshape(-1), slopes.reshape(-1), out.reshape(-1))


@cache
def _slopes_fit(formula: str) -> bool:
    from .info import info_of

    slopes = info_of(formula).derivative_range
    return slopes is not None and slopes.low >= packed.LOWEST and slopes.high <= packed.HIGHEST

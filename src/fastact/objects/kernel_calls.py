"""From parameters to kernel calls: what all elementwise activations share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dispatch, rounding
from ..arguments import BLOCK, COMPUTED_IN, map_blocks
from ..backends.base import KERNEL_DTYPES, Array
from ..formulas.kernels import Kernel, kernel_named
from .base import Activation

WIDE = np.dtype(np.float64)


class KernelCalls(Activation):
    """Chooses the formula and runs its kernels on arrays of any layout."""

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

    def _numbers(self, values: dict[str, Any], dtype: np.dtype[Any]) -> Array:
        return np.array(self._row.numbers(values, KERNEL_DTYPES[dtype.char]) or [0.0], dtype)

    def _fill(self, name: str, values: dict[str, Any], runs: Sequence[Array], out: Array) -> None:
        """Run a kernel on contiguous arrays; an ``out`` of 16 bits is rounded once."""
        kernel = kernel_named(name)
        dtype = COMPUTED_IN[out.dtype.char]
        numbers = self._numbers(values, dtype)
        if out.dtype == dtype:
            dispatch.run(kernel, runs, out, 1, numbers)
            return
        wide = self._numbers(values, WIDE)
        doubt = self._doubt(name, values)
        if not dispatch.run_in_16_bits(kernel, runs, out, numbers, wide, doubt):
            self._fill_rounded(kernel, runs, out, numbers, wide, doubt)

    def _fill_rounded(
        self,
        kernel: Kernel,
        runs: Sequence[Array],
        out: Array,
        numbers: Array,
        wide: Array,
        doubt: rounding.Doubt,
    ) -> None:
        """The same where the loops for 16 bits are not compiled: block by block."""

        def exact(inputs: Sequence[Array]) -> Array:
            result = np.empty(inputs[0].shape)
            dispatch.run(kernel, inputs, result, 1, wide)
            return result

        backend, _ = dispatch.decide(kernel, "float32", out.size)
        reach = backend.reach(kernel)
        for start in range(0, out.size, BLOCK):
            part = slice(start, start + BLOCK)
            with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
                inputs = [run[part].astype(numbers.dtype, copy=False) for run in runs]
            single = np.empty(out[part].shape, numbers.dtype)
            dispatch.run(kernel, inputs, single, 1, numbers)
            rounding.round_into(out[part], single, inputs, exact, doubt, reach)

    def _doubt(self, name: str, values: dict[str, Any]) -> rounding.Doubt:
        """Which results of a kernel are computed again for 16 bits."""
        if self._row.is_exact(name, values):
            return rounding.Doubt.EXACT
        if self._row.derivative_reach:
            return rounding.Doubt.ALL  # float64 resolves the phase of larger inputs
        if not name.endswith(("_derivative", "_backward", "_backward_from_output")):
            return rounding.Doubt.NO_ROOT
        is_at_defaults = self._row.at_defaults(values)
        if name.endswith("_from_output"):
            is_sure = is_at_defaults and self._row.output_tells_all_digits
            return rounding.Doubt.NO_ROOT if is_sure else rounding.Doubt.ROOT_TIMES_FIRST
        is_sure = is_at_defaults or self._row.monotone
        if name.endswith("_derivative"):
            return rounding.Doubt.NO_ROOT if is_sure else rounding.Doubt.ROOT
        if self._row.has_mask:  # of two constant slopes
            return rounding.Doubt.NO_ROOT
        if is_sure:
            return rounding.Doubt.UNDERFLOW_TIMES_FIRST
        return rounding.Doubt.ROOT_TIMES_FIRST

    def _run(self, name: str, values: dict[str, Any], inputs: Sequence[Array], out: Array) -> None:
        map_blocks(lambda runs, outs: self._fill(name, values, runs, outs[0]), inputs, out)

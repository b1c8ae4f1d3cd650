"""From parameters to kernel calls: what all elementwise activations share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dispatch, rounding
from ..arguments import BLOCK, COMPUTED_IN, map_blocks
from ..backends.base import DTYPES_OF_16_BITS, KERNEL_DTYPES, Array
from ..formulas.doubts import Doubt, compiled_doubt, doubt_about
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
        half = DTYPES_OF_16_BITS[out.dtype.char]
        compiled = compiled_doubt(self._row, name, values, half)
        if not dispatch.run_in_16_bits(kernel, runs, out, numbers, wide, compiled):
            doubt = doubt_about(self._row, name, values)
            self._fill_rounded(kernel, runs, out, numbers, wide, doubt)

    def _fill_rounded(
        self,
        kernel: Kernel,
        runs: Sequence[Array],
        out: Array,
        numbers: Array,
        wide: Array,
        doubt: Doubt,
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

    def _run(self, name: str, values: dict[str, Any], inputs: Sequence[Array], out: Array) -> None:
        map_blocks(lambda runs, outs: self._fill(name, values, runs, outs[0]), inputs, out)

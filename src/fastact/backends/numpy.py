"""The formulas on whole arrays: the reference, and the last resort.

The activations are the text of ``formulas/activations/`` with ``a if c else
b`` turned into ``where(c, a, b)``; the elementary functions are NumPy's.  The
results agree with the compiled backends to a few ulp.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..exact import product_error
from ..formulas.kernels import Kernel
from .base import KERNEL_DTYPES, Array, Backend
from .numpy_rows import ROW_FUNCTIONS


def _fma(a: Any, b: Any, c: Any) -> Any:
    """a * b + c rounded once (float32) or with twice the digits (float64)."""
    if np.result_type(a, b, c) == np.float32:
        return (np.float64(1) * a * b + c).astype(np.float32)
    product = a * b
    return _two_sum(product, c, product_error(a, b, product))


def _two_sum(a: Any, b: Any, error: Any) -> Any:
    total = a + b
    part = total - a
    lost = (a - (total - part)) + (b - part)
    return total + np.where(np.isfinite(lost), lost + error, 0.0)


def _elementary(dtype: str) -> dict[str, Any]:
    from ..formulas.primitives import CONSTANTS

    constant = CONSTANTS[dtype]
    real = np.dtype(dtype).type
    lowest = real(constant["EXP_MIN"])

    def exp_times(x: Array, factor: Any) -> Any:
        # In two halves: exp(x) alone turns subnormal before the product does.
        half = np.exp(np.maximum(x, lowest) * real(0.5))
        return factor * half * half

    return {
        "exp": lambda x: np.exp(np.minimum(x, real(0))),
        "exp_of_any": np.exp,
        "expm1": lambda x: np.expm1(np.minimum(x, real(0))),
        "exp_times": lambda x, factor: exp_times(np.minimum(x, real(0)), factor),
        "expm1_of_short": np.expm1,
        "log1p_of_short": lambda f, low: np.log1p(f) + low,
        "log1p_more": lambda e, low: np.log1p(e) + low,
        "log1p": np.log1p,
        "log_more": lambda x, low: np.log(x) + low,
        "tanh": np.tanh,
        "quotient": lambda n, d, d_low: n / (d + d_low),
        "times_quotient": lambda n, n_low, p, d, d_low: (n + n_low) * (real(1) + p) / (d + d_low),
    }


def _to_bits(x: Any) -> Any:
    real = np.asarray(x)
    return real.view(f"i{real.dtype.itemsize}")


def _from_bits(value: Any) -> Any:
    integer = np.asarray(value)
    return integer.view(f"f{integer.dtype.itemsize}")


@cache
def _namespace(dtype: str) -> dict[str, Any]:
    from ..formulas.translate import SCALAR_FILES, python_functions

    namespace: dict[str, Any] = {
        "where": np.where,
        "fma": _fma,
        "absolute": np.absolute,
        "copysign": np.copysign,
        "sqrt": np.sqrt,
        "negative": np.negative,
        "to_bits": _to_bits,
        "from_bits": _from_bits,
        "R": np.dtype(dtype).type,
    }
    for source in python_functions(dtype, vectorised=True, files=SCALAR_FILES).values():
        exec(compile(source, "<fastact numpy>", "exec"), namespace)
    namespace.update(_elementary(dtype))
    return namespace


class NumpyBackend(Backend):
    """Serial."""

    name = "numpy"
    instruction_set = ""
    unavailable = ""

    def reach(self, kernel: Kernel) -> int:
        return 32  # errors reach 16

    def is_parallel(self) -> bool:
        return False

    def run(
        self,
        kernel: Kernel,
        inputs: Sequence[Array],
        out: Array,
        length: int,
        parameters: Array,
        threads: int,
    ) -> None:
        with np.errstate(all="ignore"):
            if kernel.name in ROW_FUNCTIONS:
                sizes = kernel.row_sizes(length)
                rows = [a.reshape(-1, n) for a, n in zip(inputs, sizes, strict=False)]
                result = ROW_FUNCTIONS[kernel.name](*rows, length)
                out[...] = result.reshape(out.shape)
            else:
                values = dict(zip("abc", inputs, strict=False))
                values |= {f"p{k}": parameters[k] for k in range(kernel.parameters)}
                expression = kernel.expression.replace("[i]", "")
                out[...] = eval(expression, _namespace(KERNEL_DTYPES[out.dtype.char]), values)

"""Kernels compiled ahead, a variant per instruction set, and their parallel driver."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..formulas.doubts import SURE, Doubt
from ..formulas.kernels import Kernel
from .base import DTYPES_OF_16_BITS, KERNEL_DTYPES, Array, Backend, Pack


def _extension(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"fastact.backends._cython.{name}")
    except ImportError:  # not built: no compiler, or one that lacks the instruction set
        return None


driver: Any = _extension("driver")

# Rows up to this length are computed faster by the kernels for columns, many at once: a row
# kernel spends most of its time on folding lanes.  Of 512 rows in float32 (AVX2), ns a number by
# rows and by columns: of 32, softmax 2.0 and 1.0, its gradient 0.9 and 0.7, log_softmax 3.6 and
# 1.1; of 64, 1.2 and 0.9, 0.6 and 0.7, 2.0 and 1.0; of 128, 0.9 and 1.0, 0.5 and 0.8, 1.3 and 1.1.
# In float64 as many numbers are two vectors, and rows gain earlier; so they do where arrays are
# in no cache (100,000 rows of 128 by log_softmax 8.7 ms and 9.9).
SHORT_ROWS = {
    "float32": {
        **{"softmax": 112, "softmin": 112, "log_softmax": 112},
        **{"softmax_backward": 48, "softmin_backward": 48, "log_softmax_backward": 24},
    },
    "float64": {
        **{"softmax": 64, "softmin": 64, "log_softmax": 112},
        **{"softmax_backward": 24, "softmin_backward": 24, "log_softmax_backward": 12},
    },
}


# The loops of support.h by which sums by channel are made.
OF_CHANNELS = "plus", "carry"

# What a gate multiplies its value with; glu has the value first.
GATE_CURVES = {"glu": "sigmoid", "geglu": "gelu", "geglu_tanh": "gelu_tanh", "swiglu": "silu"}


def _slopes(kernel: Kernel, doubt: int) -> tuple[str, str]:
    """The loop of ``lookup.h`` for a product, and the kernel of its slopes; or nothing.

    A gradient's slopes are what its kernel makes of ones.  There is no table where a slope has
    a root that float32 does not resolve.
    """
    formula, _, method = kernel.name.partition("_backward")
    value, gate = ("b", "c") if formula == "glu" else ("c", "b")
    if formula not in GATE_CURVES:
        is_product = kernel.expression.startswith("a[i] * ") and kernel.inputs == 2
        return ("a_at_b", kernel.name) if is_product and doubt in SURE else ("", "")
    curve = GATE_CURVES[formula]
    if not method:
        return ("a_at_b" if formula == "glu" else "b_at_a"), curve
    if doubt == Doubt.UNDERFLOW_TIMES_FIRST:
        return f"a_at_{gate}", curve
    if doubt in (Doubt.UNDERFLOW_TIMES_FIRST_AND_SECOND, Doubt.UNDERFLOW_TIMES_FIRST_AND_THIRD):
        return f"a{value}_at_{gate}", f"{curve}_derivative"
    return "", ""


class CythonBackend(Backend):
    """One instruction set; its two modules are imported when first used."""

    name = "cython"

    def __init__(self, instruction_set: str, level: int) -> None:
        self.instruction_set = instruction_set
        self._level = level
        self._loops: dict[str, dict[str, int]] = {}
        self._support: dict[str, dict[str, int]] = {}
        self._keeping: dict[str, dict[str, int]] = {}
        self._columns: dict[str, dict[str, tuple[int, int]]] = {}
        self._own: dict[tuple[str, str, int], int] = {}
        self._tables: dict[str, int] = {}

    @property
    def unavailable(self) -> str:
        if driver is None:
            return "the extension modules are not built"
        if self._level > driver.X86_64_LEVEL:
            return f"this machine does not run {self.instruction_set}"
        if not self.loops("float32"):
            return f"the kernels for {self.instruction_set} are not built"
        return ""

    def is_parallel(self) -> bool:
        return True

    def loops(self, dtype: str) -> dict[str, int]:
        """Addresses of the loops by kernel name; empty when not built."""
        if dtype not in self._loops:
            suffix = self.instruction_set.replace("-", "_")
            module = _extension(f"{dtype}_{suffix}")
            self._loops[dtype] = module.LOOPS if module is not None else {}
            self._support[dtype] = getattr(module, "SUPPORT", {})
            self._keeping[dtype] = getattr(module, "KEEPING", {})
            self._columns[dtype] = getattr(module, "COLUMNS", {})
            self._own |= getattr(module, "OWN_LOOPS", {})
            self._tables |= getattr(module, "TABLES", {})
        return self._loops[dtype]

    def support(self, dtype: str) -> dict[str, int]:
        """Addresses of the loops by which kernels are joined (support.h)."""
        self.loops(dtype)
        return self._support[dtype]

    def keeping(self, dtype: str) -> dict[str, int]:
        """Addresses of the loops that compute a kernel and keep its slopes, by kernel."""
        self.loops(dtype)
        return self._keeping[dtype]

    def columns(self, dtype: str) -> dict[str, tuple[int, int]]:
        """Addresses of the loops over wide and narrow strips, by row kernel."""
        self.loops(dtype)
        return self._columns[dtype]

    def run(
        self,
        kernel: Kernel,
        inputs: Sequence[Array],
        out: Array,
        length: int,
        parameters: Array,
        threads: int,
    ) -> None:
        dtype = KERNEL_DTYPES[out.dtype.char]
        address = self.loops(dtype)[kernel.name]
        sizes = kernel.row_sizes(length)
        driver.RUN[dtype](address, *_three(inputs), out, length, *sizes, parameters, threads)

    def run_in_16_bits(
        self,
        kernel: Kernel,
        inputs: Sequence[Array],
        out: Array,
        parameters: Array,
        wide_parameters: Array,
        rounding: tuple[int, int],
        threads: int,
    ) -> bool:
        dtype = DTYPES_OF_16_BITS[out.dtype.char]
        address = self.loops("sixteen").get(dtype)
        if address is None or any(array.dtype != out.dtype for array in inputs):
            return False
        kernels = [self.loops(wide)[kernel.name] for wide in ("float32", "float64")]
        arrays = (array.view(np.uint16) for array in (*_three(inputs), out))
        own = self.own_loop(kernel, dtype, rounding[0])
        numbers = parameters, wide_parameters, *rounding, threads
        driver.run_in_16_bits(address, *kernels, own, kernel.inputs, *arrays, *numbers)
        return True

    def own_loop(self, kernel: Kernel, dtype: str, doubt: int) -> int:
        """Address of the loop of 16 bits that a kernel has for itself, or 0."""
        self.loops("sixteen")
        return self._own.get((kernel.name, dtype, doubt), 0)

    def table(self, kernel: Kernel, dtype: str, doubt: int) -> tuple[int, int, int, bool]:
        """Addresses of a loop that looks up, and of two that compute slopes for it.

        They are in float32 and in float64, and of ones if the last says so.  They are 0 where
        the results themselves are looked up, and so is the first where nothing is.
        """
        self.loops("sixteen")
        if not self._tables or self.own_loop(kernel, dtype, doubt):
            return 0, 0, 0, False
        if kernel.inputs == 1:
            return self._tables["results"], 0, 0, False
        place, slope = _slopes(kernel, doubt)
        if not place:
            return 0, 0, 0, False
        single, wide = (self.loops(dtype)[slope] for dtype in ("float32", "float64"))
        return self._tables[place], single, wide, slope == kernel.name

    def run_by_channel(
        self,
        kernels: tuple[Kernel, Kernel],
        operand: str,
        dy: Array,
        x: Array,
        channels: Array,
        out: Array,
        sums: Array,
        parameters: Array,
        layout: tuple[int, int, int],
        threads: int,
    ) -> bool:
        dtype = KERNEL_DTYPES[out.dtype.char]
        loops = self.channel_loops(kernels, dtype)
        if sums.size:
            driver.RUN_BY_CHANNEL[dtype](
                *(loops, operand, dy, x, channels, out, sums, parameters, layout, threads)
            )
        else:
            main, _, plus, *_ = loops
            driver.RUN_WITH_OPERANDS[dtype](
                *((main, plus), operand, dy, x, channels, out, parameters, layout, threads)
            )
        return True

    def sums_by_channel(
        self, terms: Array, sums: Array, layout: tuple[int, int, int], threads: int
    ) -> bool:
        dtype = KERNEL_DTYPES[terms.dtype.char]
        loops, support = self.loops(dtype), self.support(dtype)
        addresses = 0, 0, *(support[name] for name in OF_CHANNELS), loops["sum"]
        unused = np.zeros(1, terms.dtype)
        arrays = terms, terms, sums, terms, sums, unused
        driver.RUN_BY_CHANNEL[dtype](addresses, "none", *arrays, layout, threads)
        return True

    def forward_keeping(
        self,
        kernels: tuple[Kernel, Kernel],
        pack: Pack,
        x: Array,
        biases: Array,
        out: Array | None,
        kept: Array,
        parameters: Array,
        layout: tuple[int, int, int],
        threads: int,
    ) -> bool:
        dtype = KERNEL_DTYPES[x.dtype.char]
        forward, of_kept = (self.loops(dtype)[kernel.name] for kernel in kernels)
        at_once = self.keeping(dtype).get(kernels[0].name, 0) if pack == "slopes" else 0
        if out is None:
            at_once = forward = 0
        support = self.support(dtype)
        addresses = at_once, forward, of_kept, support[f"pack_{pack}"], support["plus"]
        bits = 1 if pack == "bits" else 8 * kept.itemsize
        packed = kept.view(np.uint8)
        driver.FORWARD_KEEPING[dtype](
            *(addresses, x, biases, out, packed, bits, parameters, layout, threads)
        )
        return True

    def backward_from_mask(
        self,
        kernel: Kernel,
        dy: Array,
        mask: Array,
        out: Array,
        parameters: Array,
        threads: int,
    ) -> bool:
        dtype = KERNEL_DTYPES[out.dtype.char]
        addresses = self.support(dtype)["unpack_bits"], self.loops(dtype)[kernel.name]
        driver.BACKWARD_FROM_MASK[dtype](addresses, dy, mask, out, parameters, threads)
        return True

    def times_slopes(self, dy: Array, slopes: Array, out: Array, threads: int) -> bool:
        dtype = KERNEL_DTYPES[out.dtype.char]
        address = self.support(dtype)["times_slopes"]
        driver.TIMES_SLOPES[dtype](address, dy, slopes.view(np.uint8), out, threads)
        return True

    def channel_loops(self, kernels: tuple[Kernel, Kernel], dtype: str) -> tuple[int, ...]:
        """What the driver wants for channels: (main, term, plus, carry, sum)."""
        loops, support = self.loops(dtype), self.support(dtype)
        main, term = (loops[kernel.name] for kernel in kernels)
        return main, term, *(support[name] for name in OF_CHANNELS), loops["sum"]


def _three(inputs: Sequence[Array]) -> Sequence[Array]:
    """As many as a kernel takes; the first stands for those that are not used."""
    return (*inputs, inputs[0], inputs[0])[:3]


def _variants() -> tuple[CythonBackend, ...]:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return (CythonBackend("baseline", 0),)
    levels = {"x86-64-v4": 4, "x86-64-v3": 3, "x86-64": 1}
    return tuple(CythonBackend(name, level) for name, level in levels.items())


CYTHON_BACKENDS = _variants()

"""What a backend is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from ..formulas.doubts import REACH
from ..formulas.kernels import Kernel

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

# The dtypes of kernels, by typecode; ``dtype.name`` would cost 2 us a look.
KERNEL_DTYPES = {"f": "float32", "d": "float64"}
Pack: TypeAlias = Literal["bits", "slopes"]  # how what a forward pass keeps is packed
DTYPES_OF_16_BITS = {"e": "float16", "E": "bfloat16"}


class Backend(ABC):
    """Runs kernels on contiguous, aligned, native arrays of one dtype."""

    name: str
    instruction_set: str

    @property
    @abstractmethod
    def unavailable(self) -> str:
        """Why the backend cannot be used here; empty when it can."""

    def reach(self, kernel: Kernel) -> int:
        """By how many units in the last place a float32 result may be off; see rounding.py."""
        return REACH

    @abstractmethod
    def is_parallel(self) -> bool:
        """Whether a call may use more than one thread now."""

    def is_ready(self, kernel: Kernel, dtype: str) -> bool:
        """Whether a call can run without being compiled first."""
        return True

    @abstractmethod
    def run(
        self,
        kernel: Kernel,
        inputs: Sequence[Array],
        out: Array,
        length: int,
        parameters: Array,
        threads: int,
    ) -> None:
        """Fill ``out`` from rows of ``length`` numbers (1 for elementwise kernels).

        ``out`` may be one of the inputs, but must not overlap one otherwise.
        """

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
        """Fill ``out`` of 16 bits from inputs of its dtype; False where that is not compiled.

        ``rounding`` is what is doubted about the results, and how far they may be off.
        """
        return False

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
        """Fill ``out``, and ``sums`` if it has room, in one pass; False where not compiled."""
        return False

    def sums_by_channel(
        self, terms: Array, sums: Array, layout: tuple[int, int, int], threads: int
    ) -> bool:
        """Fill ``sums`` as the kernel ``sum`` would; False where that is not compiled."""
        return False

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
        """Fill ``out``, if one is wanted, and ``kept`` with what the second kernel gives, packed.

        All in one pass, with the biases of the layout's channels added if there are any; False
        where that is not compiled.
        """
        return False

    def backward_from_mask(
        self,
        kernel: Kernel,
        dy: Array,
        mask: Array,
        out: Array,
        parameters: Array,
        threads: int,
    ) -> bool:
        """Run a kernel on ``dy`` and the bits as numbers; False where that is not compiled."""
        return False

    def times_slopes(self, dy: Array, slopes: Array, out: Array, threads: int) -> bool:
        """Multiply by packed slopes; False where that is not compiled."""
        return False

    def __repr__(self) -> str:
        return f"{self.name} ({self.instruction_set})" if self.instruction_set else self.name

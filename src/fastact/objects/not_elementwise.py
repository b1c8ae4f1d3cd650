"""What activations have in common that are not a function of each number."""

from __future__ import annotations

from typing import Any

from ..formulas.kernels import Kernel, kernel_named
from .base import Activation


class NotElementwise(Activation):
    """Has no derivative of each number, so a context can keep the input or the output."""

    _reason: str  # why it has none

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        return kernel_named(self._row.name)

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        return {"input": "", "output": "", "mask": self._reason, "derivative": self._reason}

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        return "output"

    def _derivative(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        raise TypeError(
            f"{self.__name__} has no elementwise derivative: {self._reason}; use backward"
        )

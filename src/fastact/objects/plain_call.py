"""Stands in for the compiled ``FastCall`` where the extensions are not built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class FastCall:
    """Hands every call to the methods of the subclass."""

    def _plan(self, method: int, kind: int, address: int, parallel_from: int) -> None:
        """Accept a kernel for plain calls; without the extension there are none."""

    def _plan_in_16_bits(
        self, method: int, kind: int, address: int, inputs: int, doubt: int, reach: int
    ) -> None:
        """Accept a loop for plain calls on 16 bits."""

    def _set_parameters(self, singles: Sequence[float], doubles: Sequence[float]) -> None:
        """Accept the default parameters of plain calls."""

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        raise NotImplementedError

    def _derivative(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        raise NotImplementedError

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._forward(*args, **kwargs)

    def derivative(self, x: Any, *args: Any, out: Any = None, **parameters: Any) -> Any:
        return self._derivative(x, *args, out=out, **parameters)

    def backward(
        self,
        dy: Any,
        input: Any = None,
        *args: Any,
        output: Any = None,
        out: Any = None,
        **parameters: Any,
    ) -> Any:
        return self._backward(dy, input, *args, output=output, out=out, **parameters)

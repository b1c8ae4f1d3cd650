"""Stands in for the compiled ``FastCall`` where the extensions are not built."""

from __future__ import annotations

from typing import Any


class FastCall:
    """Hands every call to the methods of the subclass."""

    def _take_plans(self, plans: Any) -> None:
        """Accept the kernels of plain calls; without the extension there are none."""

    def _forget_plans(self) -> None:
        """Make them anew when they are needed; there are none."""

    def _remember(self, args: Any, options: Any, values: Any) -> None:
        """Accept parameters that may come again."""

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

"""Calls are handed on to arguments that override ufuncs: pandas, dask and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arguments import foreign_ufunc_owner


class UfuncLike:
    """A method of an activation in the shape that ``__array_ufunc__`` expects."""

    def __init__(self, name: str, inputs: int, function: Callable[..., Any]) -> None:
        self.__name__ = name
        self.nin, self.nout, self.signature = inputs, 1, None
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<fastact {self.__name__}>"


def hand_on(
    name: str,
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    out: Any,
    parameters: dict[str, Any],
) -> tuple[bool, Any]:
    """Whether an argument took the call over, and then the result."""
    outputs = out if isinstance(out, tuple) else (out,)
    owner = foreign_ufunc_owner(*inputs, *outputs)
    if owner is None:
        return False, None
    handler = type(owner).__array_ufunc__
    if handler is not None:
        given = parameters if out is None else {**parameters, "out": outputs}
        ufunc = UfuncLike(name, len(inputs), function)
        result = handler(owner, ufunc, "__call__", *inputs, **given)
        if result is not NotImplemented:
            return True, result
    raise TypeError(f"{type(owner).__name__} does not take part in {name}")

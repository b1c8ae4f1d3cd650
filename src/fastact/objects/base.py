"""What all activations have: a name, parameters, a signature, checks."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, as_array, check_same_shape, float_dtype
from ..backends.base import Array
from ..backends.cython import driver
from ..docstrings import docstring
from ..formulas.catalogue import Parameter, Row
from ..formulas.kernels import Kernel
from .explanation import Explanation
from .ufunc_protocol import hand_on

if TYPE_CHECKING:
    import inspect

if TYPE_CHECKING or driver is None:
    from .plain_call import FastCall
else:
    FastCall = driver.FastCall


class Activation(FastCall):
    """Base of all activations: names, parameters, and calls that are not plain."""

    nin = nout = 1
    signature = None

    def __init__(self, row: Row) -> None:
        self._row = row
        self._defaults: dict[str, Any] = {p.name: p.default for p in row.parameters}
        self._defaults |= self._options()
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        self.__doc__ = docstring(row)

    def __repr__(self) -> str:
        return f"<fastact.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__name__  # pickled as the name of a global of ``fastact``

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__":  # made when asked for: inspect is slow to import
            self.__signature__ = self._signature()
            return self.__signature__
        raise AttributeError(f"{self!r} has no attribute {name!r}")

    def _signature(self) -> inspect.Signature:
        import inspect

        kind = inspect.Parameter
        given = [
            kind(name, kind.POSITIONAL_OR_KEYWORD, default=value)
            for name, value in self._defaults.items()
        ]
        x, out = kind("x", kind.POSITIONAL_ONLY), kind("out", kind.KEYWORD_ONLY, default=None)
        return inspect.Signature([x, *given, out])

    def _options(self) -> dict[str, Any]:
        """Parameters besides the catalogue's numbers, with defaults."""
        return {"approximate": next(iter(self._row.forms))} if self._row.forms else {}

    def _bind(self, args: Sequence[Any], given: dict[str, Any], method: str = "") -> dict[str, Any]:
        """All parameters by name, checked; TypeError for unknown or surplus ones."""
        values = dict(self._defaults)
        if args:
            given = self._by_name(args, given, method)
        for name, value in given.items():
            if name not in values:
                raise TypeError(
                    f"{self.__name__}{method}() has no parameter {name!r}; it has {list(values)}"
                )
            values[name] = value
        for parameter in self._row.scalars:
            values[parameter.name] = self._number(parameter, values[parameter.name])
        return values

    def _by_name(self, args: Sequence[Any], given: dict[str, Any], method: str) -> dict[str, Any]:
        names = list(self._defaults)
        if len(args) > len(names):
            raise TypeError(
                f"{self.__name__}{method}() takes {len(names)} parameters {names}, got {len(args)}"
            )
        named = dict(zip(names, args, strict=False))
        for name in named.keys() & given.keys():
            raise TypeError(f"{self.__name__}{method}() got {name!r} by position and by name")
        return named | given

    def _number(self, parameter: Parameter, value: Any) -> float:
        where = f"{self.__name__}: {parameter.name}"
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"{where} must be a number, got {value!r}") from None
        if parameter.domain == "positive" and not (number > 0 and math.isfinite(number)):
            raise ValueError(f"{where} must be positive and finite, got {number}")
        return number

    def _hand_on(
        self, method: str, inputs: tuple[Any, ...], out: Any, parameters: dict[str, Any]
    ) -> tuple[bool, Any]:
        """Give the call to an argument that overrides ufuncs, as NumPy does."""
        function = getattr(self, method) if method else self
        return hand_on(f"{self.__name__}.{method}".rstrip("."), function, inputs, out, parameters)

    def _hand_on_backward(
        self,
        dy: Any,
        input: Any,
        output: Any,
        args: Sequence[Any],
        out: Any,
        parameters: dict[str, Any],
    ) -> tuple[bool, Any]:
        def with_input(dy: Any, saved: Any, **keywords: Any) -> Any:
            return self.backward(dy, saved, *args, **keywords)

        def with_output(dy: Any, saved: Any, **keywords: Any) -> Any:
            return self.backward(dy, None, *args, output=saved, **keywords)

        function, saved = (with_output, output) if input is None else (with_input, input)
        name = f"{self.__name__}.backward"
        return hand_on(name, function, (dy, saved), out, parameters)

    def _saved(self, dy: Any, input: Any, output: Any) -> tuple[Array, Array, bool]:
        """Gradient and saved array, and whether that is the output."""
        if (input is None) == (output is None):
            got = "neither" if input is None else "both"
            raise TypeError(f"{self.__name__}.backward() wants input= or output=, got {got}")
        name = "output" if input is None else "input"
        gradient = as_array(dy, "dy")
        saved = as_array(output if input is None else input, name)
        check_same_shape(gradient, saved, ("dy", name))
        return gradient, saved, input is None

    def _check_output_suffices(self, values: dict[str, Any]) -> None:
        condition = self._row.from_output
        if condition == "always":
            return
        if condition == "never":
            raise ValueError(
                f"{self.__name__}.backward: the output does not determine the gradient; pass input="
            )
        name = condition.split()[0]  # the condition reads "NAME >= 0"
        if not values[name] >= 0:
            raise ValueError(
                f"{self.__name__}.backward: the output determines the gradient only for "
                f"{condition}, got {name}={values[name]}; pass input="
            )

    def explain(self, x: Any, **parameters: Any) -> Explanation:
        array = as_array(x, "x")
        dtype = float_dtype(array)
        kernel = self._kernel_for(self._bind((), parameters))
        computed_in = COMPUTED_IN[dtype.char]
        plain = array.flags.c_contiguous or array.flags.f_contiguous
        plain = plain and array.flags.aligned and array.dtype == computed_in
        return Explanation(
            activation=self.__name__,
            kernel=kernel.name,
            dtype=dtype.name,
            computed_in=computed_in.name,
            elements=array.size,
            layout="one contiguous run" if plain else "in blocks through a buffer",
            choice=dispatch.choose(kernel, computed_in.name, array.size),
        )

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        raise NotImplementedError


def new_like(array: Array, dtype: np.dtype[Any]) -> Array:
    # A memmap's result is an ordinary array; a masked array keeps its mask.
    return np.empty_like(array, dtype=dtype, subok=not isinstance(array, np.memmap))


def finish(result: Array, given_out: bool) -> Any:
    """A 0-d result becomes a scalar unless it has a place of its own, as with a ufunc."""
    return result[()] if result.ndim == 0 and not given_out else result


def checked_axis(axis: Any, ndim: int, name: str) -> int:
    try:
        position = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis must be an integer, got {axis!r}") from None
    if not -ndim <= position < ndim:
        raise ValueError(f"{name}: axis {position} is out of range for an array of {ndim} axes")
    return position % ndim

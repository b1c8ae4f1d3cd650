"""The public objects: one per activation, as ``np.add`` is one object."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dispatch
from .arguments import (
    COMPUTED_IN,
    as_array,
    check_out,
    check_same_shape,
    float_dtype,
    foreign_ufunc_owner,
    map_blocks,
    map_rows,
)
from .backends.base import Array
from .backends.cython import CythonBackend, driver
from .docstrings import docstring
from .formulas.catalogue import ROWS, Parameter, Row
from .formulas.kernels import Kernel, kernel_named

if TYPE_CHECKING or driver is None:
    from .plain_call import FastCall
else:
    FastCall = driver.FastCall


@dataclass(frozen=True)
class Explanation:
    """What a call would do, and why; ``str`` tells it in words."""

    activation: str
    kernel: str
    dtype: str
    computed_in: str
    elements: int
    layout: str
    choice: dispatch.Choice

    @property
    def backend(self) -> str:
        return self.choice.backend.name

    @property
    def instruction_set(self) -> str:
        return self.choice.backend.instruction_set

    @property
    def threads(self) -> int:
        return self.choice.threads

    @property
    def alternatives(self) -> dict[str, str]:
        """The other backends, and whether they can be used here."""
        others = dispatch.backends()
        del others[repr(self.choice.backend)]
        return others

    def __str__(self) -> str:
        lines = [
            f"{self.activation}: {self.elements:,} elements of {self.dtype}, {self.layout}",
            f"  kernel   {self.kernel}, computed in {self.computed_in}",
            f"  backend  {self.choice.backend!r}: {self.choice.why_backend}",
            f"  threads  {self.threads}: {self.choice.why_threads}",
            "  others   "
            + "; ".join(f"{name}: {state}" for name, state in self.alternatives.items()),
        ]
        return "\n".join(lines)

    __repr__ = __str__


class _UfuncLike:
    """A method of an activation in the shape that ``__array_ufunc__`` expects."""

    def __init__(self, name: str, inputs: int, function: Callable[..., Any]) -> None:
        self.__name__ = name
        self.nin, self.nout, self.signature = inputs, 1, None
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<fastact {self.__name__}>"


def _hand_on(
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
        ufunc = _UfuncLike(name, len(inputs), function)
        result = handler(owner, ufunc, "__call__", *inputs, **given)
        if result is not NotImplemented:
            return True, result
    raise TypeError(f"{type(owner).__name__} does not take part in {name}")


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
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY),
                *self._signature_parameters(),
                inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None),
            ]
        )

    def __repr__(self) -> str:
        return f"<fastact.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__name__  # pickled as the name of a global of ``fastact``

    def _signature_parameters(self) -> list[inspect.Parameter]:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return [inspect.Parameter(n, kind, default=v) for n, v in self._defaults.items()]

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
        return _hand_on(f"{self.__name__}.{method}".rstrip("."), function, inputs, out, parameters)

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
        return _hand_on(name, function, (dy, saved), out, parameters)

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


def _new_like(array: Array, dtype: np.dtype[Any]) -> Array:
    # A memmap's result is an ordinary array; a masked array keeps its mask.
    return np.empty_like(array, dtype=dtype, subok=not isinstance(array, np.memmap))


def _finish(result: Array, given_out: bool) -> Any:
    """A 0-d result becomes a scalar unless it has a place of its own, as with a ufunc."""
    return result[()] if result.ndim == 0 and not given_out else result


class Elementwise(Activation):
    """An activation of each number by itself."""

    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self._set_parameters([p.default for p in row.scalars])
        self._plan_plain_calls()

    def _plan_plain_calls(self) -> None:
        backend = dispatch.DEFAULT
        if driver is None or self._row.learned or not isinstance(backend, CythonBackend):
            return
        for method, number in driver.METHOD_NUMBERS.items():
            name = self._row.formulas[0] + ("" if method == "forward" else f"_{method}")
            for is_double, dtype in enumerate(("float32", "float64")):
                if name in backend.loops(dtype):
                    start = dispatch.parallel_from(kernel_named(name), dtype)
                    self._plan(number, is_double, backend.loops(dtype)[name], start)

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

    def _arrays(self, x: Array, values: dict[str, Any], dtype: np.dtype[Any]) -> list[Array]:
        """The learned parameters, shaped to broadcast against ``x``."""
        axis = values.get("axis")
        return [self._shaped(p.name, values[p.name], axis, x, dtype) for p in self._row.learned]

    def _shaped(self, name: str, value: Any, axis: Any, x: Array, dtype: np.dtype[Any]) -> Array:
        weight = as_array(value, name).astype(dtype, copy=False)
        if axis is None:
            try:
                fits = np.broadcast_shapes(weight.shape, x.shape) == x.shape
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(
                    f"{name} of shape {weight.shape} does not broadcast to x, {x.shape}"
                )
            return np.asarray(weight)
        axis = _checked_axis(axis, x.ndim, self.__name__)
        if weight.ndim > 1 or weight.size not in (1, x.shape[axis]):
            raise ValueError(
                f"{name} has shape {weight.shape}; axis {axis} of x, {x.shape}, wants "
                f"({x.shape[axis]},)"
            )
        return np.asarray(weight).reshape([weight.size if k == axis else 1 for k in range(x.ndim)])

    def _run(self, name: str, values: dict[str, Any], inputs: Sequence[Array], out: Array) -> None:
        kernel = kernel_named(name)
        dtype = COMPUTED_IN[out.dtype.char]
        parameters = np.array([values[p.name] for p in self._row.scalars] or [0.0], dtype)
        map_blocks(
            lambda runs, result: dispatch.run(kernel, runs, result, 1, parameters), inputs, out
        )

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        return self._of_one("", x, args, out, parameters)

    def _derivative(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        return self._of_one("derivative", x, args, out, parameters)

    def _of_one(
        self, method: str, x: Any, args: Sequence[Any], out: Any, parameters: dict[str, Any]
    ) -> Any:
        handed, result = self._hand_on(method, (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, f".{method}" if method else "")
        name = self._formula(values) + (f"_{method}" if method else "")
        array = as_array(x, "x")
        dtype = float_dtype(array)
        result = check_out(out, array.shape, dtype)
        learned = self._arrays(array, values, dtype)
        if result is None:
            result = _new_like(array, dtype)
        self._run(name, values, [array, *learned], result)
        return _finish(result, out is not None)

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        gradient, saved, from_output = self._saved(dy, input, output)
        if from_output:
            self._check_output_suffices(values)
        dtype = float_dtype(gradient, saved)
        result = check_out(out, saved.shape, dtype)
        learned = self._arrays(saved, values, dtype)
        if result is None:
            result = _new_like(saved, dtype)
        name = f"{self._formula(values)}_backward"
        # The parameters' gradients first: dx may be written over dy or the input.
        others = [
            self._parameter_gradient(p.name, values, gradient, saved, learned, dtype)
            for p in self._row.learned
        ]
        ending = "_from_output" if from_output else ""
        self._run(name + ending, values, [gradient, saved, *learned], result)
        dx = _finish(result, out is not None)
        return (dx, *others) if others else dx

    def _parameter_gradient(
        self,
        name: str,
        values: dict[str, Any],
        dy: Array,
        x: Array,
        learned: Sequence[Array],
        dtype: np.dtype[Any],
    ) -> Any:
        """Sum of dy * df/dparameter over the axes along which the parameter is repeated."""
        given = values[name]
        terms = np.empty(x.shape, COMPUTED_IN[dtype.char])
        kernel = f"{self._formula(values)}_backward_by_{name}"
        self._run(kernel, values, [dy, x, *learned], terms)
        shape = learned[[p.name for p in self._row.learned].index(name)].shape
        shape = (1,) * (x.ndim - len(shape)) + shape
        kept = [k for k in range(x.ndim) if shape[k] == x.shape[k] != 1]
        summed = [k for k in range(x.ndim) if k not in kept]
        rows = np.ascontiguousarray(terms.transpose(kept + summed))
        count = math.prod(x.shape[k] for k in kept)
        sums = np.zeros(count, terms.dtype)
        if rows.size:
            length = rows.size // count
            no_parameters = np.zeros(1, terms.dtype)
            dispatch.run(kernel_named("sum"), [rows.reshape(-1)], sums, length, no_parameters)
        kind = given.dtype if isinstance(given, np.ndarray) and given.dtype.kind == "f" else dtype
        gradient = sums.astype(kind, copy=False).reshape(np.shape(given))
        return gradient if isinstance(given, np.ndarray) else gradient[()]


def _checked_axis(axis: Any, ndim: int, name: str) -> int:
    try:
        position = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis must be an integer, got {axis!r}") from None
    if not -ndim <= position < ndim:
        raise ValueError(f"{name}: axis {position} is out of range for an array of {ndim} axes")
    return position % ndim


class AlongAxis(Activation):
    """An activation of all numbers along an axis together."""

    def _options(self) -> dict[str, Any]:
        return {"axis": -1}

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        return kernel_named(self._row.name)

    def _run(self, name: str, inputs: Sequence[Array], out: Array, axis: int) -> None:
        if out.size == 0:
            return
        kernel = kernel_named(name)
        length = out.shape[axis]
        parameters = np.zeros(1, COMPUTED_IN[out.dtype.char])
        map_rows(
            lambda runs, result: dispatch.run(kernel, runs, result, length, parameters),
            *(inputs, out, axis),
        )

    def _axis(self, axis: Any, array: Array) -> int:
        if array.ndim == 0:
            raise ValueError(f"{self.__name__}: x has no axis; it must have at least one")
        return _checked_axis(axis, array.ndim, self.__name__)

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        handed, result = self._hand_on("", (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        array = as_array(x, "x")
        axis = self._axis(values["axis"], array)
        dtype = float_dtype(array)
        result = check_out(out, array.shape, dtype)
        if result is None:
            result = _new_like(array, dtype)
        self._run(self._row.name, [array], result, axis)
        return _finish(result, out is not None)

    def _derivative(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        raise TypeError(
            f"{self.__name__} has no elementwise derivative: each output depends on every input "
            "along the axis; use backward"
        )

    def _backward(
        self, dy: Any, input: Any = None, /, *args: Any, output: Any, out: Any, **parameters: Any
    ) -> Any:
        handed, result = self._hand_on_backward(dy, input, output, args, out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        gradient, saved, from_output = self._saved(dy, input, output)
        axis = self._axis(values["axis"], saved)
        dtype = float_dtype(gradient, saved)
        result = check_out(out, saved.shape, dtype)
        if result is None:
            result = _new_like(saved, dtype)
        if not from_output:
            saved = self._forward(np.asarray(saved, dtype), axis=axis)
        self._run(f"{self._row.name}_backward", [gradient, saved], result, axis)
        return _finish(result, out is not None)


def make(name: str) -> Activation:
    row = ROWS[name]
    return AlongAxis(row) if row.along_axis else Elementwise(row)


def explain(activation: Activation, x: Any, **parameters: Any) -> Explanation:
    """Tell how a forward call would be computed: kernel, backend, threads, reasons.

    Parameters
    ----------
    activation : Activation
        For example ``fa.gelu``.
    x : array_like
        The argument of the call; it is not computed.
    **parameters
        Parameters of the call.

    Returns
    -------
    Explanation
        Its ``str`` tells all in words; ``backend``, ``instruction_set``,
        ``threads``, ``kernel`` and ``alternatives`` are attributes.

    Raises
    ------
    TypeError
        ``activation`` is not one of this library.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> with fa.use_backend("numpy"):
    ...     fa.explain(fa.gelu, np.zeros(3)).backend
    'numpy'
    """
    if not isinstance(activation, Activation):
        raise TypeError(f"activation must be one of fastact's, got {activation!r}")
    return activation.explain(x, **parameters)

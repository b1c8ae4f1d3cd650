"""What all activations have: a name, parameters, a signature, checks."""

from __future__ import annotations

import contextvars
import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, as_array, check_out, check_same_shape, float_dtype
from ..backends.base import KERNEL_DTYPES, Array
from ..backends.cython import SHORT_ROWS, CythonBackend, driver
from ..docstrings import docstring
from ..formulas.catalogue import Parameter, Row
from ..formulas.doubts import compiled_doubt
from ..formulas.kernels import Kernel, kernel_exists, kernel_named, row_kernels
from .context import Context
from .explanation import Explanation
from .ufunc_protocol import hand_on

if TYPE_CHECKING:
    import inspect

    from .info import Info

if TYPE_CHECKING or driver is None:
    from .plain_call import FastCall
else:
    FastCall = driver.FastCall


# Kinds of plain calls whose contexts the driver can make.
PLAIN_CONTEXTS = ("elementwise", "along axis", "weighted", "reduction", "paired", "pieces")
TAKEN_AS_THEY_LIE = ("elementwise", "random", "along axis", "gate", "reduction")
REGROUPED = ("reduction", "paired", "pieces")
LENGTHS = {"1": 0, "length": 1, "2 * length": 2}
MOVES_OF_COLUMNS = ("copy_rows", "transpose")
LOOPS_OF_HALVES = ("widen", "narrow", "unpack")


class _SignatureWhenAsked:
    """``__signature__`` of an activation: inspect, which it needs, is slow to import.

    Not by ``__getattr__``: with that, every access to a method takes 40 ns more.
    """

    def __get__(self, activation: Activation | None, owner: type) -> inspect.Signature | None:
        if activation is None:
            return None  # what inspect takes for "look further"
        signature = activation._signature()
        activation.__dict__["__signature__"] = signature
        return signature


class Activation(FastCall):
    """Base of all activations: names, parameters, and calls that are not plain."""

    __signature__ = _SignatureWhenAsked()
    nin = nout = 1
    signature = None
    _keyword_only: tuple[str, ...] = ()
    _call_only: tuple[str, ...] = ()  # what the backward pass and others do not take

    def __init__(self, row: Row) -> None:
        self._row = row
        self.nin = len(row.inputs)
        self._defaults: dict[str, Any] = {p.name: p.default for p in row.parameters}
        self._defaults |= self._options()
        self._checked_defaults: dict[str, dict[str, Any]] = {}  # by method
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        self.__doc__ = docstring(row)

    # --- plain calls ------------------------------------------------------------------------

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        """The kernels that serve plain calls with these parameters, by method."""
        return {}

    def _plan_plain_calls(self) -> None:
        """Tell the driver how to serve plain calls, where it can."""
        # In a context of its own: a limit of threads in force here is not there for long.
        self._take_plans(contextvars.Context().run(self._plans_for, self._defaults))

    def _plans_for(self, values: dict[str, Any]) -> Any:
        """The kernels of plain calls for the driver; None if no call is plain."""
        if not isinstance(dispatch.DEFAULT, CythonBackend) or self._row.kind not in driver.KINDS:
            return None
        kernels, (axis, joined) = self._plain_kernels(values), self._planned_axis(values)
        if not kernels or joined is None:
            return None
        numbers = (self._row.numbers(values, dtype) for dtype in KERNEL_DTYPES.values())
        kind = "weighted" if self._row.learned else self._row.kind
        plans = driver.Plans(kind, *numbers, axis)
        plans.joined = joined
        plans.pieces, plans.keepdims = values.get("pieces", 1), values.get("keepdims", False)
        plans.tells_which = values.get("return_argmax", False)
        self._plan_halves(plans)
        self._plan_masks(plans)
        for method, name in kernels.items():
            if kernel_exists(name):
                self._plan_method(plans, method, kernel_named(name), values)
        if kind in PLAIN_CONTEXTS:
            plans.contexts = self._planned_contexts(plans, values)
        return plans

    def _planned_axis(self, values: dict[str, Any]) -> tuple[int, int | None]:
        """Where the axis is once several are joined, and how many these are; None: no plan."""
        axis = values.get("axis", -1)
        if axis is None:  # a weight's, and then the last one
            return -1, 1
        return (axis, 1) if isinstance(axis, int) else (-1, None)

    def _plan_halves(self, plans: Any) -> None:
        """What numbers of 16 bits need between kernels."""
        assert isinstance(dispatch.DEFAULT, CythonBackend)
        support = dispatch.DEFAULT.support("sixteen")
        for dtype in dispatch.DEFAULT.loops("sixteen"):
            plans.add_half(dtype, *(support[f"{name}_{dtype}"] for name in LOOPS_OF_HALVES))

    def _plan_masks(self, plans: Any) -> None:
        """What stands for numbers that ``where=`` leaves out."""
        assert isinstance(dispatch.DEFAULT, CythonBackend)
        if self._row.masked:
            before, after = self._row.masked
            for dtype in KERNEL_DTYPES.values():
                select = dispatch.DEFAULT.support(dtype)["select"]
                plans.add_masking(dtype, select, before, 0.0 if after is None else after)

    def _planned_contexts(self, plans: Any, values: dict[str, Any]) -> Any:
        """How the driver makes contexts of plain calls."""
        possible = frozenset(way for way, reason in self._ways(values).items() if not reason)
        automatic = self._automatic(values, False), self._automatic(values, True)
        needed = self._needed_back(values)
        return driver.Contexts(Context, needed, values is self._defaults, possible, *automatic)

    def _plan_method(self, plans: Any, method: str, kernel: Kernel, values: dict[str, Any]) -> None:
        for dtype in KERNEL_DTYPES.values():
            backend, *sizes = dispatch.short_way(kernel, dtype)
            if isinstance(backend, CythonBackend):
                plans.add(method, dtype, backend.loops(dtype)[kernel.name], *sizes)
                if self._row.kind == "elementwise":
                    kernels = kernel, self._term_kernel(method) or kernel
                    plans.add_by_channel(method, dtype, backend.channel_loops(kernels, dtype))
                if self._row.kind in REGROUPED:
                    lengths = (LENGTHS[size] for size in kernel.per_row)
                    plans.add_row_sizes(method, dtype, *lengths)
                if self._row.kind in ("along axis", "reduction"):
                    moves = (backend.support(dtype)[name] for name in MOVES_OF_COLUMNS)
                    plans.add_moves(dtype, *moves)
                if self._row.kind == "along axis":
                    loops = backend.columns(dtype).get(kernel.name, (0, 0))
                    longest = SHORT_ROWS[dtype].get(kernel.name, 0)
                    plans.add_columns(method, dtype, *loops, longest)
        if kernel not in row_kernels():
            self._plan_in_16_bits(plans, method, kernel, values)

    def _plan_in_16_bits(
        self, plans: Any, method: str, kernel: Kernel, values: dict[str, Any]
    ) -> None:
        if not isinstance(dispatch.DEFAULT, CythonBackend):
            return
        for dtype, address in dispatch.DEFAULT.loops("sixteen").items():
            doubt, reach = compiled_doubt(self._row, kernel.name, values, dtype)
            own = dispatch.DEFAULT.own_loop(kernel, dtype, doubt)
            plans.add_in_16_bits(method, dtype, address, own, kernel.inputs, doubt, reach)
            plans.add_table(method, dtype, *dispatch.DEFAULT.table(kernel, dtype, doubt))

    def _term_kernel(self, method: str) -> Kernel | None:
        """The kernel whose results are summed to the gradient by a weight."""
        return None

    # --- parameters -------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<fastact.{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__name__  # pickled as the name of a global of ``fastact``

    def _signature(self) -> inspect.Signature:
        import inspect

        kind = inspect.Parameter
        places = {True: kind.KEYWORD_ONLY, False: kind.POSITIONAL_OR_KEYWORD}
        given = [
            kind(name, places[name in self._keyword_only], default=value)
            for name, value in self._defaults.items()
        ]
        inputs = [kind(name, kind.POSITIONAL_ONLY) for name in self._row.inputs]
        return inspect.Signature([*inputs, *given, kind("out", kind.KEYWORD_ONLY, default=None)])

    def _options(self) -> dict[str, Any]:
        """Parameters besides the catalogue's numbers, with defaults."""
        return {"approximate": next(iter(self._row.forms))} if self._row.forms else {}

    def _bind(self, args: Sequence[Any], given: dict[str, Any], method: str = "") -> dict[str, Any]:
        """All parameters by name, checked; TypeError for unknown or surplus ones."""
        if args or given:
            return self._checked(args, given, method)
        if method not in self._checked_defaults:
            self._checked_defaults[method] = self._checked((), {}, method)
        return dict(self._checked_defaults[method])

    def _checked(self, args: Sequence[Any], given: dict[str, Any], method: str) -> dict[str, Any]:
        values = {name: self._defaults[name] for name in self._names(method)}
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
        if self._row.constraint and not _holds(self._row.constraint, values):
            got = ", ".join(f"{p.name}={values[p.name]}" for p in self._row.scalars)
            raise ValueError(f"{self.__name__}: {self._row.constraint} must hold, got {got}")
        return values

    def _names(self, method: str) -> list[str]:
        """What a method takes besides arrays."""
        is_call = method in ("", ".forward")
        return [name for name in self._defaults if is_call or name not in self._call_only]

    def _names_call_options(self, args: Sequence[Any], given: dict[str, Any]) -> bool:
        """Whether the arguments of a call are some that other methods do not take."""
        return not {*self._names("")[: len(args)], *given}.isdisjoint(self._call_only)

    def _by_name(self, args: Sequence[Any], given: dict[str, Any], method: str) -> dict[str, Any]:
        names = [name for name in self._names(method) if name not in self._keyword_only]
        if len(args) > len(names):
            raise TypeError(
                f"{self.__name__}{method}() takes {len(names)} parameters {names}, got {len(args)}"
            )
        named = dict(zip(names, args, strict=False))
        for name in named.keys() & given.keys():
            raise TypeError(f"{self.__name__}{method}() got {name!r} by position and by name")
        return named | given

    def _number(self, parameter: Parameter, value: Any) -> float | None:
        where = f"{self.__name__}: {parameter.name}"
        if value is None and parameter.domain == "optional":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"{where} must be a number, got {value!r}") from None
        if not _IN_DOMAIN[parameter.domain](number):
            wanted = _DOMAIN_IN_WORDS[parameter.domain]
            raise ValueError(f"{where} must be {wanted}, got {number}")
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
            wanted = "input=, output= or mask=" if self._row.has_mask else "input= or output="
            raise TypeError(f"{self.__name__}.backward() wants {wanted}, got {got}")
        name = "output" if input is None else "input"
        gradient = as_array(dy, "dy")
        saved = as_array(output if input is None else input, name)
        check_same_shape(gradient, saved, ("dy", name))
        return gradient, saved, input is None

    def _output_suffices(self, values: dict[str, Any]) -> bool:
        """Whether the output determines the gradient for these parameters."""
        condition = self._row.from_output
        return condition == "always" or (condition != "never" and _holds(condition, values))

    def _check_output_suffices(self, values: dict[str, Any]) -> None:
        if self._output_suffices(values):
            return
        condition = self._row.from_output
        instead = "input= or mask=" if self._row.has_mask else "input="
        if condition == "never":
            reason = "the output does not determine the gradient"
        else:
            name = condition.split()[0]
            reason = (
                f"the output determines the gradient only for {condition}, "
                f"got {name}={values[name]}"
            )
        raise ValueError(f"{self.__name__}.backward: {reason}; pass {instead}")

    @property
    def info(self) -> Info:
        """What is known about the activation: formulas, range, slopes, kinks and more.

        Returns
        -------
        Info
            Its ``str`` tells all in words; each fact is an attribute.

        Examples
        --------
        >>> import fastact as fa
        >>> fa.relu6.info.range
        Interval(low=0.0, high=6.0, takes_low=True, takes_high=True)
        >>> fa.silu.info.monotone, fa.silu.info.continuity
        (False, 'C-inf')
        """
        from .info import info_of

        form = self._defaults.get("approximate", "")
        return info_of(self._row.forms.get(form, self._row.formulas[0]))

    # --- forward with a context ------------------------------------------------------------

    def forward(
        self, x: Any, /, *args: Any, out: Any = None, save: str = "auto", **parameters: Any
    ) -> tuple[Any, Context]:
        """The forward pass, and a context that keeps what the backward pass needs.

        Parameters
        ----------
        x : array_like
            As in a plain call.
        *args, **parameters
            Parameters of the activation.
        out : ndarray, optional
            Where the result goes; it may be ``x``.
        save : {"auto", "input", "output", "mask", "derivative"}
            What to keep.  ``"mask"`` is one bit an element.  ``"derivative"`` is 16 bits
            an element (32 for float64) with an error of 1.8e-5 (2.3e-10) at most, of
            mish 2.1e-5.
            ``"auto"`` takes the first that gives the whole gradient of mask, output
            and input; where ``out`` is ``x``, the derivative instead of the input if
            its slopes can be packed, else a copy of the input.

        Returns
        -------
        y : ndarray or scalar
            The activation of ``x``.
        context : Context
            Its ``backward(dy)`` gives the gradient, its ``nbytes`` says what it keeps.

        Raises
        ------
        ValueError
            The choice cannot work for this activation, or its parameters; ``out`` is
            then as it was.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> x = np.linspace(-3, 3, 1000, dtype=np.float32)
        >>> y, context = fa.relu6.forward(x, out=x)
        >>> context.save, context.nbytes
        ('mask', 125)
        >>> context.backward(np.ones_like(x))[[0, -1]]
        array([0., 1.], dtype=float32)
        """
        if driver is not None:
            call = self, x, out, save, args, parameters
            plain: tuple[Any, Context] | None = driver.forward_with_context(*call)
            if plain is not None:
                return plain
        values = self._bind(args, parameters, ".forward")
        self._remember(args, parameters, values)
        array = as_array(x, "x")
        check_out(out, self._shape_of_result(array, values), float_dtype(array))
        in_place = out is not None and np.may_share_memory(array, out)
        way = self._way(save, values, in_place)
        if way in ("mask", "derivative"):
            together = self._forward_keeping(way, array, out, values)
            if together is not None:
                result, packed = together
                return result, self._context(way, packed, values)
        try:
            kept = None if way == "output" else self._keep(way, array, values, in_place)
        except ValueError:  # slopes too steep to be packed
            if save != "auto":
                raise
            way, kept = "input", array.copy()
        result = self(array, *args, out=out, **parameters)
        saved = np.asarray(result) if kept is None else kept
        return result, self._context(way, saved, values)

    def _forward_keeping(
        self, way: str, x: Array, out: Any, values: dict[str, Any]
    ) -> tuple[Any, Array] | None:
        """The result, and the mask or the packed derivative, in one pass where that can be."""
        return None

    def _context(
        self, way: str, saved: Array | tuple[Array, ...], values: dict[str, Any]
    ) -> Context:
        return Context(self, way, saved, self._needed_back(values))

    def _needed_back(self, values: dict[str, Any]) -> dict[str, Any]:
        """The parameters that a backward pass takes."""
        return {name: v for name, v in values.items() if name not in self._call_only}

    def _way(self, save: str, values: dict[str, Any], in_place: bool) -> str:
        ways = self._ways(values)
        if save == "auto":
            return self._automatic(values, in_place)
        if save not in ways:
            raise ValueError(
                f'{self.__name__}.forward: save must be "auto" or one of {list(ways)}, got {save!r}'
            )
        if ways[save]:
            raise ValueError(f'{self.__name__}.forward: save="{save}" cannot work: {ways[save]}')
        return save

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        """For each way back, why it cannot work; empty when it can."""
        raise NotImplementedError

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        raise NotImplementedError

    def _keep(self, way: str, array: Array, values: dict[str, Any], in_place: bool) -> Array:
        """What ``way`` keeps of the input; called before the forward pass writes."""
        return array.copy() if in_place else array

    def _shape_of_result(self, x: Array, values: dict[str, Any]) -> tuple[int, ...]:
        return tuple(x.shape)

    def _backward_from_derivative(
        self, dy: Any, saved: Array, values: dict[str, Any], out: Any, options: dict[str, Any]
    ) -> Any:
        raise NotImplementedError

    def explain(self, x: Any, **parameters: Any) -> Explanation:
        array = as_array(x, "x")
        dtype = float_dtype(array)
        values = self._bind((), parameters)
        kernel = self._kernel_for(values)
        computed_in = self._computed_in(dtype)
        choice = dispatch.choose(kernel, computed_in.name, array.size)
        return Explanation(
            activation=self.__name__,
            kernel=kernel.name,
            dtype=dtype.name,
            computed_in=computed_in.name,
            elements=array.size,
            layout=self._layout(array, values, choice),
            choice=choice,
        )

    def _layout(self, x: Array, values: dict[str, Any], choice: dispatch.Choice) -> str:
        if x.flags.aligned and x.dtype == float_dtype(x):
            if self._is_one_run(x, values):
                return "one contiguous run"
            if self._is_for_the_driver(x, values, choice):
                return "run by run or tile by tile as it lies"
        return "in blocks through a buffer"

    def _is_for_the_driver(self, x: Array, values: dict[str, Any], choice: dispatch.Choice) -> bool:
        """Whether it takes a view of these axes; one that shares memory with the result aside."""
        if choice.backend is not dispatch.DEFAULT or not isinstance(choice.backend, CythonBackend):
            return False
        is_view = type(x) is np.ndarray and 0 < x.ndim <= driver.MOST_AXES_OF_VIEWS
        along_one = isinstance(values.get("axis", -1), int)
        return is_view and along_one and self._row.kind in TAKEN_AS_THEY_LIE

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        raise NotImplementedError

    def _computed_in(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        return COMPUTED_IN[dtype.char]

    def _is_one_run(self, x: Array, values: dict[str, Any]) -> bool:
        """Whether a kernel can take the numbers in the order in which they lie."""
        return bool(x.flags.c_contiguous or x.flags.f_contiguous)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "is": operator.is_,
}
_IN_DOMAIN: dict[str, Callable[[float], bool]] = {
    "any": lambda number: True,
    "finite": math.isfinite,
    "positive": lambda number: 0 < number < math.inf,
    "not negative": lambda number: 0 <= number < math.inf,
    "not zero": lambda number: number != 0 and math.isfinite(number),
    "optional": lambda number: 0 <= number <= 0.5,
}
_DOMAIN_IN_WORDS = {
    "finite": "finite",
    "positive": "positive and finite",
    "not negative": "finite and not negative",
    "not zero": "finite and not zero",
    "optional": "None or from 0 to 0.5",
}


def _holds(condition: str, values: dict[str, Any]) -> bool:
    """A condition such as ``alpha >= 0``, ``value <= threshold`` or ``eps is None``."""
    name, comparison, other = condition.split()
    right = values[other] if other in values else None if other == "None" else float(other)
    return bool(_COMPARISONS[comparison](values[name], right))


def new_like(array: Array, dtype: np.dtype[Any], shape: tuple[int, ...] | None = None) -> Array:
    # A memmap's result is an ordinary array; a masked array keeps its mask.
    return np.empty_like(array, dtype=dtype, shape=shape, subok=not isinstance(array, np.memmap))


def place_for(
    out: Any, like: Array, dtype: np.dtype[Any], shape: tuple[int, ...] | None = None
) -> Array:
    """``out`` if it can take the result, else a new array; the shape is that of ``like``."""
    place = check_out(out, like.shape if shape is None else shape, dtype)
    return new_like(like, dtype, shape) if place is None else place


def finish(result: Array, given_out: bool) -> Any:
    """A 0-d result becomes a scalar unless it has a place of its own, as with a ufunc."""
    return result[()] if result.ndim == 0 and not given_out else result


def checked_axis(axis: Any, ndim: int, name: str, instead: str = "") -> int:
    try:
        position = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis must be an integer{instead}, got {axis!r}") from None
    if not -ndim <= position < ndim:
        raise ValueError(f"{name}: axis {position} is out of range for an array of {ndim} axes")
    return position % ndim

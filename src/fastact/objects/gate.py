"""Gates: one array times an activation of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arguments import as_array, check_out, check_same_shape, float_dtype, map_blocks
from ..backends.base import Array
from .base import checked_axis, finish, new_like, place_for
from .context import Context
from .elementwise import Elementwise


class Gate(Elementwise):
    """A gate of two arrays, or of the two halves of one along an axis."""

    def _options(self) -> dict[str, Any]:
        return super()._options() | {"axis": -1}

    def _signature(self) -> Any:
        import inspect

        signature = super()._signature()
        first, second, *rest = signature.parameters.values()
        return inspect.Signature([first, second.replace(default=None), *rest])

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        formula = self._formula(values)
        by = [f"{formula}_backward_by_{name}" for name in self._row.inputs]
        return {"forward": formula, "by_first": by[0], "by_second": by[1]}

    # --- two arrays, or two halves -----------------------------------------------------

    def _pair(self, first: Any, second: Any, axis: Any) -> tuple[Array, Array]:
        names = self._row.inputs
        if second is not None:
            pair = as_array(first, names[0]), as_array(second, names[1])
            check_same_shape(*pair, (names[0], names[1]))
            return pair
        return self._halves(as_array(first, names[0]), axis)

    def _halves(self, x: Array, axis: Any, name: str = "x") -> tuple[Array, Array]:
        if x.ndim == 0:
            raise ValueError(f"{self.__name__}: {name} has no axis to halve")
        axis = checked_axis(axis, x.ndim, self.__name__)
        length = x.shape[axis]
        if length % 2:
            raise ValueError(
                f"{self.__name__}: axis {axis} of {name}, {x.shape}, must have an even length"
            )
        half = [slice(None)] * axis
        return x[(*half, slice(length // 2))], x[(*half, slice(length // 2, None))]

    # --- the public methods ----------------------------------------------------------------

    def _forward(
        self, first: Any, second: Any = None, /, *args: Any, out: Any = None, **parameters: Any
    ) -> Any:
        inputs = (first,) if second is None else (first, second)
        handed, result = self._hand_on("", (*inputs, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        self._remember(args, parameters, values)
        pair = self._pair(first, second, values["axis"])
        dtype = float_dtype(*pair)
        result = place_for(out, pair[0], dtype)
        self._run(self._formula(values), values, pair, result)
        return finish(result, out is not None)

    def _derivative(self, *args: Any, **parameters: Any) -> Any:
        raise TypeError(
            f"{self.__name__} has a derivative for each of {self._row.inputs}; use backward"
        )

    def _backward(
        self,
        dy: Any,
        first: Any = None,
        second: Any = None,
        /,
        *args: Any,
        out: Any = None,
        output: Any = None,
        wrt: Any = None,
        **parameters: Any,
    ) -> Any:
        inputs = tuple(a for a in (dy, first, second) if a is not None)
        options = parameters if wrt is None else {**parameters, "wrt": wrt}
        handed, result = self._hand_on("backward", inputs, out, options)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        self._remember(args, parameters, values)
        if output is not None or first is None:
            raise ValueError(
                f"{self.__name__}.backward wants {' and '.join(self._row.inputs)}: "
                "the output does not determine the gradient"
            )
        gradient = as_array(dy, "dy")
        pair = self._pair(first, second, values["axis"])
        check_same_shape(gradient, pair[0], ("dy", self._row.inputs[0]))
        names = self._wanted(wrt, values)
        dtype = float_dtype(gradient, *pair)
        whole, results = self._targets(out, first, second, pair, values, dtype)
        others = [
            self._parameter_gradient(name, values, [gradient, *pair], dtype) for name in names
        ]
        self._both_gradients(values, (gradient, *pair), results)
        given = (whole,) if whole is not None else results
        gradients = tuple(finish(result, out is not None) for result in given)
        found = (*gradients, *others)
        return found if len(found) > 1 else found[0]

    def _targets(
        self,
        out: Any,
        first: Any,
        second: Any,
        pair: Sequence[Array],
        values: dict[str, Any],
        dtype: np.dtype[Any],
    ) -> tuple[Array | None, tuple[Array, Array]]:
        """Where the gradients go: one array and its halves, or None and two arrays."""
        if second is None:
            x = as_array(first, self._row.inputs[0])
            whole = place_for(out, x, dtype)
            return whole, self._halves(whole, values["axis"], "out")
        if out is None:
            return None, (new_like(pair[0], dtype), new_like(pair[1], dtype))
        if not isinstance(out, tuple) or len(out) != 2:
            raise TypeError(
                f"{self.__name__}.backward: out must be a tuple of two arrays, "
                f"got {type(out).__name__}"
            )
        results = [place_for(place, x, dtype) for place, x in zip(out, pair, strict=True)]
        if np.may_share_memory(results[0], results[1]):
            raise ValueError(f"{self.__name__}.backward: the two arrays of out overlap")
        return None, (results[0], results[1])

    def _both_gradients(
        self, values: dict[str, Any], inputs: Sequence[Array], results: Sequence[Array]
    ) -> None:
        """Block by block, so that a result may lie over any input."""
        names = [f"{self._formula(values)}_backward_by_{name}" for name in self._row.inputs]

        def fill(runs: Sequence[Array], outs: Sequence[Array]) -> None:
            first = np.empty(outs[0].shape, outs[0].dtype)
            self._fill(names[0], values, runs, first)
            self._fill(names[1], values, runs, outs[1])
            outs[0][...] = first

        map_blocks(fill, inputs, *results)

    def forward(
        self,
        first: Any,
        second: Any = None,
        /,
        *args: Any,
        out: Any = None,
        save: str = "auto",
        **parameters: Any,
    ) -> tuple[Any, Context]:
        """The forward pass, and a context that keeps both arrays for the backward pass.

        Parameters
        ----------
        first, second : array_like
            As in a plain call; ``second`` may be missing.
        *args, **parameters
            Parameters of the gate.
        out : ndarray, optional
            Where the result goes; it may be one of the inputs, which is then copied.
        save : {"auto", "input"}
            Nothing else determines the gradients.

        Returns
        -------
        y : ndarray or scalar
            The gated array.
        context : Context
            Its ``backward(dy)`` gives both gradients.
        """
        values = self._bind(args, parameters, ".forward")
        self._way(save, values, False)
        pair = self._pair(first, second, values["axis"])
        check_out(out, pair[0].shape, float_dtype(*pair))
        given = [first] if second is None else [first, second]
        arrays = [as_array(a, name) for a, name in zip(given, self._row.inputs, strict=False)]
        kept = [a.copy() if out is not None and np.may_share_memory(a, out) else a for a in arrays]
        result = self(*arrays, *args, out=out, **parameters)
        return result, Context(self, "input", tuple(kept), values)

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        reason = "the gradients need both arrays"
        return {"input": "", "output": reason, "mask": reason, "derivative": reason}

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        return "input"

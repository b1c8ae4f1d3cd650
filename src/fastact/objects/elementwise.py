"""Activations of each number by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arguments import as_array, float_dtype
from .base import finish, place_for
from .ways import WithWays


class Elementwise(WithWays):
    """An activation of each number by itself: its public methods."""

    @property
    def _keyword_only(self) -> tuple[str, ...]:  # type: ignore[override]
        # The axis of a learned parameter, or of a gate, came before there was a bias.
        return ("bias", "axis") if self._takes_bias and not self._row.learned else ("bias",)

    @property
    def _takes_bias(self) -> bool:
        return self._row.kind == "elementwise"

    def _options(self) -> dict[str, Any]:
        options = super()._options()
        if self._takes_bias:
            options["bias"] = None
            options.setdefault("axis", -1)
        return options

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        formula = self._formula(values)
        if self._row.learned:
            return {"forward": formula, "backward": f"{formula}_backward"}
        kernels = {"forward": formula, "derivative": f"{formula}_derivative"}
        kernels["backward"] = f"{formula}_backward"
        if self._output_suffices(values):
            kernels["backward_from_output"] = f"{formula}_backward_from_output"
        return kernels

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
        self._remember(tuple(args), parameters, values)
        name = self._formula(values) + (f"_{method}" if method else "")
        array = as_array(x, "x")
        dtype = float_dtype(array)
        operands = self._operands(array, values, dtype)
        result = place_for(out, array, dtype)
        self._apply(name, values, [array], operands, result)
        return finish(result, out is not None)

    def _backward(
        self,
        dy: Any,
        input: Any = None,
        /,
        *args: Any,
        output: Any,
        out: Any,
        mask: Any = None,
        wrt: Any = None,
        **parameters: Any,
    ) -> Any:
        if mask is not None:
            return self._backward_from_mask(dy, input, args, output, mask, wrt, out, parameters)
        options = parameters if wrt is None else {**parameters, "wrt": wrt}
        handed, result = self._hand_on_backward(dy, input, output, args, out, options)
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        names = self._wanted(wrt, values)
        self._remember(args, parameters, values)
        gradient, saved, from_output = self._saved(dy, input, output)
        if from_output:
            self._check_output_suffices(values)
            self._refuse_parameters(names, "output=")
        dtype = float_dtype(gradient, saved)
        operands = self._operands(saved, values, dtype, from_output)
        result = place_for(out, saved, dtype)
        ending = "_backward_from_output" if from_output else "_backward"
        gradients = self._gradients(
            *(self._formula(values) + ending, values, [gradient, saved]),
            *(operands, names, result),
        )
        dx = finish(result, out is not None)
        return (dx, *gradients) if names else dx

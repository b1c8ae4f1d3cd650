"""A leaky rectifier with random slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import as_array, check_out, check_same_shape, float_dtype
from ..backends.base import Array
from ..formulas.kernels import Kernel, kernel_named
from ..rows import row_blocks
from .base import finish, place_for
from .checks import checked_flag, checked_generator
from .context import Context
from .elementwise import Elementwise


class RandomSlope(Elementwise):
    """In training every element has a slope of its own, else all the mean slope.

    Evaluation is ``leaky_relu`` with its kernels; training multiplies by the slopes.
    """

    _call_only = ("training", "rng")

    def _options(self) -> dict[str, Any]:
        return {"training": False, "rng": None}

    def _formula(self, values: dict[str, Any]) -> str:
        return "leaky_relu"

    def _plain_kernels(self, values: dict[str, Any]) -> dict[str, str]:
        return super()._plain_kernels(values) if not values.get("training") else {}

    def _kernel_for(self, values: dict[str, Any]) -> Kernel:
        return kernel_named("bilinear" if values["training"] else "leaky_relu")

    def _forward(self, x: Any, /, *args: Any, out: Any = None, **parameters: Any) -> Any:
        handed, result = self._hand_on("", (x, *args), out, parameters)
        if handed:
            return result
        values = self._bind(args, parameters)
        if not self._is_training(values):
            return super()._forward(x, out=out, **values)
        array = as_array(x, "x")
        result = place_for(out, array, float_dtype(array))
        slopes = self._draw(array, values, result.dtype)
        self._run("bilinear", values, [array, slopes], result)
        return finish(result, out is not None), finish(slopes, False)

    def _is_training(self, values: dict[str, Any]) -> bool:
        return checked_flag(values["training"], f"{self.__name__}: training")

    def _draw(self, x: Array, values: dict[str, Any], dtype: np.dtype[Any]) -> Array:
        """``rng.uniform`` in C order where x is not positive, else 1; one draw an element."""
        lower, upper = values["lower"], values["upper"]
        generator = checked_generator(values["rng"], self.__name__)
        if np.isinf(upper - lower):
            raise OverflowError(
                f"{self.__name__}: upper - lower must be finite, got {upper} - {lower}"
            )
        slopes = np.empty(x.shape, dtype)
        below = _largest_below(upper, lower, dtype)
        for index in row_blocks(x.shape, 1):
            block = np.asarray(x[index])
            # The numbers of ``uniform``, which makes them in twice the time.
            drawn = np.asarray(generator.random(block.shape))
            np.multiply(drawn, upper - lower, out=drawn)
            np.add(drawn, lower, out=drawn)
            rounded = np.minimum(drawn.astype(dtype), below)
            with np.errstate(invalid="ignore"):  # ml_dtypes warns of NaN
                is_below = block <= 0
            slopes[index] = _where(is_below, rounded, dtype.type(1))
        return slopes

    def forward(
        self, x: Any, /, *args: Any, out: Any = None, save: str = "auto", **parameters: Any
    ) -> tuple[Any, Context]:
        """The forward pass, and a context that keeps what the backward pass needs.

        Parameters
        ----------
        x : array_like
            As in a plain call.
        *args, **parameters
            Parameters of the call.
        out : ndarray, optional
            Where the result goes; it may be ``x``.
        save : {"auto", "input", "output", "mask", "derivative", "slopes"}
            What to keep: in training the slopes, else as for ``leaky_relu``.

        Returns
        -------
        y : ndarray or scalar
            The activation of ``x``.
        context : Context
            Its ``backward(dy)`` gives the gradient.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> x = np.array([-1.0, 2.0])
        >>> y, context = fa.rrelu.forward(x, training=True, rng=0)
        >>> np.allclose(context.backward(np.ones(2)), y / x)
        True
        """
        values = self._bind(args, parameters, ".forward")
        if not self._is_training(values):
            return super().forward(x, out=out, save=save, **values)
        self._way(save, values, False)
        array = as_array(x, "x")
        check_out(out, array.shape, float_dtype(array))
        y, slopes = self._forward(array, out=out, **values)
        return y, self._context("slopes", np.asarray(slopes), values)

    def _ways(self, values: dict[str, Any]) -> dict[str, str]:
        ways = {**super()._ways(values), "slopes": "only training draws slopes"}
        if values["training"]:
            reason = "in training every element has a slope of its own"
            ways = {**dict.fromkeys(ways, reason), "slopes": ""}
        return ways

    def _automatic(self, values: dict[str, Any], in_place: bool) -> str:
        return "slopes" if values["training"] else super()._automatic(values, in_place)

    def _backward(
        self,
        dy: Any,
        input: Any = None,
        /,
        *args: Any,
        output: Any,
        out: Any,
        slopes: Any = None,
        **parameters: Any,
    ) -> Any:
        if slopes is None:
            return super()._backward(dy, input, *args, output=output, out=out, **parameters)
        if input is not None or output is not None or parameters.get("mask") is not None:
            raise TypeError(
                f"{self.__name__}.backward() wants slopes= after training, else one of input=, "
                "output= and mask="
            )
        handed, result = self._hand_on(
            "backward", (dy, *args), out, {**parameters, "slopes": slopes}
        )
        if handed:
            return result
        values = self._bind(args, parameters, ".backward")
        gradient, factors = as_array(dy, "dy"), as_array(slopes, "slopes")
        check_same_shape(gradient, factors, ("dy", "slopes"))
        result = place_for(out, gradient, float_dtype(gradient, factors))
        self._run("bilinear", values, [gradient, factors], result)
        return finish(result, out is not None)


def _where(chosen: Any, numbers: Any, other: Any) -> Any:
    """``np.where``, for which such a mask is a branch that nobody foresees: 5 times as long."""
    integers = np.dtype(f"i{numbers.itemsize}")
    mask = -chosen.astype(integers)
    bits = (numbers.view(integers) & mask) | (other.view(integers) & ~mask)
    return bits.view(numbers.dtype)


def _largest_below(upper: float, lower: float, dtype: np.dtype[Any]) -> Any:
    """The last number of the dtype before ``upper``, unless the interval is a point."""
    low, high = dtype.type(lower), dtype.type(upper)
    return np.nextafter(high, low) if low < high else high

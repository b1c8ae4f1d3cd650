"""What a forward pass keeps for its backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..backends.base import Array
from ..backends.cython import driver

if TYPE_CHECKING:
    from .base import Activation


class Context:
    """What ``activation.forward`` kept, and the backward pass that uses it.

    Attributes
    ----------
    activation : Activation
        Whose forward pass it was.
    save : {"input", "output", "mask", "derivative", "which", "slopes"}
        What is kept; the last two are those of maxout and rrelu.
    saved : ndarray, or tuple of ndarray for a gate
        The kept array.  For ``"input"`` and ``"output"`` it is the array of the
        call itself, not a copy, unless ``out`` overwrote the input: whoever
        changes it changes the gradient.
    parameters : dict
        The parameters of the call.
    """

    __slots__ = ("_is_plain", "activation", "parameters", "save", "saved")

    def __init__(
        self,
        activation: Activation,
        save: str,
        saved: Array | tuple[Array, ...],
        parameters: dict[str, Any],
        is_plain: bool = False,
    ) -> None:
        self.activation = activation
        self.save = save
        self.saved = saved
        self.parameters = parameters
        # Of a call with defaults, or with a bias that is not needed on the way back, which is
        # short then.
        self._is_plain = is_plain

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The kept arrays: one, or the inputs of a gate."""
        return self.saved if isinstance(self.saved, tuple) else (self.saved,)

    def backward(self, dy: Any, *, out: Any = None, **options: Any) -> Any:
        """The gradient, as ``activation.backward`` gives it.

        Parameters
        ----------
        dy : array_like
            Gradient of the loss with respect to the output.
        out : ndarray, optional
            Where the gradient of the input goes; it may be ``dy``.
        **options
            For example ``wrt="beta"``.
        """
        if self._is_plain:
            plain = self._plain_backward(dy, out, options)
            if plain is not None:
                return plain
        given = {**self._not_defaults(), **options}
        if self.save == "input":
            # By position the weight of prelu takes the short way.
            learned = [given.pop(p.name) for p in self.activation._row.learned if p.name in given]
            return self.activation.backward(dy, *self.arrays, *learned, out=out, **given)
        if self.save == "derivative":
            (slopes,) = self.arrays
            return self.activation._backward_from_derivative(
                dy, slopes, self.parameters, out, options
            )
        return self.activation.backward(dy, **{self.save: self.saved}, out=out, **given)

    def _plain_backward(self, dy: Any, out: Any, options: dict[str, Any]) -> Any:
        """The gradient, or None if this is no plain call."""
        if options:
            bias = self.parameters.get("bias")
            if self.save == "input" or bias is None or options != {"wrt": "bias"}:
                return None
            channels = bias, self.parameters["axis"]
            return driver.sums_of_context(
                self.activation, self.save, self.saved, dy, *channels, out
            )
        if self.save == "input":
            return self.activation.backward(dy, self.saved, out=out)
        if self.save in ("output", "which"):
            return self.activation.backward(dy, **{self.save: self.saved}, out=out)
        return driver.backward_of_context(self.activation, self.save, self.saved, dy, out)

    def _not_defaults(self) -> dict[str, Any]:
        """The parameters that a call has to name; with none of them it takes the short way."""
        defaults, given = self.activation._defaults, self.parameters.items()
        return {n: v for n, v in given if n not in defaults or v is not defaults[n]}

    def __repr__(self) -> str:
        name = self.activation.__name__
        return f"<fastact context of {name}: {self.save}, {self.nbytes:,} bytes>"

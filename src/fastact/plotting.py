"""Draw activations and their derivatives with matplotlib: ``fa.plot``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .backends.base import Array
from .names import get
from .objects import Activation
from .objects.listing import ACTIVATIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Described = str | Activation | tuple[str | Activation, Mapping[str, Any]]

POINTS = 1001
HALVINGS = 60  # of the distance between two points: enough to tell a jump from a slope
SMALLEST_JUMP = 1e-3  # of the height of the curve


class Curve(NamedTuple):
    """An activation with its parameters."""

    activation: Activation
    parameters: dict[str, Any]

    def name(self, mark: str = "") -> str:
        values = (f", {name}={_short(value)}" for name, value in self.parameters.items())
        return self.activation.__name__ + mark + "".join(values)

    def function(self, x: Array) -> Array:
        return np.asarray(self.activation(x, **self.parameters))

    def derivative(self, x: Array) -> Array:
        return np.asarray(self.activation.derivative(x, **self.parameters))


def plot(
    *activations: Described,
    derivative: bool = False,
    ax: Axes | None = None,
    x: ArrayLike = (-5.0, 5.0),
    **parameters: Any,
) -> Axes:
    """Draw activations, and with ``derivative`` their derivatives as dashed curves.

    It needs matplotlib: ``pip install "fastact[plot]"``.

    Parameters
    ----------
    *activations : str, Activation, or tuple of one of them and a mapping of parameters
        For example ``"gelu"``, ``fa.gelu`` or ``("leaky_relu", {"negative_slope": 0.1})``.
        A name is any that `get` knows.
    derivative : bool, default False
        Draw the derivatives too.
    ax : matplotlib.axes.Axes, optional
        Where to draw; else on the axes of a new figure.
    x : array_like, default (-5.0, 5.0)
        The ends of the interval, or more than two increasing points.
    **parameters
        Given to each activation that has a parameter of that name.

    Returns
    -------
    matplotlib.axes.Axes
        With a title, labels, a legend and a grid.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    TypeError
        There is nothing to draw, or no activation has such a parameter.
    ValueError
        One of the activations is not a function of one number, or ``x`` does not increase.

    See Also
    --------
    list : Names of all activations.

    Examples
    --------
    >>> import fastact as fa
    >>> ax = fa.plot("gelu", "mish", derivative=True)
    >>> [line.get_label() for line in ax.lines]
    ['gelu', 'gelu′', 'mish', 'mish′']
    >>> slopes = [("leaky_relu", {"negative_slope": slope}) for slope in (0.01, 0.1, 0.5)]
    >>> ax = fa.plot(*slopes, x=(-2, 2))
    """
    curves = _curves(activations, parameters)
    points = _points(x)
    if ax is None:
        ax = _new_axes()
    for curve in curves:
        inside = _within_domain(curve.activation, points)
        (line,) = ax.plot(*_with_jumps(curve.function, inside), label=curve.name())
        if derivative:
            drawn = _with_jumps(curve.derivative, inside)
            ax.plot(*drawn, "--", color=line.get_color(), label=curve.name("′"))
    ax.set(xlabel="x", ylabel="f(x), f′(x)" if derivative else "f(x)", title=_title(curves))
    ax.grid(True)
    ax.legend()
    return ax


def _new_axes() -> Axes:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('fastact.plot needs matplotlib: pip install "fastact[plot]"') from error
    axes: Axes = plt.subplots()[1]
    return axes


def _title(curves: list[Curve]) -> str:
    """What all curves are called, or what they are where there are several."""
    return curves[0].name() if len(curves) == 1 else "Activation functions"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


# --- what to draw ------------------------------------------------------------------------


def _curves(activations: Iterable[Described], shared: Mapping[str, Any]) -> list[Curve]:
    pairs = [each if isinstance(each, tuple) else (each, {}) for each in activations]
    if not pairs:
        raise TypeError("plot() needs an activation, for example 'gelu'")
    found = [(_function_of_one_number(which), own) for which, own in pairs]
    for name in shared:
        if not any(name in activation._defaults for activation, _ in found):
            names = ", ".join(activation.__name__ for activation, _ in found)
            raise TypeError(f"plot(): none of {names} has a parameter {name!r}")
    return [
        Curve(
            a, _other_defaults(a) | {n: v for n, v in shared.items() if n in a._defaults} | {**own}
        )
        for a, own in found
    ]


def _other_defaults(activation: Activation) -> dict[str, Any]:
    """Defaults that are another library's: the label tells them."""
    ours = ACTIVATIONS[activation.__name__]._defaults
    return {name: v for name, v in activation._defaults.items() if v != ours[name]}


def _function_of_one_number(which: str | Activation) -> Activation:
    activation = get(which) if isinstance(which, str) else which
    if not isinstance(activation, Activation):
        raise TypeError(f"plot() draws activations of fastact or their names, got {which!r}")
    if not activation._row.is_curve:
        raise ValueError(
            f"plot() draws functions of one number; {activation.__name__} is none "
            "(fastact.list(elementwise=True) names them)"
        )
    return activation


# --- where to draw it --------------------------------------------------------------------


def _points(x: ArrayLike) -> Array:
    points = np.asarray(x, dtype=np.float64)
    if points.ndim != 1 or points.size < 2 or not np.all(np.diff(points) > 0):
        raise ValueError(f"x must be two or more increasing numbers, got {x!r}")
    return np.linspace(points[0], points[1], POINTS) if points.size == 2 else points


def _within_domain(activation: Activation, points: Array) -> Array:
    """As many points, all of them where the function is a number, if there are any."""
    domain = activation.info.domain
    low, high = np.clip(points[[0, -1]], domain.low, domain.high)
    if low == points[0] and high == points[-1]:
        return points
    return np.linspace(low, high, points.size + 2)[1:-1]


def _with_jumps(f: Callable[[Array], Array], x: Array) -> tuple[Array, Array]:
    """The curve, broken where it jumps, so that no line joins the two sides."""
    left, right = _steepest_parts(f, x[:-1], x[1:])
    jumps = np.abs(f(right) - f(left)) > SMALLEST_JUMP * np.ptp(f(x))
    left, right = left[jumps], right[jumps]
    joined = np.concatenate([x, left, left, right])
    y = f(joined)
    y[x.size + left.size : x.size + 2 * left.size] = np.nan  # the pen is lifted
    order = np.argsort(joined, kind="stable")
    return joined[order], y[order]


def _steepest_parts(f: Callable[[Array], Array], left: Array, right: Array) -> tuple[Array, Array]:
    """In each interval a very short one, where the function rises or falls most."""
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        y = f(middle)
        is_left = np.abs(y - f(left)) > np.abs(f(right) - y)
        left, right = np.where(is_left, left, middle), np.where(is_left, middle, right)
    return left, right

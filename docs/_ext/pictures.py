"""What is drawn of an activation: its curves on a grid, for every place of its sliders.

All numbers are results of fastact's float32 kernels.  An activation of one number is drawn
over it; of another, a row or a pair is taken of which one number runs and sliders set others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import Row
from forms import form_of
from oracle import kinks_of

Array = np.ndarray[Any, np.dtype[Any]]
Settings = Mapping[str, float | None]
Curve = tuple[Array, Array]  # a function and its derivative by x
Curves = dict[str, Curve]
Frame = tuple[float, float]
Cuts = list[list[int]]

WINDOW = (-5.0, 5.0)
WINDOWS = {
    "exponential": (-4.0, 3.0),
    "logit": (0.0, 1.0),
    "relu2": (-3.0, 3.0),
    "relu6": (-3.0, 9.0),
    "squareplus": (-6.0, 6.0),
}
MANY_POINTS, FEW_POINTS = 201, 81  # times 4 bytes a multiple of 3: base64 rows align
MANY_CURVES = 25
HIGHEST_SHOWN = 12.0  # plots end here if a curve goes on
SEED = 7  # of the noise of gumbel_softmax


@dataclass(frozen=True)
class Slider:
    """Values of a parameter; the plot opens with one that need not be the default."""

    name: str
    values: tuple[float | None, ...]
    default: int
    opens_at: int

    @property
    def labels(self) -> list[str]:
        return ["none" if value is None else f"{value:.4g}" for value in self.values]


@dataclass(frozen=True)
class Picture:
    """Curves by series, place of the sliders (the last runs fastest) and point."""

    name: str
    x: Array
    names: tuple[str, ...]
    f: Array  # series, place, point
    slope: Array
    sliders: tuple[Slider, ...]
    cuts: tuple[Cuts, Cuts]  # jumps after these points, by place; without sliders by series
    subject: str  # what the curves are, in words
    frames: tuple[Frame, Frame] | None = None  # heights shown, if not by the curves

    def cuts_of(self, which: int, series: int, place: int) -> list[int]:
        return self.cuts[which][place if self.sliders else series]

    def place(self, indices: list[int]) -> int:
        sizes = [len(slider.values) for slider in self.sliders]
        return int(np.ravel_multi_index(indices, sizes)) if sizes else 0

    @property
    def opening(self) -> int:
        return self.place([slider.opens_at for slider in self.sliders])

    @property
    def default(self) -> int:
        return self.place([slider.default for slider in self.sliders])

    def frame(self, which: int) -> Frame:
        """Room for all places of the sliders, as far as plots go."""
        if self.frames:
            return self.frames[which]
        values = (self.f, self.slope)[which]
        finite = values[np.isfinite(values)]
        low, high = max(finite.min(), -HIGHEST_SHOWN), min(finite.max(), HIGHEST_SHOWN)
        room = 0.06 * (high - low) or 0.5
        return float(low - room), float(high + room)


def picture(row: Row) -> Picture:
    """The picture of an activation's page."""
    sliders = tuple(_sliders(row))
    places = list(_places(sliders))
    x = grid(row.name, MANY_POINTS)
    if len(places) * len(_CURVES[row.kind](row, x, places[0])) > MANY_CURVES:
        x = grid(row.name, FEW_POINTS)
    curves = [_CURVES[row.kind](row, x, settings) for settings in places]
    names = tuple(curves[0])
    f, slope = (
        np.array([[curve[name][which] for curve in curves] for name in names]) for which in (0, 1)
    )
    cuts = [jumps(row, x, settings) for settings in places]
    if not sliders:
        cuts *= len(names)
    return Picture(
        row.name,
        x,
        names,
        f,
        slope,
        sliders,
        ([f for f, _ in cuts], [slope for _, slope in cuts]),
        SUBJECTS.get(row.name) or SUBJECTS.get(row.kind, ""),
    )


SUBJECTS = {
    "gate": "over the gate, for a value that a slider sets",
    "along axis": "of the row (x, b, 0), over x",
    "reduction": "of the row (x, b, 0), over x",
    "sample": "of one noisy row (x, 1, 0), over x; the noise stays the same",
    "pieces": "of the pair (x, b), over x",
    "paired": "both halves of the output, over x",
    "random": "with the mean slope, and with the smallest and the largest that is drawn",
}


def grid(name: str, points: int) -> Array:
    low, high = WINDOWS.get(name, WINDOW)
    x = np.round(np.linspace(low, high, points), 6)
    return (x[1:-1] if name == "logit" else x).astype(np.float32)


# --- sliders -----------------------------------------------------------------------------

STEPS: dict[str, tuple[float | None, ...]] = {
    "negative_slope": tuple(np.linspace(0, 1, 21)),
    "weight": tuple(np.linspace(-1, 1, 17)),
    "alpha": tuple(np.linspace(0.25, 3, 12)),
    "beta": (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 1.702, 2.0, 3.0, 5.0, 10.0),
    "b": (0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
    "a": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0),
    "lambd": tuple(np.linspace(0, 2, 17)),
    "threshold": tuple(np.linspace(-2, 2, 9)),
    "value": tuple(np.linspace(-2, 2, 9)),
    "min_val": tuple(np.linspace(-3, 0, 7)),
    "max_val": tuple(np.linspace(0, 6, 7)),
    "slope": (0.1, 1 / 6, 0.2, 0.25, 0.5, 1.0),
    "offset": (0.0, 0.25, 0.5, 0.75, 1.0),
    "scale_a": (0.25, 0.5, 2 / 3, 1.0, 1.5),
    "scale_b": (0.5, 1.0, 1.7159, 2.0, 3.0),
    "eps": (None, 0.01, 0.05, 0.1, 0.2, 0.3),
    "tau": (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
    "lower": (0.0, 0.0625, 0.125),
    "upper": (0.125, 0.25, 1 / 3, 0.5, 1.0),
}
FEW_STEPS: dict[str, tuple[float | None, ...]] = {
    "value": (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0),
    "beta": (0.25, 0.5, 1.0, 2.0, 5.0),
}
# Where the default would hide what the parameter does.
OPENS_AT = {"leaky_relu": 0.1}
OTHER_NUMBERS = {
    "along axis": ("b", tuple(np.linspace(-3, 3, 9)), 1.5),
    "reduction": ("b", tuple(np.linspace(-3, 3, 13)), 1.5),
    "pieces": ("b", tuple(np.linspace(-3, 3, 13)), 0.0),
    "gate": ("value", tuple(np.linspace(-2, 2, 9)), 1.0),
}


def _sliders(row: Row) -> Iterator[Slider]:
    steps_of = {**STEPS, **FEW_STEPS} if row.kind == "gate" else STEPS
    if row.kind in OTHER_NUMBERS:
        name, steps, default = OTHER_NUMBERS[row.kind]
        yield _slider(row, name, FEW_STEPS[name] if row.parameters else steps, default)
    for p in row.parameters:
        yield _slider(row, p.name, steps_of[p.name], p.default)


def _slider(row: Row, name: str, steps: tuple[Any, ...], default: float | None) -> Slider:
    numbers = sorted({float(v) for v in (*steps, default) if v is not None})
    values = (None, *numbers) if None in steps else tuple(_distinct(numbers, default))
    opens_at = OPENS_AT.get(row.name, default)
    nearest = min(values, key=lambda v: abs((v or 0) - (opens_at or 0)))
    return Slider(name, values, values.index(default), values.index(nearest))


def _distinct(numbers: list[float], default: float | None) -> Iterator[float]:
    """Without steps that all but equal the default."""
    for number in numbers:
        if number == default or default is None or not math.isclose(number, default, rel_tol=1e-3):
            yield number


def _places(sliders: tuple[Slider, ...]) -> Iterator[dict[str, float | None]]:
    names = [slider.name for slider in sliders]
    for values in itertools.product(*(slider.values for slider in sliders)):
        yield dict(zip(names, values, strict=True))


# --- curves by kind of activation ----------------------------------------------------------


def _elementwise(row: Row, x: Array, settings: Settings) -> Curves:
    activation = getattr(fa, row.name)
    return {
        formula: (
            activation(x, **form_of(row, formula), **settings),
            activation.derivative(x, **form_of(row, formula), **settings),
        )
        for formula in row.formulas
    }


def _gate(row: Row, x: Array, settings: Settings) -> Curves:
    activation, dy = getattr(fa, row.name), np.ones_like(x)
    rest = {name: number for name, number in settings.items() if name != "value"}
    pair = {"gate": x, "value": np.full_like(x, settings["value"])}
    inputs = [pair[name] for name in row.inputs]
    found = {}
    for formula in row.formulas:
        options = {**form_of(row, formula), **rest}
        gradients = activation.backward(dy, *inputs, **options)
        found[formula] = (activation(*inputs, **options), gradients[row.inputs.index("gate")])
    return found


def _row_of(x: Array, *others: float | None) -> Array:
    return np.stack([x, *(np.full_like(x, other) for other in others)], axis=-1)


def _by_output(
    function: Any, rows: Array, count: int, backward: Callable[[Array], Array]
) -> Curves:
    """Each output of a row, and its derivative by the row's first number."""
    y = function(rows)
    found = {}
    for i in range(count):
        dy = np.zeros_like(y)
        dy[..., i] = 1
        found[f"y{i + 1}"] = (y[..., i], backward(dy)[..., 0])
    return found


def _along_axis(row: Row, x: Array, settings: Settings) -> Curves:
    activation, rows = getattr(fa, row.name), _row_of(x, settings["b"], 0.0)
    return _by_output(activation, rows, 3, lambda dy: activation.backward(dy, rows))


def _reduction(row: Row, x: Array, settings: Settings) -> Curves:
    activation, rows = getattr(fa, row.name), _row_of(x, settings["b"], 0.0)
    y = activation(rows)
    return {row.name: (y, activation.backward(np.ones_like(y), rows)[..., 0])}


def _sample(row: Row, x: Array, settings: Settings) -> Curves:
    def one_draw(rows: Array) -> Array:
        drawn = [activation(r, rng=np.random.default_rng(SEED), **settings) for r in rows]
        return np.array(drawn, rows.dtype)

    activation, rows = getattr(fa, row.name), _row_of(x, 1.0, 0.0)
    y = one_draw(rows)
    return _by_output(one_draw, rows, 3, lambda dy: activation.backward(dy, output=y, **settings))


def _pieces(row: Row, x: Array, settings: Settings) -> Curves:
    activation, rows = getattr(fa, row.name), _row_of(x, settings["b"])
    y = activation(rows)
    return {row.name: (y[:, 0], activation.backward(np.ones_like(y), rows)[:, 0])}


def _paired(row: Row, x: Array, settings: Settings) -> Curves:
    activation, rows = getattr(fa, row.name), x[:, None]
    return _by_output(activation, rows, 2, lambda dy: activation.backward(dy, rows))


def _random(row: Row, x: Array, settings: Settings) -> Curves:
    curves = {"mean slope": _elementwise(row, x, settings)[row.name]}
    for end in ("lower", "upper"):
        slope = float(settings[end] or 0)
        curves[f"slope {end}"] = fa.leaky_relu(x, slope), fa.leaky_relu.derivative(x, slope)
    return curves


_CURVES: dict[str, Callable[[Row, Array, Settings], Curves]] = {
    "elementwise": _elementwise,
    "gate": _gate,
    "along axis": _along_axis,
    "reduction": _reduction,
    "sample": _sample,
    "pieces": _pieces,
    "paired": _paired,
    "random": _random,
}


# --- jumps -------------------------------------------------------------------------------


def jumps(row: Row, x: Array, settings: Settings) -> tuple[list[int], list[int]]:
    """After which points the function and its derivative jump."""
    if row.kind != "elementwise" or not row.kinks:
        return [], []
    activation = getattr(fa, row.name)
    kinks = kinks_of(row, {**row.defaults, **settings})
    return tuple(  # type: ignore[return-value]
        sorted({i for kink in kinks for i in _cut(function, x, np.float32(kink), settings)})
        for function in (activation, activation.derivative)
    )


def _cut(function: Any, x: Array, kink: Any, settings: Settings) -> Iterator[int]:
    """On the side of a grid point at the kink that its value does not belong to."""
    sides = [np.nextafter(kink, np.float32(end), dtype=np.float32) for end in (-np.inf, np.inf)]
    left, there, right = function(np.array([sides[0], kink, sides[1]], np.float32), **settings)
    i = int(np.searchsorted(x, kink))  # the first point that is not before the kink
    if not 0 < i < x.size:
        return
    is_point = x[i] == kink
    if abs(there - left) > 1e-3 or (not is_point and abs(right - left) > 1e-3):
        yield i - 1
    if is_point and abs(right - there) > 1e-3:
        yield i

"""An operand per channel and the activation in one pass over memory, where that is compiled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dispatch
from ..arguments import COMPUTED_IN, is_apart_or_same, is_run
from ..backends.base import Array
from ..formulas.kernels import Kernel

# (outer, channels, inner): the axes before, of, and behind the channels.
Layout = tuple[int, int, int]

SHORTEST_INNER = 16  # shorter runs of a channel cost more than a transposition


def layout_of(shape: tuple[int, ...], operand: tuple[int, ...]) -> Layout | None:
    """How an array lies around the axes along which its operand differs; None if these are apart.

    ``operand`` is a shape that broadcasts to ``shape``.
    """
    operand = (1,) * (len(shape) - len(operand)) + operand
    axes = [k for k in range(len(shape)) if operand[k] != 1]
    if not axes:
        return 1, 1, math.prod(shape)
    first, behind = axes[0], axes[-1] + 1
    if operand[first:behind] != shape[first:behind]:
        return None
    return tuple(map(math.prod, (shape[:first], shape[first:behind], shape[behind:])))  # type: ignore[return-value]


def compiled_layout_of(shape: tuple[int, ...], operand: tuple[int, ...]) -> Layout | None:
    """The same, but None too where a transposition is faster than what is compiled."""
    layout = layout_of(shape, operand)
    if layout is None or math.prod(layout) == 0:
        return None
    return None if layout[1] > 1 and 1 < layout[2] < SHORTEST_INNER else layout


class Operand(NamedTuple):
    """What differs by channel: a bias that is added before the activation, or its weight."""

    name: str
    kind: str  # "bias", "weight", or "none": only the channels are meant
    array: Array  # shaped to broadcast

    def by_channel(self, dtype: np.dtype[Any]) -> Array:
        return np.ascontiguousarray(self.array, dtype).reshape(-1)


def in_one_pass(
    main: Kernel,
    term: Kernel | None,
    operand: Operand,
    inputs: Sequence[Array],
    out: Array,
    numbers: Array,
    sums: Array | None = None,
) -> bool:
    """Run ``main`` on [x] or [dy, x] and fill ``sums`` per channel, or do nothing: False.

    The sums are of the gradient ``out``, or for a weight of what ``term`` gives.
    """
    dtype = COMPUTED_IN[out.dtype.char]
    layout = compiled_layout_of(out.shape, operand.array.shape)
    if layout is None:
        return False
    arrays = [np.asarray(array) for array in inputs]
    if not all(is_run(array, dtype) for array in (*arrays, out)):
        return False
    if not all(array.shape == out.shape and is_apart_or_same(array, out) for array in arrays):
        return False
    channels = operand.by_channel(dtype)
    none = np.empty(0, dtype)
    *gradient, x = (array.reshape(-1) for array in arrays)
    return dispatch.run_by_channel(
        (main, term or main),
        operand.kind,
        *(gradient[0] if gradient else none, x, channels),
        *(np.asarray(out).reshape(-1), none if sums is None else sums),
        *(numbers, layout),
    )

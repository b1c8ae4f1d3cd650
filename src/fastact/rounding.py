"""Results of 16 bits, rounded once: computed in float32, again in float64 where it matters.

A float32 result lies within some units in its last place of the true value.  Only where
a boundary between two 16-bit numbers is that close can rounding twice give the wrong
one: for 0.3 % of float16 and 0.03 % of bfloat16 results.  Those are computed again in
float64.

``backends/_cython/sixteen.h`` does the same, number for number, in one pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .backends.base import Array
from .exact import product_error
from .formulas.doubts import Doubt

UNIT = np.float32(2.0**-23)
ROOT_ERROR = np.float32(2.0**-22)  # four times the bar for a derivative near its root
# What may make of an underflow in float32 more than the least number, or than ``SMALL_BRAIN``.
HUGE = {"e": np.inf, "E": 2.0**14}
SMALL_BRAIN = 2.0**-100

NORMAL_HALF = 2.0**-14  # and larger ones are not subnormal

# Products of two 16-bit numbers are exact in float32 from here on.
NORMAL = {"e": 0.0, "E": 2.0**-126}

NEAR, FAR = 2.0**-7, 16.0  # where a result may look like a tie in float64

# The factors, of its inputs, of what may have vanished in part.
UNDERFLOWS: dict[Doubt, list[tuple[int, ...]]] = {
    Doubt.UNDERFLOW_TIMES_FIRST: [(0,)],
    Doubt.UNDERFLOW_TIMES_SECOND: [(1,)],
    Doubt.UNDERFLOW_TIMES_FIRST_AND_SECOND: [(0,), (0, 1)],
    Doubt.UNDERFLOW_TIMES_FIRST_AND_THIRD: [(0,), (0, 2)],
}


def _root_scale(doubt: Doubt, inputs: Sequence[Array]) -> Array | np.float32:
    """What a derivative with a root is multiplied by in a kernel; 0 if there is none."""
    if doubt is Doubt.ROOT_TIMES_FIRST:
        return inputs[0]
    if doubt is Doubt.ROOT_TIMES_FIRST_AND_THIRD:
        return np.asarray(inputs[0] * inputs[2])
    return np.float32(doubt is Doubt.ROOT)


def _ends(size: Array, error: Array, half: np.dtype[Any], reach: int) -> tuple[Array, Array]:
    """The least and the largest that a number may be, as 16-bit numbers; ties are rounded."""
    low, high = size - error, size + error
    if half.char == "e":
        part = np.float32(reach) * UNIT
        ends = (low * (1 - part)).astype(half), (high * (1 + part)).astype(half)
        return ends[0].view(np.uint16), ends[1].view(np.uint16)
    units, middle = np.uint32(reach), np.uint32(1 << 15)  # counted: it holds for subnormals
    bits = low.view(np.uint32) - units, high.view(np.uint32) + units
    return (bits[0] + middle) >> 16, (bits[1] + middle) >> 16


def _doubtful(single: Array, scale: Array | np.float32, half: np.dtype[Any], reach: int) -> Array:
    """Which float32 numbers lie so that their rounding to 16 bits is not certain."""
    low, high = _ends(np.abs(single), np.abs(scale) * ROOT_ERROR, half, reach)
    apart: Array = low != high
    if np.any(scale):  # a zero is an underflow, far from a root
        apart &= (single != 0) | (np.abs(scale) > HUGE[half.char])
    elif half.char == "e":  # counted but for subnormals
        above = single.view(np.uint32) + np.uint32((1 << 12) + reach)
        apart &= (above & 0x1FFF < 2 * reach) | (np.abs(single) < NORMAL_HALF)
    return apart


def _underflows(single: Array, inputs: Sequence[Array], doubt: Doubt) -> Array:
    """Where a derivative has vanished in part, or outgrown all numbers, and that may be seen."""
    found: Array = (np.abs(single) < SMALL_BRAIN) & (single != 0) | ~np.isfinite(single)
    for places in UNDERFLOWS[doubt]:
        factor = math.prod([inputs[place] for place in places], start=np.float32(1))
        found |= ~(np.abs(factor) <= HUGE["E"])
    return found


def _to_odd(double: Array) -> Array:
    """float32 towards zero with the last bit set if inexact: safe to round again."""
    single = double.astype(np.float32)  # beyond the largest number: infinite, and so in 16 bits
    pattern = single.view(np.int32)
    inexact = (single != double) & np.isfinite(single)
    pattern -= inexact & (np.abs(single.astype(np.float64)) > np.abs(double))
    pattern |= inexact
    return single


def _to_16_bits(double: Array, half: np.dtype[Any]) -> Array:
    return (double if half.char == "e" else _to_odd(double)).astype(half)


def _off_ties(
    double: Array,
    inputs: Sequence[Array],
    exact: Callable[[Sequence[Array]], Array],
    half: np.dtype[Any],
) -> Array:
    """Move results that look like a tie, but are not, to their side of it.

    silu(x) = x / 2 + x^2 / 4 + ... is x / 2 in float64 too for tiny x, which lies midway
    between two numbers if x has an odd last bit; tanhshrink(258) is 257.
    """
    x = inputs[0]
    up, down = (
        _to_16_bits(np.nextafter(double, end), half).view(np.uint16) for end in (np.inf, -np.inf)
    )
    for near, side_of in ((np.abs(x) < NEAR, _side_near_zero), (np.abs(x) > FAR, _side_far_out)):
        (ties,) = np.nonzero((up != down) & near & (x != 0))
        if ties.size and len(inputs) == 1:
            side = side_of(x[ties], double[ties], exact)
            moved = np.nextafter(double[ties], np.copysign(np.inf, side))
            double[ties] = np.where(side == 0, double[ties], moved)
    return double


def _side_near_zero(x: Array, y: Array, exact: Callable[[Sequence[Array]], Array]) -> Array:
    """The sign of f(x) - y, or 0: f(x) is above the line through f(z), z larger, or below."""
    # A power of two, by which the product with a constant slope is scaled exactly; by
    # frexp, since the last bit of np.log2 and np.exp2 differs between machines.
    mantissa, exponent = np.frexp(np.abs(x))
    z = np.copysign(np.maximum(2.0**-20, np.ldexp(1.0, exponent + (mantissa > 0.5))), x)
    slope = exact([z]) / z
    product = slope * x
    gap = (product - y) + product_error(slope, x, product)
    return np.where(np.abs(gap) < 1e-3 * np.abs(product), np.sign(gap), 0.0)


def _side_far_out(x: Array, y: Array, exact: Callable[[Sequence[Array]], Array]) -> Array:
    """The sign of f(x) - y, or 0: f(x) - x comes to its limit from where f(z) - z is."""
    z = np.copysign(FAR, x)
    gap = (exact([z]) - z) - (y - x)
    return np.where(np.abs(gap) < 1e-3, np.sign(gap), 0.0)


def round_into(
    out: Array,
    single: Array,
    inputs: Sequence[Array],
    exact: Callable[[Sequence[Array]], Array],
    doubt: Doubt,
    reach: int,
) -> None:
    """Round ``single`` into ``out``; ``exact`` computes doubtful ones from float64 inputs.

    ``reach`` is how many units in the last place ``single`` may be off.
    """
    with np.errstate(all="ignore"):
        if doubt is Doubt.ALL:
            doubtful = np.arange(single.size)
        else:
            near = _doubtful(single, _root_scale(doubt, inputs), out.dtype, reach)
            if doubt is Doubt.EXACT:
                near &= np.abs(single) < NORMAL[out.dtype.char]
            if doubt in UNDERFLOWS and str(out.dtype.char) == "E":
                near |= _underflows(single, inputs, doubt)
            doubtful = np.flatnonzero(near)
        again = None
        if doubtful.size:
            wide = [a[doubtful].astype(np.float64) for a in inputs]
            again = _to_16_bits(_off_ties(exact(wide), wide, exact, out.dtype), out.dtype)
        out[...] = single
        if again is not None:
            out[doubtful] = again

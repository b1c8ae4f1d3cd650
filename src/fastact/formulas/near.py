"""What follows a table of ``segments.py``, and what stands for the function beyond it.

Tables are mostly of the left half: there small values have to keep all their digits.  The
right half follows from it by one operation, whose rounding is the last.  Beyond a table
most functions are a power of e, nearly; the others keep their general formula there.

``slope_of_...`` makes the derivative of a function from ``rise``, that of its polynomial.
It is off by 2**-19 at most, mish's by 2**-17.5, beyond the table too: enough for slopes that
are kept 2**-15 apart, and a third of the work of the derivative's own table.
"""

from __future__ import annotations

from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403


def as_found(x, near):
    return near


def odd(x, near):
    return copysign(near, x)


def slope_of_odd(x, rise):
    return rise


def one_less_on_the_right(x, near):
    return near if x < 0.0 else 1.0 - near


def slope_of_one_less_on_the_right(x, rise):
    return -rise


def one_less_on_the_left(x, near):
    return near if x > 0.0 else 1.0 - near


def relu_and(x, near):
    return (x if x >= 0.0 else -0.0) + near


def slope_of_relu_and(x, rise):
    return 1.0 + rise if x >= 0.0 else -rise


def minus_relu_of_minus(x, near):
    return (x if x < 0.0 else 0.0) - near


def slope_of_minus_relu_of_minus(x, rise):
    return 1.0 + rise if x < 0.0 else -rise


def mish_of_piece(x, near):
    # Around 0 the table has mish less 5 x / 8: 0.6, the slope, is no float.
    y = fma(0.625, x, near) if absolute(x) < 0.33333334 else near
    return x if x > 9.5 else y


def slope_of_mish_of_piece(x, rise):
    slope = 0.625 + rise if absolute(x) < 0.33333334 else rise
    return 1.0 if x > 8.0 else slope


def tail(x, low, factor, share):
    """factor * (e - share * e^2) with e = exp(x + low), for x far below 0."""
    low = 0.0 if x < EXP_MIN else low
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    n = shifted - EXP_ROUND
    first = fma(n, -LN2_HIGH, x)
    r = fma(n, -LN2_LOW, first)
    lost = fma(n, -LN2_LOW, first - r) + low
    square = r * r
    bend = EXPM1(r)
    rough = fma(square, bend, r)
    scale = power_of_two(shifted)
    e = fma(scale, rough, scale) * EXP_RESCALE
    p = r + fma(square, bend, (lost - share * e) * (1.0 + rough))
    scaled = factor * scale
    return fma(scaled, p, scaled) * EXP_RESCALE


def sigmoid_far(x):
    return tail(x, 0.0, 1.0, 1.0)


def sigmoid_of_minus_far(x):
    return tail(-x, 0.0, 1.0, 1.0)


def sigmoid_derivative_far(x):
    return tail(copysign(x, -1.0), 0.0, 1.0, 2.0)


def tanh_derivative_far(x):
    return tail(-2.0 * absolute(x), 0.0, 4.0, 2.0)


def softplus_far(x):
    return tail(x, 0.0, 1.0, 0.5)


def logsigmoid_far(x):
    return -tail(-x, 0.0, 1.0, 0.5)


def silu_far(x):
    return tail(x, 0.0, EXP_MIN if x < EXP_MIN else x, 1.0)


def quick_gelu_far(x):
    x = EXP_MIN if x < EXP_MIN else x
    v = QUICK_GELU_HIGH * x
    return tail(v, fma(QUICK_GELU_LOW, x, fma(QUICK_GELU_HIGH, x, -v)), x, 1.0)


def mish_far(x):
    return tail(x, 0.0, EXP_MIN if x < EXP_MIN else x, 0.5)


def slope_of_mish_far(x):
    x = EXP_MIN if x < EXP_MIN else x
    return exp_times(x, 1.0 + x)

"""From the value of a table (``segments.py``) to that of the function.

Tables are mostly of the left half: there small values have to keep all their digits.  The
right half follows from it by one operation, whose rounding is the last.
"""

from __future__ import annotations

from .primitives import absolute, copysign, fma


def as_found(x, near):
    return near


def odd(x, near):
    return copysign(near, x)


def one_less_on_the_right(x, near):
    return near if x < 0.0 else 1.0 - near


def one_less_on_the_left(x, near):
    return near if x > 0.0 else 1.0 - near


def relu_and(x, near):
    return (x if x >= 0.0 else -0.0) + near


def minus_relu_of_minus(x, near):
    return (x if x < 0.0 else 0.0) - near


def mish_of_piece(x, near):
    # Around 0 the table has mish less x / 2: 0.6, the slope, is no float.
    y = fma(0.5, x, near) if absolute(x) < 0.33333334 else near
    return x if x > 9.5 else y

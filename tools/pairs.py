"""Long doubles, and sums of two of them where one would lose digits in an exponent."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import mpmath
import numpy as np

Numbers: TypeAlias = Any  # a long double or an array of them

SPLITTER = np.longdouble(2**32 + 1)  # cuts the 64 bits of a significand in halves


def extended(number: Any) -> Any:
    """An mpmath number as the nearest long double."""
    return np.longdouble(mpmath.nstr(number, 30))


def exact_of(number: Any) -> Any:
    """A long double as an mpmath number."""
    if not np.isfinite(number):
        return mpmath.mpf(float(number))
    fraction, exponent = np.frexp(number)
    with mpmath.workprec(64):
        return mpmath.ldexp(mpmath.mpf(int(np.ldexp(fraction, 64))), int(exponent) - 64)


class Pair(NamedTuple):
    """The sum of a number and what it lacks."""

    high: Numbers
    low: Numbers


def pair(number: Any) -> Pair:
    """An mpmath number, to 128 bits."""
    high = extended(number)
    return Pair(high, extended(number - exact_of(high)))


def plus(a: Numbers, b: Numbers) -> Pair:
    """The sum of two numbers, exactly."""
    total = a + b
    shifted = total - a
    return Pair(total, (a - (total - shifted)) + (b - shifted))


def times(a: Numbers, b: Numbers) -> Pair:
    """The product of two numbers, exactly."""
    product = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return Pair(product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2)


def _halves(a: Numbers) -> tuple[Numbers, Numbers]:
    scaled = a * SPLITTER
    high = scaled - (scaled - a)
    return high, a - high


def add(a: Pair, b: Pair) -> Pair:
    total = plus(a.high, b.high)
    return plus(total.high, total.low + (a.low + b.low))


def multiply(a: Pair, b: Pair) -> Pair:
    product = times(a.high, b.high)
    return plus(product.high, product.low + (a.high * b.low + a.low * b.high))


def negative(a: Pair) -> Pair:
    return Pair(-a.high, -a.low)


def exp(a: Pair) -> Numbers:
    """The exponential: the low part would be lost in a large high one."""
    value = np.exp(a.high)
    corrected = value + value * a.low
    return np.where(np.isfinite(corrected), corrected, value)

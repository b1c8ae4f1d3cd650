"""Elementary functions, branch-free, so that compilers turn them into vectors.

Written once for float32 and float64: the translator binds the constants and
unrolls a polynomial such as ``EXPM1(r)`` into a chain of ``fma`` with the
coefficients of the dtype (``coefficients.py``).

The activations only ever need exponentials of numbers that are not positive,
so the functions here are made for those and are cheaper for it.
"""

from __future__ import annotations

from .primitives import *  # noqa: F403


def power_of_two(shifted):
    """Two to the integer in the low bits of ``shifted``, less the bias added to ROUND."""
    return from_bits(to_bits(shifted) << MANTISSA_BITS)


def expm1_of_rest(x, shifted):
    """exp(x) / power_of_two(shifted) - 1, less the constant added to ROUND."""
    n = shifted - EXP_ROUND
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    return fma(r * r, EXPM1(r), r)


def times_ratio(factor, p, d, d_low):
    """factor * (1 + p) / (d + d_low), rounded hardly more than once."""
    h = 1.0 / d
    y = factor * h
    rest = h * fma(-y, d_low, fma(-y, d, factor))
    return y + fma(y, p, fma(rest, p, rest))


def rough_inverse(x):
    """1 / x to within 1/16, for positive x up to HUGE: for what is itself a small correction."""
    return from_bits(to_bits(INVERSE_START) - to_bits(x))


def sum_low(a, b, total):
    """What the rounding of total = a + b lost, exactly."""
    b_part = total - a
    return (a - (total - b_part)) + (b - b_part)


def quotient(n, d, d_low):
    """n / (d + d_low), rounded hardly more than once."""
    h = 1.0 / d
    y = n * h
    return fma(h, fma(-y, d_low, fma(-y, d, n)), y)


def exp_times(x, factor):
    """factor * exp(x) for x <= 0, accurate also where exp(x) alone is subnormal.

    2**n leaves the range of normal numbers before the product does, so n is
    raised by a constant (part of EXP_ROUND), taken back in the last
    multiplication: the only one that can round a subnormal.
    """
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    n = shifted - EXP_ROUND
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    expm1_r = fma(r * r, EXPM1(r), r)
    scaled = factor * power_of_two(shifted)
    return fma(scaled, expm1_r, scaled) * EXP_RESCALE


def exp(x):
    """exp(x) for x <= 0."""
    return exp_times(x, 1.0)


def exp_of_any(x):
    """exp(x) for every x: the scale is taken away from the side that has no room."""
    x = EXP_MIN if x < EXP_MIN else x
    x = EXP_MAX if x > EXP_MAX else x
    shift = EXP_ROUND if x < 0.0 else SIGMOID_ROUND
    shifted = fma(x, LOG2E, shift)
    n = shifted - shift
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    expm1_r = fma(r * r, EXPM1(r), r)
    scale = power_of_two(shifted)
    return fma(scale, expm1_r, scale) * (EXP_RESCALE if x < 0.0 else EXP_SCALE)


def expm1(x):
    """exp(x) - 1 for x <= 0."""
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    n = shifted - EXP_ROUND
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    expm1_r = fma(r * r, EXPM1(r), r)
    scale = power_of_two(shifted)
    return fma(scale, expm1_r, scale - EXP_SCALE) * EXP_RESCALE


def exp_of_half_square(t, factor):
    """factor * exp(-t^2 / 2), with the rounding error of t^2 taken back."""
    square = t * t
    error = fma(t, t, -square)
    return exp_times(-0.5 * square, fma(-0.5 * factor, error, factor))


def log1p(e):
    """log(1 + e) for 0 <= e <= 1."""
    return fma(e * e, LOG1P(e), e)


def log_of_positive(x):
    """log(x) for positive x, good to some ulp unless x is just below 1."""
    scaled = x * EXP_SCALE if x < SMALLEST_NORMAL else x
    pattern = to_bits(scaled)
    biased = pattern >> MANTISSA_BITS
    # Added to the bits of EXPONENT_READ, an integer becomes that many units of it.
    exponent = from_bits(to_bits(EXPONENT_READ) + biased) - (EXPONENT_READ + EXPONENT_BIAS)
    exponent = exponent - EXP_SCALE_LOG2 if x < SMALLEST_NORMAL else exponent
    mantissa = from_bits(to_bits(1.0) + (pattern - (biased << MANTISSA_BITS)))
    return fma(exponent, LN2_HIGH, fma(exponent, LN2_LOW, log1p(mantissa - 1.0)))


def sine_square_of_rest(r, r_low):
    """sin(r + r_low)^2."""
    square = r * r
    square_low = fma(2.0 * r, r_low, fma(r, r, -square))
    bend = square * SINE_SQUARE(square)
    slope = fma(2.0, bend, 1.0)  # of sin(r)^2 by r^2, roughly
    return square + fma(square, bend, slope * square_low)


def sign_of_odd(shifted):
    """-0.0 where the integer in the low bits of ``shifted`` is odd, 0.0 where it is even."""
    return from_bits(to_bits(shifted) << SIGN_BIT)


def sine_square_after_eighth(v):
    """sin(v + pi / 4)^2, also in relation to its size; beyond SINE_MAX its mean, 1/2."""
    shifted = fma(v, TWO_OVER_PI, 0.5) + SINE_ROUND
    n = (shifted - SINE_ROUND) - 0.5
    # r = v - n pi / 2 with every rounding error kept: near a root, r^2 is the result.
    high = n * HALF_PI_HIGH
    high_low = fma(n, HALF_PI_HIGH, -high)
    middle = n * HALF_PI_MIDDLE
    middle_low = fma(n, HALF_PI_LOW, fma(n, HALF_PI_MIDDLE, -middle))
    above = v - high
    first = above - high_low
    second = first - middle
    low = (v - (above + high)) - middle_low
    low = low + sum_low(above, -high_low, first) + sum_low(first, -middle, second)
    r = second + low
    square = sine_square_of_rest(r, (second - r) + low)
    sign = sign_of_odd(shifted)
    y = (0.5 - copysign(0.5, sign)) + copysign(square, sign)
    return 0.5 if absolute(v) > SINE_MAX else y


def normal_tail(u):
    """exp(t^2 / 2) Phi(-t) (t + s) from u = t / (t + s), s = TAIL_SHIFT, t >= 0."""
    c = fma(2.0, u, -1.0)
    return NORMAL_TAIL(c)


def scaled_one_plus_exp_of_minus(x):
    """EXP_RESCALE * (1 + exp(-x)) for every x, without overflow.

    The scale makes room for exp(110): the denominator of a sigmoid whose value
    is the smallest subnormal.
    """
    x = EXP_MIN if x < EXP_MIN else x
    x = SIGMOID_MAX if x > SIGMOID_MAX else x
    shifted = fma(x, -LOG2E, SIGMOID_ROUND)
    n = shifted - SIGMOID_ROUND
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, -x))
    expm1_r = fma(r * r, EXPM1(r), r)
    scale = power_of_two(shifted)
    return EXP_RESCALE + fma(scale, expm1_r, scale)

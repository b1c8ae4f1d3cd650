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


def rough_inverse(x):
    """1 / x to within 1/16, for positive x up to HUGE: for what is itself a small correction."""
    return from_bits(to_bits(INVERSE_START) - to_bits(x))


def two_sum_error(total, term, rounded):
    """What ``rounded = total + term`` lost."""
    part = rounded - total
    return (total - (rounded - part)) + (term - part)


def quotient(n, d, d_low):
    """n / (d + d_low), rounded hardly more than once."""
    h = 1.0 / d
    y = n * h
    return fma(h, fma(-y, d_low, fma(-y, d, n)), y)


def over_constant(n, d):
    """n / d for the same d everywhere, rounded once unless it or its remainder is subnormal.

    By the inverse of d and the remainder, in less than half the time.  There is none of
    infinities, and a zero keeps its sign.
    """
    h = 1.0 / d
    y = n * h
    rest = fma(-y, d, n)
    return fma(h, rest, y) if absolute(rest) < absolute(n) else y


def times_quotient(n, n_low, p, d, d_low):
    """(n + n_low) (1 + p) / (d + d_low), rounded hardly more than once."""
    h = 1.0 / d
    y = n * h
    rest = h * (fma(-y, d_low, fma(-y, d, n)) + n_low)
    return y + fma(y, p, fma(rest, p, rest))


def exp_remainder(x, shifted):
    """x - n log(2) for the n in ``shifted``, which has EXP_ROUND."""
    n = shifted - EXP_ROUND
    return fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))


def exp_remainder_of_sum(x, low, shifted):
    """The same for x + low."""
    n = shifted - EXP_ROUND
    return fma(n, -LN2_HIGH, x) + fma(n, -LN2_LOW, low)


def expm1_of_short(r):
    """exp(r) - 1 for an r of at most log(2) / 2."""
    return fma(r * r, EXPM1(r), r)


def exp_times(x, factor):
    """factor * exp(x) for x <= 0, accurate also where exp(x) alone is subnormal.

    2**n leaves the range of normal numbers before the product does, so n is
    raised by a constant (part of EXP_ROUND), taken back in the last
    multiplication: the only one that can round a subnormal.
    """
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    scaled = factor * power_of_two(shifted)
    return fma(scaled, expm1_of_short(exp_remainder(x, shifted)), scaled) * EXP_RESCALE


def exp_of_sum_times(x, low, factor):
    """factor * exp(x + low) for x <= 0 and what its rounding lost."""
    low = 0.0 if x < EXP_MIN else low
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    scaled = factor * power_of_two(shifted)
    r = exp_remainder_of_sum(x, low, shifted)
    return fma(scaled, expm1_of_short(r), scaled) * EXP_RESCALE


def exp(x):
    """exp(x) for x <= 0."""
    return exp_times(x, 1.0)


def exp_of_any(x):
    """exp(x) for every x: the scale is taken away from the side that has no room."""
    x = EXP_MIN if x < EXP_MIN else x
    x = EXP_MAX if x > EXP_MAX else x
    shift = EXP_ROUND if x < 0.0 else EXP_ROUND_OF_LARGE
    shifted = fma(x, LOG2E, shift)
    n = shifted - shift
    p = expm1_of_short(fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x)))
    scale = power_of_two(shifted)
    return fma(scale, p, scale) * (EXP_RESCALE if x < 0.0 else EXP_SCALE)


def exp_of_moderate(x):
    """The same bits while abs(x) <= EXP_MODERATE, where no power of two needs a scale."""
    shifted = fma(x, LOG2E, EXPM1_ROUND)
    n = shifted - EXPM1_ROUND
    scale = power_of_two(shifted)
    return fma(scale, expm1_of_short(fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))), scale)


def expm1(x):
    """exp(x) - 1 for x <= 0; below EXPM1_MIN it is -1, so no power of two is subnormal."""
    x = EXPM1_MIN if x < EXPM1_MIN else x
    shifted = fma(x, LOG2E, EXPM1_ROUND)
    n = shifted - EXPM1_ROUND
    scale = power_of_two(shifted)
    p = expm1_of_short(fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x)))
    return fma(scale, p, scale - 1.0)


# log(1 + e) for 0 <= e <= 1 is log(1 + f) with f = e, or log(2) more with f = (e - 1) / 2
# for e above 1/2, where f is short and the polynomial well-conditioned.


def log1p_of_short(f, low):
    """log(1 + f) + low for -1/4 <= f <= 1/2."""
    return f + fma(f * f, LOG1P(f), low)


def log1p_more(e, low):
    """log(1 + e) + low for 0 <= e <= 1."""
    y = log1p_of_short(fma(0.5, e, -0.5) if e > 0.5 else e, low)
    return y + LN2 if e > 0.5 else y


def log1p(e):
    """log(1 + e) for 0 <= e <= 1."""
    return log1p_more(e, 0.0)


def log1p_of_exp(x):
    """log(1 + exp(x)) for x <= 0, less log(2) for x > -log(2).

    With that f, from the parts of exp(x), whose rounding would cost half an ulp.
    """
    x = EXP_MIN if x < EXP_MIN else x
    shifted = fma(x, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder(x, shifted))
    scale = power_of_two(shifted) * (0.5 if x > -LN2 else 1.0)
    above = scale - (0.5 * EXP_SCALE if x > -LN2 else 0.0)
    f = fma(scale, p, above)
    short = f * EXP_RESCALE
    return (above + fma(scale, p, f * (short * LOG1P(short)))) * EXP_RESCALE


def exponent_for_log(x):
    """n for a positive and normal x = 2**n (1 + f), with -1/4 <= f <= 1/2."""
    pattern = to_bits(x)
    biased = pattern >> MANTISSA_BITS
    # Added to the bits of EXPONENT_READ, an integer becomes that many units of it.
    exponent = from_bits(to_bits(EXPONENT_READ) + biased) - (EXPONENT_READ + EXPONENT_BIAS)
    mantissa = from_bits(to_bits(1.0) + (pattern - (biased << MANTISSA_BITS)))
    return exponent + 1.0 if mantissa > 1.5 else exponent


def fraction_for_log(x):
    """f of the same."""
    pattern = to_bits(x)
    biased = pattern >> MANTISSA_BITS
    mantissa = from_bits(to_bits(1.0) + (pattern - (biased << MANTISSA_BITS)))
    return (0.5 * mantissa if mantissa > 1.5 else mantissa) - 1.0


def log_more(x, low):
    """log(x) + low for positive x; where x is nearly 1 only the absolute error is small."""
    scaled = x * EXP_SCALE if x < SMALLEST_NORMAL else x
    exponent = exponent_for_log(scaled)
    exponent = exponent - EXP_SCALE_LOG2 if x < SMALLEST_NORMAL else exponent
    rest = log1p_of_short(fraction_for_log(scaled), low)
    return fma(exponent, LN2_HIGH, fma(exponent, LN2_LOW, rest))


def sine_square_less_square(r, r_low, square):
    """sin(r + r_low)^2 - square, for square = r * r as rounded."""
    square_low = fma(2.0 * r, r_low, fma(r, r, -square))
    bend = fma(square, -ONE_THIRD, square * square * SINE_SQUARE(square))
    slope = fma(2.0, bend, 1.0)  # of sin(r)^2 by r^2, roughly
    return fma(square, bend, slope * square_low)


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
    low = low + two_sum_error(above, -high_low, first) + two_sum_error(first, -middle, second)
    r = second + low
    square = r * r
    square = square + sine_square_less_square(r, (second - r) + low, square)
    sign = sign_of_odd(shifted)
    y = (0.5 - copysign(0.5, sign)) + copysign(square, sign)
    return 0.5 if absolute(v) > SINE_MAX else y

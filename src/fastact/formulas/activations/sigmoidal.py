"""S-shaped functions and what is made of them."""

from __future__ import annotations

from ..elementary import *  # noqa: F403
from ..primitives import *  # noqa: F403


def sigmoid(x):
    z = exp(copysign(x, -1.0))
    d = 1.0 + z
    return quotient(z if x < 0.0 else 1.0, d, (1.0 - d) + z)


def exp_over_square(e, factor):
    """factor / (1 + e)^2, where e <= 1."""
    d = fma(e, e + 2.0, 1.0)
    return quotient(factor, d, fma(e, e + 2.0, 1.0 - d))


def sigmoid_derivative(x):
    # sigmoid(x) * sigmoid(-x); y * (1 - y) would lose the right tail.
    e = exp(copysign(x, -1.0))
    return exp_over_square(e, e)


def sigmoid_coarse_derivative(x):
    return sigmoid_derivative_from_output(sigmoid(x))


def sigmoid_derivative_from_output(y):
    return y * (1.0 - y)


def tanh_tail(t):
    """(1 - tanh(t)) / 2 for t >= 0."""
    e = exp(-2.0 * t)
    return e / (1.0 + e)


def tanh_tail_once_rounded(t):
    """The same, with what the sum and the quotient lost."""
    e = exp(-2.0 * t)
    d = 1.0 + e
    return quotient(e, d, (1.0 - d) + e)


def tanh(x):
    t = absolute(x)
    square = t * t
    near = fma(t * square, TANH(square), t)
    return copysign(near if t < TANH_MAX else fma(-2.0, tanh_tail(t), 1.0), x)


def tanh_derivative(x):
    # 1 / cosh(x)^2; 1 - y^2 would lose both tails.
    y = -2.0 * absolute(x)
    return exp_over_square(exp(y), exp_times(y, 4.0))


def tanh_coarse_derivative(x):
    y = tanh(x)
    return fma(-y, y, 1.0)


def tanh_derivative_from_output(y):
    return (1.0 - y) * (1.0 + y)


# scale_b * tanh(scale_a * x); ``a_low`` and ``b_low`` are what rounding the scales to the
# dtype lost.  That and the rounding of the product count 90 times in the derivative's tail.


def product_low(a, a_low, b, b_low):
    """What a * b lacks of (a + a_low) (b + b_low)."""
    return fma(a, b_low, fma(a_low, b, fma(a, b, -(a * b))))


def stanh(x, a, a_low, b, b_low):
    v = a * x
    t = absolute(v)
    square = t * t
    near = fma(b * v, square * TANH(square), product_low(a, a_low, b, b_low) * x)
    near = copysign(fma(a * b, x, near), a * b * x)
    tail = fma(-2.0 * b, tanh_tail_once_rounded(t), b_low)
    return near if t < TANH_MAX else copysign(1.0, v) * (b + tail)


def tanh_slope(x, a, a_low, factor, factor_low):
    """(factor + factor_low) / cosh((a + a_low) x)^2."""
    v = a * x
    y = -2.0 * absolute(v)
    low = fma(-copysign(2.0, v), product_low(a, a_low, x, 0.0), factor_low / factor)
    low = 0.0 if y < EXP_MIN else low
    y = EXP_MIN if y < EXP_MIN else y
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder_of_sum(y, low, shifted))
    scale = power_of_two(shifted)
    e = fma(scale, p, scale) * EXP_RESCALE
    d = fma(e, e + 2.0, 1.0)
    d_low = fma(e, e + 2.0, 1.0 - d)
    return times_quotient(4.0 * factor * scale, 0.0, p, d, d_low) * EXP_RESCALE


def stanh_derivative(x, a, a_low, b, b_low):
    return tanh_slope(x, a, a_low, a * b, product_low(a, a_low, b, b_low))


def stanh_derivative_from_output(y, a, a_low, b, b_low):
    return a * b * tanh_derivative_from_output(y / b)


def stanh_derivative_by_scale_a(x, a, a_low, b, b_low):
    slope = tanh_slope(x, a, a_low, b, b_low)
    return 0.0 if slope == 0.0 else x * slope


def stanh_derivative_by_scale_b(x, a, a_low, b, b_low):
    return stanh(x, a, a_low, 1.0, 0.0)


def tanhshrink(x):
    # x - tanh(x) loses all digits near 0: there its own series, t^3 / 3 and less.
    t = absolute(x)
    square = t * t
    cube = t * square
    cube_low = fma(t, square, -cube) + t * fma(t, t, -square)
    bend = TANHSHRINK(square)
    third = fma(square, bend, ONE_THIRD)
    third_low = fma(square, bend, ONE_THIRD - third) + ONE_THIRD_LOW
    near = fma(cube, third, fma(cube, third_low, cube_low * third))
    far = (t - 1.0) + 2.0 * tanh_tail_once_rounded(t)
    return copysign(near if t < TANHSHRINK_MAX else far, x)


def tanhshrink_derivative(x):
    t = absolute(x)
    square = t * t
    bend = square * TANH(square)
    near = fma(t, bend, t)
    near_low = fma(t, bend, t - near)
    tail = -2.0 * tanh_tail(t)
    far = 1.0 + tail
    y = near if t < TANH_MAX else far
    low = near_low if t < TANH_MAX else tail + (1.0 - far)
    result = y * y
    return result + fma(2.0 * y, low, fma(y, y, -result))


def tanhshrink_coarse_derivative(x):
    tanh_of_x = x - tanhshrink(x)
    return 1.0 if absolute(x) > 25.0 else tanh_of_x * tanh_of_x


def softsign(x):
    t = absolute(x)
    d = 1.0 + t
    y = quotient(t, d, two_sum_error(1.0, t, d))
    return copysign(1.0 if t > HUGE else y, x)


def softsign_derivative(x):
    t = absolute(x)
    d = 1.0 + t
    g = 1.0 / d
    rest = fma(-g, two_sum_error(1.0, t, d), fma(-g, d, 1.0))
    square = g * g
    return 0.0 if t > LARGEST else fma(2.0 * rest, square, square)


def softsign_derivative_from_output(y):
    g = 1.0 - absolute(y)
    return g * g


# --- logit: the inverse of the sigmoid ------------------------------------------------


def nan_of_negative(t):
    """NaN, also of NaN; a root would take as long as all the rest."""
    return fma(t, 2.0 * LARGEST, 2.0 * LARGEST)


def clipped_to(x, low):
    """x between low and 1 - low; low = -inf leaves it alone."""
    return low if x < low else (1.0 - low if x > 1.0 - low else x)


def logit(x, low):
    # log(t / s) for the smaller t of x and 1 - x, s = 1 - t.  By a power of two t becomes m,
    # from 3/4 to 3/2 of s; then m - s is exact, and f = (m - s) / s keeps all digits next to
    # the root at 1/2.  What f lost is added to log1p(f).
    x = clipped_to(x, low)
    t = 1.0 - x if x > 0.5 else x
    s = 1.0 - t
    s_low = (1.0 - s) - t
    pattern = to_bits(t * EXP_SCALE)  # which is not subnormal
    power = (pattern - to_bits(0.75 * s)) >> MANTISSA_BITS
    m = from_bits(pattern - (power << MANTISSA_BITS))
    exponent = from_bits(to_bits(EXPONENT_READ + EXPONENT_BIAS) + power)
    exponent = exponent - (EXPONENT_READ + EXPONENT_BIAS + EXP_SCALE_LOG2)
    n = (m - s) - s_low
    f = n / s
    low = fma(-f, s_low, fma(-f, s, n)) * (fma(-2.0, s, 3.0) * fma(-0.75, f, 1.0))
    y = fma(exponent, LN2_HIGH, fma(exponent, LN2_LOW, log1p_of_short(f, low)))
    y = y if t > 0.0 else (-2.0 * LARGEST if t == 0.0 else nan_of_negative(t))
    return -y if x > 0.5 else y


def logit_derivative(x, low):
    t = 1.0 - x if x > 0.5 else x
    inverse = 1.0 / fma(-t, t, t) if t > 0.0 else 2.0 * LARGEST
    inverse = inverse if t >= 0.0 else nan_of_negative(t)
    outside = 0.0 if x < low else inverse
    return 0.0 if x > 1.0 - low else outside


def logit_derivative_from_output(y, low):
    e = exp_of_any(absolute(y))
    return 2.0 + (e + 1.0 / e)

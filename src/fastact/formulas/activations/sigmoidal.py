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


def sigmoid_derivative_from_output(y):
    return y * (1.0 - y)


def tanh_tail(t):
    """(1 - tanh(t)) / 2 for t >= 0."""
    e = exp(-2.0 * t)
    return e / (1.0 + e)


def tanh(x):
    t = absolute(x)
    square = t * t
    near = fma(t * square, TANH(square), t)
    return copysign(near if t < TANH_MAX else fma(-2.0, tanh_tail(t), 1.0), x)


def tanh_derivative(x):
    # 1 / cosh(x)^2; 1 - y^2 would lose both tails.
    y = -2.0 * absolute(x)
    return exp_over_square(exp(y), exp_times(y, 4.0))


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
    near = fma(a * b, x, near)
    tail = fma(-2.0 * b, tanh_tail(t), b_low)
    return near if t < TANH_MAX else copysign(1.0, v) * (b + tail)


def tanh_slope(x, a, a_low, factor, factor_low):
    """(factor + factor_low) / cosh((a + a_low) x)^2."""
    v = a * x
    y = -2.0 * absolute(v)
    low = fma(-copysign(2.0, v), product_low(a, a_low, x, 0.0), factor_low / factor)
    numerator = exp_of_sum_times(y, low, 4.0 * factor)
    return exp_over_square(exp_of_sum_times(y, low, 1.0), numerator)


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
    # x - tanh(x) loses all digits near 0: there its own series.
    t = absolute(x)
    square = t * t
    near = t * square * TANHSHRINK(square)
    e = exp(-2.0 * t)
    far = (t - 1.0) + 2.0 * e / (1.0 + e)
    return copysign(near if t < 1.0 else far, x)


def tanhshrink_derivative(x):
    y = tanh(x)
    return y * y


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


def clipped_to(x, low):
    """x between low and 1 - low; low = -inf leaves it alone."""
    return low if x < low else (1.0 - low if x > 1.0 - low else x)


def logit(x, low):
    # log(t / (1 - t)) for the smaller t of x and 1 - x; near 1/2, where it has its
    # root, log1p of the exact 1 - 2 t over t.
    x = clipped_to(x, low)
    t = 1.0 - x if x > 0.5 else x
    near = -log1p((1.0 - 2.0 * t) / t) if t > 0.34 else 0.0
    far = log_of_positive(t / (1.0 - t)) if t > 0.0 else -2.0 * LARGEST
    y = near if t > 0.34 else far
    y = y if t >= 0.0 else sqrt(t)  # NaN outside of [0, 1]
    return -y if x > 0.5 else y


def logit_derivative(x, low):
    t = 1.0 - x if x > 0.5 else x
    inverse = 1.0 / (t * (1.0 - t)) if t > 0.0 else 2.0 * LARGEST
    inverse = inverse if t >= 0.0 else sqrt(t)
    outside = 0.0 if x < low else inverse
    return 0.0 if x > 1.0 - low else outside


def logit_derivative_from_output(y, low):
    e = exp_of_any(absolute(y))
    return 2.0 + (e + 1.0 / e)

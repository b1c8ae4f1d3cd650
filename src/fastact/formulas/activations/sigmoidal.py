"""S-shaped functions and what is made of them."""

from __future__ import annotations

from ..elementary import *  # noqa: F403
from ..primitives import *  # noqa: F403


def sigmoid(x):
    z = exp(copysign(x, -1.0))
    d = 1.0 + z
    return quotient(z if x < 0.0 else 1.0, d, (1.0 - d) + z)


def sigmoid_derivative(x):
    # sigmoid(x) * sigmoid(-x); y * (1 - y) would lose the right tail.
    e = exp(copysign(x, -1.0))
    return e / fma(e, e + 2.0, 1.0)


def sigmoid_derivative_from_output(y):
    return y * (1.0 - y)


def tanh(x):
    t = absolute(x)
    square = t * t
    near = fma(t * square, TANH(square), t)
    e = exp(-2.0 * t)
    far = 1.0 - 2.0 * e / (1.0 + e)
    return copysign(near if t < TANH_MAX else far, x)


def tanh_derivative(x):
    # 1 / cosh(x)^2; 1 - y^2 would lose both tails.
    e = exp(-2.0 * absolute(x))
    return 4.0 * e / fma(e, e + 2.0, 1.0)


def tanh_derivative_from_output(y):
    return (1.0 - y) * (1.0 + y)


def logsigmoid(x):
    return (x if x < 0.0 else -0.0) - log1p(exp(copysign(x, -1.0)))


def logsigmoid_derivative(x):
    return sigmoid(-x)


def logsigmoid_derivative_from_output(y):
    return -expm1(y)


# scale_b * tanh(scale_a * x); ``a_low`` is what rounding scale_a to the dtype lost.
# It and the rounding of the product count 90 times in the tail of the derivative.


def stanh(x, a, a_low, scale_b):
    return scale_b * tanh(a * x)


def tanh_slope(x, a, a_low):
    v = a * x
    y = -2.0 * absolute(v)
    rest = 0.0 if y <= EXP_MIN else fma(a_low, x, fma(a, x, -v))
    e = exp_times(y, fma(-2.0, copysign(1.0, v) * rest, 1.0))
    return 4.0 * e / fma(e, e + 2.0, 1.0)


def stanh_derivative(x, a, a_low, scale_b):
    return a * scale_b * tanh_slope(x, a, a_low)


def stanh_derivative_from_output(y, a, a_low, scale_b):
    return a * scale_b * tanh_derivative_from_output(y / scale_b)


def stanh_derivative_by_scale_a(x, a, a_low, scale_b):
    slope = scale_b * tanh_slope(x, a, a_low)
    return 0.0 if slope == 0.0 else x * slope


def stanh_derivative_by_scale_b(x, a, a_low, scale_b):
    return tanh(a * x)


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
    y = quotient(t, d, sum_low(1.0, t, d))
    return copysign(1.0 if t > HUGE else y, x)


def softsign_derivative(x):
    t = absolute(x)
    d = 1.0 + t
    g = 1.0 / d
    rest = fma(-g, sum_low(1.0, t, d), fma(-g, d, 1.0))
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

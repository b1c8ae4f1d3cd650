"""Every activation and its derivatives, one scalar formula each.

A function ``f`` may be followed by ``f_derivative(x)``, the derivative as a
function of the input, and ``f_derivative_from_output(y)``.  Parameters follow
the first argument in the order of the catalogue row; an array parameter ``w``
that is learned has ``f_derivative_by_w(x, w)``.  The backward pass multiplies
the derivative by ``dy``, unless ``f_backward(dy, x)`` says otherwise.

The forms are chosen for the whole line, from the smallest subnormal to
infinity: exponentials take a non-positive argument (``-abs(x)``) and so never
overflow, no two nearly equal numbers are subtracted away from a root, and a
product with a vanishing exponential is formed before it is scaled down
(``exp_times``), because exp(x) alone turns subnormal while x exp(x) is still
a normal number.  NaN comes out as NaN.
"""

from __future__ import annotations

from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403

# --- piecewise linear -----------------------------------------------------------


def identity(x):
    return x


def identity_derivative(x):
    return 1.0


def identity_derivative_from_output(y):
    return 1.0


def relu(x):
    return 0.0 if x <= 0.0 else x


def relu_derivative(x):
    return 1.0 if x > 0.0 else (0.0 if x <= 0.0 else x)


def relu_derivative_from_output(y):
    return relu_derivative(y)


def relu_backward(dy, x):
    # A dead unit stops an infinite gradient too, where 0 * inf would be NaN.
    return dy if x > 0.0 else (0.0 if x <= 0.0 else x)


def relu_backward_from_output(dy, y):
    return relu_backward(dy, y)


def leaky_relu(x, negative_slope):
    return x if x > 0.0 else negative_slope * x


def leaky_relu_derivative(x, negative_slope):
    return 1.0 if x > 0.0 else (negative_slope if x <= 0.0 else x)


def leaky_relu_derivative_from_output(y, negative_slope):
    return leaky_relu_derivative(y, negative_slope)


def prelu(x, weight):
    return leaky_relu(x, weight)


def prelu_derivative(x, weight):
    return leaky_relu_derivative(x, weight)


def prelu_derivative_by_weight(x, weight):
    return 0.0 if x > 0.0 else x


# --- exponential ----------------------------------------------------------------


def elu(x, alpha):
    return x if x > 0.0 else alpha * expm1(x)


def elu_derivative(x, alpha):
    return 1.0 if x > 0.0 else alpha * exp(x)


def elu_derivative_from_output(y, alpha):
    return 1.0 if y > 0.0 else y + alpha


def sigmoid(x):
    return EXP_RESCALE / scaled_one_plus_exp_of_minus(x)


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


def softplus(x, beta):
    e = exp(-absolute(beta * x))
    return (x if x > 0.0 else 0.0) + log1p(e) / beta


def softplus_derivative(x, beta):
    return sigmoid(beta * x)


def softplus_derivative_from_output(y, beta):
    return -expm1(-(beta * y))


# --- x times a gate ---------------------------------------------------------------


def silu(x):
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    left = exp_times(y, y)
    return (left if x < 0.0 else x) / (1.0 + exp(y))


def silu_derivative(x):
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    e = exp(y)
    gate = 1.0 / (1.0 + e)
    left = exp_times(y, gate * fma(y, gate, 1.0))
    return left if x < 0.0 else gate * fma(-y * e, gate, 1.0)


def mish(x):
    # tanh(softplus(x)) is rational in z = exp(-abs(x)) on both sides.
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    z = exp(y)
    n = z + 2.0 if x < 0.0 else fma(2.0, z, 1.0)
    d = fma(z, n, 2.0) if x < 0.0 else fma(2.0 * z, z, n)
    left = exp_times(y, y)
    return (left if x < 0.0 else x) * n / d


def mish_derivative(x):
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    z = exp(y)
    n = z + 2.0 if x < 0.0 else fma(2.0, z, 1.0)
    d = fma(z, n, 2.0) if x < 0.0 else fma(2.0 * z, z, n)
    slope = 4.0 * y * (1.0 + z)
    left = exp_times(y, fma(n, d, slope) / (d * d))
    return left if x < 0.0 else fma(n, d, -slope * z * z) / (d * d)


def gelu(x):
    # max(x, 0) - t Phi(-t) with t = abs(x): Phi(-t) keeps its relative accuracy.
    t = absolute(x)
    t = TAIL_MAX if t > TAIL_MAX else t
    u = t / (t + TAIL_SHIFT)
    tail = exp_of_half_square(t, u * normal_tail(u))
    return (x if x >= 0.0 else -0.0) - tail


def gelu_derivative(x):
    t = absolute(x)
    t = TAIL_MAX if t > TAIL_MAX else t
    r = 1.0 / (t + TAIL_SHIFT)
    tail = exp_of_half_square(t, fma(r, normal_tail(t * r), -t * INVERSE_SQRT_2PI))
    return tail if x < 0.0 else 1.0 - tail


def gelu_tanh_slope(square):
    """v / t, where v = 2 sqrt(2 / pi) (t + 0.044715 t^3)."""
    return fma(GELU_TANH_CUBIC, square, GELU_TANH_LINEAR)


def gelu_tanh_slope_rest(t, square, slope):
    """What ``slope`` lacks, every rounding error on the way to it included."""
    # A number with few bits near it, from which and to which differences are exact.
    coarse = (slope + GELU_TANH_ROUND) - GELU_TANH_ROUND
    rest = fma(GELU_TANH_CUBIC, square, GELU_TANH_LINEAR_HIGH - coarse) + (coarse - slope)
    constants = fma(GELU_TANH_CUBIC_LOW, square, GELU_TANH_LINEAR_LOW)
    return rest + fma(GELU_TANH_CUBIC, fma(t, t, -square), constants)


def gelu_tanh(x):
    # x * sigmoid(v) with v = 2 sqrt(2 / pi) (x + 0.044715 x^3).  v reaches -100,
    # where its rounding error alone would cost 50 ulp: it is kept as high + low.
    t = absolute(x)
    t = GELU_TANH_MAX if t > GELU_TANH_MAX else t
    square = t * t
    slope = gelu_tanh_slope(square)
    v = t * slope
    low = fma(t, gelu_tanh_slope_rest(t, square, slope), fma(t, slope, -v))
    e = exp(-v)
    left = exp_times(-v, fma(t, low, -t))
    return (left if x < 0.0 else x) / (1.0 + e)


def gelu_tanh_derivative(x):
    t = absolute(x)
    t = GELU_TANH_MAX if t > GELU_TANH_MAX else t
    square = t * t
    slope = gelu_tanh_slope(square)
    v = t * slope
    low = fma(t, gelu_tanh_slope_rest(t, square, slope), fma(t, slope, -v))
    e = exp(-v)
    gate = 1.0 / (1.0 + e)
    rise = t * fma(3.0 * GELU_TANH_CUBIC, square, GELU_TANH_LINEAR) * gate
    left = gate * (1.0 - rise)
    left = exp_times(-v, fma(-low, left, left))
    return left if x < 0.0 else gate * fma(rise, e, 1.0)

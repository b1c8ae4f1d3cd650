"""Smooth rectifiers: a line on the right, an exponential or a root on the left."""

from __future__ import annotations

from ..elementary import *  # noqa: F403
from ..primitives import *  # noqa: F403
from .sigmoidal import sigmoid


def elu(x, alpha):
    return x if x > 0.0 else alpha * expm1(x)


def elu_derivative(x, alpha):
    return 1.0 if x > 0.0 else alpha * exp(x)


def elu_derivative_from_output(y, alpha):
    return 1.0 if y > 0.0 else y + alpha


def elu_derivative_by_alpha(x, alpha):
    return 0.0 if x > 0.0 else expm1(x)


# Rounding the scales to the dtype costs half an ulp: the _LOW are what it lost.


def selu(x):
    y = EXP_MIN if x < EXP_MIN else x
    shifted = fma(y, LOG2E, EXP_ROUND)
    r = exp_remainder(y, shifted)
    bend = r * r * EXPM1(r)
    p = r + bend
    p_low = bend - (p - r)
    scale = power_of_two(shifted)
    e = fma(scale, p, scale - EXP_SCALE)
    e_low = fma(scale, p_low, fma(scale, p, (scale - EXP_SCALE) - e))
    left = fma(SELU_SCALE_ALPHA, e, fma(SELU_SCALE_ALPHA, e_low, SELU_SCALE_ALPHA_LOW * e))
    right = fma(SELU_SCALE, x, SELU_SCALE_LOW * (LARGEST if x > LARGEST else x))
    return right if x > 0.0 else left * EXP_RESCALE


def selu_derivative(x):
    left = exp_of_sum_times(x, SELU_SCALE_ALPHA_LOW / SELU_SCALE_ALPHA, SELU_SCALE_ALPHA)
    return SELU_SCALE if x > 0.0 else left


def selu_derivative_from_output(y):
    return SELU_SCALE if y > 0.0 else y + SELU_SCALE_ALPHA


def celu(x, alpha):
    return x if x > 0.0 else alpha * expm1(x / alpha)


def celu_derivative(x, alpha):
    return 1.0 if x > 0.0 else exp(x / alpha)


def celu_derivative_from_output(y, alpha):
    return 1.0 if y > 0.0 else y / alpha + 1.0


def celu_derivative_by_alpha(x, alpha):
    # expm1(v) - v exp(v) = (1 - v) (exp(v) - 1 / (1 - v)), about -v^2 / 2 at zero.
    v = x / alpha
    v = EXP_MIN if v < EXP_MIN else v
    near = v * v * CELU_BY_ALPHA(v)
    far = fma(-v, exp(v), expm1(v))
    return 0.0 if x > 0.0 else (near if v > -1.0 else far)


def softplus(x, beta):
    y = -absolute(beta * x)
    inverse = 1.0 / beta
    line = fma(log1p_of_exp(y), inverse, x if x > 0.0 else 0.0)
    return fma(LN2 if y > -LN2 else 0.0, inverse, line)


def softplus_derivative(x, beta):
    return sigmoid(beta * x)


def softplus_derivative_from_output(y, beta):
    # What is no output counts as the nearest one: expm1 takes no positive number.
    v = -(beta * y)
    v = 0.0 if v > 0.0 else v
    return -expm1(v)


def softplus_derivative_by_beta(x, beta):
    # (v sigmoid(v) - log(1 + exp(v))) / beta^2; even in v = beta * x.
    v = copysign(beta * x, -1.0)
    v = EXP_MIN if v < EXP_MIN else v
    e = exp(v)
    return (v * e / (1.0 + e) - log1p(e)) / (beta * beta)


def logsigmoid(x):
    return -softplus(-x, 1.0)


def logsigmoid_derivative(x):
    return sigmoid(-x)


def logsigmoid_derivative_from_output(y):
    y = 0.0 if y > 0.0 else y
    return -expm1(y)


# With t = abs(x): (t + r) / 2, r = sqrt(t^2 + b), is the large root of y (y - t) = b / 4,
# and minus the value at -t the small one.  One step of Newton takes back what r lost.


def root_of_square_plus(t, b):
    return t if t > HUGE else sqrt(fma(t, t, b))


def large_root_low(t, r, total, quarter):
    """What total = (t + r) / 2 lacks of the large root."""
    small = total - t
    excess = fma(total, (total - small) - t, fma(total, small, -quarter))
    return -excess * rough_inverse(r)


def squareplus(x, b):
    t = absolute(x)
    quarter = 0.25 * b
    r = root_of_square_plus(t, b)
    total = fma(0.5, t, 0.5 * r)
    low = large_root_low(t, r, total, quarter)
    y = quarter / total
    rest = fma(-y, low, fma(-y, total, quarter)) * rough_inverse(total)
    rest = rest if x < 0.0 else low
    return (y if x < 0.0 else total) + (0.0 if t > HUGE else rest)


def squareplus_derivative(x, b):
    # The small root over r, where r times the large root is its square plus b / 4.
    t = absolute(x)
    quarter = 0.25 * b
    r = root_of_square_plus(t, b)
    total = fma(0.5, t, 0.5 * r)
    low = large_root_low(t, r, total, quarter)
    rest = 0.0 if t > HUGE else fma(total, 2.0 * low, quarter)
    scale = HUGE_INVERSE if t > HUGE else 1.0
    total = total * scale
    small = quarter * scale * scale / fma(total, total, rest)
    return small if x < 0.0 else 1.0 - small


def squareplus_derivative_from_output(y, b):
    y = HUGE if y > HUGE else y
    square = y * y
    return square / fma(0.25, b, square)


def squareplus_derivative_by_b(x, b):
    return 0.25 / root_of_square_plus(absolute(x), b)


def exponential(x):
    return exp_of_any(x)


def exponential_derivative(x):
    return exp_of_any(x)


def exponential_derivative_from_output(y):
    return y


# --- snake: a line with ripples --------------------------------------------------------


def sine_square_by(v, x, inverse):
    """x + inverse * sin(v)^2; beyond SINE_MAX the square's mean, 1/2."""
    shifted = fma(v, TWO_OVER_PI, SINE_ROUND)
    n = shifted - SINE_ROUND
    high = fma(n, -HALF_PI_HIGH, v)
    r = fma(n, -HALF_PI_MIDDLE, high)
    rough = r * r
    more = sine_square_less_square(r, fma(n, -HALF_PI_MIDDLE, high - r), rough)
    square = rough + more
    square_low = (rough - square) + more  # half an ulp of the result between -0.8 and -1
    sign = sign_of_odd(shifted)
    scale = copysign(inverse, sign)
    step = (0.5 - copysign(0.5, sign)) * inverse
    ripple = fma(square, scale, step)  # 1 - sin(r)^2 for odd n
    ripple_low = fma(square_low, scale, fma(square, scale, step - ripple))
    y = (x + ripple) + ripple_low
    return fma(0.5, inverse, x) if absolute(v) > SINE_MAX else y


def snake(x, a):
    # Beyond SINE_MAX, where numbers lie as far apart as the ripples are high, the phase
    # is not resolved: the ripple's mean stands there.
    return x if a == 0.0 else sine_square_by(a * x, x, 1.0 / a)


def snake_derivative(x, a):
    # 1 + sin(2 v) = 2 sin(v + pi / 4)^2, which keeps its digits near the roots.
    return 2.0 * sine_square_after_eighth(a * x)


def snake_derivative_by_a(x, a):
    ripple = fma(2.0, sine_square_after_eighth(a * x), -1.0)
    square = sine_square_by(a * x, 0.0, 1.0)
    return x * x if a == 0.0 else (x * ripple - square / a) / a

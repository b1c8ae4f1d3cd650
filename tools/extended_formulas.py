"""The elementwise formulas in long double, under the names of the kernels.

Written apart from those of the package: with the functions of the C library, and with
exponents up to 2**16384, so that nothing needs a scale.  A new row may have its formula
here; without one, float64 is judged by mpmath on fewer inputs.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

import pairs
from pairs import Numbers, Pair, extended, pair

with mpmath.workdps(60):
    QUARTER_PI = pair(mpmath.pi / 4)
    SELU_SCALE = extended(mpmath.mpf("1.0507009873554804934193349852946"))
    SELU_ALPHA = extended(mpmath.mpf("1.6732632423543772848170429916717"))
    QUICK_GELU = pair(mpmath.mpf("1.702"))
    INVERSE_SQRT_2PI = extended(1 / mpmath.sqrt(2 * mpmath.pi))
    GELU_TANH_LINEAR = pair(2 * mpmath.sqrt(2 / mpmath.pi))
    GELU_TANH_CUBIC = pair(2 * mpmath.sqrt(2 / mpmath.pi) * mpmath.mpf("0.044715"))

FAR = 1e5  # a gate is 0 or 1 there, whatever its exponent is exactly
ZERO = np.longdouble(0)
ONE = np.longdouble(1)


def _only(x: Numbers) -> Pair:
    return Pair(x, np.zeros_like(x))


def _where(condition: Numbers, yes: Numbers, no: Numbers) -> Numbers:
    return np.where(condition, np.asarray(yes, np.longdouble), np.asarray(no, np.longdouble))


def _clipped(x: Numbers, bound: float = FAR) -> Numbers:
    return np.clip(x, -bound, bound)


# --- piecewise linear and parabolic ---------------------------------------------------


def identity(x: Numbers) -> Numbers:
    return x


def identity_derivative(x: Numbers) -> Numbers:
    return np.ones_like(x)


def relu(x: Numbers) -> Numbers:
    return np.maximum(x, ZERO)


def relu_derivative(x: Numbers) -> Numbers:
    return _where(x > 0, 1, 0)


def relu6(x: Numbers) -> Numbers:
    return np.clip(x, 0, 6)


def relu6_derivative(x: Numbers) -> Numbers:
    return _where((x > 0) & (x < 6), 1, 0)


def relu2(x: Numbers) -> Numbers:
    return relu(x) ** 2


def relu2_derivative(x: Numbers) -> Numbers:
    return 2 * relu(x)


def leaky_relu(x: Numbers, negative_slope: Numbers) -> Numbers:
    return _where(x > 0, x, negative_slope * x)


def leaky_relu_derivative(x: Numbers, negative_slope: Numbers) -> Numbers:
    return _where(x > 0, 1, negative_slope)


def prelu(x: Numbers, weight: Numbers) -> Numbers:
    return leaky_relu(x, weight)


def prelu_derivative(x: Numbers, weight: Numbers) -> Numbers:
    return leaky_relu_derivative(x, weight)


def threshold(x: Numbers, threshold: Numbers, value: Numbers) -> Numbers:
    return _where(x > threshold, x, value)


def threshold_derivative(x: Numbers, threshold: Numbers, value: Numbers) -> Numbers:
    return _where(x > threshold, 1, 0)


def hardtanh(x: Numbers, min_val: Numbers, max_val: Numbers) -> Numbers:
    return np.clip(x, min_val, max_val)


def hardtanh_derivative(x: Numbers, min_val: Numbers, max_val: Numbers) -> Numbers:
    return _where((x > min_val) & (x < max_val), 1, 0)


def hardsigmoid(x: Numbers, slope: Numbers, offset: Numbers) -> Numbers:
    return np.clip(slope * (x + offset / slope), 0, 1)


def hardsigmoid_derivative(x: Numbers, slope: Numbers, offset: Numbers) -> Numbers:
    return _where(np.abs(x + (offset - 0.5) / slope) < 0.5 / slope, slope, 0)


def sparse_sigmoid(x: Numbers) -> Numbers:
    return np.clip((x + 1) / 2, 0, 1)


def sparse_sigmoid_derivative(x: Numbers) -> Numbers:
    return _where(np.abs(x) < 1, 0.5, 0)


def hardshrink(x: Numbers, lambd: Numbers) -> Numbers:
    return _where(np.abs(x) > lambd, x, 0)


def hardshrink_derivative(x: Numbers, lambd: Numbers) -> Numbers:
    return _where(np.abs(x) > lambd, 1, 0)


def softshrink(x: Numbers, lambd: Numbers) -> Numbers:
    return np.copysign(relu(np.abs(x) - lambd), x)


def softshrink_derivative(x: Numbers, lambd: Numbers) -> Numbers:
    return hardshrink_derivative(x, lambd)


def step(x: Numbers, threshold: Numbers) -> Numbers:
    return _where(x > threshold, 1, 0)


def step_derivative(x: Numbers, threshold: Numbers) -> Numbers:
    return np.zeros_like(x)


def hardswish(x: Numbers) -> Numbers:
    return _where(x >= 3, x, x * relu(x + 3) / 6)


def hardswish_derivative(x: Numbers) -> Numbers:
    return _where(x >= 3, 1, _where(x <= -3, 0, (2 * x + 3) / 6))


def sparse_plus(x: Numbers) -> Numbers:
    return _where(x >= 1, x, (relu(x + 1) / 2) ** 2)


def sparse_plus_derivative(x: Numbers) -> Numbers:
    return sparse_sigmoid(x)


# --- rectifiers with a curve ----------------------------------------------------------


def elu(x: Numbers, alpha: Numbers) -> Numbers:
    return _where(x > 0, x, alpha * np.expm1(x))


def elu_derivative(x: Numbers, alpha: Numbers) -> Numbers:
    return _where(x > 0, 1, alpha * np.exp(x))


def selu(x: Numbers) -> Numbers:
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_derivative(x: Numbers) -> Numbers:
    return SELU_SCALE * elu_derivative(x, SELU_ALPHA)


def celu(x: Numbers, alpha: Numbers) -> Numbers:
    return _where(x > 0, x, alpha * np.expm1(x / alpha))


def celu_derivative(x: Numbers, alpha: Numbers) -> Numbers:
    return _where(x > 0, 1, np.exp(x / alpha))


def softplus(x: Numbers, beta: Numbers) -> Numbers:
    return relu(x) + np.log1p(np.exp(-np.abs(beta * x))) / beta


def softplus_derivative(x: Numbers, beta: Numbers) -> Numbers:
    return sigmoid(beta * x)


def squareplus(x: Numbers, b: Numbers) -> Numbers:
    sum_of_both = np.sqrt(x * x + b) + np.abs(x)
    return _where(x > 0, sum_of_both / 2, b / (2 * sum_of_both))


def squareplus_derivative(x: Numbers, b: Numbers) -> Numbers:
    root = np.sqrt(x * x + b)
    return _where(x > 0, (1 + x / root) / 2, b / (2 * root * (root + np.abs(x))))


def exponential(x: Numbers) -> Numbers:
    return np.exp(x)


def exponential_derivative(x: Numbers) -> Numbers:
    return np.exp(x)


def snake(x: Numbers, a: Numbers) -> Numbers:
    return x + np.sin(a * x) ** 2 / a


def snake_derivative(x: Numbers, a: Numbers) -> Numbers:
    """1 + sin(2 v) as 2 sin(v + pi / 4)^2, which loses no digits around the roots."""
    phase = pairs.add(pairs.times(x, a), QUARTER_PI)
    high, low = phase
    return 2 * (np.sin(high) * np.cos(low) + np.cos(high) * np.sin(low)) ** 2


# --- S-shaped -------------------------------------------------------------------------


def sigmoid(x: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x: Numbers) -> Numbers:
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


def logsigmoid(x: Numbers) -> Numbers:
    return -softplus(-x, ONE)


def logsigmoid_derivative(x: Numbers) -> Numbers:
    return sigmoid(-x)


def tanh(x: Numbers) -> Numbers:
    return np.tanh(x)


def tanh_derivative(x: Numbers) -> Numbers:
    return _slope_of_tanh(_only(x))


def _slope_of_tanh(v: Pair) -> Numbers:
    e = pairs.exp(Pair(-2 * np.abs(v.high), -2 * np.copysign(1, v.high) * v.low))
    return 4 * e / (1 + e) ** 2


def stanh(x: Numbers, scale_a: Numbers, scale_b: Numbers) -> Numbers:
    return scale_b * np.tanh(scale_a * x)


def stanh_derivative(x: Numbers, scale_a: Numbers, scale_b: Numbers) -> Numbers:
    return scale_a * scale_b * _slope_of_tanh(pairs.times(_clipped(x), scale_a))


def tanhshrink(x: Numbers) -> Numbers:
    """(x cosh(x) - sinh(x)) / cosh(x) near 0: the terms of its series have one sign."""
    square, term, total = x * x, x, np.zeros_like(x)
    for k in range(2, 26, 2):
        term = term * square / (k * (k + 1))
        total = total + k * term
    return _where(np.abs(x) < 1, total / np.cosh(x), x - np.tanh(x))


def tanhshrink_derivative(x: Numbers) -> Numbers:
    return np.tanh(x) ** 2


def softsign(x: Numbers) -> Numbers:
    return x / (1 + np.abs(x))


def softsign_derivative(x: Numbers) -> Numbers:
    return 1 / (1 + np.abs(x)) ** 2


def logit(x: Numbers) -> Numbers:
    """By the smaller of x and 1 - x, near 1/2 by the exact difference of the two."""
    smaller = np.minimum(x, 1 - x)
    near = np.log1p((2 * smaller - 1) / (1 - smaller))
    far = np.log(smaller) - np.log1p(-smaller)
    return np.copysign(_where(smaller > 0.25, near, far), x - 0.5)


def logit_derivative(x: Numbers) -> Numbers:
    return 1 / (x * (1 - x))


# --- x times a gate ---------------------------------------------------------------------


def _gate(v: Pair) -> Numbers:
    """The sigmoid of v."""
    return 1 / (1 + pairs.exp(pairs.negative(v)))


def _slope_of_gated(v: Pair, x_times_slope: Numbers) -> Numbers:
    """By x of x sigmoid(v), for x v'(x)."""
    return _gate(v) * (1 + x_times_slope * _gate(pairs.negative(v)))


def silu(x: Numbers, beta: Numbers) -> Numbers:
    return x * _gate(pairs.times(_clipped(x), beta))


def silu_derivative(x: Numbers, beta: Numbers) -> Numbers:
    v = pairs.times(_clipped(x), beta)
    return _slope_of_gated(v, v.high)


def quick_gelu(x: Numbers) -> Numbers:
    return x * _gate(pairs.multiply(_only(_clipped(x)), QUICK_GELU))


def quick_gelu_derivative(x: Numbers) -> Numbers:
    v = pairs.multiply(_only(_clipped(x)), QUICK_GELU)
    return _slope_of_gated(v, v.high)


def _gelu_tanh_exponent(x: Numbers) -> Pair:
    x = _clipped(x, 1000)
    cube = pairs.multiply(pairs.times(x, x), _only(x))
    linear = pairs.multiply(_only(x), GELU_TANH_LINEAR)
    return pairs.add(linear, pairs.multiply(cube, GELU_TANH_CUBIC))


def gelu_tanh(x: Numbers) -> Numbers:
    return x * _gate(_gelu_tanh_exponent(x))


def gelu_tanh_derivative(x: Numbers) -> Numbers:
    near = _clipped(x, 1000)
    slope = GELU_TANH_LINEAR.high + 3 * GELU_TANH_CUBIC.high * near * near
    return _slope_of_gated(_gelu_tanh_exponent(x), near * slope)


def mish(x: Numbers) -> Numbers:
    """tanh(log(1 + e)) is e (e + 2) / (e (e + 2) + 2)."""
    e = np.exp(np.minimum(x, 100))
    return x * (e * (e + 2) / (e * (e + 2) + 2))


def mish_derivative(x: Numbers) -> Numbers:
    e = np.exp(np.minimum(x, 100))
    bottom = e * (e + 2) + 2
    return e * ((e + 2) * bottom + 4 * np.minimum(x, 100) * (e + 1)) / bottom**2


def dish(x: Numbers) -> Numbers:
    """With r = sqrt(1 + x^2), 1 - t / r is 1 / (r (r + t))."""
    t, r = np.abs(x), np.sqrt(1 + x * x)
    return _where(x > 0, x * (1 + t / r) / 2, x / (2 * r * (r + t)))


def dish_derivative(x: Numbers) -> Numbers:
    t, r = np.abs(x), np.sqrt(1 + x * x)
    right = (1 + t / r + t / r**3) / 2
    return _where(x > 0, right, (1 / r - t) / (2 * r**2 * (r + t)))


# --- the normal distribution --------------------------------------------------------------

TAIL_SHIFT = 5.0
TAIL_MAX = 60.0
TAIL_TERMS = 60


def _tail_coefficients() -> Numbers:
    """Of Chebyshev polynomials in (t - s) / (t + s), for exp(t^2 / 2) Phi(-t) (t + s)."""
    with mpmath.workdps(40):
        s, count = mpmath.mpf(TAIL_SHIFT), 2 * TAIL_TERMS
        angles = [mpmath.pi * (k + 0.5) / count for k in range(count)]
        numbers = [s * (1 + mpmath.cos(a)) / (1 - mpmath.cos(a)) for a in angles]
        heights = [_scaled_tail(t) * (t + s) for t in numbers]
        terms = [
            2 * mpmath.fsum(h * mpmath.cos(j * a) for h, a in zip(heights, angles, strict=True))
            for j in range(TAIL_TERMS)
        ]
        return np.array([extended(term / count / (1 if j else 2)) for j, term in enumerate(terms)])


def _scaled_tail(t: Any) -> Any:
    """exp(t^2 / 2) Phi(-t), far out by its continued fraction."""
    if t < 20:
        return mpmath.exp(t * t / 2) * mpmath.erfc(t / mpmath.sqrt(2)) / 2
    fraction = t
    for k in range(300, 0, -1):
        fraction = t + k / fraction
    return 1 / (fraction * mpmath.sqrt(2 * mpmath.pi))


TAIL = _tail_coefficients()


def _tail(t: Numbers) -> tuple[Numbers, Numbers]:
    """exp(-t^2 / 2), and what it is to be multiplied by to give Phi(-t)."""
    t = np.minimum(t, np.longdouble(TAIL_MAX))
    half_square = pairs.times(t, -t / 2)
    c = (t - TAIL_SHIFT) / (t + TAIL_SHIFT)
    factor = np.polynomial.chebyshev.chebval(c, TAIL) / (t + TAIL_SHIFT)
    return pairs.exp(half_square), factor


def gelu(x: Numbers) -> Numbers:
    density, factor = _tail(np.abs(x))
    return x * _where(x > 0, 1 - density * factor, density * factor)


def gelu_derivative(x: Numbers) -> Numbers:
    t = np.minimum(np.abs(x), np.longdouble(TAIL_MAX))
    density, factor = _tail(t)
    small = density * (factor - t * INVERSE_SQRT_2PI)
    return _where(x > 0, 1 - small, small)

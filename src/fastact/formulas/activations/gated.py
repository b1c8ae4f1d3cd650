"""x, or another array, times a gate."""

from __future__ import annotations

from ..elementary import *  # noqa: F403
from ..primitives import *  # noqa: F403
from .piecewise import relu, relu_backward
from .sigmoidal import sigmoid, sigmoid_derivative

# x * sigmoid(v) for v = beta * x.  Far left that is x * exp(v), where half an ulp of
# a v of -88 would cost 44: -abs(v) is y and ``low``, what the rounding of y lost.


def times_sigmoid(x, v, y, low):
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder_of_sum(y, low, shifted))
    scale = power_of_two(shifted)
    e = fma(scale, p, scale) * EXP_RESCALE
    d = 1.0 + e
    factor = x * scale if v < 0.0 else x
    result = times_quotient(factor, -0.0, p if v < 0.0 else 0.0, d, (1.0 - d) + e)
    result = result * (EXP_RESCALE if v < 0.0 else 1.0)
    # Selected at the end, which costs less than to keep y from where exp(y) has no meaning.
    outside = 0.0 if v < 0.0 else x
    return copysign(outside if y <= EXP_MIN else result, x)


# The derivatives on the left are exp(-t) N(t) / d(t)^2, where N goes through 0 at a t0 that
# is known: with t0 - t, of which every digit is right near 0, for -t, and the exponential
# E = exp(t0 - t) less 1, N cancels nothing.  On the right they are 1 minus that.


def times_sigmoid_derivative(v, y, low):
    """By x: s + v s (1 - s), with s = sigmoid(v)."""
    # On the left e (1 + e - t) / (1 + e)^2 with e = exp(-t) = SILU_E E.
    below = SILU_ROOT + y
    low = two_sum_error(SILU_ROOT, y, below) + (low + SILU_ROOT_LOW)
    shifted = fma(below, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder_of_sum(below, low, shifted))
    scaled = power_of_two(shifted)
    scale = scaled * EXP_RESCALE  # a power of two still, subnormal or not
    e = fma(scale, p, scale)
    e_low = fma(scale, p, scale - e)
    e_less_1 = fma(scale, p, scale - 1.0)
    n = fma(SILU_E, e_less_1, below)
    n_low = fma(SILU_E, e_less_1, below - n) + low
    w = fma(SILU_E, e, 2.0)
    d = fma(e, w, SILU_INVERSE_E)
    d_low = fma(e, w, SILU_INVERSE_E - d) + fma(e_low, fma(2.0, w, -2.0), SILU_INVERSE_E_LOW)
    left = times_quotient(n, n_low, p, d, d_low) * scaled * EXP_RESCALE
    left = -0.0 if y <= EXP_MIN else left
    return left if v < 0.0 else 1.0 - left


def times_sigmoid_coarse_derivative(v, y, low):
    """The same by what ``times_sigmoid`` computes; near its root only the error is small."""
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder_of_sum(y, low, shifted))
    scale = power_of_two(shifted)
    e = fma(scale, p, scale) * EXP_RESCALE
    h = 1.0 / (1.0 + e)
    left = 0.0 if y <= EXP_MIN else e * h * fma(y, h, 1.0)
    return left if v < 0.0 else 1.0 - left


def silu(x, beta):
    t, size = absolute(x), absolute(beta)
    y = -(size * t)
    return times_sigmoid(x, beta * x, y, fma(-size, t, -y))


def silu_derivative(x, beta):
    t, size = absolute(x), absolute(beta)
    y = -(size * t)
    return times_sigmoid_derivative(beta * x, y, fma(-size, t, -y))


def silu_coarse_derivative(x, beta):
    t, size = absolute(x), absolute(beta)
    y = -(size * t)
    return times_sigmoid_coarse_derivative(beta * x, y, fma(-size, t, -y))


def silu_derivative_by_beta(x, beta):
    """x^2 sigmoid'(v); the tail is formed before it is scaled down."""
    y = copysign(beta * x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    e = exp(y)
    gate = x / (1.0 + e)
    return 0.0 if y <= EXP_MIN else exp_times(y, gate * gate)


def quick_gelu_low(t, y):
    return fma(-QUICK_GELU_LOW, t, fma(-QUICK_GELU_HIGH, t, -y))


def quick_gelu(x):
    t = absolute(x)
    y = -QUICK_GELU_HIGH * t
    return times_sigmoid(x, x, y, quick_gelu_low(t, y))


def quick_gelu_derivative(x):
    t = absolute(x)
    y = -QUICK_GELU_HIGH * t
    return times_sigmoid_derivative(x, y, quick_gelu_low(t, y))


def quick_gelu_coarse_derivative(x):
    t = absolute(x)
    y = -QUICK_GELU_HIGH * t
    return times_sigmoid_coarse_derivative(x, y, quick_gelu_low(t, y))


# With z = exp(-abs(x)), mish is x z q on the left and x q on the right, for the quotients
# q = (z + 2) / (z^2 + 2 z + 2) and q = (z + 1/2) / (z^2 + z + 1/2), both from 0.6 to 1.


def mish(x):
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder(y, shifted))
    scale = power_of_two(shifted)
    small = scale * EXP_RESCALE
    z = fma(small, p, small)
    # q = (w + last) / (e + last): 1 - q is exact, so what q lacks comes of w and e alone.
    # Less 1/2 they are shorter, and rounded less.
    w = z - 0.5
    e = fma(z, z, w + z if x < 0.0 else w)
    last = 2.5 if x < 0.0 else 1.0
    h = 1.0 / (e + last)
    q = (w + last) * h
    rest = h * fma(1.0 - q, last, fma(-q, e, w))
    factor = y * scale
    tail = fma(factor, p, factor)
    tail_low = fma(factor, p, factor - tail)
    left = fma(tail, q, fma(tail_low, q, tail * rest)) * EXP_RESCALE
    right = fma(x, q, x * rest)
    right = right if right < x else x  # also for infinity and -0.0
    return left if x < 0.0 else right


def mish_derivative_near_root(y):
    """For MISH_NEAR < y <= 0, by a polynomial: around the root the formula cancels."""
    step = y + MISH_CENTER
    step_low = (MISH_CENTER - step) + y
    return fma(step, MISH_SLOPE(step), fma(0.6, step_low, MISH_AT_CENTER))


def mish_derivative(x):
    # With u = z / d, d the denominator of q, it is on the left z times
    # (1 - t) + u (t (2 u + z + 2) - (z + 1)), on the right 1 + u (t (z + 1) u - z).
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder(y, shifted))
    scale = power_of_two(shifted)
    small = scale * EXP_RESCALE
    z = fma(small, p, small)
    k = z + 1.0
    u = z / (fma(z, z, z + z if x < 0.0 else z) + (2.0 if x < 0.0 else 0.5))
    slope = fma(2.0, u, z) + 2.0 if x < 0.0 else k * u
    g = fma(-u, fma(y, slope, k if x < 0.0 else z), 1.0 + (y if x < 0.0 else 0.0))
    left = g * scale
    left = fma(left, p, left) * EXP_RESCALE
    left = mish_derivative_near_root(y) if y > MISH_NEAR else left
    return left if x < 0.0 else g


def mish_coarse_derivative(x):
    """With q of mish and h = 1 / its denominator: z h (z + 2 + 4 y (z + 1) h) on the left."""
    y = copysign(x, -1.0)
    y = EXP_MIN if y < EXP_MIN else y
    shifted = fma(y, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder(y, shifted))
    small = power_of_two(shifted) * EXP_RESCALE
    z = fma(small, p, small)
    w = z - 0.5
    e = fma(z, z, w + z if x < 0.0 else w)
    last = 2.5 if x < 0.0 else 1.0
    h = 1.0 / (e + last)
    bend = fma(z, h, h) * y
    left = z * h * fma(4.0, bend, z + 2.0)
    right = fma(-bend, z * z * h, (w + last) * h)
    return left if x < 0.0 else right


# gelu on the left, at -t, is -t Phi(-t), with Phi(-t) = exp(-t^2 / 2) TAIL(c) / (t + s); on
# the right x more.  Its derivative on the left is (t0 - t) exp(-t^2 / 2) times a function of
# c that has no root, so that every digit is right near the root; on the right 1 less that.


def half_square_remainder(t, shifted):
    """What is left of -t^2 / 2, its rounding error too, for the power in ``shifted``."""
    square = t * t
    return exp_remainder_of_sum(-0.5 * square, -0.5 * fma(t, t, -square), shifted)


def gelu(x):
    t = absolute(x)
    shifted = fma(-0.5 * (t * t), LOG2E, EXP_ROUND)
    p = expm1_of_short(half_square_remainder(t, shifted))
    scale = power_of_two(shifted)
    d = t + TAIL_SHIFT
    h = 1.0 / d
    u = t * h
    u_low = h * fma(-u, t - (d - TAIL_SHIFT), fma(-u, d, t))
    c = fma(2.0, u, -1.0)
    c_low = fma(2.0, u_low, fma(2.0, u, -(c + 1.0)))
    rest = TAIL(c)
    slope = fma(c, rest, TAIL_SLOPE)
    tail = fma(c, slope, TAIL_MIDDLE)
    # What the roundings of slope, tail and c lost.
    tail_low = fma(c, fma(c, rest, TAIL_SLOPE - slope), fma(c, slope, TAIL_MIDDLE - tail))
    tail_low = fma(c_low, fma(c, rest, slope), tail_low)
    m = u * tail
    m_low = fma(u_low, tail, fma(u, tail_low, fma(u, tail, -m)))
    left = scale * (m + fma(m, p, fma(m_low, p, m_low))) * EXP_RESCALE
    return (x if x >= 0.0 else -0.0) - (0.0 if t > TAIL_MAX else left)


def gelu_derivative(x):
    t = absolute(x)
    shifted = fma(-0.5 * (t * t), LOG2E, EXP_ROUND)
    p = expm1_of_short(half_square_remainder(t, shifted))
    scale = power_of_two(shifted)
    c = fma(2.0, t / (t + GELU_SLOPE_SHIFT), -1.0)
    bend = GELU_SLOPE(c)
    slope = fma(c, bend, GELU_SLOPE_MIDDLE)
    slope_low = fma(c, bend, GELU_SLOPE_MIDDLE - slope)
    from_root = GELU_ROOT - t
    from_root_low = two_sum_error(GELU_ROOT, -t, from_root) + GELU_ROOT_LOW
    m = from_root * slope
    m_low = fma(from_root_low, slope, fma(from_root, slope_low, fma(from_root, slope, -m)))
    left = scale * (m + fma(m, p, fma(m_low, p, m_low))) * EXP_RESCALE
    left = -0.0 if t > TAIL_MAX else left
    return left if x < 0.0 else 1.0 - left


def gelu_coarse_derivative(x):
    """On the left Phi(-t) - t phi(t), of which gelu computes both factors and the exponential."""
    t = absolute(x)
    shifted = fma(-0.5 * (t * t), LOG2E, EXP_ROUND)
    p = expm1_of_short(half_square_remainder(t, shifted))
    scale = power_of_two(shifted)
    h = 1.0 / (t + TAIL_SHIFT)
    c = fma(2.0, t * h, -1.0)
    tail = fma(c, fma(c, TAIL(c), TAIL_SLOPE), TAIL_MIDDLE)
    slope = fma(tail, h, -0.3989422804014327 * t)
    left = 0.0 if t > TAIL_MAX else fma(scale, p, scale) * slope * EXP_RESCALE
    return left if x < 0.0 else 1.0 - left


# gelu_tanh is -t e / (1 + e) on the left, t = abs(x), and that more than x on the right, with
# e = 2^u, u = t slope, slope = -2 sqrt(2 / pi) / log(2) (1 + 0.044715 t^2).  As u reaches -160,
# where its rounding alone would cost 60 ulp, it is never rounded: fma takes its integer away.


def gelu_tanh_slope(t):
    return fma(-GELU_TANH_CUBIC, t * t, -GELU_TANH_LINEAR)


def gelu_tanh_slope_low(t, slope):
    """What ``slope`` lacks; LINEAR has so few bits that its sum with ``slope`` is exact."""
    square = t * t
    low = fma(-GELU_TANH_CUBIC, square, -GELU_TANH_LINEAR - slope)
    return fma(GELU_TANH_REST, slope, fma(-GELU_TANH_CUBIC, fma(t, t, -square), low))


def product_quotient(n, n_low, e, e_low, d, d_low):
    """(n + n_low) (e + e_low) / (d + d_low), rounded hardly more than once."""
    h = 1.0 / d
    y = (n + n_low) * h
    rest = fma(-y, d_low, fma(-y, d, n)) + n_low
    return fma(y, e, fma(h * rest, e, y * e_low))


def gelu_tanh(x):
    t = absolute(x)
    slope = gelu_tanh_slope(t)
    shifted = fma(t, slope, EXP_ROUND)
    n = shifted - EXP_ROUND
    r = fma(t, gelu_tanh_slope_low(t, slope), fma(t, slope, -n))
    growth = POWER_OF_TWO_LESS_1(r)
    scale = power_of_two(shifted)
    e = fma(scale * r, growth, scale)
    e_low = fma(scale * r, growth, scale - e)
    d = fma(-EXP_RESCALE, e, -1.0)
    d_low = fma(-EXP_RESCALE, e, -1.0 - d)
    left = product_quotient(t, -0.0, e, e_low, d, d_low) * EXP_RESCALE
    left = -0.0 if t > GELU_TANH_MAX else left
    return x + left if x >= 0.0 else left


def gelu_tanh_derivative(x):
    # On the left e (1 + e - g) / (1 + e)^2 with g = -t u'(t) log(2), a multiple of t times
    # slope + SHIFT.  All three terms keep two parts, since they cancel at the root; e does for
    # its remainder being 0 there, that is, u is taken from ROOT.  On the right 1 minus that.
    t = absolute(x)
    slope = gelu_tanh_slope(t)
    slope_low = gelu_tanh_slope_low(t, slope)
    shifted = fma(t, slope, GELU_TANH_ROOT) + EXP_ROUND
    above = GELU_TANH_ROOT - (shifted - EXP_ROUND)
    r = fma(t, slope_low, fma(t, slope, above))
    growth = POWER_OF_TWO_LESS_1(r)
    scale = GELU_TANH_E * power_of_two(shifted)
    e = fma(scale * r, growth, scale)
    e_low = fma(scale * r, growth, scale - e)
    # c = 1 + e and n = 1 + e - g with the few bits that COARSE leaves them, so that c - n is
    # exact; in units of ONE, large enough for e to be normal wherever the result is not 0.
    coarse = e + (GELU_TANH_ONE + GELU_TANH_COARSE)
    c = coarse - GELU_TANH_COARSE
    c_low = (GELU_TANH_ONE - c) + e + e_low
    rise = fma(slope, GELU_TANH_UNIT, GELU_TANH_SHIFT)
    rise_low = fma(slope_low, GELU_TANH_UNIT, GELU_TANH_SHIFT_LOW)
    n = fma(t, rise, coarse) - GELU_TANH_COARSE
    n_low = fma(t, rise_low, fma(t, rise, c - n) + c_low)
    d = c * c
    d_low = fma(2.0 * c, c_low, fma(c, c, -d))
    left = product_quotient(n, n_low, e, e_low, d, d_low)
    left = -0.0 if t > GELU_TANH_MAX else left
    return left if x < 0.0 else 1.0 - left


def gelu_tanh_coarse_derivative(x):
    """With s = e / (1 + e) on the left s - t (1 - s) s u', of which gelu_tanh computes 1 - s."""
    t = absolute(x)
    slope = gelu_tanh_slope(t)
    shifted = fma(t, slope, EXP_ROUND)
    n = shifted - EXP_ROUND
    r = fma(t, gelu_tanh_slope_low(t, slope), fma(t, slope, -n))
    growth = POWER_OF_TWO_LESS_1(r)
    scale = power_of_two(shifted)
    e = fma(scale * r, growth, scale)
    h = 1.0 / fma(-EXP_RESCALE, e, -1.0)  # s - 1
    rise = t * fma(0.21406444881780074, t * t, 1.5957691216057308)
    left = -(e * h) * fma(rise, h, 1.0) * EXP_RESCALE
    left = 0.0 if t > GELU_TANH_MAX else left
    return left if x < 0.0 else 1.0 - left


# x (1 + x / r) / 2 with r = sqrt(1 + x^2), in t = abs(x) and c = r + t, the large root of
# c (c - 2 t) = 1: on the left -t / (1 + c^2), which cancels nothing; on the right x more.
# One step of Newton, by excess / (2 r), takes back what r and c lost.


def root_of_one_plus_square(t):
    return t if t > HUGE else sqrt(fma(t, t, 1.0))


def root_sum_excess(t, c):
    """c (c - 2 t) - 1 for c = t + r."""
    small = c - 2.0 * t
    return fma(c, (c - small) - 2.0 * t, fma(c, small, -1.0))


def dish(x):
    t = absolute(x)
    r = root_of_one_plus_square(t)
    c = r + t
    m = c * c
    m_low = fma(-c * root_sum_excess(t, c), rough_inverse(r), fma(c, c, -m))
    d = m + 1.0
    d_low = ((m - d) + 1.0) + m_low
    # Far out that is t / (4 t^2), and 0 at infinity.
    n = 0.25 if t > HUGE else t
    d_low = 0.0 if t > HUGE else d_low
    d = t if t > HUGE else d
    small = 0.0 if t > LARGEST else quotient(n, d, d_low)
    return (x if x >= 0.0 else -0.0) - small


def dish_derivative(x):
    # With m = c^2, m + 1 = 2 r c and u = 1 / (m + 1) it is u (m0 - m) u (m + 1 / m0) u on
    # the left, m0 = 2 + sqrt(5), and 1 minus that on the right.
    t = absolute(x)
    r = root_of_one_plus_square(t)
    c = r + t
    m = c * c
    d = m + 1.0
    u = 1.0 / (2.0 * t if t > HUGE else d)
    m_low = fma(-2.0 * m * u, root_sum_excess(t, c), fma(c, c, -m))
    d_low = ((m - d) + 1.0) + m_low
    rest = fma(-u, d_low, fma(-u, d, 1.0))
    above = DISH_ROOT - m
    above_low = two_sum_error(DISH_ROOT, -m, above) + (DISH_ROOT_LOW - m_low)
    bend = DISH_MINUS * u
    gate = fma(bend, u, u)
    gate_low = fma(bend, u, u - gate) + rest * fma(3.0, gate, -u)
    w = above * u
    w_low = fma(above, u, fma(above_low, u, -w))
    left = fma(w, gate, fma(gate, w_low, w * gate_low))
    left = -(u * u) if t > HUGE else left
    return left if x < 0.0 else 1.0 - left


def dish_coarse_derivative(x):
    t = absolute(x)
    m = root_of_one_plus_square(t) + t
    m = m * m
    d = m + 1.0
    u = 1.0 / (t if t > HUGE else d)
    left = (DISH_ROOT - m) * u * fma(DISH_MINUS * u, u, u)
    left = 0.0 if t > HUGE else left
    return left if x < 0.0 else 1.0 - left


# --- gates of two arrays ------------------------------------------------------------


def glu(value, gate):
    return value * sigmoid(gate)


def glu_derivative_by_value(value, gate):
    return sigmoid(gate)


def glu_derivative_by_gate(value, gate):
    return value * sigmoid_derivative(gate)


def reglu(gate, value):
    return relu(gate) * value


def reglu_derivative_by_gate(gate, value):
    return relu_backward(value, gate)


def reglu_derivative_by_value(gate, value):
    return relu(gate)


def geglu(gate, value):
    return gelu(gate) * value


def geglu_derivative_by_gate(gate, value):
    return gelu_derivative(gate) * value


def geglu_derivative_by_value(gate, value):
    return gelu(gate)


def geglu_tanh(gate, value):
    return gelu_tanh(gate) * value


def geglu_tanh_derivative_by_gate(gate, value):
    return gelu_tanh_derivative(gate) * value


def geglu_tanh_derivative_by_value(gate, value):
    return gelu_tanh(gate)


def swiglu(gate, value, beta):
    return silu(gate, beta) * value


def swiglu_derivative_by_gate(gate, value, beta):
    return silu_derivative(gate, beta) * value


def swiglu_derivative_by_value(gate, value, beta):
    return silu(gate, beta)


def swiglu_derivative_by_beta(gate, value, beta):
    return silu_derivative_by_beta(gate, beta) * value


def bilinear(gate, value):
    return gate * value


def bilinear_derivative_by_gate(gate, value):
    return value


def bilinear_derivative_by_value(gate, value):
    return gate

"""Made of straight lines and parabolas: exact, or one rounding away from it."""

from __future__ import annotations

from ..elementary import *  # noqa: F403
from ..primitives import *  # noqa: F403


def identity(x):
    return x


def identity_derivative(x):
    return 1.0


def identity_derivative_from_output(y):
    return 1.0


# --- relu ------------------------------------------------------------------------
# A unit whose slope is 0 stops an infinite gradient too, where 0 * inf would be NaN.


def pass_where_one(dy, m):
    return dy if m > 0.0 else 0.0


def relu(x):
    return 0.0 if x <= 0.0 else x


def relu_derivative(x):
    return 1.0 if x > 0.0 else (0.0 if x <= 0.0 else x)


def relu_derivative_from_output(y):
    return relu_derivative(y)


def relu_backward(dy, x):
    return dy if x > 0.0 else (0.0 if x <= 0.0 else x)


def relu_backward_from_output(dy, y):
    return relu_backward(dy, y)


def relu_mask(x):
    return 0.0 if x <= 0.0 else 1.0


def relu_backward_from_mask(dy, m):
    return pass_where_one(dy, m)


def relu6(x):
    return hardtanh(x, 0.0, 6.0)


def relu6_derivative(x):
    return hardtanh_derivative(x, 0.0, 6.0)


def relu6_derivative_from_output(y):
    return hardtanh_derivative(y, 0.0, 6.0)


def relu6_backward(dy, x):
    return hardtanh_backward(dy, x, 0.0, 6.0)


def relu6_backward_from_output(dy, y):
    return hardtanh_backward(dy, y, 0.0, 6.0)


def relu6_mask(x):
    return hardtanh_mask(x, 0.0, 6.0)


def relu6_backward_from_mask(dy, m):
    return pass_where_one(dy, m)


def relu2(x):
    return 0.0 if x <= 0.0 else x * x


def relu2_derivative(x):
    return 0.0 if x <= 0.0 else 2.0 * x


def relu2_derivative_from_output(y):
    return 2.0 * sqrt(y)


# --- leaky rectifiers ----------------------------------------------------------------


def leaky_relu(x, negative_slope):
    return x if x > 0.0 else negative_slope * x


def leaky_relu_derivative(x, negative_slope):
    return 1.0 if x > 0.0 else (negative_slope if x <= 0.0 else x)


def leaky_relu_derivative_from_output(y, negative_slope):
    return leaky_relu_derivative(y, negative_slope)


def leaky_relu_derivative_by_negative_slope(x, negative_slope):
    return 0.0 if x > 0.0 else x


def leaky_relu_mask(x, negative_slope):
    return relu_mask(x)


def leaky_relu_backward_from_mask(dy, m, negative_slope):
    return dy if m > 0.0 else negative_slope * dy


def prelu(x, weight):
    return leaky_relu(x, weight)


def prelu_derivative(x, weight):
    return leaky_relu_derivative(x, weight)


def prelu_derivative_by_weight(x, weight):
    return 0.0 if x > 0.0 else x


def prelu_mask(x, weight):
    return relu_mask(x)


def prelu_backward_from_mask(dy, m, weight):
    return leaky_relu_backward_from_mask(dy, m, weight)


# --- clipped and thresholded -----------------------------------------------------------


def threshold(x, threshold, value):
    return value if x <= threshold else x


def threshold_derivative(x, threshold, value):
    return 1.0 if x > threshold else (0.0 if x <= threshold else x)


def threshold_derivative_from_output(y, threshold, value):
    return threshold_derivative(y, threshold, value)


def threshold_derivative_by_value(x, threshold, value):
    return 0.0 if x > threshold else (1.0 if x <= threshold else x)


def threshold_backward(dy, x, threshold, value):
    return dy if x > threshold else (0.0 if x <= threshold else x)


def threshold_backward_from_output(dy, y, threshold, value):
    return threshold_backward(dy, y, threshold, value)


def threshold_mask(x, threshold, value):
    return 0.0 if x <= threshold else 1.0


def threshold_backward_from_mask(dy, m, threshold, value):
    return pass_where_one(dy, m)


def hardtanh(x, min_val, max_val):
    return min_val if x <= min_val else (max_val if x >= max_val else x)


def hardtanh_derivative(x, min_val, max_val):
    inside = 1.0 if x > min_val else x * 0.0
    return 0.0 if x >= max_val else (0.0 if x <= min_val else inside)


def hardtanh_derivative_from_output(y, min_val, max_val):
    return hardtanh_derivative(y, min_val, max_val)


def hardtanh_derivative_by_min_val(x, min_val, max_val):
    return 1.0 if x <= min_val else (0.0 if x > min_val else x)


def hardtanh_derivative_by_max_val(x, min_val, max_val):
    return 1.0 if x >= max_val else (0.0 if x < max_val else x)


def hardtanh_backward(dy, x, min_val, max_val):
    inside = dy if x > min_val else x
    return 0.0 if x >= max_val else (0.0 if x <= min_val else inside)


def hardtanh_backward_from_output(dy, y, min_val, max_val):
    return hardtanh_backward(dy, y, min_val, max_val)


def hardtanh_mask(x, min_val, max_val):
    return 0.0 if x >= max_val else (0.0 if x <= min_val else 1.0)


def hardtanh_backward_from_mask(dy, m, min_val, max_val):
    return pass_where_one(dy, m)


# slope * x + offset is computed as (x + shift) / width, with width = 1 / slope and
# shift = offset / slope: near the kink at low = -shift the sum is exact, where the
# product with a rounded 1 / 6 would leave no correct digit.


def hardsigmoid(x, width, shift, low, high):
    y = over_constant(x + shift, width)
    return 0.0 if x <= low else (1.0 if x >= high else y)


def hardsigmoid_derivative(x, width, shift, low, high):
    return over_constant(hardtanh_derivative(x, low, high), width)


def hardsigmoid_derivative_from_output(y, width, shift, low, high):
    return over_constant(hardtanh_derivative(y, 0.0, 1.0), width)


def hardsigmoid_derivative_by_slope(x, width, shift, low, high):
    return x if hardtanh_mask(x, low, high) > 0.0 else 0.0


def hardsigmoid_derivative_by_offset(x, width, shift, low, high):
    return hardtanh_derivative(x, low, high)


def hardsigmoid_backward(dy, x, width, shift, low, high):
    return hardtanh_backward(over_constant(dy, width), x, low, high)


def hardsigmoid_backward_from_output(dy, y, width, shift, low, high):
    return hardtanh_backward(over_constant(dy, width), y, 0.0, 1.0)


def hardsigmoid_mask(x, width, shift, low, high):
    return hardtanh_mask(x, low, high)


def hardsigmoid_backward_from_mask(dy, m, width, shift, low, high):
    return pass_where_one(over_constant(dy, width), m)


def sparse_sigmoid(x):
    y = 0.5 * (x + 1.0)
    return 0.0 if y <= 0.0 else (1.0 if y >= 1.0 else y)


def sparse_sigmoid_derivative(x):
    return 0.5 * hardtanh_derivative(x, -1.0, 1.0)


def sparse_sigmoid_derivative_from_output(y):
    return 0.5 * hardtanh_derivative(y, 0.0, 1.0)


def sparse_sigmoid_backward(dy, x):
    return hardtanh_backward(0.5 * dy, x, -1.0, 1.0)


def sparse_sigmoid_backward_from_output(dy, y):
    return hardtanh_backward(0.5 * dy, y, 0.0, 1.0)


def sparse_sigmoid_mask(x):
    return hardtanh_mask(x, -1.0, 1.0)


def sparse_sigmoid_backward_from_mask(dy, m):
    return pass_where_one(0.5 * dy, m)


def hardshrink(x, lambd):
    return copysign(0.0, x) if absolute(x) <= lambd else x


def hardshrink_derivative(x, lambd):
    return hardshrink_backward(1.0, x, lambd)


def hardshrink_derivative_from_output(y, lambd):
    return hardshrink_derivative(y, 0.0)


def hardshrink_backward(dy, x, lambd):
    t = absolute(x)
    return dy if t > lambd else (0.0 if t <= lambd else x)


def hardshrink_backward_from_output(dy, y, lambd):
    return hardshrink_backward(dy, y, 0.0)


def hardshrink_mask(x, lambd):
    return 0.0 if absolute(x) <= lambd else 1.0


def hardshrink_backward_from_mask(dy, m, lambd):
    return pass_where_one(dy, m)


def softshrink(x, lambd):
    t = absolute(x)
    return copysign(0.0 if t <= lambd else t - lambd, x)


def softshrink_derivative(x, lambd):
    return hardshrink_derivative(x, lambd)


def softshrink_derivative_from_output(y, lambd):
    return hardshrink_derivative(y, 0.0)


def softshrink_derivative_by_lambd(x, lambd):
    t = absolute(x)
    return copysign(1.0, -x) if t > lambd else (0.0 if t <= lambd else x)


def softshrink_backward(dy, x, lambd):
    return hardshrink_backward(dy, x, lambd)


def softshrink_backward_from_output(dy, y, lambd):
    return hardshrink_backward(dy, y, 0.0)


def softshrink_mask(x, lambd):
    return hardshrink_mask(x, lambd)


def softshrink_backward_from_mask(dy, m, lambd):
    return pass_where_one(dy, m)


def step(x, threshold):
    return 1.0 if x > threshold else (0.0 if x <= threshold else x)


def step_derivative(x, threshold):
    return 0.0 if x == x else x


def step_derivative_from_output(y, threshold):
    return 0.0 if y == y else y


def step_backward(dy, x, threshold):
    return step_derivative(x, threshold)


def step_backward_from_output(dy, y, threshold):
    return step_derivative(y, threshold)


# --- parabolas -------------------------------------------------------------------


def hardswish(x):
    # x (x + 3) / 6 with what the sum and the product lost; the division by 6, a
    # product with a rounded 1 / 6, is put right by its remainder.
    s = x + 3.0
    p = x * s
    p_low = fma(x, x - (s - 3.0), fma(x, s, -p))
    y = p * ONE_SIXTH
    middle = fma(fma(-6.0, y, p) + p_low, ONE_SIXTH, y)
    return -0.0 if x <= -3.0 else (x if x >= 3.0 else middle)


def hardswish_derivative(x):
    middle = over_constant(fma(2.0, x, 3.0), 6.0)
    return 0.0 if x <= -3.0 else (1.0 if x >= 3.0 else middle)


def hardswish_coarse_derivative(x):
    return hardswish_derivative(x)


def sparse_plus(x):
    s = x + 1.0
    low = x - (s - 1.0)
    half = 0.5 * s
    return 0.0 if x <= -1.0 else (x if x >= 1.0 else fma(half, half, half * low))


def sparse_plus_derivative(x):
    return sparse_sigmoid(x)


def sparse_plus_derivative_from_output(y):
    return 0.0 if y <= 0.0 else (1.0 if y >= 1.0 else sqrt(y))

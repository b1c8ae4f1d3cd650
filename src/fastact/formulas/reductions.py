"""Kernels along a row: sums in a fixed tree, softmax and its gradient.

A sum adds element i of a block to lane i % LANES, folds the lanes in halves and
carries the blocks' sums on with their rounding errors.  The tree depends on the
length alone, so threads, backends and instruction sets give the same bits.

A row kernel gets the row's inputs ``a`` and ``b``, its output, its length and
room for the lanes.  ``out`` may be ``a`` or ``b``.
"""

from __future__ import annotations

from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403


def fold_lanes(lanes: array):
    """The sum of the lanes, which it overwrites."""
    width = LANES >> 1
    while width > 0:
        for j in range(width):
            lanes[j] = lanes[j] + lanes[j + width]
        width = width >> 1
    return lanes[0]


def clear_lanes(lanes: array, value):
    for j in range(LANES):
        lanes[j] = value
    return value


def two_sum_error(total, term, rounded):
    """What ``rounded = total + term`` lost."""
    part = rounded - total
    return (total - (rounded - part)) + (term - part)


def total_with(total, lost):
    # An infinite total makes ``lost`` NaN: then the plain total is the answer.
    return total + lost if lost == lost else total


def sum_of(a: array, n: index, lanes: array):
    total = 0.0
    lost = 0.0
    for start in range(0, n, BLOCK):
        stop = start + BLOCK if start + BLOCK < n else n
        whole = stop - ((stop - start) & (LANES - 1))
        clear_lanes(lanes, 0.0)
        for i in range(start, whole, LANES):
            for j in range(LANES):
                lanes[j] = lanes[j] + a[i + j]
        for i in range(whole, stop):
            lanes[i - whole] = lanes[i - whole] + a[i]
        term = fold_lanes(lanes)
        rounded = total + term
        lost = lost + two_sum_error(total, term, rounded)
        total = rounded
    return total_with(total, lost)


def dot_of(a: array, b: array, n: index, lanes: array):
    total = 0.0
    lost = 0.0
    for start in range(0, n, BLOCK):
        stop = start + BLOCK if start + BLOCK < n else n
        whole = stop - ((stop - start) & (LANES - 1))
        clear_lanes(lanes, 0.0)
        for i in range(start, whole, LANES):
            for j in range(LANES):
                lanes[j] = fma(a[i + j], b[i + j], lanes[j])
        for i in range(whole, stop):
            lanes[i - whole] = fma(a[i], b[i], lanes[i - whole])
        term = fold_lanes(lanes)
        rounded = total + term
        lost = lost + two_sum_error(total, term, rounded)
        total = rounded
    return total_with(total, lost)


def maximum_of(a: array, n: index, lanes: array):
    """The largest element; NaN is passed over."""
    clear_lanes(lanes, a[0])
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = a[i + j] if a[i + j] > lanes[j] else lanes[j]
    for i in range(whole, n):
        lanes[0] = a[i] if a[i] > lanes[0] else lanes[0]
    highest = lanes[0]
    for j in range(1, LANES):
        highest = lanes[j] if lanes[j] > highest else highest
    return highest


def exp_of_difference(x, highest):
    """exp(x - highest) with the rounding error of the difference taken back.

    Without, a difference of 100 costs 32 ulp.  At -inf that error is NaN.
    """
    difference = x - highest
    error = two_sum_error(x, -highest, difference)
    return exp_times(difference, 1.0 + error if error == error else 1.0)


def sum_row(a: array, b: array, out: array, n: index, lanes: array):
    out[0] = sum_of(a, n, lanes)
    return 0.0


def softmax_row(a: array, b: array, out: array, n: index, lanes: array):
    highest = maximum_of(a, n, lanes)
    for i in range(n):
        out[i] = exp_of_difference(a[i], highest)
    total = sum_of(out, n, lanes)
    for i in range(n):
        out[i] = out[i] / total
    return 0.0


def softmax_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = y (dy - sum(dy y)) with a = dy and b = y."""
    weighted = dot_of(a, b, n, lanes)
    for i in range(n):
        out[i] = b[i] * (a[i] - weighted)
    return 0.0

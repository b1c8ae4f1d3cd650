"""Softmax and its kin for many columns at once, with the bits of the row kernels.

A tile has ``length`` rows of ``width`` numbers, one row after the other.  Lane j of its
columns is the ``width`` numbers from ``j * width`` on, so a step that a row kernel takes
with 32 numbers of a row is here one loop over 32 rows.  What a row kernel keeps in one
number is here an array.

A column kernel gets the tile ``x``, which takes the result, a tile ``y`` of that size, and
room for the lanes, what they lost and their counts, and for three numbers of each column.
Arrays of their own spare compilers the question whether these overlap.
"""

from __future__ import annotations

from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403
from .reductions import *  # noqa: F403


def lanes_of(length: index) -> index:
    """How many lanes columns of this length reach, as a power of two: the others are 0."""
    count = LANES
    while count >= 2 * length:
        count = count >> 1
    return count


def clear(numbers: array, count: index):
    for k in range(count):
        numbers[k] = 0.0
    return 0.0


def maxima(x: array, length: index, width: index, highest: array):
    """``maximum_of`` without lanes: the order tells only which of two zeros it is."""
    for c in range(width):
        highest[c] = x[c]
    for row in range(1, length):
        i = row * width
        for c in range(width):
            highest[c] = x[i + c] if x[i + c] > highest[c] else highest[c]
    return 0.0


def minima(x: array, length: index, width: index, lowest: array):
    for c in range(width):
        lowest[c] = x[c]
    for row in range(1, length):
        i = row * width
        for c in range(width):
            lowest[c] = x[i + c] if x[i + c] < lowest[c] else lowest[c]
    return 0.0


# --- softmax, softmin -----------------------------------------------------------------


def add_rows(
    x: array, start: index, stop: index, width: index, lanes: array, low: array, span: index
):
    """``add_block``: these rows to cleared lanes, two rows of a lane at a time."""
    clear(lanes, span)
    clear(low, span)
    paired = stop - ((stop - start) & (2 * LANES - 1))
    for row in range(start, paired, 2 * LANES):
        i = row * width
        for k in range(span):
            add_keeping(lanes, low, k, 0, x[i + k] + x[i + k + span])
    for row in range(paired, stop, LANES):
        i = row * width
        rest = (stop - row) * width
        for k in range(rest if rest < span else span):
            add_keeping(lanes, low, k, 0, x[i + k])
    return 0.0


def sums_of_exponentials(
    x: array, length: index, width: index, lanes: array, low: array, total: array, lost: array
):
    span = lanes_of(length) * width
    clear(total, width)
    clear(lost, width)
    for start in range(0, length, BLOCK):
        stop = start + BLOCK if start + BLOCK < length else length
        add_rows(x, start, stop, width, lanes, low, span)
        move_low_digits(lanes, low, 0, span)
        fold_lanes(lanes, 0, span, width)
        fold_lanes(low, 0, span, width)
        for c in range(width):
            rounded = total[c] + lanes[c]
            rest = lost[c] + (two_sum_error(total[c], lanes[c], rounded) + low[c])
            total[c] = rounded + rest
            lost[c] = rest - (total[c] - rounded)
    return 0.0


def divide_by_sums(
    x: array, length: index, width: index, lanes: array, low: array, total: array, lost: array
):
    sums_of_exponentials(x, length, width, lanes, low, total, lost)
    for c in range(width):
        lost[c] = 1.0 / total[c]
    for row in range(length):
        i = row * width
        for c in range(width):
            x[i + c] = quotient_by_sum(x[i + c], total[c], lost[c])
    return 0.0


def softmax_columns(
    x: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    highest: array,
    total: array,
    lost: array,
):
    maxima(x, length, width, highest)
    for row in range(length):
        i = row * width
        for c in range(width):
            x[i + c] = exp_of_difference(x[i + c], highest[c])
    return divide_by_sums(x, length, width, lanes, low, total, lost)


def softmin_columns(
    x: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    lowest: array,
    total: array,
    lost: array,
):
    minima(x, length, width, lowest)
    for row in range(length):
        i = row * width
        for c in range(width):
            x[i + c] = exp_of_difference(lowest[c], x[i + c])
    return divide_by_sums(x, length, width, lanes, low, total, lost)


def gradients_of_winners(dy: array, y: array, length: index, width: index, winners: array):
    none = to_bits(-0.0)
    for c in range(width):
        winners[c] = -0.0
    for row in range(length):
        i = row * width
        for c in range(width):
            candidate = to_bits(dy[i + c])
            candidate = candidate if y[i + c] > 0.5 else none
            found = to_bits(winners[c])
            winners[c] = from_bits(candidate if candidate > found else found)
    for c in range(width):
        winners[c] = winners[c] + 0.0
    return 0.0


def carry(lanes: array, width: index, total: array, lost: array):
    """Add the sums of a block, which begin the lanes."""
    for c in range(width):
        rounded = total[c] + lanes[c]
        lost[c] = lost[c] + two_sum_error(total[c], lanes[c], rounded)
        total[c] = rounded
    return 0.0


def weighted_sums(
    x: array,
    y: array,
    shift: array,
    length: index,
    width: index,
    lanes: array,
    total: array,
    lost: array,
):
    """The sums of (x - shift) y."""
    span = lanes_of(length) * width
    clear(total, width)
    clear(lost, width)
    for start in range(0, length, BLOCK):
        clear(lanes, span)
        for row in range(start, start + BLOCK if start + BLOCK < length else length):
            i = row * width
            lane = (row & (LANES - 1)) * width
            for c in range(width):
                k = lane + c
                lanes[k] = fma(x[i + c] - shift[c], y[i + c], lanes[k])
        fold_lanes(lanes, 0, span, width)
        carry(lanes, width, total, lost)
    for c in range(width):
        total[c] = total_with(total[c], lost[c])
    return 0.0


def softmax_backward_columns(
    dy: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    winners: array,
    weighted: array,
    lost: array,
):
    gradients_of_winners(dy, y, length, width, winners)
    weighted_sums(dy, y, winners, length, width, lanes, weighted, lost)
    for row in range(length):
        i = row * width
        for c in range(width):
            dy[i + c] = y[i + c] * ((dy[i + c] - winners[c]) - weighted[c])
    return 0.0


def softmin_backward_columns(
    dy: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    winners: array,
    weighted: array,
    lost: array,
):
    gradients_of_winners(dy, y, length, width, winners)
    weighted_sums(dy, y, winners, length, width, lanes, weighted, lost)
    for row in range(length):
        i = row * width
        for c in range(width):
            dy[i + c] = y[i + c] * (weighted[c] - (dy[i + c] - winners[c]))
    return 0.0


# --- log_softmax ----------------------------------------------------------------------


def logs_of_sums(
    x: array,
    highest: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    logarithm: array,
):
    span = lanes_of(length) * width
    clear(lanes, span)
    clear(low, span)
    clear(counts, span)
    for row in range(length):
        i = row * width
        lane = (row & (LANES - 1)) * width
        for c in range(width):
            add_exp(lanes, low, counts, lane + c, 0, x[i + c], highest[c])
    fold_careful(lanes, low, counts, 0, span, width)
    for c in range(width):
        logarithm[c] = log_of_careful(lanes[c], low[c], counts[c])
    return 0.0


def log_softmax_columns(
    x: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    highest: array,
    shift: array,
    lost: array,
):
    maxima(x, length, width, highest)
    logs_of_sums(x, highest, length, width, lanes, low, counts, shift)
    for c in range(width):
        shift[c] = shift[c] + (highest[c] - highest[c])
    for row in range(length):
        i = row * width
        for c in range(width):
            x[i + c] = difference_less(x[i + c], highest[c], shift[c])
    return 0.0


def log_softmax_backward_columns(
    dy: array,
    y: array,
    length: index,
    width: index,
    lanes: array,
    low: array,
    counts: array,
    unused: array,
    total: array,
    lost: array,
):
    span = lanes_of(length) * width
    clear(total, width)
    clear(lost, width)
    for start in range(0, length, BLOCK):
        clear(lanes, span)
        stop = start + BLOCK if start + BLOCK < length else length
        for row in range(start, stop, LANES):
            i = row * width
            rest = (stop - row) * width
            for k in range(rest if rest < span else span):
                lanes[k] = lanes[k] + dy[i + k]
        fold_lanes(lanes, 0, span, width)
        carry(lanes, width, total, lost)
    for c in range(width):
        total[c] = total_with(total[c], lost[c])
    for row in range(length):
        i = row * width
        for c in range(width):
            dy[i + c] = log_softmax_gradient(dy[i + c], y[i + c], total[c])
    return 0.0

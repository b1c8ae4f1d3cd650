"""Softmax and its kin for many columns at once, with the bits of the row kernels.

A strip is ``STRIP`` columns side by side.  Lane j of them is the ``STRIP`` numbers from
``j * STRIP`` on, so a step that a row kernel takes with 32 numbers of a row is here one loop
over 32 rows, and what a row kernel keeps in one number is here an array.  Compilers know the
width of a strip: kernels for any width took up to 1.6 times as long.

A column kernel gets its inputs ``x`` and ``y`` with the stride from row to row, ``work`` with
that stride (which may be ``x``), ``out`` with a stride of its own, and room for the lanes,
what they lost and their counts, and for some numbers of each column.  Arrays of their own
spare compilers the question whether these overlap.
"""

from __future__ import annotations

from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403
from .reductions import *  # noqa: F403


def first_half(begun: index) -> index:
    """Half of the lanes, as a power of two, of which so many are begun."""
    half = LANES >> 1
    while half >= begun:
        half = half >> 1
    return half


def fold(lanes: array, begun: index):
    """``fold_lanes`` where only so many lanes are begun: to add the other zeros changes nothing."""
    half = first_half(begun)
    paired = begun - half
    while half > 0:
        for k in range(paired * STRIP):
            lanes[k] = lanes[k] + lanes[k + half * STRIP]
        half = half >> 1
        paired = half
    return 0.0


def lanes_begun_by(rows: index) -> index:
    return rows if rows < LANES else LANES


def clear(numbers: array, count: index):
    for k in range(count):
        numbers[k] = 0.0
    return 0.0


def maxima(x: array, stride: index, length: index, highest: array):
    """``maximum_of`` without lanes: the order tells only which of two zeros it is."""
    for c in range(STRIP):
        highest[c] = x[c]
    for row in range(1, length):
        i = row * stride
        for c in range(STRIP):
            highest[c] = x[i + c] if x[i + c] > highest[c] else highest[c]
    return 0.0


def minima(x: array, stride: index, length: index, lowest: array):
    for c in range(STRIP):
        lowest[c] = x[c]
    for row in range(1, length):
        i = row * stride
        for c in range(STRIP):
            lowest[c] = x[i + c] if x[i + c] < lowest[c] else lowest[c]
    return 0.0


# --- softmax, softmin -----------------------------------------------------------------


def add_rows(
    x: array, stride: index, start: index, stop: index, begun: index, lanes: array, low: array
):
    """``add_block``: these rows to new lanes, two rows of a lane at a time."""
    clear(low, begun * STRIP)
    paired = stop - ((stop - start) & (2 * LANES - 1))
    for row in range(start, start + begun):
        i = row * stride
        lane = (row - start) * STRIP
        if paired > start:
            j = (row + LANES) * stride
            for c in range(STRIP):
                lanes[lane + c] = x[i + c] + x[j + c]
        else:
            for c in range(STRIP):
                lanes[lane + c] = x[i + c]
    for first in range(start + 2 * LANES, paired, 2 * LANES):
        for row in range(first, first + LANES):
            i = row * stride
            j = (row + LANES) * stride
            lane = (row - first) * STRIP
            for c in range(STRIP):
                add_keeping(lanes, low, lane + c, 0, x[i + c] + x[j + c])
    for row in range(paired if paired > start else start + begun, stop):
        i = row * stride
        lane = (row & (LANES - 1)) * STRIP
        for c in range(STRIP):
            add_keeping(lanes, low, lane + c, 0, x[i + c])
    return 0.0


def sums_of_exponentials(
    x: array, stride: index, length: index, lanes: array, low: array, total: array, lost: array
):
    clear(total, STRIP)
    clear(lost, STRIP)
    for start in range(0, length, BLOCK):
        stop = start + BLOCK if start + BLOCK < length else length
        begun = lanes_begun_by(stop - start)
        add_rows(x, stride, start, stop, begun, lanes, low)
        move_low_digits(lanes, low, 0, begun * STRIP)
        fold(lanes, begun)
        fold(low, begun)
        for c in range(STRIP):
            rounded = total[c] + lanes[c]
            rest = lost[c] + (two_sum_error(total[c], lanes[c], rounded) + low[c])
            total[c] = rounded + rest
            lost[c] = rest - (total[c] - rounded)
    return 0.0


def divide_by_sums(
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    highest: array,
    inverse: array,
    inverses_low: array,
):
    sums_of_exponentials(work, stride, length, lanes, low, inverse, inverses_low)
    for c in range(STRIP):
        total = inverse[c] + (highest[c] - highest[c])
        inverse[c] = 1.0 / total
        inverses_low[c] = inverse_low(total, inverses_low[c], inverse[c])
    for row in range(length):
        i = row * stride
        o = row * out_stride
        for c in range(STRIP):
            out[o + c] = fma(work[i + c], inverse[c], work[i + c] * inverses_low[c])
    return 0.0


def prepare(highest: array, far: array, lowest: array, row_round: array):
    for c in range(STRIP):
        far[c] = far_of(highest[c])
        near = near_of(highest[c], far[c])
        lowest[c] = lowest_of(near)
        row_round[c] = round_of(near)
    return 0.0


def softmax_columns(
    x: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    highest: array,
    far: array,
    lowest: array,
    row_round: array,
    total: array,
    lost: array,
):
    maxima(x, stride, length, highest)
    prepare(highest, far, lowest, row_round)
    for row in range(length):
        i = row * stride
        for c in range(STRIP):
            work[i + c] = exp_in_row(x[i + c] - far[c], lowest[c], row_round[c])
    return divide_by_sums(work, out, stride, out_stride, length, lanes, low, highest, total, lost)


def softmin_columns(
    x: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    highest: array,
    far: array,
    lowest: array,
    row_round: array,
    total: array,
    lost: array,
):
    minima(x, stride, length, highest)
    for c in range(STRIP):
        highest[c] = -highest[c]
    prepare(highest, far, lowest, row_round)
    for row in range(length):
        i = row * stride
        for c in range(STRIP):
            work[i + c] = exp_in_row(-far[c] - x[i + c], lowest[c], row_round[c])
    return divide_by_sums(work, out, stride, out_stride, length, lanes, low, highest, total, lost)


def gradients_of_winners(dy: array, y: array, stride: index, length: index, winners: array):
    none = to_bits(-0.0)
    for c in range(STRIP):
        winners[c] = -0.0
    for row in range(length):
        i = row * stride
        for c in range(STRIP):
            candidate = to_bits(dy[i + c])
            candidate = candidate if y[i + c] > 0.5 else none
            found = to_bits(winners[c])
            winners[c] = from_bits(candidate if candidate > found else found)
    for c in range(STRIP):
        winners[c] = winners[c] + 0.0
    return 0.0


def carry(lanes: array, total: array, lost: array):
    """Add the sums of a block, which begin the lanes."""
    for c in range(STRIP):
        rounded = total[c] + lanes[c]
        lost[c] = lost[c] + two_sum_error(total[c], lanes[c], rounded)
        total[c] = rounded
    return 0.0


def weighted_sums(
    x: array,
    y: array,
    shift: array,
    stride: index,
    length: index,
    lanes: array,
    total: array,
    lost: array,
):
    """The sums of (x - shift) y."""
    clear(total, STRIP)
    clear(lost, STRIP)
    for start in range(0, length, BLOCK):
        stop = start + BLOCK if start + BLOCK < length else length
        begun = lanes_begun_by(stop - start)
        for row in range(start, start + begun):
            i = row * stride
            lane = (row - start) * STRIP
            for c in range(STRIP):
                lanes[lane + c] = fma(x[i + c] - shift[c], y[i + c], 0.0)
        for row in range(start + begun, stop):
            i = row * stride
            lane = (row & (LANES - 1)) * STRIP
            for c in range(STRIP):
                lanes[lane + c] = fma(x[i + c] - shift[c], y[i + c], lanes[lane + c])
        fold(lanes, begun)
        carry(lanes, total, lost)
    for c in range(STRIP):
        total[c] = total_with(total[c], lost[c])
    return 0.0


def softmax_backward_columns(
    dy: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    winners: array,
    weighted: array,
    lost: array,
):
    gradients_of_winners(dy, y, stride, length, winners)
    weighted_sums(dy, y, winners, stride, length, lanes, weighted, lost)
    for row in range(length):
        i = row * stride
        o = row * out_stride
        for c in range(STRIP):
            out[o + c] = y[i + c] * ((dy[i + c] - winners[c]) - weighted[c])
    return 0.0


def softmin_backward_columns(
    dy: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    winners: array,
    weighted: array,
    lost: array,
):
    gradients_of_winners(dy, y, stride, length, winners)
    weighted_sums(dy, y, winners, stride, length, lanes, weighted, lost)
    for row in range(length):
        i = row * stride
        o = row * out_stride
        for c in range(STRIP):
            out[o + c] = y[i + c] * (weighted[c] - (dy[i + c] - winners[c]))
    return 0.0


# --- log_softmax ----------------------------------------------------------------------


def logs_of_sums(
    x: array,
    highest: array,
    far: array,
    lowest: array,
    row_round: array,
    stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    term: array,
):
    """The logarithms in the first of the lanes, and what they lost in ``low``."""
    begun = lanes_begun_by(length)
    clear(low, begun * STRIP)
    for row in range(begun):
        i = row * stride
        lane = row * STRIP
        for c in range(STRIP):
            e = exp_in_row(x[i + c] - far[c], lowest[c], row_round[c])
            lanes[lane + c] = 0.0 if x[i + c] == highest[c] else e
            counts[lane + c] = 1.0 if x[i + c] == highest[c] else 0.0
    for row in range(begun, length):
        i = row * stride
        lane = (row & (LANES - 1)) * STRIP
        for c in range(STRIP):
            term[c] = exp_in_row(x[i + c] - far[c], lowest[c], row_round[c])
        for c in range(STRIP):
            add_term(lanes, low, counts, lane + c, 0, x[i + c], highest[c], term[c])
    half = first_half(begun)
    paired = begun - half
    while half > 0:
        for k in range(paired * STRIP):
            fold_kept(lanes, low, counts, k, k + half * STRIP, 0)
        half = half >> 1
        paired = half
    for c in range(STRIP):
        log_of_kept(lanes, low, c, 0, counts[c], near_of(highest[c], far[c]))
    return 0.0


def log_softmax_columns(
    x: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    highest: array,
    far: array,
    lowest: array,
    row_round: array,
    less: array,
    less_low: array,
):
    maxima(x, stride, length, highest)
    prepare(highest, far, lowest, row_round)
    logs_of_sums(x, highest, far, lowest, row_round, stride, length, lanes, low, counts, less)
    for c in range(STRIP):
        near = near_of(highest[c], far[c])
        both = near + lanes[c]
        less_low[c] = two_sum_error(near, lanes[c], both) + low[c]
        less[c] = both + (highest[c] - highest[c])
    for row in range(length):
        i = row * stride
        o = row * out_stride
        for c in range(STRIP):
            out[o + c] = ((x[i + c] - far[c]) - less[c]) - less_low[c]
    return 0.0


def plain_sums(x: array, stride: index, length: index, lanes: array, total: array, lost: array):
    clear(total, STRIP)
    clear(lost, STRIP)
    for start in range(0, length, BLOCK):
        stop = start + BLOCK if start + BLOCK < length else length
        begun = lanes_begun_by(stop - start)
        for row in range(start, start + begun):
            i = row * stride
            lane = (row - start) * STRIP
            for c in range(STRIP):
                lanes[lane + c] = 0.0 + x[i + c]
        for row in range(start + begun, stop):
            i = row * stride
            lane = (row & (LANES - 1)) * STRIP
            for c in range(STRIP):
                lanes[lane + c] = lanes[lane + c] + x[i + c]
        fold(lanes, begun)
        carry(lanes, total, lost)
    for c in range(STRIP):
        total[c] = total_with(total[c], lost[c])
    return 0.0


def log_softmax_backward_columns(
    dy: array,
    y: array,
    work: array,
    out: array,
    stride: index,
    out_stride: index,
    length: index,
    lanes: array,
    low: array,
    counts: array,
    total: array,
    lost: array,
):
    plain_sums(dy, stride, length, lanes, total, lost)
    for row in range(length):
        i = row * stride
        o = row * out_stride
        for c in range(STRIP):
            out[o + c] = log_softmax_gradient(dy[i + c], y[i + c], total[c])
    return 0.0

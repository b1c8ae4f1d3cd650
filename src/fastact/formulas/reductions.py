"""Kernels along a row: sums in a fixed tree, softmax and its kin, their gradients.

A sum adds element i of a block to lane i % LANES, folds the lanes in halves and
carries the blocks' sums on with their rounding errors.  A careful sum has no
blocks: each lane keeps what it lost, and counts.  The tree depends on the length
alone, so threads, backends and instruction sets give the same bits.

A row kernel gets the row's inputs ``a`` and ``b``, its output, its length and
room for the lanes.  ``out`` may be ``a`` or ``b`` where they are of one size.
"""

from __future__ import annotations

from .activations.piecewise import relu, relu_backward
from .elementary import *  # noqa: F403
from .primitives import *  # noqa: F403


def fold_once(lanes: array, first: index, half: index):
    for j in range(first, first + half):
        lanes[j] = lanes[j] + lanes[j + half]
    return 0.0


def fold_lanes(lanes: array, first: index):
    """The sum of the lanes from ``first`` on, which it overwrites."""
    # Compilers know how many there are at each step: of 128 numbers softmax takes 0.85 of the time.
    fold_once(lanes, first, LANES >> 1)
    fold_once(lanes, first, LANES >> 2)
    fold_once(lanes, first, LANES >> 3)
    fold_once(lanes, first, LANES >> 4)
    fold_once(lanes, first, LANES >> 5)
    return lanes[first]


def clear_lanes(lanes: array, value):
    for j in range(LANES):
        lanes[j] = value
    return value


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
        term = fold_lanes(lanes, 0)
        rounded = total + term
        lost = lost + two_sum_error(total, term, rounded)
        total = rounded
    return total_with(total, lost)


# Lane j of a careful sum is lanes[j], what it lost lanes[j + LANES], and its count
# lanes[j + 2 * LANES].


def clear_careful(lanes: array):
    for j in range(3 * LANES):
        lanes[j] = 0.0
    return 0.0


def add_careful(lanes: array, j: index, term, term_low, counted):
    """Add ``term + term_low`` to lane j, and ``counted`` to its count."""
    high = lanes[j] + term
    lost = two_sum_error(lanes[j], term, high) + (lanes[j + LANES] + term_low)
    total = total_with(high, lost)
    lanes[j] = total
    lanes[j + LANES] = lost - (total - high)
    lanes[j + 2 * LANES] = lanes[j + 2 * LANES] + counted
    return 0.0


def fold_careful(lanes: array):
    """Leave the sum in lanes[0] and what it lost in lanes[LANES]; return the count."""
    half = LANES >> 1
    while half > 0:
        for j in range(half):
            k = j + half
            add_careful(lanes, j, lanes[k], lanes[k + LANES], lanes[k + 2 * LANES])
        half = half >> 1
    return lanes[2 * LANES]


def keep_larger(lanes: array, half: index):
    for j in range(half):
        lanes[j] = lanes[j + half] if lanes[j + half] > lanes[j] else lanes[j]
    return 0.0


def maximum_of(a: array, n: index, lanes: array):
    """The largest element; NaN is passed over."""
    clear_lanes(lanes, a[0])
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = a[i + j] if a[i + j] > lanes[j] else lanes[j]
    for i in range(whole, n, LANES):
        for j in range(LANES):
            x = a[i + j] if i + j < n else lanes[j]
            lanes[j] = x if x > lanes[j] else lanes[j]
    keep_larger(lanes, LANES >> 1)
    keep_larger(lanes, LANES >> 2)
    keep_larger(lanes, LANES >> 3)
    keep_larger(lanes, LANES >> 4)
    keep_larger(lanes, LANES >> 5)
    return lanes[0]


def keep_smaller(lanes: array, half: index):
    for j in range(half):
        lanes[j] = lanes[j + half] if lanes[j + half] < lanes[j] else lanes[j]
    return 0.0


def minimum_of(a: array, n: index, lanes: array):
    """The smallest element; NaN is passed over."""
    clear_lanes(lanes, a[0])
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = a[i + j] if a[i + j] < lanes[j] else lanes[j]
    for i in range(whole, n, LANES):
        for j in range(LANES):
            x = a[i + j] if i + j < n else lanes[j]
            lanes[j] = x if x < lanes[j] else lanes[j]
    keep_smaller(lanes, LANES >> 1)
    keep_smaller(lanes, LANES >> 2)
    keep_smaller(lanes, LANES >> 3)
    keep_smaller(lanes, LANES >> 4)
    keep_smaller(lanes, LANES >> 5)
    return lanes[0]


# A row's exponentials are not those of x - highest, a difference that is rounded: of 100 that
# costs 32 ulp.  They are 2**-m exp(x), m being where the largest of them is nearly 1, and the
# remainder of x by log(2) is exact.  So that it is, ``far`` is subtracted first: it is 0, or
# the highest itself where that is so large that what counts lies within a factor of 2 of it.


def far_of(highest):
    """What is subtracted first."""
    largest = LARGEST if highest > LARGEST else highest
    largest = -LARGEST if largest < -LARGEST else largest
    return largest if absolute(largest) > ROW_FAR else 0.0


def near_of(highest, far):
    """What remains of the highest."""
    return 0.0 if absolute(far) > ROW_FAR else highest


def lowest_of(near):
    """Where exponentials end: no sum or quotient would show smaller ones."""
    return fma(1.15, EXP_MIN, near)


def round_of(near):
    """EXP_ROUND - m."""
    return EXP_ROUND - (fma(near, LOG2E, EXP_ROUND) - EXP_ROUND)


def exp_in_row(x, lowest, row_round):
    """EXP_SCALE 2**-m exp(x), with the exponent in ``row_round``."""
    x = lowest if x < lowest else x
    shifted = fma(x, LOG2E, row_round)
    n = shifted - row_round
    scale = power_of_two(shifted)
    return fma(scale, expm1_of_short(fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))), scale)


def sum_row(a: array, b: array, out: array, n: index, lanes: array):
    out[0] = sum_of(a, n, lanes)
    return 0.0


# --- softmax, softmin -----------------------------------------------------------------

# What these lost stands in ``low``, ``span`` after its lane: in the same room here, where
# ``span`` is LANES, and in arrays of their own in columns.py, where it is 0.

# Its rows sum to 1 as nearly as the sum of the exponentials is right.  The roundings of the
# quotients add less than 0.5 ulp; those of a plain sum in lanes made it 2.3.


def add_keeping(lanes: array, low: array, j: index, span: index, term):
    """Add ``term`` to lane j, and what that lost to low[j + span]."""
    total = lanes[j] + term
    low[j + span] = low[j + span] + two_sum_error(lanes[j], term, total)
    lanes[j] = total
    return 0.0


def add_block(a: array, start: index, stop: index, lanes: array):
    """Add numbers to cleared lanes, two at a time: that one rounding is not made good."""
    for j in range(2 * LANES):
        lanes[j] = 0.0
    whole = stop - ((stop - start) & (2 * LANES - 1))
    for i in range(start, whole, 2 * LANES):
        for j in range(LANES):
            add_keeping(lanes, lanes, j, LANES, a[i + j] + a[i + j + LANES])
    tail = stop - ((stop - start) & (LANES - 1))
    for i in range(whole, tail, LANES):
        for j in range(LANES):
            add_keeping(lanes, lanes, j, LANES, a[i + j])
    for i in range(tail, stop, LANES):
        for j in range(LANES):
            add_keeping(lanes, lanes, j, LANES, a[i + j] if i + j < stop else 0.0)
    return 0.0


def move_low_digits(lanes: array, low: array, span: index, count: index):
    """Move the last digits of each lane to what it lost, so that a fold loses nothing.

    What remains are multiples of the last place of 1024, and their sum, of BLOCK
    numbers up to sqrt(2), is less than 2048: all times EXP_SCALE.
    """
    for j in range(count):
        high = (1024.0 * EXP_SCALE + lanes[j]) - 1024.0 * EXP_SCALE
        low[j + span] = low[j + span] + (lanes[j] - high)
        lanes[j] = high
    return 0.0


def sum_of_exponentials(a: array, n: index, lanes: array):
    """The sum of a row's exponentials, at most 1 ulp off; what it lost, in lanes[0]."""
    total = 0.0
    lost = 0.0
    for start in range(0, n, BLOCK):
        add_block(a, start, start + BLOCK if start + BLOCK < n else n, lanes)
        move_low_digits(lanes, lanes, LANES, LANES)
        term = fold_lanes(lanes, 0)
        rounded = total + term
        lost = lost + (two_sum_error(total, term, rounded) + fold_lanes(lanes, LANES))
        total = rounded + lost
        lost = lost - (total - rounded)
    lanes[0] = lost
    return total


def inverse_low(total, lost, inverse):
    """What ``inverse`` = 1 / total lacks of 1 / (total + lost)."""
    return fma(-inverse, lost, fma(-inverse, total, 1.0)) * inverse


def divide_by_sum(out: array, n: index, highest, lanes: array):
    """By its inverse in two parts: a division took half of the time of a row."""
    # An infinite maximum makes all of the row NaN.
    total = sum_of_exponentials(out, n, lanes) + (highest - highest)
    inverse = 1.0 / total
    low = inverse_low(total, lanes[0], inverse)
    for i in range(n):
        out[i] = fma(out[i], inverse, out[i] * low)
    return total


def weighted_sum_of(a: array, b: array, shift, n: index, lanes: array):
    """The sum of (a - shift) b."""
    total = 0.0
    lost = 0.0
    for start in range(0, n, BLOCK):
        stop = start + BLOCK if start + BLOCK < n else n
        whole = stop - ((stop - start) & (LANES - 1))
        clear_lanes(lanes, 0.0)
        for i in range(start, whole, LANES):
            for j in range(LANES):
                lanes[j] = fma(a[i + j] - shift, b[i + j], lanes[j])
        for i in range(whole, stop):
            lanes[i - whole] = fma(a[i] - shift, b[i], lanes[i - whole])
        term = fold_lanes(lanes, 0)
        rounded = total + term
        lost = lost + two_sum_error(total, term, rounded)
        total = rounded
    return total_with(total, lost)


def gradient_of_winner(dy: array, y: array, n: index):
    """dy where y exceeds 1/2, which it does once at most, else 0.

    Taken from all of dy, it leaves the gradient as it is, and the winner's y without
    influence: where that rounds to 1, its gradient y (1 - y) would be 0.  It is found as
    the largest integer, in whatever order: lanes took as long as the rest of a short row.
    """
    # -0.0 for all y: where gcc knows the number it takes branches instead of vectors.
    none = to_bits(copysign(0.0, -1.0 - absolute(y[0])))
    found = none
    for i in range(n):
        candidate = to_bits(dy[i])
        candidate = candidate if y[i] > 0.5 else none
        found = candidate if candidate > found else found
    return from_bits(found) + 0.0


def softmax_row(a: array, b: array, out: array, n: index, lanes: array):
    highest = maximum_of(a, n, lanes)
    far = far_of(highest)
    near = near_of(highest, far)
    lowest = lowest_of(near)
    row_round = round_of(near)
    for i in range(n):
        out[i] = exp_in_row(a[i] - far, lowest, row_round)
    return divide_by_sum(out, n, highest, lanes)


def softmax_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = y (dy - sum(dy y)) with a = dy and b = y."""
    winners = gradient_of_winner(a, b, n)
    weighted = weighted_sum_of(a, b, winners, n, lanes)
    for i in range(n):
        out[i] = b[i] * ((a[i] - winners) - weighted)
    return 0.0


def softmin_row(a: array, b: array, out: array, n: index, lanes: array):
    highest = -minimum_of(a, n, lanes)
    far = far_of(highest)
    near = near_of(highest, far)
    lowest = lowest_of(near)
    row_round = round_of(near)
    for i in range(n):
        out[i] = exp_in_row(-far - a[i], lowest, row_round)
    return divide_by_sum(out, n, highest, lanes)


def softmin_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = y (sum(dy y) - dy) with a = dy and b = y."""
    winners = gradient_of_winner(a, b, n)
    weighted = weighted_sum_of(a, b, winners, n, lanes)
    for i in range(n):
        out[i] = b[i] * (weighted - (a[i] - winners))
    return 0.0


# --- logarithms of sums of exponentials -------------------------------------------------


def add_term(lanes: array, low: array, counts: array, j: index, span: index, x, highest, term):
    """Add the exponential of x to lane j, or count x if it is the highest.

    ``add_keeping`` and ``add_careful`` would do more than numbers that are not negative need.
    """
    added = 0.0 if x == highest else term
    before = lanes[j]
    larger = before if before > added else added
    smaller = added if added < before else before
    total = before + added
    lanes[j] = total
    low[j + span] = low[j + span] + (smaller - (total - larger))
    counts[j + 2 * span] = counts[j + 2 * span] + (1.0 if x == highest else 0.0)
    return 0.0


def fold_kept(lanes: array, low: array, counts: array, j: index, k: index, span: index):
    """Add lane k, what it lost and its count to those of lane j."""
    total = lanes[j] + lanes[k]
    lost = two_sum_error(lanes[j], lanes[k], total)
    low[j + span] = low[j + span] + (low[k + span] + lost)
    lanes[j] = total
    counts[j + 2 * span] = counts[j + 2 * span] + counts[k + 2 * span]
    return 0.0


def fold_kept_once(lanes: array, half: index):
    for j in range(half):
        fold_kept(lanes, lanes, lanes, j, j + half, LANES)
    return 0.0


def log_of_kept(lanes: array, low: array, j: index, span: index, largest, near):
    """Make the sum in lane j, by ``add_term``, its logarithm, with the count of the largest.

    It is that of exp(x - highest): what was 2**-m is made exp(-near).  In low[j + span] is left
    what the logarithm lost by rounding.
    """
    p = expm1_of_short(-exp_remainder(near, fma(near, LOG2E, EXP_ROUND)))
    kept = lanes[j] + low[j + span]
    high = kept + kept * p
    rest = fma(kept, p, kept - high) + (low[j + span] - (kept - lanes[j]))
    # Subnormal terms, each rounded, made a sum of 5000 wrong by 134 ulp.
    ties = largest - 1.0
    others = fma(high, EXP_RESCALE, ties)
    others_low = fma(rest, EXP_RESCALE, fma(high, EXP_RESCALE, ties - others))
    # log(1 + others) is exponent * log(2) + log(1 + f).
    total = 1.0 + others
    total_low = (1.0 - (total - others)) + others_low
    within = others if others < 1.0 else 1.0
    exponent = 1.0 if others > 0.5 else 0.0
    exponent = exponent_for_log(total) if others > 1.0 else exponent
    f = fma(0.5, within, -0.5) if others > 0.5 else within
    f = fraction_for_log(total) if others > 1.0 else f
    more = fma(f * f, LOG1P(f), (total_low if others > 1.0 else others_low) / total)
    short = f + more
    whole = exponent * LN2_HIGH
    part = fma(exponent, LN2_LOW, short)
    logarithm = whole + part
    lanes[j] = logarithm if others == others else others
    low[j + span] = (part - (logarithm - whole)) + (more - (short - f))
    return 0.0


def log_of_sum(a: array, n: index, highest, far, near, lanes: array):
    """log(sum(exp(a - highest))) in lanes[0], and what that lost in lanes[LANES].

    One largest element's 1 is left out of the sum: adding it would cost the logarithm
    all its digits where the others are small.
    """
    lowest = lowest_of(near)
    row_round = round_of(near)
    clear_careful(lanes)
    for start in range(0, n, HELD):
        count = HELD if n - start > HELD else n - start
        # Two loops: in one, with its chain, a processor has too few numbers under way.
        for i in range(count):
            lanes[i + 3 * LANES] = exp_in_row(a[start + i] - far, lowest, row_round)
        whole = count - (count & (LANES - 1))
        for i in range(0, whole, LANES):
            for j in range(LANES):
                x = a[start + i + j]
                add_term(lanes, lanes, lanes, j, LANES, x, highest, lanes[i + j + 3 * LANES])
        for i in range(whole, count):
            x = a[start + i]
            add_term(lanes, lanes, lanes, i - whole, LANES, x, highest, lanes[i + 3 * LANES])
    fold_kept_once(lanes, LANES >> 1)
    fold_kept_once(lanes, LANES >> 2)
    fold_kept_once(lanes, LANES >> 3)
    fold_kept_once(lanes, LANES >> 4)
    fold_kept_once(lanes, LANES >> 5)
    log_of_kept(lanes, lanes, 0, LANES, lanes[2 * LANES], near)
    return lanes[0]


def log_softmax_row(a: array, b: array, out: array, n: index, lanes: array):
    highest = maximum_of(a, n, lanes)
    far = far_of(highest)
    near = near_of(highest, far)
    shift = log_of_sum(a, n, highest, far, near, lanes)
    # An infinite maximum makes all of the row NaN, as in softmax.
    less = (near + shift) + (highest - highest)
    less_low = two_sum_error(near, shift, near + shift) + lanes[LANES]
    for i in range(n):
        out[i] = ((a[i] - far) - less) - less_low
    return 0.0


def log_softmax_gradient(dy, y, total):
    """-expm1(y) dy - exp(y) (total - dy), both exponentials from one polynomial."""
    x = EXP_MIN if y < EXP_MIN else y
    shifted = fma(x, LOG2E, EXP_ROUND)
    p = expm1_of_short(exp_remainder(x, shifted))
    scaled = power_of_two(shifted)
    scale = scaled * EXP_RESCALE
    less_1 = fma(scale, p, scale - 1.0)
    return fma(-less_1, dy, -(fma(scaled, p, scaled) * EXP_RESCALE * (total - dy)))


def log_softmax_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = dy - exp(y) sum(dy) with a = dy and b = y.

    As (1 - exp(y)) dy - exp(y) (sum(dy) - dy) it keeps its digits where exp(y) is
    almost 1 and dy almost all of the sum: at the label of a well classified example.
    """
    total = sum_of(a, n, lanes)
    for i in range(n):
        out[i] = log_softmax_gradient(a[i], b[i], total)
    return 0.0


def logsumexp_row(a: array, b: array, out: array, n: index, lanes: array):
    highest = maximum_of(a, n, lanes)
    far = far_of(highest)
    out[0] = highest + log_of_sum(a, n, highest, far, near_of(highest, far), lanes)
    return 0.0


def logsumexp_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = dy softmax(x) with one number a = dy and b = x."""
    dy = a[0]
    softmax_row(b, b, out, n, lanes)
    for i in range(n):
        out[i] = dy * out[i]
    return 0.0


# --- sparsemax: the nearest point of the simplex ----------------------------------------


def excess(x, highest, tau, tau_low):
    """x - highest - (tau + tau_low), with the rounding error of the first difference."""
    difference = x - highest
    error = two_sum_error(x, -highest, difference)
    return (difference - tau) + ((error if error == error else 0.0) - tau_low)


def add_support(lanes: array, j: index, x, highest, tau, tau_low):
    """Add x - highest to lane j and count it, if it exceeds the threshold or is NaN."""
    difference = x - highest
    error = two_sum_error(x, -highest, difference)
    within = 0.0 if excess(x, highest, tau, tau_low) <= 0.0 else 1.0
    term = difference if within > 0.0 else 0.0
    term_low = error if within > 0.0 else 0.0
    return add_careful(lanes, j, term, term_low, within)


def support_of(a: array, n: index, highest, tau, tau_low, lanes: array):
    """How many elements exceed highest + tau; their sum stays in the lanes."""
    clear_careful(lanes)
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            add_support(lanes, j, a[i + j], highest, tau, tau_low)
    for i in range(whole, n):
        add_support(lanes, i - whole, a[i], highest, tau, tau_low)
    return fold_careful(lanes)


def sparsemax_row(a: array, b: array, out: array, n: index, lanes: array):
    """max(x - threshold, 0), where the threshold makes the sum 1.

    Newton steps on the sum, which is convex and piecewise linear in the threshold
    (Michelot 1986): from below, so that the support only shrinks, until it stays.
    At each step the product of the sum's excess over 1 and its slope falls to a
    quarter or less, so there are few.  The threshold is carried in two parts,
    relative to the maximum, from which it lies at most 1 away.
    """
    highest = maximum_of(a, n, lanes)
    tau = -1.0
    tau_low = 0.0
    count = support_of(a, n, highest, tau, tau_low, lanes)
    before = 2.0 * count
    while count < before:
        sum_less_1 = lanes[0] - 1.0
        low = lanes[LANES] + two_sum_error(lanes[0], -1.0, sum_less_1)
        tau = sum_less_1 / count
        tau_low = (fma(-tau, count, sum_less_1) + low) / count
        before = count
        count = support_of(a, n, highest, tau, tau_low, lanes)
    for i in range(n):
        y = excess(a[i], highest, tau, tau_low)
        out[i] = 0.0 if y <= 0.0 else y
    return 0.0


def add_if_positive(lanes: array, j: index, dy, y):
    counted = 0.0 if y <= 0.0 else 1.0
    return add_careful(lanes, j, 0.0 if y <= 0.0 else dy, 0.0, counted)


def sparsemax_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """out = dy less its mean where y > 0, else 0, with a = dy and b = y."""
    clear_careful(lanes)
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            add_if_positive(lanes, j, a[i + j], b[i + j])
    for i in range(whole, n):
        add_if_positive(lanes, i - whole, a[i], b[i])
    count = fold_careful(lanes)
    mean = total_with(lanes[0], lanes[LANES]) / (count if count > 0.0 else 1.0)
    for i in range(n):
        out[i] = a[i] - mean if b[i] > 0.0 else (0.0 if b[i] <= 0.0 else b[i])
    return 0.0


# --- the largest element --------------------------------------------------------------


def larger(best, x):
    """The larger number, the first of two equal ones; NaN stays."""
    # One choice after the other: nested ones are branches to gcc, not vectors.
    chosen = best if best >= x else x
    return best if best != best else chosen


def keep_largest(lanes: array, half: index):
    for j in range(half):
        lanes[j] = larger(lanes[j], lanes[j + half])
    return 0.0


def hardmax_row(a: array, b: array, out: array, n: index, lanes: array):
    """1 at the first of the largest elements; a NaN makes all of the row NaN."""
    clear_lanes(lanes, a[0])
    whole = n - (n & (LANES - 1))
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = larger(lanes[j], a[i + j])
    for i in range(whole, n):
        lanes[i - whole] = larger(lanes[i - whole], a[i])
    keep_largest(lanes, LANES >> 1)
    keep_largest(lanes, LANES >> 2)
    keep_largest(lanes, LANES >> 3)
    keep_largest(lanes, LANES >> 4)
    keep_largest(lanes, LANES >> 5)
    highest = lanes[0]
    first = 0
    while first < n - 1 and a[first] != highest:
        first = first + 1
    for i in range(n):
        out[i] = 0.0 if highest == highest else highest
    out[first] = 1.0 if highest == highest else highest
    return 0.0


def hardmax_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    for i in range(n):
        out[i] = 0.0
    return 0.0


def maxout_row(a: array, b: array, out: array, n: index, lanes: array):
    best = a[0]
    # The first once more: of a loop of one step, that of a pair, gcc makes branches too.
    for i in range(n):
        best = larger(best, a[i])
    out[0] = best
    return 0.0


def maxout_which_row(a: array, b: array, out: array, n: index, lanes: array):
    """Where the largest element stands: the first of equal ones, or the first NaN."""
    best = a[0]
    # Numbers as those of the row are: gcc makes vectors of them, not of places.
    which = 0.0
    here = 0.0
    for i in range(1, n):
        here = here + 1.0
        chosen = which if best >= a[i] else here
        which = which if best != best else chosen
        best = larger(best, a[i])
    out[0] = which
    return 0.0


def maxout_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """The one number a = dy where it belongs, b of the row, else 0."""
    dy = a[0]
    which = b[0]
    for i in range(n):
        out[i] = dy if i == which else 0.0
    return 0.0


# --- crelu: two halves ----------------------------------------------------------------


def crelu_row(a: array, b: array, out: array, n: index, lanes: array):
    """relu(x) and relu(-x), one after the other."""
    for i in range(n):
        out[i] = relu(a[i])
    for i in range(n):
        out[n + i] = relu(-a[i])
    return 0.0


def crelu_backward_row(a: array, b: array, out: array, n: index, lanes: array):
    """The gradient from a = dy, twice as long as b = x."""
    for i in range(n):
        out[i] = relu_backward(a[i], b[i]) - relu_backward(a[n + i], -b[i])
    return 0.0


def crelu_backward_from_output_row(a: array, b: array, out: array, n: index, lanes: array):
    """The gradient from a = dy and b = y."""
    for i in range(n):
        out[i] = relu_backward(a[i], b[i]) - relu_backward(a[n + i], b[n + i])
    return 0.0

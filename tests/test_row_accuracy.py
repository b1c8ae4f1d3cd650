"""softmax rows sum to one, log_softmax is accurate at the largest element: any row."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from errors import error_in_ulp_by_bits
from extended import UNAVAILABLE, error_in_ulp_extended
from fastact.formulas.primitives import CONSTANTS

OF_A_QUOTIENT = 3.5  # ulp
OF_A_SUM = 1.0  # ulp of 1, for the sum of a row
ULP = 2.0  # of the result, for the largest element
LENGTHS = [*range(1, 40), 63, 64, 65, 100, 777, 1000, 1023, 1024, 1025, 2047, 2049, 4097, 5000]
SCALES = [1e-3, 1.0, 5.0, 30.0, 1000.0]
ROWS = 8


def rows(length: int, scale: float, dtype: str):
    """Random ones, one with a clear winner, one of equal numbers, one even slope; all negated."""
    x = np.random.default_rng(length).standard_normal((ROWS, length)) * scale
    x[1] -= scale * 20
    x[1, length // 2] = scale
    x[2] = scale
    x[3] = -scale * np.arange(length) / length
    return np.concatenate([x, -x]).astype(dtype)


def logarithms_of_sums(x):
    """log(sum(exp(x - max(x)))) in long double, from all but the largest element."""
    wide = x.astype(np.longdouble)
    largest = x.argmax(axis=1)[:, None]
    e = np.exp(wide - np.take_along_axis(wide, largest, 1))
    np.put_along_axis(e, largest, 0, 1)
    return np.log1p(e.sum(axis=1))


def ulps(result, reference):
    if result.dtype == np.float32:
        return error_in_ulp_by_bits(result, reference.astype(np.float64), 0.0)
    return error_in_ulp_extended(result, reference)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["softmax", "softmin"])
def test_rows_sum_to_one(name, scale, dtype):
    worst = 0.0, 0, 0
    for length in LENGTHS:
        y = getattr(fa, name)(rows(length, scale, dtype), axis=1)
        off = np.abs(y.astype(np.longdouble).sum(axis=1) - 1) / np.finfo(dtype).eps
        worst = max(worst, (float(off.max()), length, int(off.argmax())))
    assert worst[0] <= OF_A_SUM, f"{worst[0]} ulp with {worst[1]} elements, row {worst[2]}"


@pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")
@pytest.mark.parametrize("scale", SCALES)
def test_log_softmax_at_the_largest_element(scale, dtype):
    worst = 0.0, 0, 0
    for length in LENGTHS:
        x = rows(length, scale, dtype)
        y = np.take_along_axis(fa.log_softmax(x, axis=1), x.argmax(axis=1)[:, None], 1)[:, 0]
        off = ulps(y, -logarithms_of_sums(x))
        worst = max(worst, (float(off.max()), length, int(off.argmax())))
    assert worst[0] <= ULP, f"{worst[0]} ulp with {worst[1]} elements, row {worst[2]}"


@pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")
@pytest.mark.parametrize("gap", [0.0, 1e-3, 0.7, 5, 16.7, 17, 36, 80, 87, 100, 700])
def test_log_softmax_of_a_winner(gap, dtype):
    """At [17, 0] it is -4.1e-8; a sum that holds the winner's 1 would give 0."""
    for others in (1, 2, 31, 32, 1000, 5000):
        x = np.zeros((1, others + 1), dtype)
        x[0, others // 2] = gap
        y = fa.log_softmax(x, axis=1)[:, others // 2]
        assert ulps(y, -logarithms_of_sums(x)).max() <= ULP, others


@pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")
@pytest.mark.parametrize("ends", [-1e6, -1.5, -1.001, -0.999, -0.4, 0.4, 0.999, 1.001, 1.5, 1e6])
def test_far_from_zero(ends, dtype):
    """On both sides of where a row is first taken relative to its largest element."""
    for length in (2, 10, 33, 1000):
        x = rows(length, 5.0, dtype) + np.dtype(dtype).type(ends * CONSTANTS[dtype]["ROW_FAR"])
        y = np.take_along_axis(fa.log_softmax(x, axis=1), x.argmax(axis=1)[:, None], 1)[:, 0]
        logarithms = logarithms_of_sums(x)
        assert ulps(y, -logarithms).max() <= ULP
        shifted = x.astype(np.longdouble) - x.max(axis=1)[:, None]
        wanted = np.exp(shifted - logarithms[:, None])
        assert ulps(fa.softmax(x, axis=1).ravel(), wanted.ravel()).max() <= OF_A_QUOTIENT


@pytest.mark.parametrize("scale", [1e-3, 1.0, 5.0])
def test_sixteen_bits(scale):
    """One ulp of float16 at the largest element; its softmax is too coarse to sum to one."""
    for length in LENGTHS:
        x = rows(length, scale, "float16")
        y = np.take_along_axis(fa.log_softmax(x, axis=1), x.argmax(axis=1)[:, None], 1)[:, 0]
        wanted = -logarithms_of_sums(x).astype(np.float64)
        assert (np.abs(y - wanted) <= np.spacing(np.abs(wanted).astype(np.float16))).all()

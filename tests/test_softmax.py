"""Softmax along any axis, against mpmath and the Jacobian."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import fastact as fa
from extended import UNAVAILABLE
from oracle import error_in_ulp_mp


@pytest.mark.parametrize("length", [1, 2, 31, 32, 33, 1000, 1024, 1025, 5000])
def test_against_mpmath(length, backend):
    x = np.random.default_rng(length).standard_normal(length) * 5
    with mpmath.workdps(40):
        e = [mpmath.exp(mpmath.mpf(float(v))) for v in x]
        total = mpmath.fsum(e)
        reference = [v / total for v in e]
    error = error_in_ulp_mp(fa.softmax(x), reference).max()
    # NumPy's own formula rounds x - max(x), half an ulp of up to 40, in the exponent.
    assert error < (48 if backend.name == "numpy" else 3.5)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_axis(axis, dtype, backend):
    x = np.random.default_rng(0).standard_normal((4, 5, 6)).astype(dtype)
    y = fa.softmax(x, axis=axis)
    np.testing.assert_allclose(y.sum(axis=axis), 1, rtol=3 * np.finfo(dtype).eps)
    moved = np.moveaxis(fa.softmax(np.ascontiguousarray(np.moveaxis(x, axis, -1))), -1, axis)
    np.testing.assert_array_equal(y, moved)
    assert fa.softmax(x, axis, out=x) is x
    np.testing.assert_array_equal(x, y)


def test_rows_sum_to_one(dtype):
    x = (np.random.default_rng(1).standard_normal((300, 777)) * 4).astype(dtype)
    total = fa.softmax(x).astype(np.float64).sum(axis=1)
    assert np.abs(total - 1).max() < 4 * np.finfo(dtype).eps


def test_shift_and_extremes(dtype, backend):
    x = np.array([1e4, -1e4, 1e4], dtype)
    np.testing.assert_array_equal(fa.softmax(x), np.array([0.5, 0, 0.5], dtype))
    x = np.array([-np.inf, 0, 0], dtype)
    np.testing.assert_array_equal(fa.softmax(x), np.array([0, 0.5, 0.5], dtype))
    assert np.isnan(fa.softmax(np.array([np.nan, 1], dtype))).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_gradient_is_the_jacobians(axis, backend):
    rng = np.random.default_rng(2)
    x, dy = rng.standard_normal((7, 9)), rng.standard_normal((7, 9))
    y = fa.softmax(x, axis=axis)
    want = np.empty_like(x)
    for k in range(x.shape[1 - axis]):
        p, g = np.take(y, k, 1 - axis), np.take(dy, k, 1 - axis)
        column = (np.diag(p) - np.outer(p, p)) @ g
        want[(slice(None), k) if axis == 0 else (k, slice(None))] = column
    np.testing.assert_allclose(fa.softmax.backward(dy, x, axis=axis), want, atol=1e-15)
    np.testing.assert_allclose(fa.softmax.backward(dy, output=y, axis=axis), want, atol=1e-15)


@pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")
@pytest.mark.parametrize("name", ["softmax", "softmin"])
@pytest.mark.parametrize("saved", ["input", "output"])
def test_gradient_of_a_winner(name, saved, dtype, backend):
    """It is small, and right to 8 units of its terms, where its output rounds to 1."""
    rng = np.random.default_rng(3)
    for gap in (0, 1, 10, 17, 36, 60):
        x, dy = rng.standard_normal((2, 20, 33)).astype(dtype)
        x[:, 7] = x.max(axis=1) + gap
        e = np.exp(x.astype(np.longdouble) - x[:, 7:8])
        terms = e / e.sum(axis=1, keepdims=True) * (dy - dy[:, 7:8].astype(np.longdouble))
        want = -e[:, 7] / e.sum(axis=1) * terms.sum(axis=1)
        x, want = (-x, -want) if name == "softmin" else (x, want)
        activation = getattr(fa, name)
        kept = x if saved == "input" else activation(x)
        got = activation.backward(dy, **{saved: kept})[:, 7]
        bound = 8 * np.finfo(dtype).eps * np.abs(terms).sum(axis=1)
        assert (np.abs(got - want) <= bound).all(), gap


def test_there_is_no_elementwise_derivative():
    with pytest.raises(TypeError, match="no elementwise derivative"):
        fa.softmax.derivative(np.ones(3))

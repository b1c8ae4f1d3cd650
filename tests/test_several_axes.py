"""Several axes, or all, by the short way: they are joined to one where they follow each other."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

ROWS = (fa.softmax, fa.log_softmax, fa.softmin, fa.sparsemax, fa.hardmax)
DTYPES = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16)
# Of arrays of four axes: those that can be joined, and what has to be moved first.
JOINED = (None, (0, 1), (1, 2), (2, 3), (-2, -1), (-3, -2), (0, 1, 2, 3), (-4, -3), (1,), (-1,))
MOVED = ((1, 0), (0, 2), (-1, 0), (3, -2))


def numbers(dtype, *shape, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def check(call):
    with fa.use_backend(dispatch.DEFAULT.name):
        wanted = call()
    for _ in range(2):  # the second time the axes are remembered
        for one, other in zip(call(), wanted, strict=True):
            assert_same_bits(one, other)
            assert type(one) is type(other)


@pytest.mark.parametrize("axis", JOINED + MOVED, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("activation", ROWS, ids=lambda a: a.__name__)
def test_rows(activation, dtype, axis):
    x, dy = numbers(dtype, 3, 4, 5, 40), numbers(dtype, 3, 4, 5, 40, seed=1)

    def calls():
        y = activation(x, axis=axis)
        over, gradient = x.copy(), dy.copy()
        assert activation(over, axis=axis, out=over) is over
        assert activation.backward(gradient, output=y, axis=axis, out=gradient) is gradient
        kept, context = activation.forward(x, axis=axis)
        back = activation.backward(dy, x, axis=axis)
        return y, over, gradient, back, kept, context.backward(dy), activation(x.T, axis=axis)

    check(calls)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", JOINED + MOVED, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
def test_sums(dtype, axis, keepdims):
    x = numbers(dtype, 3, 4, 5, 40)
    options = {"axis": axis, "keepdims": keepdims}

    def calls():
        y = fa.logsumexp(x, **options)
        out = np.empty_like(y)
        assert fa.logsumexp(x, out=out, **options) is out
        over = x.copy()
        assert fa.logsumexp.backward(y, over, out=over, **options) is over
        return y, out, fa.logsumexp.backward(y, x, **options), over

    check(calls)


def test_python_is_not_asked(monkeypatch):
    x = numbers(np.float32, 3, 4, 5)
    for axis in (None, (1, 2), (-3, -2)):
        fa.softmax(x, axis=axis)
        fa.logsumexp(x, axis=axis)

    def fail(*args, **options):
        pytest.fail("it went the long way")

    monkeypatch.setattr(type(fa.softmax), "_bind", fail)
    monkeypatch.setattr(type(fa.logsumexp), "_bind", fail)
    for axis in (None, (1, 2), (-3, -2)):
        y = fa.softmax(x, axis=axis, where=None)
        fa.softmax.backward(x, output=y, axis=axis, out=y)
        fa.softmax.backward(x, x, axis=axis)
        y = fa.logsumexp(x, axis=axis)
        if axis is not None:  # else a single number
            fa.logsumexp.backward(y, x, axis=axis)


@pytest.mark.parametrize(
    ("axis", "error", "match"),
    [
        ((1, 3), ValueError, "out of range"),
        ((-4, -3), ValueError, "out of range"),
        ((2, 3), ValueError, "out of range"),
        ((1, 1), ValueError, "twice"),
        ((1.0, 2.0), TypeError, "integer"),
        ([1, 2], TypeError, "integer"),
        (((1, 2),), TypeError, "integer"),
    ],
    ids=str,
)
def test_axes_that_are_none(axis, error, match):
    x = numbers(np.float32, 3, 4, 5)
    before = x.copy()
    fa.softmax(x, axis=(1, 2))
    for activation in (fa.softmax, fa.logsumexp):
        for _ in range(2):
            with pytest.raises(error, match=match):
                activation(x, axis=axis, out=x)
    assert_same_bits(x, before)


@pytest.mark.parametrize("axis", [None, (1, 2), (-2, -1)], ids=str)
def test_shapes_are_those_before_the_axes_are_joined(axis):
    """As many numbers are not enough."""
    x = numbers(np.float32, 3, 4, 5)
    fa.softmax(x, axis=axis)
    fa.logsumexp(x, axis=axis, keepdims=True)
    kept = fa.logsumexp(x, axis=axis, keepdims=True)
    other, row = np.full((3, 5, 4), 7, np.float32), np.full(kept.shape[0], 7, np.float32)
    for _ in range(2):
        for call in (
            lambda: fa.softmax(x, axis=axis, out=other),
            lambda: fa.softmax.backward(other, output=x, axis=axis),
            lambda: fa.softmax.backward(other, x, axis=axis),
            lambda: fa.softmax.backward(x, output=x, axis=axis, out=other),
            lambda: fa.logsumexp(x, axis=axis, keepdims=True, out=row),
            lambda: fa.logsumexp.backward(kept, x, axis=axis, keepdims=True, out=other),
            lambda: fa.logsumexp.backward(kept[..., 0], x, axis=axis, keepdims=True),
        ):
            with pytest.raises(ValueError, match="shape"):
                call()
    assert (other == 7).all()
    assert (row == 7).all()


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4), (2, 3, 0), (1, 1, 1), ()], ids=str)
@pytest.mark.parametrize("axis", [None, (0, 1), (1, 2)], ids=str)
def test_few_numbers_or_none(shape, axis):
    x = numbers(np.float32, *shape)
    if axis is not None and not shape:
        with pytest.raises(ValueError, match="axis"):
            fa.softmax(x, axis=axis)
        return
    check(lambda: (fa.softmax(x, axis=axis), fa.logsumexp(x, axis=axis)))

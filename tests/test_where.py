"""Rows with ``where=`` by the short way: the bits of the long one, and what may not be asked."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import FREE_THREADS, assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

MASKED = (fa.softmax, fa.log_softmax, fa.softmin, fa.sparsemax)
DTYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}
SHAPES = [
    ((7,), -1),
    ((40, 9), 1),
    ((40, 9), 0),
    ((3, 5000), -1),
    ((600, 150), 0),
    ((6, 20, 70), 1),
    ((4, 30, 5), 2),
]
ALL = slice(None)


@pytest.fixture(params=DTYPES)
def dtype(request):
    return np.dtype(DTYPES[request.param])


@pytest.fixture(params=MASKED, ids=lambda a: a.__name__)
def activation(request, monkeypatch):
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    request.param._forget_plans()
    yield request.param
    request.param._forget_plans()


def numbers(dtype, *shape, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def masks(shape):
    """Of the same shape, of one row, of one number a row, cut from a larger one, all, none."""
    rng = np.random.default_rng(7)
    yield rng.random(shape) < 0.7
    yield rng.random(shape[-1:]) < 0.5
    yield rng.random((*shape[:-1], 1)) < 0.5
    yield (rng.random((*shape[:-1], 2 * shape[-1])) < 0.7)[..., ::2]
    yield np.broadcast_to(np.True_, shape)
    yield np.zeros(shape, bool)


def all_passes(activation, x, dy, mask, axis):
    options = {"axis": axis, "where": mask}
    y = activation(x, **options)
    over, gradient = x.copy(), dy.copy()
    assert activation(over, out=over, **options) is over
    assert activation.backward(gradient, output=y, out=gradient, **options) is gradient
    from_input = activation.backward(dy, x, **options)
    over_input = x.copy()
    assert activation.backward(dy, over_input, out=over_input, **options) is over_input
    kept, context = activation.forward(x, **options)
    return y, over, gradient, from_input, over_input, kept, context.backward(dy)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_same_bits(activation, shape, axis, dtype, threads):
    x, dy = numbers(dtype, *shape), numbers(dtype, *shape, seed=1)
    for mask in masks(shape):
        with fa.use_backend(dispatch.DEFAULT.name):
            wanted = all_passes(activation, x, dy, mask, axis)
        with fa.threads(threads):
            for _ in range(2):  # the second time the axis is remembered
                found = all_passes(activation, x, dy, mask, axis)
                for one, other in zip(found, wanted, strict=True):
                    assert_same_bits(one, other)


def test_views(activation, dtype):
    x, dy = numbers(dtype, 30, 50)[:, 5:25], numbers(dtype, 20, 30, seed=1).T
    mask = np.random.default_rng(3).random((20, 30)).T < 0.6
    for axis in (0, 1):
        with fa.use_backend(dispatch.DEFAULT.name):
            wanted = all_passes(activation, x, dy, mask, axis)
        found = all_passes(activation, x, dy, mask, axis)
        for one, other in zip(found, wanted, strict=True):
            assert_same_bits(one, other)


def test_what_is_left_out_has_no_influence(activation, dtype):
    """Not even as NaN; the rest is what it is without it."""
    x, mask = numbers(dtype, 12, 40), np.arange(40) % 3 > 0
    x[:, ~mask] = np.nan
    left_out = -np.inf if activation is fa.log_softmax else 0.0
    for out in (None, x.copy()):
        y = activation(x, where=mask, out=out)
        assert (y[:, ~mask] == left_out).all()
        assert_same_bits(y[:, mask], activation(x[:, mask].copy()))


def test_python_is_not_asked(activation, dtype, monkeypatch):
    x, mask = numbers(dtype, 6, 8), np.arange(8) < 5
    for axis in (-1, 0):
        activation(x, axis=axis)

    def fail(*args, **options):
        pytest.fail("it went the long way")

    monkeypatch.setattr(type(activation), "_bind", fail)
    for axis in (-1, 0):
        y = activation(x, axis=axis, where=mask)
        activation.backward(x, output=y, axis=axis, where=mask, out=y)
        activation.backward(x[:, ALL], x, axis=axis, where=mask)
        assert_same_bits(activation(x, axis=axis, where=None), activation(x, axis=axis))


@pytest.mark.parametrize(
    ("mask", "error", "match"),
    [
        (np.ones((6, 8)), TypeError, "bool"),
        (np.ones((6, 8), np.uint8), TypeError, "bool"),
        (np.ones((2, 6, 8), bool), ValueError, "broadcast"),
        (np.ones(7, bool), ValueError, "broadcast"),
        ("all", TypeError, "bool"),
    ],
    ids=["float", "bytes", "axes", "shape", "text"],
)
def test_bad_masks(mask, error, match):
    x = numbers(np.float32, 6, 8)
    before = x.copy()
    for call in (fa.softmax, fa.log_softmax):
        with pytest.raises(error, match=match):
            call(x, where=mask, out=x)
        with pytest.raises(error, match=match):
            call.backward(x, output=x, where=mask, out=x)
    assert_same_bits(x, before)


def test_other_masks():
    """Lists, single truth values and bytes of the result itself are NumPy's to read."""
    x = numbers(np.float32, 4)
    wanted = fa.softmax(x, where=np.array([True, False, True, True]))
    assert_same_bits(fa.softmax(x, where=[True, False, True, True]), wanted)
    assert_same_bits(fa.softmax(x, where=True), fa.softmax(x))
    out = np.zeros(4, np.float32)
    mask = out.view(bool)[:4]
    with fa.use_backend(dispatch.DEFAULT.name):
        nothing_left = fa.softmax(x, where=np.zeros(4, bool))
    assert_same_bits(fa.softmax(x, where=mask, out=out), nothing_left)


def test_activations_without_masks_say_so():
    x = numbers(np.float32, 4)
    with pytest.raises(TypeError, match="where"):
        fa.hardmax(x, where=x > 0)
    with pytest.raises(TypeError, match="where"):
        fa.relu(x, where=x > 0)


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), 0.5, np.float64(0)])
def test_parameters_that_are_scalars_of_numpy(number):
    x = numbers(np.float32, 50)
    for _ in range(2):
        assert_same_bits(fa.leaky_relu(x, number), fa.leaky_relu(x, float(number)))
        assert_same_bits(fa.silu(x, beta=number + 1), fa.silu(x, beta=float(number) + 1))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_logsumexp(shape, axis, dtype, threads, monkeypatch):
    """Of views, with masks, and its gradient along any axis."""
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    fa.logsumexp._forget_plans()
    whole = numbers(dtype, *shape)
    cut = numbers(dtype, *shape[:-1], 3 * shape[-1])[..., shape[-1] : -shape[-1]]
    try:
        for x in (whole, cut, whole.copy("F"), whole[::-1]):
            for mask in (None, *masks(shape)):
                options = {"axis": axis} if mask is None else {"axis": axis, "where": mask}

                def calls(x=x, options=options):
                    y = fa.logsumexp(x, **options)
                    out = np.empty((*np.shape(y), 2), dtype)[..., 0]
                    assert fa.logsumexp(x, out=out, **options) is out
                    over = x.copy()
                    assert fa.logsumexp.backward(out, over, out=over, **options) is over
                    return y, out, fa.logsumexp.backward(y, x, **options), over

                with fa.use_backend(dispatch.DEFAULT.name):
                    wanted = calls()
                with fa.threads(threads):
                    for _ in range(2):
                        for one, other in zip(calls(), wanted, strict=True):
                            assert_same_bits(one, other)
    finally:
        fa.logsumexp._forget_plans()


def test_logsumexp_without_python(monkeypatch):
    x, mask = numbers(np.float32, 6, 8)[:, :5], np.arange(5) < 3
    for options in ({"axis": 0}, {"axis": 0, "keepdims": True}):
        fa.logsumexp(x, **options)

    def fail(*args, **options):
        pytest.fail("it went the long way")

    monkeypatch.setattr(type(fa.logsumexp), "_bind", fail)
    for options in ({"axis": 0}, {"axis": 0, "keepdims": True}, {}):
        y = fa.logsumexp(x, where=mask, **options)
        fa.logsumexp.backward(y, x, where=mask, **options)
        fa.logsumexp.backward(fa.logsumexp(x, **options), x, **options)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sums_that_keep_their_axis(axis, dtype):
    x = numbers(dtype, 5, 6, 7)

    def calls():
        y = fa.logsumexp(x, axis=axis, keepdims=True)
        dx = fa.logsumexp.backward(y, x, axis=axis, keepdims=True)
        out = np.empty_like(y)
        assert fa.logsumexp(x, axis=axis, keepdims=True, out=out) is out
        short = fa.logsumexp.backward(np.squeeze(y, axis), x, axis=axis, keepdims=True)
        return y, dx, out, short

    with fa.use_backend(dispatch.DEFAULT.name):
        wanted = calls()
    for _ in range(2):
        for one, other in zip(calls(), wanted, strict=True):
            assert_same_bits(one, other)
    for bad in (1, 0, None, "yes"):
        with pytest.raises(TypeError, match="keepdims"):
            fa.logsumexp(x, axis=axis, keepdims=bad)

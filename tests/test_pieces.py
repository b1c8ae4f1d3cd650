"""maxout by the short way: it tells which of the pieces were the largest, and goes back by that."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import FREE_THREADS, assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

DTYPES = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16)
# Rows of 2, 3, 4, 6 and 8 have loops of their own; no byte tells 300 apart.
PIECES = (1, 2, 3, 4, 5, 6, 8, 64, 256, 300)


@pytest.fixture(params=[1, 3])
def threads(request, monkeypatch):
    """So many threads, from one number on."""
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    fa.maxout._forget_plans()
    with fa.threads(request.param):
        yield request.param
    fa.maxout._forget_plans()


def numbers(dtype, *shape, seed=0):
    """Some are equal, infinite, zeros of both signs, or no numbers at all."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-9, 9, shape) / np.float64(4)
    odd = np.array([np.nan, np.inf, -np.inf, -0.0])
    return np.where(rng.random(shape) < 0.1, rng.choice(odd, shape), x).astype(dtype)


def by_the_long_way(call):
    with fa.use_backend(dispatch.DEFAULT.name):
        return call()


def check(call):
    wanted = by_the_long_way(call)
    for _ in range(2):  # the second time the parameters are remembered
        for one, other in zip(call(), wanted, strict=True):
            if other.dtype.kind == "u":
                assert one.dtype == other.dtype
                np.testing.assert_array_equal(one, other)
            else:
                assert_same_bits(one, other)
            assert one.strides == other.strides


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("outputs", [1, 7, 3001])
def test_all_ways(outputs, dtype, pieces, threads):
    x = numbers(dtype, 2, outputs * pieces)
    dy = numbers(dtype, 2, outputs, seed=1)

    def calls():
        y, which = fa.maxout(x, pieces, return_argmax=True)
        kept, context = fa.maxout.forward(x, pieces)
        of_input, other = fa.maxout.forward(x, pieces, save="input")
        over, over_x, place = np.empty_like(x), x.copy(), np.empty_like(y)
        assert context.save == "which"
        assert fa.maxout(x, pieces, return_argmax=True, out=place)[0] is place
        assert fa.maxout.backward(dy, x, pieces, out=over) is over
        assert fa.maxout.backward(dy, over_x, pieces, out=over_x) is over_x
        return (
            *(y, which, kept, *context.arrays, context.backward(dy), place),
            *(of_input, other.backward(dy), over, over_x),
            fa.maxout.backward(dy, x, pieces),
            fa.maxout.backward(dy, which=which, pieces=pieces),
            fa.maxout.backward(dy, None, pieces, which=which),
            context.backward(dy, out=np.empty_like(x)),
        )

    check(calls)


@pytest.mark.parametrize("pieces", [2, 5])
def test_it_goes_the_short_way(pieces, monkeypatch):
    x, dy = numbers(np.float32, 6, 20), numbers(np.float32, 6, 20 // pieces)
    fa.maxout(x, pieces)
    fa.maxout(x, pieces=pieces, return_argmax=True)
    fa.maxout(x, pieces=pieces)
    _, context = fa.maxout.forward(x, pieces)
    context.backward(dy)

    def fail(*args, **options):
        pytest.fail("it went the long way")

    monkeypatch.setattr(type(fa.maxout), "_bind", fail)
    fa.maxout(x, pieces=pieces, return_argmax=True)
    context.backward(dy)
    fa.maxout.forward(x, pieces=pieces)
    fa.maxout.backward(dy, x, pieces=pieces)


@pytest.mark.parametrize("distance", [-24, -3, 0, 1, 8, 24])
def test_gradients_that_share_memory(distance, threads):
    """They may lie over the input; what lies over it in part, or over dy, is copied first."""
    for second in (False, True):
        room = numbers(np.float32, 9000)
        x, dy = room[3000:6000], numbers(np.float32, 1500, seed=1)
        if second:
            x, dy = numbers(np.float32, 3000, seed=2), room[3000:4500]
        wanted = fa.maxout.backward(dy.copy(), x.copy())
        out = room[3000 + distance : 6000 + distance]
        assert fa.maxout.backward(dy, x, out=out) is out
        assert_same_bits(out, wanted)


def test_which_that_cannot_be():
    """It is seen before anything is written, also where a context has been changed."""
    x, dy = numbers(np.float32, 4000), numbers(np.float32, 2000)
    _, context = fa.maxout.forward(x)
    context.saved[1999] = 2
    out = np.full(4000, 7, np.float32)
    for _ in range(2):
        with pytest.raises(ValueError, match="which must be from 0 to 1, got 0 to 2"):
            context.backward(dy, out=out)
        with pytest.raises(ValueError, match="which must be from 0 to 1, got 0 to 2"):
            fa.maxout.backward(dy, which=context.saved, out=out)
    assert (out == 7).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.int8])
def test_which_of_other_types(dtype):
    x, dy = numbers(np.float32, 40, 6), numbers(np.float32, 40, 2)
    _, which = fa.maxout(x, 3, return_argmax=True)
    wanted = fa.maxout.backward(dy, x, 3)
    assert_same_bits(fa.maxout.backward(dy, which=which.astype(dtype), pieces=3), wanted)
    spread = np.zeros((40, 4), np.uint8)
    spread[:, ::2] = which
    assert_same_bits(fa.maxout.backward(dy, which=spread[:, ::2], pieces=3), wanted)


def test_shapes():
    x, dy = numbers(np.float32, 4, 6), numbers(np.float32, 4, 3)
    _, context = fa.maxout.forward(x)
    out = np.full((6, 4), 7, np.float32)
    for told in (False, True):  # such calls are remembered
        fa.maxout(x, return_argmax=told)
        fa.maxout(x, 2, -1, told)
    for call, error, name in (
        (lambda: fa.maxout.backward(dy.T, x), ValueError, "dy has shape"),
        (lambda: fa.maxout.backward(dy, x, out=out), ValueError, "out has shape"),
        (lambda: context.backward(dy, out=out), ValueError, "out has shape"),
        (lambda: context.backward(dy.T), ValueError, "which has shape"),
        (lambda: fa.maxout(x, return_argmax=True, out=out), ValueError, "out has shape"),
        (lambda: fa.maxout.backward(dy, x, return_argmax=True), TypeError, "return_argmax"),
        (lambda: fa.maxout.backward(dy, x, return_argmax=False), TypeError, "return_argmax"),
        (lambda: fa.maxout.backward(dy, x, 2, -1, True), TypeError, "takes 2 parameters"),
    ):
        for _ in range(2):
            with pytest.raises(error, match=name):
                call()
    assert (out == 7).all()

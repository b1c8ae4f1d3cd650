"""Contexts by the short way: what the long way makes, and the same bits on the way back."""

from __future__ import annotations

import tracemalloc

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import FREE_THREADS, assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver
from fastact.formulas.catalogue import CATALOGUE

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

PLAIN = [
    row.name for row in CATALOGUE if row.kind in ("elementwise", "along axis") and not row.learned
]
WAYS = ("auto", "input", "output", "mask", "derivative")
PARAMETERS = [
    (fa.leaky_relu, (0.25,), {}),
    (fa.elu, (), {"alpha": 0.5}),
    (fa.gelu, (), {"approximate": "tanh"}),
    (fa.silu, (2.0,), {}),
    (fa.hardtanh, (-2, 3.5), {}),
    (fa.softmax, (), {"axis": 0}),
]


DTYPES = {"float32": np.float32, "float64": np.float64}
HALVES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


@pytest.fixture(params=[*DTYPES, *HALVES])
def dtype(request):
    return (DTYPES | HALVES)[request.param]


def numbers(dtype, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def taken_apart(activation, x, dy, way, args, options, in_place):
    """Everything that a pass forth and back leaves, or that it is refused."""
    before, x = x, x.copy()
    out = x if in_place else None
    try:
        y, context = activation.forward(x, *args, save=way, out=out, **options)
    except ValueError as error:
        assert_same_bits(x, before)
        return str(error)
    assert (y is x) == in_place
    target = dy.copy()
    back = [context.backward(dy), context.backward(target, out=target)]
    assert back[1] is target
    if "bias" in options:
        target = dy.copy()
        back += [*context.backward(dy, wrt="bias")]
        back += [*context.backward(target, out=target, wrt="bias")]
        assert back[-2] is target
    told = context.activation, context.save, context.parameters, context.nbytes
    kept_as = context.saved.dtype, context.saved.shape, np.may_share_memory(context.saved, x)
    return y.copy(), context.saved.copy(), *map(np.copy, back), (told, kept_as)


def check(activation, x, dy, way, args=(), options=None, in_place=False):
    """By the long way, and twice by the short one: parameters are remembered the first time."""
    case = activation, x, dy, way, args, options or {}, in_place
    with fa.use_backend(dispatch.DEFAULT.name):
        wanted = taken_apart(*case)
    for _ in range(2):
        found = taken_apart(*case)
        if isinstance(wanted, str):
            assert found == wanted
            continue
        assert found[-1] == wanted[-1]
        for one, other in zip(found[:-1], wanted[:-1], strict=True):
            assert one.shape == other.shape
            if np.issubdtype(one.dtype, np.integer):
                np.testing.assert_array_equal(one, other, strict=True)
            else:
                assert_same_bits(one, other)


@pytest.mark.parametrize("in_place", [False, True], ids=["new", "in place"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PLAIN)
def test_as_the_long_way(name, way, in_place, dtype):
    low, high = next(row for row in CATALOGUE if row.name == name).interval
    for shape in ((7,), (31, 40)):
        x, dy = numbers(dtype, *shape), numbers(dtype, *shape, seed=1)
        if np.isfinite(low):
            x = (low + (high - low) * np.abs(x) / 8).astype(dtype)
        check(getattr(fa, name), x, dy, way, in_place=in_place)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("activation", "args", "options"), PARAMETERS, ids=lambda x: getattr(x, "__name__", "")
)
def test_other_parameters(activation, args, options, way, dtype):
    x, dy = numbers(dtype, 30, 40), numbers(dtype, 30, 40, seed=1)
    for in_place in (False, True):
        check(activation, x, dy, way, args, options, in_place)


# Few and many channels, first, last and between, runs that end within a byte of a mask.
WITH_BIAS = [((31, 40), -1), ((9, 1100), -1), ((3, 5, 17), 1), ((2, 2100), 0), ((5, 3, 2, 2), 1)]


@pytest.mark.parametrize("name", [name for name in PLAIN if "bias" in getattr(fa, name)._defaults])
def test_a_bias(name, dtype):
    activation = getattr(fa, name)
    for shape, axis in WITH_BIAS:
        x, dy = numbers(dtype, *shape), numbers(dtype, *shape, seed=1)
        for channels in (shape[axis], 1):
            options = {"bias": numbers(dtype, channels, seed=2), "axis": axis}
            for way in WAYS:
                check(activation, x, dy, way, (), options, in_place=way in ("auto", "input"))


@pytest.mark.parametrize("way", ["auto", "input", "mask", "output"])
@pytest.mark.parametrize("name", [row.name for row in CATALOGUE if row.learned])
def test_a_weight(name, way, dtype):
    activation = getattr(fa, name)

    def both_ways(x, dy, weight, axis, in_place):
        try:
            out = x if in_place else None
            y, context = activation.forward(x, *weight, axis=axis, save=way, out=out)
        except ValueError as error:
            return str(error), x
        assert (y is x) == in_place
        assert context.nbytes == (-(-x.size // 8) if context.save == "mask" else x.nbytes)
        told = context.save, context.parameters
        wrt = () if context.save == "mask" else None
        back = context.backward(dy, wrt=wrt)
        return told, y, context.saved, *(back if wrt is None else [back])

    for shape, axis in (*WITH_BIAS, ((7,), None)):
        x, dy = numbers(dtype, *shape), numbers(dtype, *shape, seed=1)
        for weight in ((), (0.25,), (numbers(dtype, shape[axis or 0], seed=2),)):
            for in_place in (False, True):
                case = dy, weight, axis, in_place
                with fa.use_backend(dispatch.DEFAULT.name):
                    wanted = both_ways(x.copy(), *case)
                found = both_ways(x.copy(), *case)
                assert found[0] == wanted[0]
                for one, other in zip(found[1:], wanted[1:], strict=True):
                    np.testing.assert_array_equal(one, other, strict=True)


def test_a_bias_of_an_activation_that_takes_none():
    x = numbers(np.float32, 4, 5)
    with pytest.raises(TypeError, match="no parameter 'bias'"):
        fa.softmax.forward(x, bias=x[0])
    with pytest.raises(TypeError, match="no parameter 'alpha'"):
        fa.relu.forward(x, bias=x[0], alpha=1.0)


@pytest.mark.parametrize("way", ["auto", "mask", "derivative"])
def test_a_bias_takes_no_room(way):
    x = np.zeros((1000, 300), np.float32)
    bias = np.ones(300, np.float32)
    plain, other = (fa.relu, fa.leaky_relu) if way == "mask" else (fa.gelu, fa.gelu)
    given = {"negative_slope": 0.25} if way == "mask" else {"approximate": "tanh"}
    for activation, parameters in ((plain, {}), (other, given)):
        options = {"bias": bias, "out": x, "save": way, **parameters}
        activation.forward(x, **options)[1].backward(x, wrt="bias", out=x)
        tracemalloc.start()
        _, context = activation.forward(x, **options)
        context.backward(x, wrt="bias", out=x)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < context.nbytes + (1 << 16)


@pytest.mark.parametrize("name", ["relu6", "leaky_relu", "gelu", "mish", "softmax"])
def test_threads(name, dtype, monkeypatch):
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    activation = getattr(fa, name)
    x, dy = numbers(dtype, 70, 3001), numbers(dtype, 70, 3001, seed=1)
    activation._forget_plans()
    try:
        for threads in (2, 3):
            with fa.threads(threads):
                before = driver.jobs_of_pool()
                check(activation, x, dy, "auto", in_place=True)
                if "bias" in activation._defaults:
                    check(activation, x, dy, "auto", (), {"bias": dy[0]}, in_place=True)
                assert driver.jobs_of_pool() > before
    finally:
        activation._forget_plans()


# Calls of rrelu are Python's.
@pytest.mark.parametrize(
    "name", [r.name for r in CATALOGUE if r.has_mask and not r.learned and r.name != "rrelu"]
)
def test_masks(name, dtype, monkeypatch):
    activation = getattr(fa, name)
    x, dy = numbers(dtype, 31, 45), numbers(dtype, 31, 45, seed=1)
    with fa.use_backend(dispatch.DEFAULT.name):
        mask = activation.mask(x)
        dx = activation.backward(dy, mask=mask)

    def fail(*args, **options):
        raise AssertionError("by the long way")

    monkeypatch.setattr(type(activation), "_bind", fail)
    np.testing.assert_array_equal(activation.mask(x), mask, strict=True)
    assert_same_bits(activation.backward(dy, mask=mask), dx)
    assert activation.backward(dy, mask=mask, out=dy) is dy
    assert_same_bits(dy, dx)


def test_masks_of_nothing(dtype):
    none = np.empty((3, 0), dtype)
    mask = fa.relu.mask(none)
    assert (mask.dtype, mask.shape) == (np.uint8, (0,))
    assert fa.relu.backward(none, mask=mask).shape == none.shape


@pytest.mark.parametrize("half", HALVES)
def test_every_number_of_16_bits(half):
    x = np.arange(1 << 16, dtype=np.uint16).view(HALVES[half])
    dy = x[np.random.default_rng(0).permutation(x.size)]
    for activation, way in (
        *((activation, "mask") for activation in (fa.relu, fa.leaky_relu, fa.hardtanh)),
        *((activation, "derivative") for activation in (fa.relu, fa.gelu, fa.mish)),
    ):
        with np.errstate(all="ignore"):
            check(activation, x, dy, way)


@pytest.mark.parametrize("way", ["auto", "input", "output", "mask", "derivative"])
def test_python_is_not_asked(way, dtype, monkeypatch):
    x = numbers(dtype, 100)
    activation = fa.relu if way == "mask" else fa.tanh

    def fail(*args, **options):
        raise AssertionError("by the long way")

    activation.forward(x, save=way)[1].backward(x)  # planned
    monkeypatch.setattr(type(activation), "_bind", fail)
    context = activation.forward(x, save=way)[1]
    context.backward(x)
    context = activation.forward(x, bias=x, axis=0, save=way)[1]
    if way != "input":
        context.backward(x, wrt="bias")
    with pytest.raises(AssertionError, match="by the long way"):
        activation.forward(x.view(np.ma.MaskedArray), save=way)


def test_what_is_not_plain_goes_the_long_way():
    """Strides, byte order, subclasses, lists, views that overlap, nothing at all."""
    x = numbers(np.float32, 40)
    for other in (
        x[::2],
        x.astype(">f4"),
        x.view(np.ma.MaskedArray),
        x.tolist(),
        x[:0],
        np.float32(1.5),
    ):
        for activation in (fa.relu, fa.gelu):
            y, context = activation.forward(other, save="input")
            np.testing.assert_array_equal(y, activation(other))
            dy = np.ones_like(y)
            assert_same_bits(context.backward(dy), activation.backward(dy, other))
    shifted, wanted = x.copy(), fa.relu(x[:-1])
    fa.relu.forward(shifted[:-1], out=shifted[1:])
    np.testing.assert_array_equal(shifted[1:], wanted)


@pytest.mark.parametrize("way", ["mask", "derivative"])
def test_what_does_not_fit_the_context(way):
    x = numbers(np.float32, 40)
    _, context = fa.relu.forward(x, save=way)
    kept = context.saved.copy()
    for dy, error in ((x[:-9], ValueError), (x.reshape(4, 10)[:, :5], ValueError)):
        with pytest.raises(error, match="shape"):
            context.backward(dy)
    with pytest.raises(ValueError, match="out has shape"):
        context.backward(x, out=np.empty(41, np.float32))
    with pytest.raises(TypeError, match="out has dtype"):
        context.backward(x, out=np.empty(40))
    np.testing.assert_array_equal(context.saved, kept)
    double = context.backward(x.astype(np.float64))
    np.testing.assert_array_equal(double, context.backward(x))
    context.saved = np.repeat(kept, 2)[::2]  # no run
    np.testing.assert_array_equal(context.backward(x), double.astype(np.float32))


@pytest.mark.parametrize("save", ["slopes", "", 3, None])
def test_ways_that_are_none(save):
    x = numbers(np.float32, 10)
    with pytest.raises(ValueError, match="save must be"):
        fa.gelu.forward(x, out=x, save=save)
    np.testing.assert_array_equal(x, numbers(np.float32, 10))


def test_a_context_has_parameters_of_its_own():
    x = numbers(np.float32, 10)
    first, second = (fa.leaky_relu.forward(x)[1] for _ in range(2))
    first.parameters["negative_slope"] = 7.0
    assert second.parameters["negative_slope"] == 0.01
    assert fa.leaky_relu.forward(x)[1].parameters == second.parameters

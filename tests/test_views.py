"""Views, integers, lists and single numbers go the short way too, with the bits of the long one."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import FREE_THREADS, assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver
from fastact.formulas.catalogue import CATALOGUE

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

DTYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}
WIDE = ("float32", "float64")
ROWS = (fa.softmax, fa.log_softmax, fa.softmin, fa.sparsemax, fa.hardmax)
GATES = (fa.glu, fa.swiglu, fa.reglu)


@pytest.fixture(params=DTYPES)
def dtype(request):
    return np.dtype(DTYPES[request.param])


@pytest.fixture(params=[1, 3])
def threads(request, monkeypatch):
    """So many threads, from one number on."""
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    activations = [getattr(fa, row.name) for row in CATALOGUE]
    for activation in activations:
        activation._forget_plans()
    with fa.threads(request.param):
        yield request.param
    for activation in activations:
        activation._forget_plans()


def numbers(dtype, *shape, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


class Cut(NamedTuple):
    """How arrays of a shape are cut from larger ones."""

    name: str
    shape: tuple[int, ...]
    room: tuple[int, ...]
    index: tuple[slice, ...]
    order: tuple[int, ...] = ()

    def of(self, dtype, seed=0):
        x = numbers(dtype, *self.room, seed=seed)
        view = (x.transpose(self.order) if self.order else x)[self.index]
        assert view.shape == self.shape
        return view

    def __str__(self):
        return self.name


ALL = slice(None)
CUTS = [
    Cut("columns", (40, 100), (40, 230), (ALL, slice(7, 107))),
    Cut("few columns", (700, 3), (700, 8), (ALL, slice(2, 5))),
    Cut("a column", (2000, 1), (2000, 8), (ALL, slice(2, 3))),
    Cut("steps", (3000,), (6000,), (slice(None, None, 2),)),
    Cut("backwards", (3000,), (3000,), (slice(None, None, -1),)),
    Cut("rows backwards", (33, 70), (33, 70), (slice(None, None, -1), ALL)),
    Cut("transposed", (60, 70), (70, 60), (ALL, ALL), (1, 0)),
    Cut("transposed and cut", (60, 50), (70, 60), (ALL, slice(5, 55)), (1, 0)),
    Cut("channels last", (3, 6, 9, 40), (3, 9, 40, 6), (ALL,) * 4, (0, 3, 1, 2)),
    Cut("long rows", (3, 5000), (3, 9001), (ALL, slice(4001, 9001))),
    Cut("blocks", (4, 5, 60), (6, 9, 80), (slice(1, 5), slice(2, 7), slice(9, 69))),
    Cut("one number", (1, 1), (4, 4), (slice(1, 2), slice(2, 3))),
]


@pytest.fixture(params=CUTS, ids=str)
def cut(request):
    return request.param


def by_the_long_way(call):
    with fa.use_backend(dispatch.DEFAULT.name):
        return call()


@pytest.fixture
def short_way_alone(monkeypatch):
    """From when it is called, nothing may go through Python."""

    def begin(activation):
        def fail(*args, **options):
            pytest.fail("it went the long way")

        monkeypatch.setattr(type(activation), "_bind", fail)

    return begin


def check(call):
    """The short way gives the numbers of the long one, and arrays that lie as its do."""
    wanted = by_the_long_way(call)
    call()  # its parameters are remembered
    for one, other in zip(as_tuple(call()), as_tuple(wanted), strict=True):
        assert_same_bits(one, other)
        assert type(one) is type(other)
        if isinstance(one, np.ndarray):
            assert lies(one) == lies(other)


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def lies(array):
    return [step for step, length in zip(array.strides, array.shape, strict=True) if length > 1]


# --- each number by itself -------------------------------------------------------------


@pytest.mark.parametrize("activation", [fa.relu, fa.gelu, fa.tanh], ids=lambda a: a.__name__)
def test_numbers(activation, cut, dtype, threads):
    x, dy = cut.of(dtype), cut.of(dtype, 1)
    together = np.ascontiguousarray(dy)
    check(lambda: activation(x))
    check(lambda: activation.derivative(x))
    check(lambda: activation.backward(dy, x))
    check(lambda: activation.backward(together, x))
    check(lambda: activation.backward(dy, np.ascontiguousarray(x)))
    if activation is not fa.gelu:
        check(lambda: activation.backward(dy, output=x))


def test_results_in_views(cut, dtype, threads):
    """In the input, in an array that lies otherwise, and nowhere else."""
    x, dy = cut.of(dtype), cut.of(dtype, 1)
    wanted = fa.gelu(np.ascontiguousarray(x))
    gradient = fa.gelu.backward(np.ascontiguousarray(dy), np.ascontiguousarray(x))
    for out in (cut.of(dtype, 2), np.empty(x.shape, dtype), np.empty(x.shape, dtype, "F"), x):
        before, beside = whole(out).copy(), without(out)
        saved = x.copy()
        assert fa.gelu(x, out=out) is out
        assert_same_bits(out, wanted)
        assert fa.gelu.backward(dy, saved, out=out) is out
        assert_same_bits(out, gradient)
        np.testing.assert_array_equal(whole(out)[beside], before[beside])


def whole(view):
    """The bytes of the memory that a view is cut from."""
    while isinstance(view.base, np.ndarray):
        view = view.base
    return view.reshape(-1, order="A").view(np.uint8)


def without(view):
    """Which bytes of that memory do not belong to the view."""
    start = view.__array_interface__["data"][0] - whole(view).__array_interface__["data"][0]
    mine = np.zeros(view.shape, np.int64) + start
    for axis, (length, step) in enumerate(zip(view.shape, view.strides, strict=True)):
        places = np.arange(length) * step
        mine += places.reshape([-1 if k == axis else 1 for k in range(view.ndim)])
    others = np.ones(whole(view).size, bool)
    for byte in range(view.itemsize):
        others[mine + byte] = False
    return others


@pytest.mark.parametrize("distance", [0, 3, 64, 65, 80, 200])
def test_pieces_of_one_array(distance, dtype):
    """Beside each other, or over each other in part."""
    room = numbers(dtype, 30, 300)
    for first, second in ((0, distance), (distance, 0)):
        wanted = fa.gelu(room[:, first : first + 64].copy())
        there = room.copy()
        out = there[:, second : second + 64]
        assert fa.gelu(there[:, first : first + 64], out=out) is out
        assert_same_bits(out, wanted)
        for columns in (slice(second), slice(second + 64, None)):
            assert_same_bits(there[:, columns], room[:, columns])


def test_gradients_over_what_they_are_made_of(dtype):
    room = numbers(dtype, 20, 3, 50)
    dy, x, _ = room.transpose(1, 0, 2)
    wanted = fa.gelu.backward(dy.copy(), x.copy())
    for k in range(3):
        there = room.copy()
        dy, x, _ = there.transpose(1, 0, 2)
        out = there[:, k]
        assert fa.gelu.backward(dy, x, out=out) is out
        assert_same_bits(out, wanted)


def test_results_over_themselves():
    """What shares memory with itself is for NumPy to fill."""

    def overlapping():
        return np.lib.stride_tricks.as_strided(np.zeros(6, np.float32), (3, 4), (4, 4))

    x, out, wanted = numbers(np.float32, 3, 4), overlapping(), overlapping()
    by_the_long_way(lambda: fa.relu(x, out=wanted))
    assert fa.relu(x, out=out) is out
    assert_same_bits(out, wanted)


def test_broadcast_inputs(dtype, threads):
    x, dy = numbers(dtype, 40, 50), np.broadcast_to(dtype.type(0.5), (40, 50))
    check(lambda: fa.silu.backward(dy, x))
    check(lambda: fa.silu(np.broadcast_to(x[:1], (40, 50))))
    check(lambda: fa.relu.backward(np.broadcast_to(x[:, :1], (40, 50)), x))
    with pytest.raises(ValueError, match="read-only"):
        fa.silu(x, out=dy)


def test_more_axes_than_views_have():
    x = numbers(np.float32, *[2] * 10)[..., ::-1]
    check(lambda: fa.gelu(x))


def test_nothing_goes_through_python(short_way_alone):
    x = numbers(np.float32, 8, 20)
    dy = x[::2, :10]
    fa.softmax(x, axis=0)
    wanted = fa.tanh(dy.copy())
    short_way_alone(fa.tanh)
    short_way_alone(fa.softmax)
    assert_same_bits(fa.tanh(dy), wanted)
    fa.tanh.derivative(x.T)
    fa.tanh.backward(dy, output=dy, out=dy)
    fa.tanh.backward(np.broadcast_to(np.float32(1), x.shape), x)
    for view in (x[:, :7], x.T, x[:, ::2]):
        fa.softmax(view)
        fa.softmax(view, axis=0, out=view)
        fa.softmax.backward(view, view)
        fa.softmax.backward(view, output=view)
    for number in (1.5, np.float64(1.5), np.float32(1.5), np.array(1.5)):
        fa.tanh(number)
    fa.tanh([1.5, 2.5])
    fa.tanh(np.arange(3))


# --- rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ROWS, ids=lambda a: a.__name__)
def test_rows(activation, cut, dtype, threads):
    x, dy = cut.of(dtype), cut.of(dtype, 1)
    for axis in range(x.ndim):
        check(lambda axis=axis: activation(x, axis=axis))
        check(lambda axis=axis: activation.backward(dy, output=x, axis=axis))
        if activation is not fa.hardmax:
            check(lambda axis=axis: activation.backward(dy, x, axis=axis))


def test_rows_in_views(cut, dtype, threads):
    x = cut.of(dtype)
    for axis in range(x.ndim):
        wanted = fa.softmax(np.ascontiguousarray(x), axis=axis)
        fortran = np.empty(x.shape, dtype, "F")
        for out in (cut.of(dtype, 1), fortran, fortran[::-1], x.copy(order="K")):
            assert fa.softmax(x, axis=axis, out=out) is out
            assert_same_bits(out, wanted)
    over = cut.of(dtype)
    assert fa.softmax(over, out=over) is over
    assert_same_bits(over, fa.softmax(x))


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((300, 300), -1), ((300, 300), 0), ((3, 200, 300), 1), ((7000, 12), 1), ((2, 140_000), 1)],
)
def test_gradients_along_rows_from_the_input(name, shape, axis, threads):
    """Of so many numbers that the output is made anew row by row."""
    x, dy = numbers(name, *shape), numbers(name, *shape, seed=1)
    wanted = fa.softmax.backward(dy, output=fa.softmax(x, axis), axis=axis)
    assert_same_bits(fa.softmax.backward(dy, x, axis=axis), wanted)
    for over in (x, dy):
        before = over.copy()
        assert_same_bits(fa.softmax.backward(dy, x, axis=axis, out=over), wanted)
        over[...] = before


# --- gates -----------------------------------------------------------------------------


@pytest.mark.parametrize("gate", GATES, ids=lambda a: a.__name__)
def test_gates(gate, cut, dtype, threads):
    dy, first, second = (cut.of(dtype, k) for k in range(3))
    together = np.ascontiguousarray(second)
    check(lambda: gate(first, second))
    check(lambda: gate(first, together))
    check(lambda: gate(first, first))
    check(lambda: gate.backward(dy, first, second))
    check(lambda: gate.backward(dy, together, second))
    wanted = gate.backward(dy, first, second)
    for places in itertools.permutations(range(4), 2):
        arrays = [*(cut.of(dtype, k) for k in range(3)), np.empty(dy.shape, dtype)]
        out = tuple(arrays[k] for k in places)
        assert gate.backward(arrays[0], arrays[1], arrays[2], out=out) is not None
        for one, other in zip(out, wanted, strict=True):
            assert_same_bits(one, other)


@pytest.mark.parametrize("gate", GATES, ids=lambda a: a.__name__)
def test_gates_of_halves(gate, cut, dtype, threads):
    x, dy = cut.of(dtype), cut.of(dtype, 1)
    for axis in range(x.ndim):
        if x.shape[axis] % 2:
            continue
        half = tuple(slice(n // 2) if k == axis else ALL for k, n in enumerate(x.shape))
        check(lambda axis=axis: gate(x, axis=axis))
        check(lambda axis=axis, half=half: gate.backward(dy[half], x, axis=axis))
        gradient = gate.backward(dy[half].copy(), x.copy(), axis=axis)
        out = cut.of(dtype, 2)
        assert gate(x, axis=axis, out=out[half]) is not None
        assert_same_bits(out[half], gate(x.copy(), axis=axis))
        assert gate.backward(dy[half], x, axis=axis, out=out) is out
        assert_same_bits(out, gradient)
        over = cut.of(dtype)
        assert gate.backward(dy[half], over, axis=axis, out=over) is over
        assert_same_bits(over, gradient)


@pytest.mark.parametrize("start", [0, 300, 1500, 2000, 2105, 3990, 4000, 4500])
def test_gradients_of_halves_over_their_own_gradient(start, threads):
    """It is half as wide, and may lie anywhere in where the gradients go."""
    room, x = numbers(np.float32, 40, 9000), numbers(np.float32, 40, 4000, seed=1)
    dy, out = room[:, start : start + 2000], room[:, :4000]
    wanted = fa.glu.backward(dy.copy(), x)
    behind = room[:, 4000:].copy()
    assert fa.glu.backward(dy, x, out=out) is out
    assert_same_bits(out, wanted)
    assert_same_bits(room[:, 4000:], behind)


# --- contexts, biases and weights ------------------------------------------------------


@pytest.mark.parametrize("way", ["auto", "input", "output", "mask", "derivative"])
@pytest.mark.parametrize("activation", [fa.relu, fa.gelu, fa.tanh], ids=lambda a: a.__name__)
def test_contexts(activation, way, cut, dtype):
    reason = activation._ways(activation._defaults).get(way, "")
    if reason:
        with pytest.raises(ValueError, match=way):
            activation.forward(cut.of(dtype), save=way)
        return

    def forth_and_back(in_place):
        x, dy = cut.of(dtype), cut.of(dtype, 1)
        y, context = activation.forward(x, save=way, out=x if in_place else None)
        assert not in_place or y is x
        saved = context.saved.copy()
        dx = context.backward(dy)
        assert context.backward(dy, out=dy) is dy
        return y, saved, dx, dy, context.nbytes, context.save

    for in_place in (False, True):
        wanted = by_the_long_way(lambda in_place=in_place: forth_and_back(in_place))
        found = forth_and_back(in_place)
        assert found[4:] == wanted[4:]
        np.testing.assert_array_equal(found[1], wanted[1], strict=True)
        for k in (0, 2, 3):
            assert_same_bits(found[k], wanted[k])
            assert lies(found[k]) == lies(wanted[k])


def test_contexts_of_broadcast_gradients(dtype):
    x, dy = numbers(dtype, 30, 40), np.broadcast_to(dtype.type(0.25), (30, 40))
    for activation in (fa.relu, fa.tanh, fa.gelu):
        for way in ("auto", "derivative"):
            _, context = activation.forward(x, save=way)
            assert_same_bits(context.backward(dy), context.backward(dy.copy()))


def test_masks(cut, dtype):
    x = cut.of(dtype)
    np.testing.assert_array_equal(fa.relu.mask(x), fa.relu.mask(x.copy()), strict=True)


@pytest.mark.parametrize("name", WIDE)
def test_biases_and_weights(name, cut, threads):
    x, dy = cut.of(name), cut.of(name, 1)
    bias = numbers(name, x.shape[-1], seed=2)
    check(lambda: fa.gelu(x, bias=bias))
    check(lambda: fa.gelu.backward(dy, x, bias=bias))
    check(lambda: fa.prelu(x, bias, axis=-1))
    check(lambda: fa.prelu(x))
    wanted = fa.gelu(x.copy(), bias=bias)
    for out in (np.empty(x.shape, name), cut.of(name, 3), x):
        assert fa.gelu(x, bias=bias, out=out) is out
        assert_same_bits(out, wanted)


@pytest.mark.parametrize("name", DTYPES)
def test_sums_of_views(name, cut):
    """They have the bits of those of a copy."""
    dtype = np.dtype(DTYPES[name])
    x, dy = cut.of(dtype), cut.of(dtype, 1)
    bias = numbers(dtype, x.shape[-1], seed=2)
    copies = dy.copy(), x.copy()
    for call in (
        lambda dy, x: fa.gelu.backward(dy, x, bias=bias, wrt="bias"),
        lambda dy, x: fa.prelu.backward(dy, x, bias, axis=-1),
        lambda dy, x: fa.gelu.forward(x, bias=bias, save="derivative")[1].backward(dy, wrt="bias"),
        lambda dy, x: fa.relu.forward(x, bias=bias)[1].backward(dy, wrt="bias"),
    ):
        for one, other in zip(call(dy, x), call(*copies), strict=True):
            assert_same_bits(one, other)


# --- other arrays, and what is none ----------------------------------------------------


@pytest.mark.parametrize("code", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers(code, threads):
    x = np.arange(-60, 60).reshape(6, 20).astype(code)
    for view in (x, x[:, :7], x[:, ::-2], x[:, 0]):
        check(lambda view=view: fa.gelu(view))
        check(lambda view=view: fa.relu.derivative(view))
        check(lambda view=view: fa.softmax(view))
    before = x.copy()
    fa.relu(x)
    np.testing.assert_array_equal(x, before)
    with pytest.raises(TypeError, match="out has dtype"):
        fa.relu(x, out=x)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_other_byte_order(name, threads):
    x = numbers(name, 6, 200).astype(np.dtype(name).newbyteorder())
    for view in (x, x[:, :7], x.T):
        check(lambda view=view: fa.gelu(view))
        check(lambda view=view: fa.softmax(view))
        check(lambda view=view: fa.gelu.backward(view, view))


@pytest.mark.parametrize("name", WIDE)
def test_unaligned(name):
    x = numbers(name, 50)
    room = np.zeros(x.nbytes + 1, np.uint8)[1:].view(name)
    room[...] = x
    check(lambda: fa.gelu(room))
    assert fa.gelu(x, out=room) is room
    assert_same_bits(room, fa.gelu(x))


NUMBERS = [
    *(1.5, -0.0, float("inf"), 3, True),
    *(np.float64(-1.5), np.float32(1.5), np.float16(1.5), ml_dtypes.bfloat16(1.5), np.int8(3)),
    *(np.array(1.5), np.array(1.5, np.float32), np.array(3), np.array(1.5, ">f8")),
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__} {n!r}")
def test_single_numbers(number):
    check(lambda: fa.sigmoid(number))
    check(lambda: fa.elu(number, alpha=0.5))
    check(lambda: fa.gelu.derivative(number))
    check(lambda: fa.relu.backward(number, number))
    check(lambda: fa.swiglu(number, number))
    with pytest.raises(ValueError, match="axis"):
        fa.softmax(number)


def test_a_single_number_with_a_place():
    out = np.empty((), np.float32)
    assert fa.relu(np.float32(2.5), out=out) is out
    assert out == 2.5
    with pytest.raises(TypeError, match="out has dtype"):
        fa.relu(2.5, out=out)


@pytest.mark.parametrize(
    "given", [[1.5, -2.0], (1.5, -2.0), [[1, 2], [3, 4]], [np.float32(1.5)], [], [[1.5], [True]]]
)
def test_lists(given):
    check(lambda: fa.gelu(given))
    check(lambda: fa.gelu.derivative(given))
    if given:
        check(lambda: fa.softmax(given))


@pytest.mark.parametrize("given", [[[1.0], [1.0, 2.0]], ["a"], [None], "1.5", {}, [1j], 1j])
def test_what_is_no_array_of_numbers(given):
    with pytest.raises(TypeError, match="x"):
        fa.gelu(given)


def test_subclasses_stay_what_they_are():
    class Named(np.ndarray):
        pass

    x = numbers(np.float32, 4, 6).view(Named)[:, ::2]
    assert type(fa.relu(x)) is Named
    masked = np.ma.masked_less(numbers(np.float32, 4, 6), 0)[:, ::2]
    np.testing.assert_array_equal(np.ma.getmaskarray(fa.relu(masked)), masked.mask)


def test_bad_views_are_refused_before_anything_is_written():
    x = numbers(np.float32, 6, 8)[:, :4]
    before = x.copy()
    for out, error, match in (
        (np.empty((6, 5), np.float32)[:, :3], ValueError, "shape"),
        (np.empty((6, 8))[:, :4], TypeError, "dtype"),
        (np.broadcast_to(np.float32(0), (6, 4)), ValueError, "read-only"),
    ):
        with pytest.raises(error, match=match):
            fa.gelu(x, out=out)
    with pytest.raises(ValueError, match="shape"):
        fa.gelu.backward(x[:3], x, out=x)
    with pytest.raises(ValueError, match="overlap"):
        fa.swiglu.backward(x, x.copy(), x.copy(), out=(x, x[:]))
    assert_same_bits(x, before)

"""A bias in the same pass: the same bits as in two, on every backend, in every layout."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits
from fastact import dispatch
from fastact.backends.cython import driver
from fastact.objects.one_pass import layout_of

# Few and many channels, blocks and lanes whole and with a rest, channels first and between.
LAYOUTS = [
    ((64, 10), -1),
    ((1000, 3), -1),
    ((2050, 70), -1),
    ((40, 1100), -1),
    ((3, 2100), 1),
    ((8, 32, 12, 11), 1),
    ((3, 5, 2, 2), 1),
    ((6, 400), 0),
    ((3000,), 0),
    ((1, 5), -1),
    ((5, 1), -1),
]
NAMES = ["relu", "gelu", "elu"]
layouts = pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
names = pytest.mark.parametrize("name", NAMES)


def numbers(shape, axis, dtype, seed=0):
    """An input, a gradient, a bias and the bias as it broadcasts."""
    rng = np.random.default_rng(seed)
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    bias = rng.standard_normal(shape[axis]).astype(dtype)
    place = axis % len(shape)
    return x, dy, bias, bias.reshape([-1 if k == place else 1 for k in range(len(shape))])


def in_rows(dx, axis):
    """The numbers of each channel as a row, in the order of the array."""
    return np.ascontiguousarray(np.moveaxis(dx, axis, 0).reshape(dx.shape[axis], -1))


def tree_sums(rows):
    """Sums of rows by lanes of 32 in blocks of 1024, as ``formulas/reductions.py`` says."""
    sums = []
    for row in rows:
        total = lost = row.dtype.type(0)
        for start in range(0, row.size, 1024):
            block = row[start : start + 1024]
            lanes = np.zeros(32, row.dtype)
            for first in range(0, block.size, 32):
                part = block[first : first + 32]
                lanes[: part.size] += part
            while lanes.size > 1:
                half = lanes.size // 2
                lanes = lanes[:half] + lanes[half:]
            rounded = total + lanes[0]
            part = rounded - total
            lost += (total - (rounded - part)) + (lanes[0] - part)
            total = rounded
        sums.append(total + lost)
    return np.array(sums)


@layouts
@names
@pytest.mark.parametrize("threads", [1, 2])
def test_the_bits_of_two_passes(compiled_backend, name, shape, axis, dtype, threads):
    activation = getattr(fa, name)
    x, dy, bias, column = numbers(shape, axis, dtype)
    with fa.threads(threads):
        y = activation(x, bias=bias, axis=axis)
        dx, db = activation.backward(dy, x, bias=bias, axis=axis, wrt="bias")
    np.testing.assert_array_equal(y, activation(x + column))
    np.testing.assert_array_equal(dx, activation.backward(dy, x + column))
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, axis)))


@layouts
def test_by_the_short_way(shape, axis, dtype):
    """No backend forced: small calls do not enter Python."""
    x, dy, bias, column = numbers(shape, axis, dtype)
    y = fa.tanh(x, bias=bias, axis=axis)
    np.testing.assert_array_equal(y, fa.tanh(x + column))
    dx = fa.tanh.backward(dy, x, bias=bias, axis=axis)
    np.testing.assert_array_equal(dx, fa.tanh.backward(dy, x + column))
    dx, db = fa.tanh.backward(dy, x, bias=bias, axis=axis, wrt="bias")
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, axis)))
    again, from_output = fa.tanh.backward(dy, output=y, bias=bias, axis=axis, wrt="bias")
    np.testing.assert_array_equal(from_output, tree_sums(in_rows(again, axis)))


@layouts
@pytest.mark.parametrize("over", ["x", "dy"])
def test_in_place(shape, axis, dtype, over):
    x, dy, bias, _ = numbers(shape, axis, dtype)
    wanted = fa.gelu.backward(dy, x, bias=bias, axis=axis, wrt="bias")
    out = {"x": x, "dy": dy}[over]
    dx, db = fa.gelu.backward(dy, x, bias=bias, axis=axis, wrt="bias", out=out)
    assert dx is out
    np.testing.assert_array_equal(dx, wanted[0])
    np.testing.assert_array_equal(db, wanted[1])


def test_in_place_forward(dtype):
    x, _, bias, column = numbers((50, 30), -1, dtype)
    wanted = fa.silu(x + column)
    assert fa.silu(x, bias=bias, out=x) is x
    np.testing.assert_array_equal(x, wanted)


@pytest.mark.parametrize("layout", ["F", "strided", "reversed"])
def test_other_layouts(layout, dtype):
    x, dy, bias, column = numbers((60, 34), -1, dtype)
    change = {
        "F": np.asfortranarray,
        "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    }[layout]
    laid, gradient = change(x), change(dy)
    np.testing.assert_array_equal(fa.mish(laid, bias=bias), fa.mish(x + column))
    dx, db = fa.mish.backward(gradient, laid, bias=bias, wrt="bias")
    wanted = fa.mish.backward(dy, x, bias=bias, wrt="bias")
    np.testing.assert_array_equal(dx, wanted[0])
    np.testing.assert_array_equal(db, wanted[1])


def test_16_bits():
    x, dy, bias, column = numbers((50, 30), -1, "float16")
    np.testing.assert_array_equal(fa.silu(x, bias=bias), fa.silu(x + column))
    dx, db = fa.silu.backward(dy, x, bias=bias, wrt="bias")
    np.testing.assert_array_equal(dx, fa.silu.backward(dy, x + column))
    assert db.dtype == np.float16
    single = fa.silu.backward(dy.astype("f4"), (x + column).astype("f4"))
    np.testing.assert_array_equal(db, tree_sums(in_rows(single, -1)).astype(np.float16))


HALVES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


@pytest.mark.parametrize("half", HALVES)
def test_sums_of_16_bits_are_rounded_once(half):
    """For every number: what NumPy makes of the sum, through the table too."""
    x = np.arange(1 << 16, dtype=np.uint16).view(HALVES[half]).reshape(256, 256)
    for seed in range(8):
        bias = np.random.default_rng(seed).permutation(x.reshape(-1))[:256]
        with np.errstate(all="ignore"):
            wanted = x + bias
        assert_same_bits(fa.identity(x, bias=bias), wanted)
        with np.errstate(all="ignore"):
            assert_same_bits(fa.mish(x, bias=bias), fa.mish(wanted))


@layouts
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", [*NAMES, "tanh", "hardswish", "prelu", "snake"])
def test_16_bits_by_the_short_way(name, shape, axis, half):
    """As by the long way, which sums by a transposition; in place too."""
    activation = getattr(fa, name)
    x, dy, operand, _ = numbers(shape, axis, HALVES[half])
    weighted = name in ("prelu", "snake")
    args, options = ((operand,), {}) if weighted else ((), {"bias": operand, "wrt": "bias"})

    def both(out=None):
        given = {"bias": operand} if "bias" in options else {}
        y = activation(x, *args, axis=axis, **given)
        back = [activation.backward(dy, x, *args, axis=axis, out=out, **options)]
        if name in ("relu", "tanh"):
            back.append(activation.backward(dy, output=y, axis=axis, **options))
        return y, *(array for pair in back for array in pair)

    with fa.use_backend(dispatch.DEFAULT.name):
        wanted = both()
    for one, other in zip(both(), wanted, strict=True):
        assert one.shape == other.shape
        assert_same_bits(one, other)
    _, dx, sums, *_ = both(out=dy)
    assert dx is dy
    assert_same_bits(dx, wanted[1])
    assert_same_bits(sums, wanted[2])


@pytest.mark.skipif(driver is None, reason="the extensions are not built")
@pytest.mark.parametrize("half", ["float32", *HALVES])
def test_python_is_asked_once_for_other_parameters(half, monkeypatch):
    x, dy, bias, _ = numbers((6, 5), -1, (HALVES | {"float32": np.float32})[half])
    calls = [
        lambda: fa.elu(x, 0.5, bias=bias),
        lambda: fa.elu.backward(dy, x, bias=bias, alpha=0.5),
        lambda: fa.elu.backward(dy, x, 0.5, bias=bias, wrt="bias")[1],
        lambda: fa.elu.forward(x, 0.5, bias=bias, save="input")[0],
    ]
    wanted = [call() for call in calls]

    def fail(*args, **options):
        raise AssertionError("by the long way")

    monkeypatch.setattr(type(fa.elu), "_bind", fail)
    for call, result in zip(calls, wanted, strict=True):
        assert_same_bits(call(), result)


@names
@pytest.mark.parametrize("save", ["auto", "input", "output", "mask", "derivative"])
def test_contexts_know_the_bias(name, save, dtype):
    activation = getattr(fa, name)
    x, dy, bias, column = numbers((50, 30), -1, dtype)
    if save not in ("auto", "input") and activation._ways(activation._defaults)[save]:
        with pytest.raises(ValueError, match="cannot work"):
            activation.forward(x, bias=bias, save=save)
        return
    y, context = activation.forward(x, bias=bias, save=save)
    np.testing.assert_array_equal(y, activation(x + column))
    dx, db = context.backward(dy, wrt="bias")
    tolerance = 2e-4 if save == "derivative" else 1e-6
    np.testing.assert_allclose(dx, activation.backward(dy, x + column), atol=tolerance, rtol=1e-6)
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, -1)))
    np.testing.assert_array_equal(context.backward(dy), dx)


@layouts
@pytest.mark.parametrize("save", ["mask", "derivative"])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_kept_with_a_bias(compiled_backend, shape, axis, dtype, save, threads):
    """With parameters that are not the defaults, which no short way serves."""
    x, dy, bias, column = numbers(shape, axis, dtype)
    with fa.threads(threads):
        y, context = fa.leaky_relu.forward(x, 0.25, bias=bias, axis=axis, save=save)
        dx, db = context.backward(dy, wrt="bias")
    wanted, other = fa.leaky_relu.forward(x + column, 0.25, save=save)
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_array_equal(context.saved, other.saved)
    np.testing.assert_array_equal(dx, other.backward(dy))
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, axis)))


def test_with_other_parameters(dtype):
    x, dy, bias, column = numbers((50, 30), -1, dtype)
    for _ in range(2):  # the second time they are remembered
        y = fa.leaky_relu(x, 0.2, bias=bias)
        np.testing.assert_array_equal(y, fa.leaky_relu(x + column, 0.2))
    dx, db, dbeta = fa.silu.backward(dy, x, beta=1.5, bias=bias, wrt=("bias", "beta"))
    wanted = fa.silu.backward(dy, x + column, beta=1.5, wrt="beta")
    np.testing.assert_array_equal(dx, wanted[0])
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, -1)))
    assert dbeta == wanted[1]


def test_beside_a_weight(dtype):
    x, dy, bias, column = numbers((40, 20), -1, dtype)
    weight = np.linspace(0.1, 0.4, 20, dtype=dtype)
    y = fa.prelu(x, weight, bias=bias)
    np.testing.assert_array_equal(y, fa.prelu(x + column, weight))
    dx, dw, db = fa.prelu.backward(dy, x, weight, bias=bias, wrt=("weight", "bias"))
    wanted = fa.prelu.backward(dy, x + column, weight)
    np.testing.assert_array_equal(dx, wanted[0])
    np.testing.assert_array_equal(dw, wanted[1])
    np.testing.assert_array_equal(db, tree_sums(in_rows(dx, -1)))


@layouts
@pytest.mark.parametrize("name", ["prelu", "snake"])
@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_by_a_weight(compiled_backend, name, shape, axis, dtype, threads):
    activation = getattr(fa, name)
    x, dy, weight, column = numbers(shape, axis, dtype)
    with fa.threads(threads):
        y = activation(x, weight, axis=axis)
        dx, dw = activation.backward(dy, x, weight, axis=axis)
    full = np.ascontiguousarray(np.broadcast_to(column, shape))
    np.testing.assert_array_equal(y, activation(x, full))
    wanted, terms = activation.backward(dy, x, full)
    np.testing.assert_array_equal(dx, wanted)
    np.testing.assert_array_equal(dw, tree_sums(in_rows(terms, axis)))


def test_infinite_sums(dtype):
    x = np.ones((2100, 4), dtype)
    dy = np.zeros_like(x)
    dy[5] = [np.inf, -np.inf, np.nan, 1]
    _, db = fa.identity.backward(dy, x, bias=np.zeros(4, dtype), wrt="bias")
    np.testing.assert_array_equal(db, [np.inf, -np.inf, np.nan, 1])


def with_context(x, **options):
    return fa.relu.forward(x, bias=np.ones(x.shape[-1]), **options)[1]


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0,)])
def test_empty(shape, dtype):
    x = np.zeros(shape, dtype)
    dx, db = fa.relu.backward(x, x, bias=np.ones(shape[-1], dtype), wrt="bias")
    assert dx.shape == shape
    np.testing.assert_array_equal(db, np.zeros(shape[-1]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: fa.relu(x, bias=np.ones(3)), ValueError, "bias has shape"),
        (lambda x: fa.relu(x, bias=np.ones((2, 2))), ValueError, "bias has shape"),
        (lambda x: fa.relu(x, bias="a"), TypeError, "bias has dtype"),
        (lambda x: fa.relu(x, bias=np.ones(5), axis=2), ValueError, "axis 2 is out of range"),
        (lambda x: fa.relu(x, bias=np.ones(5), axis=0.5), TypeError, "axis must be an integer"),
        (lambda x: fa.relu.backward(x, x, wrt="bias"), ValueError, "wants bias="),
        (lambda x: fa.relu.forward(x, bias=np.ones(3), out=x), ValueError, "bias has shape"),
        (lambda x: fa.gelu.forward(x, bias="a", out=x), TypeError, "bias has dtype"),
        (lambda x: with_context(x).backward(x[1:], wrt="bias"), ValueError, "shape"),
        (lambda x: with_context(x).backward(x, wrt="alpha", out=x), ValueError, "wrt must be of"),
        (lambda x: with_context(x).backward(x, wrt="bias", out=x.T), ValueError, "out has shape"),
        (lambda x: with_context(x).backward(x, wrt="bias", out="x"), TypeError, "out must be"),
        (lambda x: fa.softmax(x, bias=np.ones(5)), TypeError, "no parameter 'bias'"),
        (lambda x: fa.glu(x, x, bias=np.ones(5)), TypeError, "no parameter 'bias'"),
        (lambda x: fa.rrelu(x, bias=np.ones(5)), TypeError, "no parameter 'bias'"),
    ],
)
def test_mistakes_write_nothing(call, error, message):
    x = np.full((4, 5), 2.0)
    with pytest.raises(error, match=message):
        call(x)
    assert (x == 2.0).all()


@pytest.mark.parametrize(
    ("shape", "operand", "layout"),
    [
        ((4, 5), (5,), (4, 5, 1)),
        ((4, 5), (4, 1), (1, 4, 5)),
        ((2, 3, 4, 5), (3, 1, 1), (2, 3, 20)),
        ((2, 3, 4, 5), (3, 4, 1), (2, 12, 5)),
        ((2, 3, 4, 5), (3, 1, 5), None),
        ((4, 5), (), (1, 1, 20)),
    ],
)
def test_how_an_array_lies(shape, operand, layout):
    assert layout_of(shape, operand) == layout


@pytest.mark.parametrize("shape", [(8,), (1000,), (3, 700), (40, 5, 4)])
@pytest.mark.parametrize("kind", [0, 1])
def test_one_weight_for_all(shape, kind, dtype):
    """An array of one number, as PyTorch's PReLU has it."""
    x, dy, _, _ = numbers(shape, -1, dtype)
    weight = np.full((1,) * kind, 0.3, dtype)
    full = np.full(shape, 0.3, dtype)
    np.testing.assert_array_equal(fa.prelu(x, weight), fa.prelu(x, full))
    dx, dw = fa.prelu.backward(dy, x, weight)
    wanted, terms = fa.prelu.backward(dy, x, full)
    np.testing.assert_array_equal(dx, wanted)
    assert dw.shape == weight.shape
    np.testing.assert_array_equal(dw.reshape(-1), tree_sums(terms.reshape(1, -1)))

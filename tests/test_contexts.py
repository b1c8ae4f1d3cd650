"""Ways back: input, output, one bit, 16 bits; what each keeps, and that it is right."""

from __future__ import annotations

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import fastact as fa
from cases import SIMPLE, assert_same_bits, inside, parameter_sets

CASES = [
    pytest.param(row, given, id=f"{row.name}-{given}" if given else row.name)
    for row in SIMPLE
    for given in parameter_sets(row)
]
WAYS = ("auto", "input", "output", "mask", "derivative")
MASKED = [row for row in SIMPLE if row.has_mask]


def data(row, dtype, size=4001):
    rng = np.random.default_rng(5)
    return inside(row, rng, (size,)).astype(dtype), rng.standard_normal(size).astype(dtype)


def gradient(result):
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("in_place", [False, True], ids=["new", "in place"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("row", "given"), CASES)
def test_every_way_gives_the_gradient(row, given, way, in_place, dtype):
    """Or is refused when the forward pass is asked for, with nothing written."""
    activation = getattr(fa, row.name)
    x, dy = data(row, dtype)
    wanted, before = activation.backward(dy, x, **given), x.copy()
    y_wanted = activation(x, **given)
    out = x if in_place else None
    if way != "auto" and cannot_work(row, activation, way, x, given):
        with pytest.raises(ValueError, match=f'save="{way}"'):
            activation.forward(x, save=way, out=out, **given)
        assert_same_bits(x, before)
        return
    y, context = activation.forward(x, save=way, out=out, **given)
    assert_same_bits(y, y_wanted)
    assert context.save == way or way == "auto"
    assert_right(context, context.backward(dy), wanted, dy)
    target = dy.copy()
    assert gradient(context.backward(target, out=target)) is target
    assert_right(context, target, wanted, dy)


def cannot_work(row, activation, way, x, given):
    """Why a way is refused, told from the row and the slopes alone."""
    if way == "mask":
        return not row.has_mask
    if row.learned:
        return way in ("output", "derivative")
    if way == "derivative":
        if row.kind != "elementwise":
            return True
        slopes = activation.derivative(x, **given)
        return slopes.min() < -0.5 or slopes.max() > 1.5
    if way == "output":
        return row.from_output == "never" or (row.from_output == "eps is None" and given)
    return False


def assert_right(context, got, wanted, dy):
    got, wanted = gradient(got), gradient(wanted)
    if context.save in ("input", "mask"):
        assert_same_bits(got, wanted)
    elif context.save == "derivative":
        of_table = 2.0**-17.5 if context.activation is fa.mish else 2.0**-19
        step = 2.0**-16 + of_table if dy.dtype == np.float32 else 2.0**-32
        assert (np.abs(got - wanted) <= np.abs(dy) * (step + 2 * np.finfo(dy.dtype).eps)).all()
    else:
        # A gradient from the output is as good as the output's last digits.
        eps = np.finfo(dy.dtype).eps
        np.testing.assert_allclose(got, wanted, rtol=400 * eps, atol=400 * eps)


@pytest.mark.parametrize("in_place", [False, True], ids=["new", "in place"])
@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: row.name)
def test_what_auto_takes(row, in_place):
    """The first that works of mask, output, input; in place a derivative or a copy."""
    activation = getattr(fa, row.name)
    x, _ = data(row, "float32", 8000)
    before = x.copy()
    y, context = activation.forward(x, out=x if in_place else None)
    if row.has_mask and not row.learned:
        assert (context.save, context.nbytes) == ("mask", 1000)
    elif not cannot_work(row, activation, "output", before, {}):
        assert context.save == "output"
        assert context.saved is y
    elif in_place and not cannot_work(row, activation, "derivative", before, {}):
        assert (context.save, context.nbytes) == ("derivative", x.nbytes // 2)
    else:
        assert context.save == "input"
        assert np.shares_memory(context.saved, x) != in_place
        assert_same_bits(context.saved, before)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish"])
@pytest.mark.parametrize(("dtype", "share"), [("float32", 0.5), ("float64", 0.5)])
def test_in_place_keeps_less_than_a_copy(name, dtype, share):
    x = np.linspace(-5, 5, 1000).astype(dtype)
    _, context = getattr(fa, name).forward(x, out=x)
    assert context.save == "derivative"
    assert context.nbytes == share * x.nbytes


@pytest.mark.parametrize(
    ("name", "save", "per_element"),
    [
        ("relu", "mask", 1 / 8),
        ("hardsigmoid", "auto", 1 / 8),
        ("sigmoid", "auto", 0),  # the output is there anyway
        ("gelu", "auto", 2),
        ("gelu", "input", 4),
        ("prelu", "auto", 4),
    ],
)
def test_bytes_really_kept(name, save, per_element):
    """tracemalloc after an in-place pass, against what ``nbytes`` says."""
    x = np.linspace(-5, 5, 1_000_000, dtype=np.float32)
    warm = x.copy()
    getattr(fa, name).forward(warm, out=warm, save=save)  # whatever is compiled, is so now
    del warm
    tracemalloc.start()
    _, context = getattr(fa, name).forward(x, out=x, save=save)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == pytest.approx(per_element * x.size, abs=20_000)
    if per_element:
        assert context.nbytes == per_element * x.size
    else:
        assert context.saved is x


@pytest.mark.parametrize("row", MASKED, ids=lambda row: row.name)
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000, 70_001])
def test_mask_is_one_bit_an_element(row, size, dtype, compiled_backend):
    activation = getattr(fa, row.name)
    x, dy = data(row, dtype, size)
    mask = activation.mask(x)
    assert mask.dtype == np.uint8
    assert mask.shape == (-(-size // 8),)
    slopes = activation.derivative(x)
    steep = np.unpackbits(mask, count=size, bitorder="little").astype(bool)
    steepest = activation.derivative(data(row, dtype)[0]).max()
    np.testing.assert_array_equal(steep, slopes == steepest)
    want = gradient(activation.backward(dy, x))
    assert_same_bits(gradient(activation.backward(dy, mask=mask)), want)
    assert_same_bits(activation.backward(dy, mask=mask, out=dy), want)


@pytest.mark.parametrize("row", MASKED, ids=lambda row: row.name)
def test_mask_of_any_layout(row):
    x, dy = (a[:4000].reshape(50, 80) for a in data(row, "float32"))
    activation = getattr(fa, row.name)
    want = gradient(activation.backward(dy, x))
    for view in (np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]):
        mask = activation.mask(view(x))
        np.testing.assert_array_equal(mask, activation.mask(x))
        assert_same_bits(activation.backward(view(dy), mask=mask), want)
        out = view(np.zeros_like(dy))
        assert activation.backward(view(dy), mask=mask, out=out) is out
        assert_same_bits(out, want)


def test_mask_with_a_weight_for_each_channel():
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 4, 5, 6))
    weight = np.array([0.1, -0.2, 0.3, 2.0])
    want, _ = fa.prelu.backward(dy, x, weight=weight, axis=0)
    mask = fa.prelu.mask(x)
    assert_same_bits(fa.prelu.backward(dy, mask=mask, weight=weight, axis=0), want)


def test_overlapping_in_part():
    room = np.linspace(-1, 1, 110)
    x = np.sin(np.arange(100) * 7.0)
    want = fa.relu.backward(room[:100].copy(), x)
    mask = fa.relu.mask(x)
    fa.relu.backward(room[:100], mask=mask, out=room[5:105])
    assert_same_bits(room[5:105], want)


@pytest.mark.parametrize("way", WAYS)
def test_contexts_travel(way):
    x = np.linspace(-3, 9, 100)
    _, context = fa.relu6.forward(x, save=way)
    for again in (copy.copy(context), copy.deepcopy(context), pickle.loads(pickle.dumps(context))):
        assert again.activation is fa.relu6
        assert (again.save, again.nbytes) == (context.save, context.nbytes)
        assert_same_bits(again.backward(np.ones(100)), context.backward(np.ones(100)))
    assert repr(context).startswith(f"<fastact context of relu6: {context.save}, ")


def test_context_keeps_the_parameters():
    x = np.linspace(-3, 3, 50)
    _, context = fa.leaky_relu.forward(x, 0.5)
    assert_same_bits(context.backward(np.ones(50)), fa.leaky_relu.derivative(x, 0.5))
    _, context = fa.silu.forward(x, beta=2.0)
    dx, dbeta = context.backward(np.ones(50), wrt="beta")
    assert_same_bits(dx, fa.silu.derivative(x, 2.0))
    assert dbeta == fa.silu.backward(np.ones(50), x, 2.0, wrt="beta")[1]


def test_derivative_of_nan_and_steps_of_one():
    """NaN stays NaN; slopes of 0 and 1 are exact."""
    x = np.array([np.nan, -2.0, 2.0], np.float32)
    _, context = fa.relu.forward(x, save="derivative")
    np.testing.assert_array_equal(context.backward(np.ones(3, np.float32)), [np.nan, 0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: fa.gelu.forward(x, save="output"), "the output does not determine the gradient"),
        (lambda x: fa.gelu.forward(x, save="mask"), "its slope has more than two values"),
        (lambda x: fa.leaky_relu.forward(x, -1, save="output"), "unless negative_slope >= 0"),
        (lambda x: fa.softmax.forward(x, save="mask"), "depends on every input"),
        (lambda x: fa.exponential.forward(x, save="derivative"), "wants derivatives from -0.5"),
        (lambda x: fa.prelu.forward(x, save="output"), "a learned parameter needs the input"),
        (lambda x: fa.relu.forward(x, save="all"), 'save must be "auto" or one of'),
    ],
)
def test_refused_at_the_forward_pass(call, message):
    x = np.linspace(-3, 3, 50)
    before = x.copy()
    with pytest.raises(ValueError, match=message):
        call(x)
    np.testing.assert_array_equal(x, before)

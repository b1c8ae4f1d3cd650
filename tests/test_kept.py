"""Mask and packed derivative in one pass: the same as in two, and the backward pass from them."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact import packed
from fastact.formulas.catalogue import CATALOGUE
from fastact.formulas.kernels import coarse_derivative_of

FITTING = [
    row.name
    for row in CATALOGUE
    if row.kind == "elementwise"
    and not row.learned
    and getattr(fa, row.name)._slopes_are_known_to_fit(getattr(fa, row.name)._defaults)
]
MASKED = [
    row.name for row in CATALOGUE if row.kind == "elementwise" and row.has_mask and not row.learned
]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 1e30, -1e30, 0.5, -0.5]


def numbers(dtype, size=5000):
    rng = np.random.default_rng(0)
    x = (4 * rng.standard_normal(size)).astype(dtype)
    x[: len(SPECIAL)] = SPECIAL
    return x, rng.standard_normal(size).astype(dtype)


def slopes_of(activation):
    """What fills an array with the slopes to be packed."""
    values = activation._defaults
    kernel = coarse_derivative_of(activation._formula(values))
    return lambda runs, out: activation._run(kernel, values, runs, out)


def unpacked(saved):
    """As numbers of float64."""
    lowest, digits = np.iinfo(saved.dtype).min, 8 * saved.itemsize - 1
    return np.where(saved == lowest, np.nan, saved.astype(np.float64) * 2.0**-digits + 0.5)


def test_which_fit():
    assert {"gelu", "silu", "mish", "tanh", "relu", "elu"} <= set(FITTING)
    assert not {"logit", "relu2", "selu", "exponential"} & set(FITTING)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", FITTING)
def test_as_in_two_passes(compiled_backend, name, threads, dtype):
    activation = getattr(fa, name)
    x, dy = numbers(dtype)
    with fa.threads(threads):
        y, context = activation.forward(x, save="derivative")
        dx = context.backward(dy)
    np.testing.assert_array_equal(y, activation(x))
    slopes = packed.pack_derivative(slopes_of(activation), x, x.dtype, name)
    assert context.saved.dtype == slopes.dtype
    np.testing.assert_array_equal(context.saved, slopes)
    wanted = np.empty_like(dx)
    packed.times_derivative(dy, slopes, wanted)
    np.testing.assert_array_equal(dx, wanted)


@pytest.mark.parametrize("name", FITTING)
def test_errors_of_slopes(name, dtype):
    """Half a step, and what the slope of a table's polynomial lacks, beyond the table too.

    That all backends have these slopes, the golden bits show.
    """
    activation = getattr(fa, name)
    inside = np.linspace(-25, 25, 50_001)
    x = np.concatenate([inside, np.geomspace(1e-40, 1e30, 2001), -np.geomspace(1e-40, 1e30, 2001)])
    x = np.append(x, [np.inf, -np.inf, 0.0]).astype(dtype)
    of_table = 2.0**-17.5 if name == "mish" else 2.0**-19
    bar = {"float32": 2.0**-16 + of_table, "float64": 2.0**-32 + 2.0**-46}[dtype]
    with np.errstate(all="ignore"):
        true = activation.derivative(x.astype(np.float64))
        saved = activation.forward(x, save="derivative")[1].saved
    assert np.abs(unpacked(saved) - true).max() <= bar
    sure = (true == 0) | (true == 1)
    np.testing.assert_array_equal(unpacked(saved)[sure], true[sure])


@pytest.mark.parametrize("name", ["gelu", "mish", "tanh", "elu"])
def test_slopes_of_what_is_no_run(compiled_backend, name, dtype):
    """Strides, other orders, byte orders and parameters given as numbers: the same slopes."""
    activation = getattr(fa, name)
    x = numbers(dtype, 4200)[0].reshape(60, 70)
    wanted = activation.forward(x, save="derivative")[1].saved
    for layout in (np.asfortranarray(x), x.astype(x.dtype.newbyteorder()), x[::-1][::-1]):
        found = activation.forward(layout, save="derivative")[1].saved
        np.testing.assert_array_equal(found, wanted)
    strided = activation.forward(x[:, ::2], save="derivative")[1].saved
    np.testing.assert_array_equal(strided, wanted[:, ::2])
    biased = activation.forward(x, bias=np.zeros(70, dtype), save="derivative")[1].saved
    np.testing.assert_array_equal(biased, wanted)


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 3000])
def test_in_place(size, dtype):
    x, dy = numbers(dtype, 4000)
    x, dy = x[10 : 10 + size].copy(), dy[:size].copy()
    wanted, kept = fa.gelu(x), fa.gelu.forward(x, save="derivative")[1]
    y, context = fa.gelu.forward(x, out=x, save="derivative")
    assert y is x
    np.testing.assert_array_equal(x, wanted)
    np.testing.assert_array_equal(context.saved, kept.saved)
    gradient = context.backward(dy)
    assert context.backward(dy, out=dy) is dy
    np.testing.assert_array_equal(dy, gradient)


def test_slopes_that_may_be_too_steep_are_looked_at_first(dtype):
    x = np.full(10, -3.0, dtype)
    with pytest.raises(ValueError, match="wants derivatives from"):
        fa.leaky_relu.forward(x, 2.0, out=x, save="derivative")
    assert (x == -3).all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", MASKED)
def test_mask_as_in_two_passes(compiled_backend, name, threads, dtype):
    activation = getattr(fa, name)
    x, dy = numbers(dtype)
    with fa.threads(threads):
        y, context = activation.forward(x, save="mask")
        dx = context.backward(dy)
    np.testing.assert_array_equal(y, activation(x))
    values = activation._defaults
    mask = packed.pack(
        lambda run, out: activation._run(f"{name}_mask", values, [run], out), x, x.dtype
    )
    np.testing.assert_array_equal(context.saved, mask)
    np.testing.assert_array_equal(activation.mask(x), mask)
    known = ~np.isnan(x)  # a bit does not tell NaN
    np.testing.assert_array_equal(dx[known], activation.backward(dy, x)[known])


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 63, 1023, 1024, 1025, 3001])
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "hardtanh"])
def test_mask_in_place(compiled_backend, name, size, dtype):
    """The bits after the last number are 0, and gradients may lie over ``dy``."""
    activation = getattr(fa, name)
    x, dy = numbers(dtype, 4000)
    x, dy = x[10 : 10 + size].copy(), dy[:size].copy()  # no NaN
    wanted, gradient = activation(x), activation.backward(dy, x)
    y, context = activation.forward(x, out=x, save="mask")
    assert y is x
    np.testing.assert_array_equal(x, wanted)
    assert context.saved.size == -(-size // 8)
    assert not size % 8 or context.saved[-1] < 1 << size % 8
    assert context.backward(dy, out=dy) is dy
    np.testing.assert_array_equal(dy, gradient)


def test_mask_of_what_is_no_run(dtype):
    """Strides, other orders and byte orders go the long way, to the same bits."""
    x, dy = (a.reshape(60, 70) for a in numbers(dtype, 4200))
    mask = fa.relu6.mask(x)
    for layout in (np.asfortranarray(x), x.astype(x.dtype.newbyteorder())):
        np.testing.assert_array_equal(fa.relu6.mask(layout), mask)
    strided, wide = fa.relu6.mask(x[:, ::2]), np.zeros((60, 140), dtype)
    np.testing.assert_array_equal(strided, fa.relu6.mask(x[:, ::2].copy()))
    dx = fa.relu6.backward(dy, mask=mask)
    np.testing.assert_array_equal(fa.relu6.backward(dy, mask=mask, out=wide[:, ::2]), dx)
    np.testing.assert_array_equal(fa.relu6.backward(np.asfortranarray(dy), mask=mask), dx)
    scattered = np.repeat(mask, 2)[::2]
    np.testing.assert_array_equal(fa.relu6.backward(dy, mask=scattered), dx)

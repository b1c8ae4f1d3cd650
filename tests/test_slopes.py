"""The packed derivative in one pass: the same numbers as in two, and the backward pass from it."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact import packed
from fastact.formulas.catalogue import CATALOGUE

FITTING = [
    row.name
    for row in CATALOGUE
    if row.kind == "elementwise"
    and not row.learned
    and getattr(fa, row.name)._slopes_are_known_to_fit(getattr(fa, row.name)._defaults)
]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 1e30, -1e30, 0.5, -0.5]


def numbers(dtype, size=5000):
    rng = np.random.default_rng(0)
    x = (4 * rng.standard_normal(size)).astype(dtype)
    x[: len(SPECIAL)] = SPECIAL
    return x, rng.standard_normal(size).astype(dtype)


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
    slopes = packed.pack_derivative(
        lambda runs, out: activation.derivative(runs[0], out=out), x, x.dtype, name
    )
    assert context.saved.dtype == slopes.dtype
    np.testing.assert_array_equal(context.saved, slopes)
    wanted = np.empty_like(dx)
    packed.times_derivative(dy, slopes, wanted)
    np.testing.assert_array_equal(dx, wanted)


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

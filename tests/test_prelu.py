"""PReLU: the weight as a scalar, per channel, or broadcast, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits

SHAPE = (6, 5, 7)
WEIGHTS = {
    "scalar": (0.3, None),
    "one": (np.array([0.3]), None),
    "axis 0": (np.linspace(0.1, 0.6, 6), 0),
    "axis 1": (np.linspace(-0.1, 0.6, 5), 1),
    "last axis": (np.linspace(0.1, 0.7, 7), -1),
    "trailing": (np.linspace(0.1, 0.7, 7), None),
    "full": (np.random.default_rng(0).uniform(0, 1, SHAPE), None),
    "plane": (np.random.default_rng(0).uniform(0, 1, (6, 1, 7)), None),
}


def expanded(weight, axis):
    weight = np.asarray(weight)
    if axis is None:
        return np.broadcast_to(weight, SHAPE)
    return np.moveaxis(np.broadcast_to(weight, [*np.delete(SHAPE, axis), len(weight)]), -1, axis)


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    return rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)


@pytest.mark.parametrize("name", WEIGHTS)
def test_forward_and_input_gradient(name, data, dtype, backend):
    weight, axis = WEIGHTS[name]
    x, dy = (a.astype(dtype) for a in data)
    slopes = expanded(weight, axis).astype(dtype)
    y = fa.prelu(x, weight, axis=axis)
    np.testing.assert_array_equal(y, np.where(x > 0, x, slopes * x))
    dx, _ = fa.prelu.backward(dy, x, weight=weight, axis=axis)
    np.testing.assert_array_equal(dx, dy * np.where(x > 0, np.ones_like(x), slopes))


@pytest.mark.parametrize("name", WEIGHTS)
def test_weight_gradient(name, data, dtype, backend):
    weight, axis = WEIGHTS[name]
    x, dy = (a.astype(dtype) for a in data)
    terms = dy.astype(np.float64) * np.minimum(x, 0).astype(np.float64)
    if axis is not None:
        want = terms.sum(axis=tuple(k for k in range(3) if k != axis % 3))
    else:
        shape = (1,) * (3 - np.ndim(weight)) + np.shape(weight)
        summed = tuple(k for k in range(3) if shape[k] == 1)
        want = terms.sum(axis=summed).reshape(np.shape(weight))
    _, dw = fa.prelu.backward(dy, x, weight=weight, axis=axis)
    assert np.shape(dw) == np.shape(weight)
    np.testing.assert_allclose(dw, want, rtol=0, atol=40 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weight_gradient_has_the_same_bits_everywhere(name, data, dtype, compiled_backend):
    weight, axis = WEIGHTS[name]
    x, dy = (np.tile(a, (1, 1, 300)).astype(dtype) for a in data)
    if np.ndim(weight) and np.shape(weight)[-1] == 7:
        weight = np.tile(weight, 300)
    with fa.threads(1):
        _, one = fa.prelu.backward(dy, x, weight=weight, axis=axis)
    with fa.threads(3):
        _, three = fa.prelu.backward(dy, np.asfortranarray(x), weight=weight, axis=axis)
    assert_same_bits(np.asarray(one), np.asarray(three))


def test_in_place_keeps_the_weight_gradient(data):
    x, dy = data
    weight = np.full(7, 0.25)
    dx, dw = fa.prelu.backward(dy, x, weight=weight, axis=-1)
    target = dy.copy()
    got, got_dw = fa.prelu.backward(target, x, weight=weight, axis=-1, out=target)
    assert got is target
    np.testing.assert_array_equal(got, dx)
    np.testing.assert_array_equal(got_dw, dw)


def test_a_vector_belongs_to_the_last_axis_in_any_memory_order():
    x, weight = -np.ones((3, 3)), np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(fa.prelu(np.asfortranarray(x), weight), x * weight)
    np.testing.assert_array_equal(fa.prelu(x[:1], weight), x[:1] * weight)


def test_empty(dtype):
    x = np.zeros((0, 4), dtype)
    dx, dw = fa.prelu.backward(x, x, weight=np.ones(4, dtype), axis=1)
    assert dx.shape == (0, 4)
    np.testing.assert_array_equal(dw, np.zeros(4))


@pytest.mark.parametrize(
    ("weight", "axis", "message"),
    [
        (np.ones(3), 0, r"weight has shape \(3,\); axis 0"),
        (np.ones((2, 3)), 1, "weight has shape"),
        (np.ones(3), None, "does not broadcast"),
        (np.ones((2, 6, 5, 7)), None, "does not broadcast"),
    ],
)
def test_shapes_that_do_not_fit(weight, axis, message):
    x = np.ones(SHAPE)
    before = x.copy()
    with pytest.raises(ValueError, match=message):
        fa.prelu(x, weight, axis=axis, out=x)
    np.testing.assert_array_equal(x, before)

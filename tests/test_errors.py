"""Bad input: the right exception, naming the argument, before anything is written."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from cases import SIMPLE

X = np.linspace(-1, 1, 6, dtype=np.float32)
MASK = np.zeros(1, np.uint8)
NAMES = [row.name for row in SIMPLE]


def read_only():
    a = np.ones(6, np.float32)
    a.flags.writeable = False
    return a


BAD_X = [1j, "text", np.array([object()]), np.array(["a"]), None, np.ones(2, "M8[s]")]
BAD_OUT = [
    (lambda: np.ones(5, np.float32), ValueError, r"out has shape \(5,\), the result \(6,\)"),
    (lambda: np.ones((6, 1), np.float32), ValueError, "out has shape"),
    (lambda: np.ones(6), TypeError, "out has dtype float64, the result float32"),
    (lambda: np.ones(6, int), TypeError, "out has dtype int64"),
    (lambda: [0.0] * 6, TypeError, "out must be a NumPy array, got list"),
    (read_only, ValueError, "out is read-only"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", BAD_X, ids=["complex", "text", "object", "unicode", "none", "time"])
def test_unsupported_x(name, x):
    with pytest.raises(TypeError, match=r"x has dtype .*supported are float16, bfloat16"):
        getattr(fa, name)(x)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("out", "error", "message"), BAD_OUT)
def test_unsuitable_out(name, out, error, message):
    activation, target = getattr(fa, name), out()
    before = np.array(target)
    with pytest.raises(error, match=message):
        activation(X, out=target)
    with pytest.raises(error, match=message):
        activation.backward(X, X, out=target)
    np.testing.assert_array_equal(target, before)


@pytest.mark.parametrize("name", NAMES)
def test_read_only_in_place(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(fa, name)(x := read_only(), out=x)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_and_surplus_parameters(name):
    activation = getattr(fa, name)
    with pytest.raises(TypeError, match=rf"{name}\(\) has no parameter 'speed'; it has \["):
        activation(X, speed=1)
    with pytest.raises(TypeError, match=r"takes \d parameters"):
        activation(X, 1, 2, 3, 4)
    with pytest.raises(TypeError, match=rf"{name}.backward\(\) has no parameter 'speed'"):
        activation.backward(X, X, speed=1)


@pytest.mark.parametrize("name", NAMES)
def test_saved_arrays(name):
    activation = getattr(fa, name)
    with pytest.raises(TypeError, match=r"wants input=.* output=.*got neither"):
        activation.backward(X)
    with pytest.raises(TypeError, match="got both"):
        activation.backward(X, X, output=X)
    with pytest.raises(ValueError, match=r"dy has shape \(5,\), input \(6,\)"):
        activation.backward(X[1:], X)
    with pytest.raises(TypeError, match="dy has dtype complex"):
        activation.backward(X + 1j, X)
    with pytest.raises(TypeError, match="input has dtype <U1"):
        activation.backward(X, np.array(["a"] * 6))


@pytest.mark.parametrize("name", [r.name for r in SIMPLE if r.from_output == "never"])
def test_output_that_does_not_determine_the_gradient(name):
    with pytest.raises(ValueError, match="output does not determine the gradient; pass input="):
        getattr(fa, name).backward(X, output=X)


def test_output_under_a_condition():
    with pytest.raises(ValueError, match=r"only for negative_slope >= 0, got negative_slope=-1"):
        fa.leaky_relu.backward(X, output=X, negative_slope=-1)
    with pytest.raises(ValueError, match=r"only for alpha >= 0"):
        fa.elu.backward(X, output=X, alpha=-0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fa.softplus(X, beta=0), ValueError, "softplus: beta must be positive"),
        (lambda: fa.softplus(X, beta=np.inf), ValueError, "beta must be positive and finite"),
        (lambda: fa.celu(X, alpha=0), ValueError, "celu: alpha must be positive and finite, got 0"),
        (lambda: fa.hardtanh(X, 1, -1), ValueError, "min_val <= max_val must hold, got min_val=1"),
        (lambda: fa.hardsigmoid(X, slope=0), ValueError, "slope must be positive"),
        (lambda: fa.hardshrink(X, -1), ValueError, "lambd must be finite and not negative"),
        (lambda: fa.softshrink(X, np.nan), ValueError, "lambd must be finite and not negative"),
        (lambda: fa.squareplus(X, 0), ValueError, "b must be positive"),
        (lambda: fa.stanh(X, scale_b=0), ValueError, "scale_b must be finite and not zero"),
        (lambda: fa.silu(X, beta=0), ValueError, "beta must be finite and not zero, got 0"),
        (lambda: fa.logit(X, eps=0.7), ValueError, "eps must be None or from 0 to 0.5, got 0.7"),
        (lambda: fa.snake(X, np.ones(5)), ValueError, r"a of shape \(5,\) does not broadcast to x"),
        (lambda: fa.prelu(X, np.ones(5), axis=0), ValueError, r"weight has shape \(5,\); axis 0"),
        (lambda: fa.mish.mask(X), ValueError, "mish has no mask"),
        (lambda: fa.mish.backward(X, mask=MASK), ValueError, "mish has no mask"),
        (lambda: fa.relu.backward(X, X, mask=MASK), TypeError, "one of input=, output= and mask="),
        (lambda: fa.relu.backward(X, mask=X), TypeError, "mask must be a packed array of uint8"),
        (lambda: fa.relu.backward(X, mask=MASK[:0]), ValueError, r"mask has shape \(0,\); 6 elem"),
        (
            lambda: fa.silu.backward(X, X, wrt="x"),
            ValueError,
            r"wrt must be of \['beta', 'bias'\], got 'x'",
        ),
        (lambda: fa.relu.backward(X, X, wrt="slope"), ValueError, r"wrt must be of \['bias'\]"),
        (lambda: fa.elu.backward(X, output=X, wrt="alpha"), ValueError, "by alpha needs input="),
        (
            lambda: fa.prelu.backward(X, mask=MASK, wrt="weight"),
            ValueError,
            "needs input=, got mask",
        ),
        (lambda: fa.threshold.backward(X, output=X, value=2), ValueError, "only for value <= thr"),
        (lambda: fa.logit.backward(X, output=X, eps=0.1), ValueError, "only for eps is None"),
        (lambda: fa.elu(X, alpha="a"), TypeError, "elu: alpha must be a number, got 'a'"),
        (lambda: fa.elu(X, alpha=X), TypeError, "alpha must be a number"),
        (lambda: fa.leaky_relu(X, None), TypeError, "negative_slope must be a number"),
        (lambda: fa.leaky_relu(X, 1, negative_slope=2), TypeError, "by position and by name"),
        (lambda: fa.gelu(X, approximate="erf"), ValueError, "approximate must be one of"),
        (lambda: fa.softmax(X, axis=1), ValueError, "axis 1 is out of range"),
        (lambda: fa.softmax(X, axis=0.5), TypeError, "axis must be an integer"),
        (lambda: fa.softmax(1.0), ValueError, "axis"),
        (lambda: fa.set_num_threads(0), ValueError, "n must be from 1 to 1024, got 0"),
        (lambda: fa.set_num_threads("many"), TypeError, "n must be an integer"),
        (lambda: fa.use_backend("cuda").__enter__(), ValueError, "no backend 'cuda'"),
        (lambda: fa.explain(np.tanh, X), TypeError, "must be one of fastact's"),
    ],
)
def test_parameters(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_call_without_arguments():
    with pytest.raises(TypeError, match="x"):
        fa.relu()

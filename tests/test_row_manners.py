"""Activations that are not elementwise behave as the others: names, help, foreign arrays."""

from __future__ import annotations

import copy
import doctest
import inspect
import pickle

import numpy as np
import pytest

import fastact as fa
from fastact import dispatch
from fastact.formulas.catalogue import ROWS

X = np.linspace(-2, 2, 12).reshape(2, 6)
# What each takes, forward and backward, beside x and dy.
SIGNATURES = {
    "softmax": "(x, /, axis=-1, *, where=None, out=None)",
    "log_softmax": "(x, /, axis=-1, *, where=None, out=None)",
    "softmin": "(x, /, axis=-1, *, where=None, out=None)",
    "sparsemax": "(x, /, axis=-1, *, where=None, out=None)",
    "hardmax": "(x, /, axis=-1, *, out=None)",
    "logsumexp": "(x, /, axis=-1, keepdims=False, *, where=None, out=None)",
    "gumbel_softmax": "(x, /, tau=1.0, hard=False, axis=-1, rng=None, *, out=None)",
    "maxout": "(x, /, pieces=2, axis=-1, return_argmax=False, *, out=None)",
    "crelu": "(x, /, axis=-1, *, out=None)",
    "rrelu": "(x, /, lower=0.125, upper=0.3333333333333333, training=False, rng=None, *, out=None)",
}
NAMES = list(SIGNATURES)
SEED = {"gumbel_softmax": {"rng": 0}}


def test_no_activation_is_forgotten():
    elsewhere = {name for name, row in ROWS.items() if row.is_elementwise}
    assert elsewhere | set(NAMES) == set(fa.list())


@pytest.mark.parametrize("name", NAMES)
def test_objects_tell_the_truth_and_travel(name):
    activation = getattr(fa, name)
    assert str(inspect.signature(activation)) == SIGNATURES[name]
    assert repr(activation) == f"<fastact.{name}{SIGNATURES[name]}>"
    assert pickle.loads(pickle.dumps(activation)) is activation
    assert copy.deepcopy(activation) is activation
    text = activation.__doc__
    assert ROWS[name].summary in text
    for parameter in inspect.signature(activation).parameters:
        assert f"\n{parameter} : " in text
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("method", ["sample.Sample", "random_slope.RandomSlope"])
def test_examples_of_forward_run(method):
    module, cls = method.split(".")
    text = getattr(getattr(fa.objects, module), cls).forward.__doc__
    examples = doctest.DocTestParser().get_doctest(text, {}, method, None, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameters(name):
    activation = getattr(fa, name)
    for call in (activation, activation.forward):
        with pytest.raises(TypeError, match=r"has no parameter 'slope'; it has \["):
            call(X, slope=1)
    y = activation(X, **SEED.get(name, {}))
    saved = {"which": np.zeros(y.shape, int)} if name == "maxout" else {"output": y}
    saved = {"input": X} if name == "logsumexp" else saved
    with pytest.raises(TypeError, match=r"backward\(\) has no parameter 'slope'; it has \["):
        activation.backward(y, **saved, slope=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["?", "b", "h", "i", "e", "f", "d"])
def test_type_resolution_is_that_of_a_ufunc(name, kind):
    x = np.array([0, 1, 1, 0], kind)
    y = getattr(fa, name)(x, **SEED.get(name, {}))
    assert y.dtype == np.tanh(x).dtype
    np.testing.assert_allclose(
        y, getattr(fa, name)(x.astype(float), **SEED.get(name, {})), rtol=2e-3
    )


@pytest.mark.parametrize("name", NAMES)
def test_unsupported_arrays_and_read_only_out(name):
    activation = getattr(fa, name)
    with pytest.raises(TypeError, match="x has dtype complex128; supported are"):
        activation(X + 1j)
    y = activation(X)
    target = np.zeros_like(y)
    target.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        activation(X, out=target)
    with pytest.raises(TypeError, match="out has dtype float32, the result float64"):
        activation(X, out=np.zeros(y.shape, np.float32))


class Wrapped:
    """An array that takes part in ufuncs in its own way."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        inputs = [i.values if isinstance(i, Wrapped) else i for i in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(o.values if isinstance(o, Wrapped) else o for o in kwargs["out"])
        return Wrapped(getattr(ufunc, method)(*inputs, **kwargs))


@pytest.mark.parametrize("name", NAMES)
def test_foreign_arrays_take_the_call_over(name):
    activation, seed = getattr(fa, name), SEED.get(name, {})
    want = activation(X, **seed)
    got = activation(Wrapped(X), **seed)
    assert isinstance(got, Wrapped)
    np.testing.assert_array_equal(got.values, want)
    target = Wrapped(np.zeros_like(want))
    activation(X, out=target, **seed)
    np.testing.assert_array_equal(target.values, want)
    dy = np.cos(want)
    if name == "gumbel_softmax":
        got = activation.backward(Wrapped(dy), output=want)
        wanted = activation.backward(dy, output=want)
    else:
        got = activation.backward(Wrapped(dy), X)
        wanted = activation.backward(dy, X)
    assert isinstance(got, Wrapped)
    np.testing.assert_array_equal(got.values, wanted)


def test_foreign_arrays_beside_what_was_saved():
    y, which = fa.maxout(X, 3, return_argmax=True)
    got = fa.maxout.backward(Wrapped(y), which=which, pieces=3)
    np.testing.assert_array_equal(got.values, fa.maxout.backward(y, which=which, pieces=3))
    _, slopes = fa.rrelu(X, training=True)
    got = fa.rrelu.backward(Wrapped(X), slopes=slopes)
    np.testing.assert_array_equal(got.values, X * slopes)


@pytest.mark.parametrize("name", NAMES)
def test_subclasses_are_kept(name):
    class Labelled(np.ndarray):
        pass

    seed = SEED.get(name, {})
    y = getattr(fa, name)(X.view(Labelled), **seed)
    assert type(y) is Labelled
    masked = getattr(fa, name)(np.ma.array(X, mask=X > 1), **seed)
    assert isinstance(masked, np.ma.MaskedArray)
    np.testing.assert_array_equal(masked.data, getattr(fa, name)(X, **seed))
    if y.shape == X.shape:
        np.testing.assert_array_equal(masked.mask, X > 1)


@pytest.mark.parametrize(
    ("name", "parameters", "kernel"),
    [
        ("log_softmax", {"axis": 0}, "log_softmax"),
        ("softmax", {"where": X > 0}, "softmax"),
        ("logsumexp", {"axis": None}, "logsumexp"),
        ("gumbel_softmax", {"tau": 0.5}, "softmax"),
        ("maxout", {"pieces": 3}, "maxout"),
        ("crelu", {}, "crelu"),
        ("rrelu", {}, "leaky_relu"),
        ("rrelu", {"training": True}, "bilinear"),
    ],
)
def test_explain(name, parameters, kernel):
    told = fa.explain(getattr(fa, name), X, **parameters)
    assert told.kernel == kernel
    assert told.elements == 12
    in_tiles = "where" in parameters or parameters.get("axis") == 0
    otherwise = "run by run" if dispatch.DEFAULT.name == "cython" else "in blocks"
    assert told.layout.startswith(otherwise if in_tiles else "one contiguous run")
    assert kernel in str(told)


def test_explain_of_a_sample_tells_its_precision():
    assert fa.explain(fa.gumbel_softmax, X.astype("f")).computed_in == "float64"
    assert fa.explain(fa.softmax, X.astype("f")).computed_in == "float32"

"""Names of other libraries: what ``get`` gives for each, and what it refuses."""

from __future__ import annotations

import copy
import doctest
import inspect
import math
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastact as fa
from fastact import names
from fastact.formulas.catalogue import ROWS
from fastact.names.libraries import COMMON, LIBRARIES, REQUIRED
from fastact.names.lookup import find, origins

RANDOM = {"gumbel_softmax"}

ORIGINS = [origin for api in (None, *LIBRARIES) for origin in origins(api)]
SERVED = [origin for origin in ORIGINS if origin.entry.function]
REFUSED = [origin for origin in ORIGINS if not origin.entry.function]
X = np.array([-7.0, -3.5, -2.5, -1.2, -0.3, -0.0, 0.0, 0.2, 0.7, 1.9, 2.6, 3.1, 8.0])


def qualified(origin):
    return origin.qualified


def served_activation(origin):
    return fa.get(origin.name, api=origin.api)


served = pytest.mark.parametrize("origin", SERVED, ids=qualified)


# --- the tables ------------------------------------------------------------------------------


def test_all_functions_of_the_tables_are_there():
    assert {origin.entry.function for origin in SERVED} <= set(fa.list())


@served
def test_entries_speak_of_parameters_that_the_function_has(origin):
    activation = served_activation(origin)
    own = inspect.signature(getattr(fa, origin.entry.function)).parameters
    entry = origin.entry
    for name in (*entry.defaults, *entry.renamed.values(), *entry.spelled):
        assert name in (*own, *entry.only)
    assert not set(entry.renamed) & set(own)
    there = list(inspect.signature(activation).parameters)
    assert set(entry.only).isdisjoint(there)
    assert there == [name for name in own if name not in entry.only]


@served
def test_defaults_are_those_of_the_entry_and_differ_from_fastacts(origin):
    activation = served_activation(origin)
    own = inspect.signature(getattr(fa, origin.entry.function)).parameters
    there = inspect.signature(activation).parameters
    for name, parameter in there.items():
        wanted = origin.entry.defaults.get(name, own[name].default)
        assert parameter.default == (inspect.Parameter.empty if wanted is REQUIRED else wanted)
    for name, value in origin.entry.defaults.items():
        assert own[name].default != value


# --- what get returns ------------------------------------------------------------------------


@served
def test_every_served_name_gives_one_object_that_travels(origin):
    activation = served_activation(origin)
    assert isinstance(activation, fa.Activation)
    assert fa.get(origin.qualified, api=origin.api) is activation
    assert fa.get(origin.qualified) is activation
    assert pickle.loads(pickle.dumps(activation)) is activation
    assert copy.copy(activation) is copy.deepcopy(activation) is activation
    own = getattr(fa, origin.entry.function)
    assert (activation is own) == origin.entry.is_own
    assert type(activation) is type(own) or isinstance(activation, type(own))


@served
def test_repr_and_help_tell_the_truth(origin):
    activation = served_activation(origin)
    if origin.entry.is_own:
        return
    signature = inspect.signature(activation)
    assert repr(activation).startswith(
        f"<fastact.{origin.entry.function}{signature} as fastact.get("
    )
    assert eval(repr(activation).split(" as ")[1].rstrip(">"), {"fastact": fa}) is activation
    text = inspect.getdoc(activation)
    for name, parameter in signature.parameters.items():
        if name in origin.entry.defaults and parameter.default is not parameter.empty:
            shown = parameter.default
            shown = f"{shown:.6g}" if isinstance(shown, float) else f"{shown}"
            line = next(line for line in text.splitlines() if line.startswith(f"{name} : "))
            assert line.endswith((f"default {shown}", '{"tanh", "none"}'))
    assert all(f"``{theirs}`` is taken for" in text for theirs in origin.entry.renamed)
    assert origin.entry.note in text
    examples = doctest.DocTestParser().get_doctest(text, {}, repr(activation), None, 0)
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("origin", REFUSED, ids=qualified)
def test_refused_names_say_why(origin):
    with pytest.raises(ValueError, match="is not served: ") as raised:
        fa.get(origin.name, api=origin.api)
    assert origin.entry.note in str(raised.value)
    assert names.refused(origin.api)[origin.name] == origin.entry.note


def test_threads_get_one_object():
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fa.get("ops.leaky_relu", api="keras")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


# --- names without a library -----------------------------------------------------------------


@pytest.mark.parametrize("name", fa.list())
def test_own_names_in_any_case_give_the_very_object(name):
    activation = getattr(fa, name)
    for spelling in (
        name,
        name.upper(),
        name.title(),
        name.replace("_", "-"),
        name.title().replace("_", ""),
    ):
        assert fa.get(spelling) is activation


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("LeakyReLU", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("swish", "silu"),
        ("Swish", "silu"),
        ("SiLU", "silu"),
        ("hard_swish", "hardswish"),
        ("HardSigmoid", "hardsigmoid"),
        ("logistic", "sigmoid"),
        ("expit", "sigmoid"),
        ("linear", "identity"),
        ("rectify", "relu"),
        ("ThresholdedReLU", "threshold"),
        ("thresholded_relu", "threshold"),
        ("soft_sign", "softsign"),
        ("hard shrink", "hardshrink"),
        ("Exp", "exponential"),
        ("gelu_fast_approx", "quick_gelu"),
    ],
)
def test_aliases_without_a_library_have_fastacts_defaults(name, function):
    assert fa.get(name) is getattr(fa, function)


@pytest.mark.parametrize(
    ("name", "api", "theirs"),
    [
        ("ReLU_K", "thinc", "relu_k"),
        ("very-leaky-rectify", "lasagne", "very_leaky_rectify"),
        ("softmax2d", "torch", "Softmax2d"),
        ("keras.layers.LeakyReLU", "keras", "LeakyReLU"),
        ("layers.LeakyReLU", "keras", "LeakyReLU"),
    ],
)
def test_what_one_library_has_is_known_without_it(name, api, theirs):
    assert fa.get(name) is fa.get(theirs, api=api)


def test_common_names():
    assert fa.get("gelu_tanh")(X).tolist() == fa.gelu(X, approximate="tanh").tolist()
    assert set(COMMON) <= set(names.known())


@pytest.mark.parametrize("name", [n for n in names.known() if n in ROWS or n in COMMON])
def test_known_names_need_no_library(name):
    assert isinstance(fa.get(name), fa.Activation)


def test_plain_names_of_libraries_need_no_library():
    for name in names.known():
        found = find(name, None)
        function = found if isinstance(found, str) else found.entry.function
        assert fa.get(name).__name__ == function


def test_modules_tell_two_of_a_name_apart():
    exact, tanh = fa.get("gelu", api="keras"), fa.get("ops.gelu", api="keras")
    np.testing.assert_array_equal(exact(X), fa.gelu(X))
    np.testing.assert_array_equal(tanh(X), fa.gelu(X, approximate="tanh"))
    assert fa.get("activations.gelu", api="keras") is exact
    with pytest.raises(ValueError, match=r"could be any of keras\.ops\.gelu, thinc\.ops\.gelu"):
        fa.get("ops.gelu")


# --- their formulas, as the libraries document them --------------------------------------------


def clipped(slope, offset, low, high):
    return lambda x: np.clip(slope * x + offset, low, high)


def leaky(slope):
    return lambda x: np.where(x > 0, x, slope * x)


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax_over_channels(x):
    shape = (1, -1, 1, 1)
    e = np.exp(x.reshape(shape))
    return (e / e.sum(axis=1, keepdims=True)).reshape(x.shape)


FORMULAS = {
    "torch.clamp": lambda x: x,
    "torch.clip": lambda x: x,
    "torch.prelu": leaky(0.25),
    "torch.nn.functional.prelu": leaky(0.25),
    "torch.nn.PReLU": leaky(0.25),
    "keras.activations.leaky_relu": leaky(0.2),
    "keras.ops.leaky_relu": leaky(0.2),
    "keras.layers.LeakyReLU": leaky(0.3),
    "keras.layers.PReLU": leaky(0.0),
    "keras.ops.gelu": gelu_tanh,
    "tf.nn.leaky_relu": leaky(0.2),
    "jax.nn.gelu": gelu_tanh,
    "onnx.Clip": lambda x: x,
    "onnx.HardSigmoid": clipped(0.2, 0.5, 0, 1),
    "onnx.com.microsoft.FastGelu": gelu_tanh,
    "onnx.com.microsoft.QuickGelu": lambda x: x / (1 + np.exp(-1.702 * x)),
    "thinc.ops.clipped_linear": clipped(1, 0, 0, 1),
    "thinc.ops.gelu_approx": gelu_tanh,
    "thinc.ops.hard_sigmoid": clipped(0.2, 0.5, 0, 1),
    "thinc.ops.relu_k": clipped(1, 0, 0, 6),
    "thinc.layers.ClippedLinear": clipped(1, 0, 0, 1),
    "thinc.layers.HardSigmoid": clipped(0.2, 0.5, 0, 1),
    "thinc.layers.ReluK": clipped(1, 0, 0, 6),
    "thinc.layers.Maxout": lambda x: x.reshape(-1, 3).max(axis=1),
    "lasagne.nonlinearities.ScaledTanH": np.tanh,
    "lasagne.nonlinearities.ScaledTanh": np.tanh,
    "lasagne.nonlinearities.very_leaky_rectify": leaky(1 / 3),
    "lasagne.layers.ParametricRectifierLayer": leaky(0.25),
    "mlx.nn.gelu_approx": gelu_tanh,
    "gelu_tanh": gelu_tanh,
    "keras.ops.logsumexp": np.logaddexp.reduce,
    "tf.math.reduce_logsumexp": np.logaddexp.reduce,
    "tf.reduce_logsumexp": np.logaddexp.reduce,
    "jax.nn.logsumexp": np.logaddexp.reduce,
    "onnx.ReduceLogSumExp": lambda x: np.logaddexp.reduce(x, keepdims=True),
}
OF_OTHER_INPUTS = {"torch.nn.Softmax2d", "geglu_tanh"}


def test_every_function_with_other_defaults_has_its_formula_here():
    other = {o.qualified for o in SERVED if o.entry.defaults}
    demanding = {o.qualified for o in SERVED if REQUIRED in o.entry.defaults.values()}
    assert other - demanding == FORMULAS.keys() | OF_OTHER_INPUTS


@pytest.mark.parametrize("origin", [o for o in SERVED if o.qualified in FORMULAS], ids=qualified)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_are_those_of_the_library(origin, dtype):
    activation = served_activation(origin)
    x = X[:12].astype(dtype)  # twelve can be cut in three
    expected = FORMULAS[origin.qualified](x.astype("float64"))
    tolerance = (
        {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    )
    np.testing.assert_allclose(activation(x), expected, **tolerance)


def test_softmax2d_works_over_channels():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    e = np.exp(x)
    expected = e / e.sum(axis=1, keepdims=True)
    softmax2d = fa.get("Softmax2d", api="torch")
    np.testing.assert_allclose(softmax2d(x), expected, rtol=1e-13)
    np.testing.assert_allclose(softmax2d(x[0]), expected[0], rtol=1e-13)


def test_geglu_tanh():
    np.testing.assert_allclose(fa.get("geglu_tanh")(X, X), gelu_tanh(X) * X, rtol=1e-12, atol=1e-13)


@served
def test_methods_have_the_librarys_defaults_too(origin):
    """Plain calls run in compiled code: they must not use fastact's defaults."""
    activation, entry = served_activation(origin), origin.entry
    row, own = ROWS[entry.function], getattr(fa, entry.function)
    if entry.is_own or entry.function in RANDOM or row.kind not in ("elementwise", "along axis"):
        return
    given = {k: -1 if v is REQUIRED else v for k, v in entry.defaults.items()}
    needed = {k: v for k, v in given.items() if entry.defaults[k] is REQUIRED}
    x = np.random.default_rng(1).uniform(0.01, 0.99, (2, 3, 12)) * 16 - 8
    y, context = activation.forward(x, **needed)
    np.testing.assert_array_equal(activation(x, **needed), y)
    np.testing.assert_array_equal(own(x, **given), y)
    assert context.activation is activation
    dy = np.linspace(1, 2, y.size).reshape(y.shape)
    got, wanted = activation.backward(dy, x, **needed), own.backward(dy, x, **given)
    if not row.learned:
        got, wanted = (got,), (wanted,)
    for ours, theirs in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if row.kind == "elementwise":
        np.testing.assert_array_equal(activation.derivative(x), own.derivative(x, **given))
    assert fa.explain(activation, x, **needed).kernel == fa.explain(own, x, **given).kernel


def test_masks_have_the_librarys_defaults():
    relu_k, x = fa.get("relu_k", api="thinc"), np.array([-1.0, 3.0, 7.0])
    mask = relu_k.mask(x)
    np.testing.assert_array_equal(relu_k.backward(np.ones(3), mask=mask), [0, 1, 0])
    np.testing.assert_array_equal(relu_k.backward(np.ones(3), mask=relu_k.mask(x, n=9)), [0, 1, 1])


# --- their parameters --------------------------------------------------------------------------

RENAMED = [(o, theirs, ours) for o in SERVED for theirs, ours in o.entry.renamed.items()]
# Values that every function concerned takes, and that are no default.
VALUE = {"axis": 0, "approximate": "tanh", "pieces": 1, "keepdims": False}


@pytest.mark.parametrize(
    ("origin", "theirs", "ours"), RENAMED, ids=lambda a: getattr(a, "qualified", a)
)
def test_parameters_have_the_librarys_names_too(origin, theirs, ours):
    activation = served_activation(origin)
    if ours in origin.entry.only:
        return
    row = ROWS[origin.entry.function]
    value = VALUE.get(ours, 0.75)
    needed = {k: -1 for k, v in origin.entry.defaults.items() if v is REQUIRED and k != ours}
    inputs = [np.array([[0.5, -1.0], [2.0, -3.0]])] * len(row.inputs)
    got = activation(*inputs, **needed, **{theirs: value})
    wanted = activation(*inputs, **needed, **{ours: value})
    if origin.entry.function not in RANDOM:
        np.testing.assert_array_equal(got, wanted)
    with pytest.raises(TypeError, match=f"got '{ours}' under two names"):
        activation(*inputs, **needed, **{theirs: value, ours: value})


def test_gradients_are_asked_for_by_the_librarys_names():
    swish = fa.get("Swish", api="onnx")
    got = swish.backward(X, X, wrt="alpha", alpha=0.5)
    wanted = fa.silu.backward(X, X, wrt="beta", beta=0.5)
    np.testing.assert_array_equal(got[0], wanted[0])
    assert got[1] == wanted[1]
    assert swish.backward(X, X, wrt=("alpha",), alpha=0.5)[1] == wanted[1]


@pytest.mark.parametrize(
    ("origin", "name"),
    [(o, n) for o in SERVED for n in o.entry.only],
    ids=lambda a: getattr(a, "qualified", a),
)
def test_parameters_that_fastact_lacks_take_one_value(origin, name):
    activation = served_activation(origin)
    needed = {k: -1 for k, v in origin.entry.defaults.items() if v is REQUIRED}
    value = origin.entry.only[name]
    x = X.reshape(1, -1)
    got, wanted = activation(x, **needed, **{name: value}), activation(x, **needed)
    if origin.entry.function not in RANDOM:
        np.testing.assert_array_equal(got, wanted)
    out = np.zeros_like(got)
    with pytest.raises(ValueError, match=f"{name} can only be"):
        activation(x, out=out, **needed, **{name: 0.125})
    assert not out.any()


@pytest.mark.parametrize(
    ("api", "name"), [("keras", "gelu"), ("keras", "ops.gelu"), ("tf", "gelu"), ("jax", "gelu")]
)
def test_gelu_takes_yes_and_no(api, name):
    activation = fa.get(name, api=api)
    for yes in (True, np.True_, "tanh"):
        np.testing.assert_array_equal(
            activation(X, approximate=yes), fa.gelu(X, approximate="tanh")
        )
        np.testing.assert_array_equal(activation(X, yes), fa.gelu(X, approximate="tanh"))
    for no in (False, np.False_, "none"):
        np.testing.assert_array_equal(activation(X, approximate=no), fa.gelu(X))
    with pytest.raises(ValueError, match="approximate must be one of"):
        activation(X, approximate="quick")


def test_foreign_arrays_take_the_call_over_with_the_librarys_names():
    class Wrapped(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **given):
            return ("taken", ufunc(*(np.asarray(i) for i in inputs), **given))

    leaky = fa.get("LeakyRelu", api="onnx")
    taken, y = leaky(X.view(Wrapped), alpha=0.5)
    assert taken == "taken"
    np.testing.assert_array_equal(y, fa.leaky_relu(X, 0.5))


def test_clip_takes_none_for_no_bound():
    clip = fa.get("Clip", api="onnx")
    np.testing.assert_array_equal(clip(X, min=-1.0, max=None), np.maximum(X, -1))
    np.testing.assert_array_equal(clip(X, None, 2.0), np.minimum(X, 2))
    np.testing.assert_array_equal(clip(np.array([-np.inf, np.inf])), [-np.inf, np.inf])


def test_mlx_gelu_names_its_forms():
    gelu = fa.get("GELU", api="mlx")
    np.testing.assert_array_equal(gelu(X, approx="precise"), fa.gelu(X, approximate="tanh"))


@pytest.mark.parametrize(("api", "name", "axis"), [("torch", "GLU", "dim"), ("jax", "glu", "axis")])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_glu_halves_one_array(api, name, axis, dtype):
    glu, x = fa.get(name, api=api), np.arange(24.0).reshape(4, 6).astype(dtype)
    np.testing.assert_array_equal(glu(x), fa.glu(x[:, :3], x[:, 3:]))
    np.testing.assert_array_equal(glu(x, **{axis: 0}), fa.glu(x[:2], x[2:]))


def test_keras_threshold_and_onnx_swiglu():
    threshold = fa.get("threshold", api="keras")
    np.testing.assert_array_equal(threshold(X, 0.5, default_value=9), np.where(X > 0.5, X, 9))
    swiglu = fa.get("SwiGLU", api="onnx")
    np.testing.assert_allclose(swiglu(X, 2 * X, alpha=0.5), X / (1 + np.exp(-X / 2)) * 2 * X)


def test_torch_demands_the_axis_of_a_softmax():
    softmax, out = fa.get("softmax", api="torch"), np.zeros((2, 3))
    for call in (softmax, lambda x, **k: softmax.backward(x, x, **k), softmax.forward):
        with pytest.raises(TypeError, match=r"wants dim= or axis=\. Without dim, torch guesses"):
            call(np.ones((2, 3)), out=out)
    assert not out.any()
    x = np.arange(6.0).reshape(2, 3)
    for given in ({"dim": 0}, {"axis": 0}):
        np.testing.assert_array_equal(softmax(x, **given), fa.softmax(x, axis=0))
    np.testing.assert_array_equal(softmax(x, 0), fa.softmax(x, axis=0))


# --- where the weights of a PReLU go -------------------------------------------------------------


def test_torch_prelu_has_a_weight_for_a_channel():
    prelu, x = fa.get("prelu", api="torch"), -np.ones((2, 3, 4))
    weight = np.array([1.0, 2.0, 3.0])
    expected = np.broadcast_to(-weight[:, None], x.shape)
    np.testing.assert_array_equal(prelu(x, weight), expected)
    dx, dw = prelu.backward(np.ones_like(x), x, weight)
    np.testing.assert_array_equal(dx, -expected)
    np.testing.assert_array_equal(dw, [-8, -8, -8])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)])
def test_torch_prelu_has_one_weight_for_all(shape):
    prelu, x = fa.get("PReLU", api="torch"), -np.ones(shape)
    np.testing.assert_array_equal(prelu(x), -0.25 * np.ones(shape))
    np.testing.assert_array_equal(prelu(x, np.array([0.5])), -0.5 * np.ones(shape))
    dx, dw = prelu.backward(np.ones(shape), x, np.array([0.5]))
    np.testing.assert_array_equal(dx, 0.5 * np.ones(shape))
    np.testing.assert_array_equal(dw, [-x.size])


def test_an_axis_that_is_given_is_checked():
    with pytest.raises(ValueError, match="axis 4 is out of range"):
        fa.get("prelu", api="torch")(X, np.array([0.5]), axis=4)


@pytest.mark.parametrize(
    ("api", "name", "their"), [("onnx", "PRelu", "slope"), ("mlx", "prelu", "alpha")]
)
def test_weights_of_others_broadcast_from_the_last_axis(api, name, their):
    prelu, x, weight = fa.get(name, api=api), -np.ones((3, 4)), np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(prelu(x, **{their: weight}), -np.broadcast_to(weight, (3, 4)))


def test_keras_prelu_has_a_weight_for_each_place_and_begins_with_zeros():
    prelu, x = fa.get("PReLU", api="keras"), -np.ones((5, 2, 3))
    np.testing.assert_array_equal(prelu(x), np.zeros_like(x))
    alpha = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(prelu(x, alpha=alpha), -np.broadcast_to(alpha, x.shape))
    shared = alpha[:1]  # shared_axes=[1]
    np.testing.assert_array_equal(prelu(x, alpha=shared), -np.broadcast_to(shared, x.shape))


# --- names that are not there --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "api", "told"),
    [
        ("leaky_rellu", "torch", "torch has no activation 'leaky_rellu'; nearest are 'leaky_relu'"),
        ("leaky_relu", "onnx", "nearest are 'LeakyRelu'"),
        ("squareplus", "torch", "'squareplus'; known to fastact, keras, jax"),
        ("GELUU", None, "fastact has no activation 'GELUU'; nearest are 'gelu'"),
        ("Softmaxx", None, "'softmax'"),
        ("keras.leaky_relu", None, "keras has no activation 'keras.leaky_relu'"),
        ("keras.ops.gelu", "torch", "known to keras"),
        ("zzz", None, "fastact has no activation 'zzz'"),
        ("", "jax", "jax has no activation ''"),
        ("MultiheadAttention", None, "torch.nn.MultiheadAttention is not served"),
        ("gelu", "pytorch", "api must be None or one of ['torch', 'keras'"),
        ("gelu", "", "got ''"),
        ("gelu", ["torch"], "got ['torch']"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(name, api, told):
    with pytest.raises(ValueError, match=r"has no activation|is not served|api must") as raised:
        fa.get(name, api=api)
    assert told in str(raised.value)


@pytest.mark.parametrize("name", [None, 3, b"gelu", fa.gelu])
def test_names_are_strings(name):
    with pytest.raises(TypeError, match="name must be a string, got"):
        fa.get(name)


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", LIBRARIES)
def test_list_of_a_library(api):
    listed = fa.list(api)
    assert len(set(listed)) == len(listed)
    assert {o.name for o in SERVED if o.api == api} == set(listed)


def test_list_of_an_unknown_library():
    with pytest.raises(ValueError, match="api must be None or one of"):
        fa.list("pytorch")


def test_aliases():
    assert names.aliases("leaky_relu") == {
        "torch": ("leaky_relu", "LeakyReLU"),
        "keras": ("leaky_relu", "LeakyReLU"),
        "tf": ("leaky_relu",),
        "jax": ("leaky_relu",),
        "onnx": ("LeakyRelu",),
        "lasagne": ("LeakyRectify", "leaky_rectify", "very_leaky_rectify"),
        "mlx": ("leaky_relu", "LeakyReLU"),
    }
    assert names.aliases("gelu")["keras"] == ("gelu", "ops.gelu")
    assert names.aliases("snake") == {}
    for name in fa.list():
        for api, aliases in names.aliases(name).items():
            for alias in aliases:
                assert fa.get(alias, api=api).__name__ == name


def test_the_tables_are_read_when_a_name_is_looked_up():
    code = (
        "import sys, fastact as fa; tables = 'fastact.names.libraries'; "
        "assert tables not in sys.modules; assert fa.list(); assert tables not in sys.modules; "
        "fa.get('GELU'); assert tables in sys.modules; assert 'difflib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_docstring_examples_run():
    for function in (fa.get, fa.list):
        examples = doctest.DocTestParser().get_doctest(function.__doc__, {}, "get", None, 0)
        assert doctest.DocTestRunner().run(examples).failed == 0

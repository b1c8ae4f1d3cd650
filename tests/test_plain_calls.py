"""The short way of plain calls gives what the long way gives, and takes only what it can."""

from __future__ import annotations

import contextvars

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import FREE_THREADS, assert_same_bits
from fastact.backends.cython import driver
from fastact.formulas.catalogue import CATALOGUE

pytestmark = pytest.mark.skipif(driver is None, reason="the extensions are not built")

DTYPES = (np.float32, np.float64)
PARAMETERS = [
    (fa.leaky_relu, {"negative_slope": 0.25}),
    (fa.elu, {"alpha": 0.5}),
    (fa.gelu, {"approximate": "tanh"}),
    (fa.silu, {"beta": 2.0}),
    (fa.softplus, {"beta": 3.0}),
    (fa.hardtanh, {"min_val": -2, "max_val": 3.5}),
]
ROWS = (fa.softmax, fa.log_softmax, fa.softmin, fa.sparsemax, fa.hardmax)
GATES = (fa.glu, fa.swiglu, fa.geglu, fa.reglu, fa.bilinear)


def by_the_long_way(call):
    """The result where a forced backend rules out the short way."""
    with fa.use_backend(fa.dispatch.DEFAULT.name):
        return call()


def numbers(dtype, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype) * 3


def check(call):
    """Twice, since parameters are remembered the first time."""
    expected = by_the_long_way(call)
    for _ in range(2):
        result = call()
        for one, other in zip(as_tuple(result), as_tuple(expected), strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def outcome(call):
    try:
        return type(call())
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("kind", ["float16", "float32"])
@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_parameters_that_others_have(row, kind):
    """What a method does not take is an error, whatever the short way could make of it."""
    activation = getattr(fa, row.name)
    x, dy = numbers(kind, 8, 8), numbers(kind, 8, 8, seed=1)
    others = {
        **{"bias": x[0], "which": np.zeros((8, 8), np.uint8), "where": x > 0, "mask": x > 0},
        **{"axis": 0, "keepdims": True, "pieces": 2, "return_argmax": False, "wrt": "bias"},
        **{"training": False, "hard": False, "rng": 0, "beta": 1.5, "approximate": "tanh"},
    }
    for name, value in others.items():
        for options in ({name: value}, {name: None}, {name: value, "axis": -1}):
            for call in (
                lambda o=options: activation(x, **o),
                lambda o=options: activation.forward(x, **o),
                lambda o=options: activation.derivative(x, **o),
                lambda o=options: activation.backward(dy, x, **o),
                lambda o=options: activation.backward(dy, output=x, **o),
            ):
                wanted = by_the_long_way(lambda c=call: outcome(c))
                assert [outcome(call), outcome(call)] == [wanted, wanted], options


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("activation", "parameters"), PARAMETERS, ids=lambda x: getattr(x, "__name__", "")
)
def test_parameters(activation, parameters, dtype):
    x, dy = numbers(dtype, 3, 700), numbers(dtype, 3, 700, seed=1)
    check(lambda: activation(x, **parameters))
    check(lambda: activation(x, *parameters.values()) if len(parameters) == 1 else activation(x))
    check(lambda: activation.derivative(x, **parameters))
    check(lambda: activation.backward(dy, x, **parameters))
    out = np.empty_like(x)
    assert activation(x, out=out, **parameters) is out
    np.testing.assert_array_equal(out, by_the_long_way(lambda: activation(x, **parameters)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(8,), (64, 10), (2, 3, 1500)])
@pytest.mark.parametrize("activation", ROWS, ids=lambda a: a.__name__)
def test_rows(activation, shape, dtype):
    x, dy = numbers(dtype, *shape), numbers(dtype, *shape, seed=1)
    y = activation(x)
    check(lambda: activation(x))
    for axis in (-1, len(shape) - 1, 0):
        check(lambda axis=axis: activation(x, axis=axis))
    check(lambda: activation.backward(dy, x))
    check(lambda: activation.backward(dy, output=y))
    inplace = x.copy()
    assert activation(inplace, out=inplace) is inplace
    np.testing.assert_array_equal(inplace, y)
    expected = activation.backward(dy, output=y)
    np.testing.assert_array_equal(activation.backward(dy, output=y, out=y), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(8,), (5, 6), (3, 40, 50), (2, 100_000)])
@pytest.mark.parametrize("gate", GATES, ids=lambda a: a.__name__)
def test_gates_of_halves(gate, shape, dtype):
    x = numbers(dtype, *shape)
    dy = numbers(dtype, *shape[:-1], shape[-1] // 2, seed=1)
    check(lambda: gate(x))
    for axis in (-1, len(shape) - 1):
        check(lambda axis=axis: gate(x, axis=axis))
    check(lambda: gate.backward(dy, x))
    out = np.empty_like(dy)
    assert gate(x, out=out) is out
    np.testing.assert_array_equal(out, by_the_long_way(lambda: gate(x)))
    expected = gate.backward(dy, x)
    assert gate.backward(dy, x, out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 513, 2500, 300_000])
@pytest.mark.parametrize("gate", GATES, ids=lambda a: a.__name__)
def test_gates_of_two_arrays(gate, size, dtype):
    first, second, dy = (numbers(dtype, size, seed=k) for k in range(3))
    check(lambda: gate(first, second))
    check(lambda: gate.backward(dy, first, second))
    expected = gate.backward(dy, first, second)
    out = (dy.copy(), first.copy())
    given = gate.backward(out[0], out[1], second, out=out)
    assert given[0] is out[0]
    for one, other in zip(given, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    swapped = (second, first)
    for one, other in zip(gate.backward(dy, first, second, out=swapped), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_equal_keys_of_other_parameters_are_told_apart():
    x = np.float32([-2.0, 3.0])
    for slope, zero in ((0.0, -0.0), (-0.0, 0.0)):
        for _ in range(2):
            assert np.signbit(fa.leaky_relu(x, slope)[0]) == np.signbit(np.float32(zero))
    fa.softmax(x, axis=0)
    with pytest.raises(TypeError, match="axis"):
        fa.softmax(x, axis=0.0)


def test_bad_parameters_are_refused_after_good_ones():
    x = np.ones(3, np.float32)
    fa.elu(x, alpha=2.0)
    with pytest.raises(TypeError, match="beta"):
        fa.elu(x, beta=2.0)
    with pytest.raises(ValueError, match="approximate"):
        fa.gelu(x, approximate="sine")


@pytest.mark.parametrize("gate", GATES, ids=lambda a: a.__name__)
def test_outputs_that_overlap_are_refused(gate):
    dy, first, second = (numbers(np.float32, 4, seed=k) for k in range(3))
    both = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match="overlap"):
        gate.backward(dy, first, second, out=(both, both))
    with pytest.raises(TypeError, match="tuple"):
        gate.backward(dy, first, second, out=both)
    np.testing.assert_array_equal(both, 0)


@pytest.mark.parametrize("axis", [1.0, np.float64(1), "1", (1,)])
def test_an_axis_of_halves_is_an_integer(axis):
    x = numbers(np.float32, 4, 6)
    for _ in range(2):
        with pytest.raises(TypeError, match="glu: axis must be an integer"):
            fa.glu(x, axis=axis)


def test_many_parameters_do_not_fill_the_memory():
    x = np.ones(2, np.float32)
    for k in range(1, 2000):
        assert fa.leaky_relu(-x, k / 2000)[0] == np.float32(-k / 2000)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_weight_may_be_a_number(dtype):
    """As an array of one it gives the same, and its gradient is a number too."""
    dtype = np.dtype(getattr(ml_dtypes, dtype, dtype))
    x = np.random.default_rng(0).standard_normal((30, 40)).astype(dtype)
    dy = x[::-1].copy()
    for numbers in ((0.3,), ()):
        array = np.array(numbers or [0.25], dtype)
        y = np.empty_like(x)
        assert fa.prelu(x, *numbers, out=y) is y
        assert_same_bits(y, fa.prelu(x, array))
        dx, dw = fa.prelu.backward(dy, x, *numbers)
        wanted, of_array = fa.prelu.backward(dy, x, array)
        assert_same_bits(dx, wanted)
        assert isinstance(dw, dtype.type)
        assert dw == of_array[0]
        with fa.use_backend("numpy"):
            slowly = fa.prelu.backward(dy, x, *numbers)[1]
        assert type(slowly) is type(dw)


def test_a_weight_that_no_dtype_holds_is_for_numpy_to_judge():
    x = np.ones(3, np.float32)
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert fa.prelu(-x, 1e300)[0] == -np.inf
    assert np.isnan(fa.prelu(-x, np.nan)).all()


def test_limits_of_threads_hold_on_the_short_way(monkeypatch):
    """Of the context, and of other contexts not."""
    x = numbers(np.float32, 1 << 20)
    out = np.empty_like(x)

    def jobs():
        before = driver.jobs_of_pool()
        fa.gelu(x, out=out)
        return driver.jobs_of_pool() - before

    monkeypatch.setattr(fa.dispatch, "run", lambda *_: pytest.fail("it went the long way"))
    threads = fa.get_num_threads()
    try:
        for default in (1, 2):
            fa.set_num_threads(default)
            with fa.threads(2):
                assert jobs() == 1
                with fa.threads(1):
                    assert jobs() == 0
                    assert contextvars.Context().run(jobs) == default - 1
                assert jobs() == 1
            assert jobs() == default - 1
    finally:
        fa.set_num_threads(threads)


# --- results that are not as many as their inputs --------------------------------------

REGROUPED = [
    (fa.logsumexp, {}),
    (fa.logsumexp, {"axis": 0}),
    (fa.crelu, {}),
    (fa.crelu, {"axis": 0}),
    (fa.maxout, {}),
    (fa.maxout, {"pieces": 3}),
    (fa.maxout, {"pieces": 1}),
]
regrouped = pytest.mark.parametrize(
    ("activation", "parameters"), REGROUPED, ids=lambda x: getattr(x, "__name__", "")
)


def forth_and_back(activation, x, dy_of, parameters, given_out):
    """All that calls give, with places that were given or without."""

    def place(like):
        return np.full_like(like, 7) if given_out and like.ndim else None

    y = activation(x, **parameters)
    out = place(y)
    assert activation(x, **parameters, out=out) is out or not given_out or y.ndim == 0
    dy = dy_of(y)
    out = place(x)
    dx = activation.backward(dy, x, **parameters, out=out)
    found = [y, dx]
    if activation is fa.crelu:
        found.append(activation.backward(dy, output=y, **parameters, out=place(x)))
    if activation is not fa.maxout:
        for save in ("auto", "input"):
            kept, context = activation.forward(x, **parameters, save=save)
            found += [kept, context.saved, context.backward(dy)]
    return tuple(found)


@pytest.mark.parametrize("given_out", [False, True], ids=["new", "out"])
@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
@regrouped
def test_regrouped(activation, parameters, dtype, given_out):
    for shape in ((12,), (5, 6), (3, 4, 600), (700, 24), (2, 3, 4, 6), (1, 1, 6), (256, 132)):
        x = numbers(dtype, *shape)
        x.reshape(-1)[:4] = np.nan, np.inf, -np.inf, -0.0

        def dy_of(y, dtype=dtype):
            return numbers(dtype, *y.shape, seed=1)

        check(lambda x=x, d=dy_of: forth_and_back(activation, x, d, parameters, given_out))


@regrouped
def test_regrouped_on_threads(activation, parameters, monkeypatch):
    monkeypatch.setattr(fa.dispatch, "SHIPPED", FREE_THREADS)
    x = numbers(np.float32, 401, 600)
    activation._forget_plans()
    try:
        with fa.threads(3):
            before = driver.jobs_of_pool()
            found = activation(x, **parameters)
            assert driver.jobs_of_pool() > before
    finally:
        activation._forget_plans()
    np.testing.assert_array_equal(found, by_the_long_way(lambda: activation(x, **parameters)))


@regrouped
def test_regrouped_without_python(activation, parameters, monkeypatch):
    x = numbers(np.float32, 4, 6)
    y = activation(x, **parameters)

    def fail(*args, **options):
        raise AssertionError("by the long way")

    monkeypatch.setattr(type(activation), "_bind", fail)
    activation(x, **parameters)
    activation(x, **parameters, out=y)
    if activation is not fa.maxout:
        activation.backward(y, x, **parameters)
        activation.forward(x, **parameters)[1].backward(y)
    with pytest.raises(AssertionError, match="by the long way"):
        activation(x.tolist(), **parameters)


def test_regrouped_mistakes():
    x = numbers(np.float32, 4, 6)
    out = np.full((4, 5), 7, np.float32)
    for activation in (fa.logsumexp, fa.crelu, fa.maxout):
        with pytest.raises(ValueError, match="out has shape"):
            activation(x, out=out)
        with pytest.raises(ValueError, match="dy has shape"):
            activation.backward(out, x)
    with pytest.raises(ValueError, match="must divide"):
        fa.maxout(x[:, :5].copy())
    with pytest.raises(ValueError, match="even"):
        fa.crelu.backward(out, output=out)
    with pytest.raises(ValueError, match="pieces must be from 1"):
        fa.maxout(x, pieces=0)
    np.testing.assert_array_equal(out, 7)


def test_regrouped_over_their_input():
    x = numbers(np.float32, 4, 6)
    dy = numbers(np.float32, 4, seed=1)
    wanted = fa.logsumexp.backward(dy, x)
    assert fa.logsumexp.backward(dy, x, out=x) is x
    np.testing.assert_array_equal(x, wanted)
    room = numbers(np.float32, 48)
    half, whole = room[24:].reshape(4, 6), room.reshape(4, 12)
    wanted = fa.crelu(half)
    np.testing.assert_array_equal(fa.crelu(half, out=whole), wanted)


# --- rows of 16 bits -------------------------------------------------------------------

HALVES = (np.float16, ml_dtypes.bfloat16)
# Many short and few long rows, strips that are whole and with a rest, arrays side by side.
HALF_SHAPES = [
    ((40, 7), -1),
    ((64, 10), 0),
    ((3, 5000), -1),
    ((700, 150), 0),
    ((9, 33, 70), 1),
    ((50, 12, 3), 1),
    ((2, 3, 400, 5), 2),
    ((3, 600, 130), 1),
]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("activation", ROWS, ids=lambda f: f.__name__)
def test_rows_of_16_bits(activation, half, threads, monkeypatch):
    monkeypatch.setattr(fa.dispatch, "SHIPPED", FREE_THREADS)
    activation._forget_plans()
    try:
        for shape, axis in HALF_SHAPES:
            x, dy = numbers(half, *shape), numbers(half, *shape, seed=1)
            x[0].reshape(-1)[:2] = np.inf, -np.inf

            def calls(x=x, dy=dy, axis=axis):
                y = activation(x, axis=axis)
                room = dy.copy()
                back = activation.backward(room, output=y, axis=axis, out=room)
                assert back is room
                over = x.copy()
                assert activation.backward(dy, over, axis=axis, out=over) is over
                kept, context = activation.forward(x, axis=axis)
                same = activation.backward(x, x, axis=axis)
                return y, back, over, kept, context.backward(dy), same

            wanted = by_the_long_way(calls)
            with fa.threads(threads):
                for _ in range(2):  # the second time the axis is remembered
                    for one, other in zip(calls(), wanted, strict=True):
                        assert_same_bits(one, other)
    finally:
        activation._forget_plans()


@pytest.mark.parametrize("half", HALVES)
def test_rows_of_16_bits_without_python(half, monkeypatch):
    x = numbers(half, 4, 6)
    for axis in (-1, 0):
        fa.softmax(x, axis=axis)

    def fail(*args, **options):
        raise AssertionError("by the long way")

    monkeypatch.setattr(type(fa.softmax), "_bind", fail)
    for axis in (-1, 0):
        y = fa.softmax(x, axis=axis)
        fa.softmax.backward(x, y, axis=axis)
        fa.softmax.backward(x, output=y, axis=axis, out=y)


@pytest.mark.parametrize("dtype", [*DTYPES, *HALVES])
@pytest.mark.parametrize("activation", GATES, ids=lambda f: f.__name__)
def test_halves_along_any_axis(activation, dtype):
    """Few rows are divided among threads, many are not."""
    for shape, axis in (((6, 5), 0), ((3, 4, 5), 1), ((2, 6000, 7), 1), ((20, 4, 300), -2)):
        x = numbers(dtype, *shape)
        dy = numbers(dtype, *[d // 2 if k == axis % 3 else d for k, d in enumerate(shape)], seed=1)
        calls = [
            lambda x=x, a=axis: activation(x, axis=a),
            lambda x=x, dy=dy, a=axis: activation.backward(dy, x, axis=a),
            lambda x=x, dy=dy, a=axis: activation(x, axis=a, out=dy.copy()),
            lambda x=x, dy=dy, a=axis: over_its_input(activation, dy, x.copy(), a),
        ]
        for call in calls:
            wanted = by_the_long_way(call)
            for _ in range(2):
                for one, other in zip(as_tuple(call()), as_tuple(wanted), strict=True):
                    assert_same_bits(one, other)


def over_its_input(gate, dy, x, axis):
    assert gate.backward(dy, x, axis=axis, out=x) is x
    return x


def test_halves_of_odd_axes():
    x = numbers(np.float32, 5, 6)
    with pytest.raises(ValueError, match="even length"):
        fa.glu(x, axis=0)
    with pytest.raises(ValueError, match="out of range"):
        fa.glu(x, axis=2)
    with pytest.raises(ValueError, match="shape"):
        fa.glu.backward(x, x.T.copy(), axis=0)

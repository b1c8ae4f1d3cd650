"""Right values: against the expressions, the limits, the numerical derivative."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import fastact as fa
from cases import Call, assert_same_bits, elementwise_calls, inside
from fastact.formulas import elementary
from fastact.formulas.catalogue import CATALOGUE
from oracle import (
    breaks_of,
    elementwise_formulas,
    error_in_ulp,
    error_in_ulp_mp,
    exact,
    sample_for,
)
from roots import roots_of
from subject import parameters_of

ROWS = [row for row in CATALOGUE if row.kind == "elementwise"]
FORMULAS = [pytest.param(row, f, id=f) for row, f in elementwise_formulas()]
PASSES = pytest.mark.parametrize("derivative", [False, True], ids=["forward", "derivative"])

BACKWARD_CALLS = [call for call in elementwise_calls() if call.inputs == 2]

# The reference backend uses NumPy's elementary functions, of up to 4 ulp each.
NUMPY_ULP = 16.0


def computed(row, formula, xs, derivative):
    activation = getattr(fa, row.name)
    function = activation.derivative if derivative else activation
    return function(xs, **parameters_of(row, formula))


@PASSES
@pytest.mark.parametrize(("row", "formula"), FORMULAS)
def test_numpy_reference_agrees(row, formula, derivative, dtype):
    xs = sample_for(row, dtype, 4000, 3, derivative=derivative)
    # Around a root its results have an absolute accuracy only.
    floor = np.where(roots_of(row, formula, derivative).near(xs, 1.0), 0.25, 0.0)
    want = computed(row, formula, xs, derivative)
    with fa.use_backend("numpy"):
        got = computed(row, formula, xs, derivative)
    error = error_in_ulp(got, want.astype(np.float64), floor)
    assert error.max() <= NUMPY_ULP, f"{error.max()} ulp at {xs[error.argmax()]!r}"


ELEMENTARY = {"exp": mpmath.exp, "expm1": mpmath.expm1, "log1p": mpmath.log1p}


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions_float64(name):
    """At most 2 ulp; as plain Python, which gives the bits of the kernels."""
    rng = np.random.default_rng(0)
    xs = rng.uniform(0, 1, 1500) if name == "log1p" else -(10.0 ** rng.uniform(-18, 2.84, 1500))
    results = np.array([getattr(elementary, name)(float(x)) for x in xs])
    with mpmath.workdps(60):
        reference = [ELEMENTARY[name](mpmath.mpf(float(x))) for x in xs]
    assert error_in_ulp_mp(results, reference).max() <= 2.0


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions_float32(name):
    pytest.importorskip("numba", reason="the scalar float32 formulas are compiled by Numba")
    from fastact.backends.numba import scalar_formula

    function = scalar_formula(name, "float32")
    rng = np.random.default_rng(0)
    xs = rng.uniform(0, 1, 20000) if name == "log1p" else -(10.0 ** rng.uniform(-38, 2.1, 20000))
    xs = xs.astype(np.float32)
    results = np.array([function(x) for x in xs], np.float32)
    with np.errstate(under="ignore"):
        reference = getattr(np, name)(xs.astype(np.float64))
    assert error_in_ulp(results, reference).max() <= 2.0


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_numerical_derivative(row, formulas):
    """Five points in float64, away from the kinks."""
    low, high = (max(-6.0, min(6.0, end)) for end in row.interval)
    xs = np.linspace(low, high, 241)
    breaks = [*breaks_of(row, row.formulas[0], row.defaults), low, high]
    xs = xs[np.abs(xs[:, None] - np.array(breaks)).min(axis=1) > 0.01]
    f, h = getattr(fa, row.name), 1e-3 if low == -6 else 1e-5
    slope = (8 * (f(xs + h) - f(xs - h)) - (f(xs + 2 * h) - f(xs - 2 * h))) / (12 * h)
    np.testing.assert_allclose(f.derivative(xs), slope, rtol=2e-10, atol=2e-10)


@pytest.mark.parametrize("backward_call", BACKWARD_CALLS, ids=str)
def test_backward_is_gradient_times_derivative(backward_call, dtype, formulas):
    xs = np.sort(inside(backward_call.row, np.random.default_rng(0), (301,))).astype(dtype)
    dy = np.cos(xs)
    activation, given = backward_call.activation, backward_call.parameters
    from_output = backward_call.method == "backward_from_output"
    saved = activation(xs, **given) if from_output else xs
    want = dy * activation.derivative(xs, **given)
    got = backward_call(dy, saved)
    tolerance = np.finfo(dtype).eps * (200 if from_output else 4)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_nan_goes_through(row, dtype, formulas):
    f = getattr(fa, row.name)
    x = np.array([np.nan, 1.0], dtype)
    assert np.isnan(f(x)).tolist() == [True, False]
    if row.name != "identity":  # its derivative is 1 everywhere
        assert np.isnan(f.derivative(x)).tolist() == [True, False]
        dx = f.backward(np.ones_like(x), x)
        dx = dx[0] if row.learned else dx
        assert np.isnan(dx).tolist() == [True, False]


def limit(row, formula, sign, derivative):
    """At sign * infinity, from exact values far out: what grows there is infinite."""
    if math.isfinite(row.interval[0]):
        return math.nan
    far = [sign * 1e15, sign * 1e30]
    near_by, far_out = exact(row, formula, far, row.defaults, derivative=derivative)
    if row.derivative_reach and derivative:
        return 1.0  # the mean of what has no limit
    if abs(far_out) > 10 * abs(near_by):
        return math.copysign(math.inf, far_out)
    return float(far_out) if abs(far_out) > 1e-25 else 0.0


@PASSES
@pytest.mark.parametrize(("row", "formula"), FORMULAS)
def test_limits(row, formula, derivative, dtype, formulas):
    x = np.array([-np.inf, np.inf], dtype)
    want = np.array([limit(row, formula, sign, derivative) for sign in (-1, 1)], dtype)
    rounding = 2 * np.finfo(dtype).eps if row.derivative_reach else 0
    np.testing.assert_allclose(computed(row, formula, x, derivative), want, rtol=rounding, atol=0)


@PASSES
@pytest.mark.parametrize(("row", "formula"), FORMULAS)
def test_no_overflow_on_the_way(row, formula, derivative, dtype, formulas):
    """What is too large for the dtype is infinite, and nothing else."""
    x = np.array([-np.finfo(dtype).max, -1e4, 1e4, np.finfo(dtype).max], dtype)
    if math.isfinite(row.interval[0]):
        x = np.array([np.finfo(dtype).tiny, 0.5, 1 - np.finfo(dtype).epsneg], dtype)
    wanted = exact(row, formula, x, row.defaults, derivative=derivative)
    with mpmath.workdps(60):
        half_a_step = mpmath.mpf(float(np.finfo(dtype).eps)) / 4
        finite = [abs(v) < float(np.finfo(dtype).max) * (1 + half_a_step) for v in wanted]
    assert np.isfinite(computed(row, formula, x, derivative)).tolist() == finite


def test_a_dead_unit_stops_an_infinite_gradient():
    dx = fa.relu.backward(np.array([np.inf, np.inf]), np.array([-1.0, 1.0]))
    np.testing.assert_array_equal(dx, [0.0, np.inf])


def test_tutorial_tanh_is_a_scaled_sigmoid():
    x = np.linspace(-10, 10, 401)
    np.testing.assert_allclose(fa.tanh(x), 2 * fa.sigmoid(2 * x) - 1, rtol=0, atol=4e-16)


def test_tutorial_leaky_relu_numbers():
    x = np.array([-1.7098, 0.3351], np.float32)
    np.testing.assert_allclose(
        fa.leaky_relu(x, negative_slope=0.1), [-0.1710, 0.3351], rtol=0, atol=5e-5
    )
    x = np.array([-0.733668, 0.06844683], np.float32)
    y = fa.leaky_relu(x, 0.1)
    np.testing.assert_allclose(y, [-0.07336681, 0.06844683], rtol=2e-7)


def test_tutorial_leaky_relu_derivative_is_one_for_all_positive_x():
    x = np.array([-2.0, -1e-6, 1e-6, 0.5, 1.0, 2.0])
    np.testing.assert_array_equal(
        fa.leaky_relu.derivative(x, negative_slope=0.5), [0.5, 0.5, 1, 1, 1, 1]
    )


def test_tutorial_ranges():
    x = np.linspace(-10, 10, 2001)
    for name, low, high in (("sigmoid", 0, 1), ("tanh", -1, 1), ("relu", 0, 10)):
        y = getattr(fa, name)(x)
        assert low <= y.min() < y.max() <= high
    assert fa.tanh(-3.0) > -1  # it tends to -1, it is not -1


def test_float16_is_float32_rounded_once():
    x = np.linspace(-8, 8, 500).astype(np.float16)
    assert_same_bits(fa.gelu(x), fa.gelu(x.astype(np.float32)).astype(np.float16))


def test_call_names_are_distinct():
    from cases import calls

    names = [str(call) for call in calls()]
    assert len(set(names)) == len(names)
    assert all(isinstance(call, Call) for call in calls())

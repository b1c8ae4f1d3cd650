"""float16 and bfloat16: the correctly rounded value for every one of the 65,536 inputs."""

from __future__ import annotations

import math

import ml_dtypes
import mpmath
import numpy as np
import pytest

import fastact as fa
from cases import MACHINE_BACKENDS, assert_same_bits, in_backend
from fastact import dispatch
from fastact.backends.base import Backend
from fastact.backends.cython import CythonBackend
from fastact.formulas.catalogue import CATALOGUE, ROWS
from fastact.formulas.doubts import FEW_DIGITS, SURE, compiled_doubt, doubt_about
from fastact.formulas.kernels import kernel_exists, kernel_named
from fastact.formulas.primitives import CONSTANTS
from oracle import derivative_floor, elementwise_formulas, exact, kinks_of
from subject import parameters_of

DTYPES = {"float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
FORMULAS = [pytest.param(row, f, id=f) for row, f in elementwise_formulas()]
PASSES = pytest.mark.parametrize("derivative", [False, True], ids=["forward", "derivative"])
# A float64 result is off by some ulp, near a root of a derivative by some ulp of 1: what lies
# nearer than this to a boundary between two 16-bit numbers is decided by mpmath.
DOUBT = 2.0**-40


@pytest.fixture(params=DTYPES)
def half(request):
    return DTYPES[request.param]


def all_inputs(half):
    return np.arange(1 << 16, dtype=np.uint16).view(half)


def widened(x):
    with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
        return x.astype(np.float64)


def boundaries_of(half):
    """All finite numbers of the dtype between infinities, and where rounding goes over."""
    values = widened(all_inputs(half))
    values = np.unique(values[np.isfinite(values)])
    beyond = 2 * values[-1] - values[-2]
    boundaries = (np.append(values, beyond) + np.append(-beyond, values)) / 2
    return np.concatenate([[-np.inf], values, [np.inf]]), boundaries


def correctly_rounded(wide, half, decide, floor=0.0):
    """float64 numbers rounded to nearest, ties to even, in another way than the library's.

    ``decide(k)`` gives the exact value of element k, for those too near to a boundary;
    ``floor`` is the least magnitude to which the error of ``wide`` is relative.
    """
    values, boundaries = boundaries_of(half)
    below = np.searchsorted(boundaries, wide)  # boundaries[k] lies between values k and k + 1
    result = values[below]
    last = len(boundaries) - 1
    with np.errstate(invalid="ignore"):
        gaps = [np.abs(wide - boundaries[np.clip(below - k, 0, last)]) for k in (0, 1)]
        doubtful = np.minimum(*gaps) <= DOUBT * np.maximum(np.abs(wide), floor)
    for k in np.flatnonzero(doubtful & np.isfinite(wide)):
        result[k] = _decided(decide(k), values, boundaries)
    with np.errstate(all="ignore"):
        return np.where(np.isnan(wide), np.nan, result).astype(half)


def _decided(value, values, boundaries):
    k = int(np.searchsorted(boundaries, float(value)))
    for j in range(max(0, k - 1), min(len(boundaries), k + 2)):
        if value == boundaries[j]:
            return values[j] if _is_even(values[j], values) else values[j + 1]
    first = max(0, k - 2)
    return values[first + sum(value > b for b in boundaries[first : k + 2])]


def _is_even(number, values):
    """Whether the last bit of the significand is 0: steps to it from 0 are even in number."""
    zero = int(np.searchsorted(values, 0.0))
    return (int(np.searchsorted(values, number)) - zero) % 2 == 0


@PASSES
@pytest.mark.parametrize(("row", "formula"), FORMULAS)
def test_every_input_is_correctly_rounded(row, formula, derivative, half):
    x = all_inputs(half)
    given = parameters_of(row, formula)
    activation = getattr(fa, row.name)
    function = activation.derivative if derivative else activation
    wide = widened(x)
    if derivative and row.derivative_reach:
        # Beyond, the phase of a ripple is not resolved: documented, and not judged.
        x = x[~(np.abs(wide) > CONSTANTS["float64"][row.derivative_reach])]
        wide = widened(x)

    def decide(k):
        (value,) = exact(row, formula, [wide[k]], given, derivative=derivative)
        if row.name == "tanhshrink" and abs(wide[k]) > 800:
            # 1 - tanh(x) is above 0, if only by what the oracle's digits do not reach.
            with mpmath.workdps(200):
                value += math.copysign(1, wide[k]) * mpmath.mpf(10) ** -150
        return value

    kinks = kinks_of(row, row.defaults)
    reference = function(wide, **given)
    wanted = correctly_rounded(
        reference,
        half,
        lambda k: reference[k] if derivative and wide[k] in kinks else decide(k),
        derivative_floor(row, formula, wide) if derivative else 0.0,
    )
    assert_equal_values(function(x, **given), wanted, x)


def assert_equal_values(got, wanted, x):
    """Equal numbers; NaN for NaN, and a zero for a zero."""
    assert got.dtype == wanted.dtype
    a, b = widened(got), widened(wanted)
    wrong = ~((a == b) | (np.isnan(a) & np.isnan(b)))
    where = np.flatnonzero(wrong)[:5]
    assert not wrong.any(), f"{wrong.sum()} wrong: x {x[where]}, got {got[where]}, not {b[where]}"


@pytest.mark.parametrize("row", [r for r in CATALOGUE if r.is_elementwise], ids=lambda r: r.name)
def test_backends_agree(row, half):
    """All inputs, all compiled backends, the same bits."""
    x = all_inputs(half)
    arrays = [np.roll(x, 77 * k) for k in range(len(row.inputs))]
    results = []
    for backend in MACHINE_BACKENDS:
        with in_backend(backend):
            results.append(getattr(fa, row.name)(*arrays))
    for result in results[1:]:
        assert_equal_values(result, results[0], x)


CURVES = [row for row in CATALOGUE if row.is_elementwise and row.is_curve and not row.learned]
COMPILED_AHEAD = [backend for backend in MACHINE_BACKENDS if isinstance(backend, CythonBackend)]


@pytest.mark.parametrize("row", CURVES, ids=lambda row: row.name)
def test_compiled_rounding_is_that_of_numpy(row, half, monkeypatch):
    """Every pass and instruction set, and plain calls; beside roots, and for what is no output."""
    function, x = getattr(fa, row.name), all_inputs(half)
    gradients = [np.roll(x, 12_345), np.ones_like(x)]
    with np.errstate(all="ignore"):
        gradients.append(np.random.default_rng(0).standard_normal(x.size).astype(half))

    def passes():
        for form in row.forms or [None]:
            options = {} if form is None else {"approximate": form}
            yield function(x, **options)
            yield function.derivative(x, **options)
            for dy in gradients:
                yield function.backward(dy, x, **options)
                if row.from_output == "always":
                    yield function.backward(dy, output=x, **options)

    plain = list(passes())
    compiled = []
    for backend in COMPILED_AHEAD:
        with in_backend(backend):
            compiled.append(list(passes()))
    monkeypatch.setattr(CythonBackend, "run_in_16_bits", Backend.run_in_16_bits)
    for backend, found in zip(COMPILED_AHEAD, compiled, strict=True):
        with in_backend(backend):
            for wanted, result, by_plain_call in zip(passes(), found, plain, strict=True):
                assert_same_bits(result, wanted)
                assert_same_bits(by_plain_call, wanted)


@pytest.mark.parametrize("n", [*range(1, 35), 1023, 1024, 1025, 65_521])
def test_every_length(half, n):
    """Groups, blocks and what is left of them; nothing beyond the end is written."""
    x = np.random.default_rng(n).standard_normal(65_536).astype(half)
    y, dx = fa.mish(x), fa.mish.backward(x, x)
    out = np.full(n + 40, 7, half)
    assert_same_bits(fa.mish(x[:n], out=out[:n]), y[:n])
    assert_same_bits(fa.mish.backward(x[:n], x[:n].copy(), out=out[:n]), dx[:n])
    assert (out[n:] == 7).all()


def test_many_threads_and_few(half):
    x = np.random.default_rng(0).standard_normal(500_000).astype(half)
    fa.set_num_threads(1)
    wanted = fa.gelu(x), fa.gelu.backward(x, x)
    for n in (2, 3):
        fa.set_num_threads(n)
        assert_same_bits(fa.gelu(x), wanted[0])
        assert_same_bits(fa.gelu.backward(x, x), wanted[1])


def test_parameters_and_gates(half, monkeypatch):
    """What is not plain takes the same loops."""
    x = np.random.default_rng(0).standard_normal((40, 500)).astype(half) * half.type(2)
    calls = [
        lambda: fa.elu(x, 0.75),
        lambda: fa.elu.backward(x, x, alpha=0.75),
        lambda: fa.swiglu(x),
        lambda: fa.geglu.backward(x[:, :250], x),
        lambda: fa.prelu(x, np.linspace(0.1, 0.3, 500).astype(half)),
        lambda: fa.leaky_relu(x, 0.3),
        lambda: fa.leaky_relu.backward(x, x, negative_slope=0.3),
        lambda: fa.softshrink(x, 0.7),
        lambda: fa.celu.backward(x, output=x, alpha=2.0),
        lambda: fa.hardsigmoid(x, slope=0.2),
        lambda: fa.hardsigmoid.backward(x, x, slope=0.2, offset=0.4),
        lambda: fa.reglu(x),
        lambda: np.concatenate(fa.bilinear.backward(x, x, x[::-1])),
        lambda: fa.silu(x.T, out=np.empty_like(x).T),
        lambda: fa.mish(x[::-1, ::2]),
    ]
    found = [call() for call in calls]
    monkeypatch.setattr(CythonBackend, "run_in_16_bits", Backend.run_in_16_bits)
    for call, result in zip(calls, found, strict=True):
        assert_same_bits(result, call())


def test_backward_is_rounded_once(half):
    """dx against the float64 backward pass."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(50_000) * 3).astype(half)
    dy = rng.standard_normal(50_000).astype(half)
    for name in ("gelu", "sigmoid", "elu", "hardswish", "leaky_relu"):
        got = getattr(fa, name).backward(dy, x)
        wide = getattr(fa, name).backward(dy.astype(np.float64), x.astype(np.float64))
        wanted = correctly_rounded(wide, half, lambda k, wide=wide: mpmath.mpf(wide[k]))
        assert_equal_values(got, wanted, x)


def any_numbers(half, seed):
    """Finite numbers of every exponent, and moderate ones."""
    rng = np.random.default_rng(seed)
    wild = all_inputs(half)[rng.permutation(1 << 16)]
    with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
        wild = np.where(np.isfinite(wild), wild, half.type(1))
    return np.concatenate([wild, (3 * rng.standard_normal(1 << 16)).astype(half)])


@pytest.mark.parametrize("row", [r for r in CURVES if not r.derivative_reach], ids=lambda r: r.name)
def test_every_gradient_is_rounded_once(row, half):
    """dx of wild and moderate numbers against the float64 backward pass, both ways."""
    function, x, dy = getattr(fa, row.name), any_numbers(half, 1), any_numbers(half, 2)
    if np.isfinite(row.interval[0]):
        x = np.abs(x) / np.max(np.abs(x))
    if row.name == "exponential":
        dy[dy == 0] = 1  # exp(137) * 0 is not a number in float32
    y = function(x)
    ways = [{"input": x}] + [{"output": y}] * (row.from_output == "always")
    for way in ways:
        got = function.backward(dy, **way)
        with np.errstate(all="ignore"):
            wide = {name: array.astype(np.float64) for name, array in way.items()}
            reference = function.backward(dy.astype(np.float64), **wide)
        wanted = correctly_rounded(reference, half, lambda k, r=reference: mpmath.mpf(r[k]))
        assert_equal_values(got, wanted, x)


GATES = ["glu", "reglu", "geglu", "swiglu", "bilinear"]


@pytest.mark.parametrize("name", GATES)
def test_gates_are_rounded_once(name, half):
    gate, x = getattr(fa, name), all_inputs(half)
    with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
        x = x[np.isfinite(x)]
    for arrays in ([x, np.roll(x, k)] for k in (1, 12_345, 40_000)):
        with np.errstate(all="ignore"):
            reference = gate(*(array.astype(np.float64) for array in arrays))
        wanted = correctly_rounded(reference, half, lambda k, r=reference: mpmath.mpf(r[k]))
        assert_equal_values(gate(*arrays), wanted, arrays[0])


@pytest.mark.parametrize("name", GATES)
def test_every_gradient_of_gates_is_rounded_once(name, half):
    gate, arrays = getattr(fa, name), [any_numbers(half, k) for k in range(3)]
    with np.errstate(all="ignore"):
        wide = [array.astype(np.float64) for array in arrays]
    for got, reference in zip(gate.backward(*arrays), gate.backward(*wide), strict=True):
        wanted = correctly_rounded(reference, half, lambda k, r=reference: mpmath.mpf(r[k]))
        assert_equal_values(got, wanted, arrays[1])


def slopes_of(name, x):
    """What a gradient's kernel gives of ones, in float32 and in float64."""
    row, found = ROWS[name.partition("_backward")[0]], []
    for dtype in (np.float32, np.float64):
        with np.errstate(all="ignore"):  # ml_dtypes warns of signalling NaN
            wide = x.astype(dtype)
            out, numbers = np.empty_like(wide), np.array(row.numbers() or [0.0], dtype)
            dispatch.run(kernel_named(name), [np.ones_like(wide), wide], out, 1, numbers)
        found.append(out)
    return found


def saved_for(name, half):
    """All inputs of a function, or all its outputs, as a gradient's kernel wants them."""
    x = all_inputs(half)
    return getattr(fa, name.partition("_backward")[0])(x) if "_output" in name else x


SURE_GRADIENTS = [
    (row, row.name + ending)
    for row in CURVES
    for ending in ("_backward", "_backward_from_output")
    if kernel_exists(row.name + ending)
    and doubt_about(row, row.name + ending, row.defaults) in SURE
]


@pytest.mark.parametrize(
    ("row", "name"), SURE_GRADIENTS, ids=lambda given: getattr(given, "name", given)
)
def test_gradients_are_off_by_less_than_their_reach(row, name, half):
    _, reach = compiled_doubt(row, name, row.defaults, half.name)
    single, wide = slopes_of(name, saved_for(name, half))
    normal = (np.abs(wide) > 2.0**-126) & (np.abs(wide) < 2.0**128)
    error = np.abs(single[normal] - wide[normal]) / np.abs(wide[normal])
    assert error.max() * 2.0**24 + 0.5 <= reach


@pytest.mark.parametrize("name", sorted(FEW_DIGITS))
def test_slopes_of_few_digits_are_exact(name, half):
    """Or a power of two, a product with which has no more digits and so lies never midway."""
    slopes = slopes_of(name, saved_for(name, half))
    rest = {"float16": 0x7FF, "bfloat16": 0xFF}[half.name]
    few = (slopes[0].view(np.uint32) & rest == 0) & np.isfinite(slopes[1])
    single, wide = (slope[few] for slope in slopes)
    assert 1000 < few.sum() < few.size
    assert ((single == wide) | (np.abs(np.frexp(single)[0]) == 0.5)).all()


EXACT = [
    (row, row.name + ending)
    for row in CATALOGUE
    for ending in row.exact
    if kernel_exists(row.name + ending)
]


@pytest.mark.parametrize(("row", "name"), EXACT, ids=lambda given: getattr(given, "name", given))
def test_kernels_said_to_be_exact_round_nothing_in_float32(row, name, half):
    """But products that vanish in part, or grow beyond all numbers."""
    inputs = [any_numbers(half, k) for k in range(kernel_named(name).inputs)]
    results = []
    for dtype in (np.float32, np.float64):
        out = np.empty(inputs[0].size, dtype)
        numbers = np.array(row.numbers() or [0.0], dtype)
        with np.errstate(all="ignore"):
            dispatch.run(kernel_named(name), [x.astype(dtype) for x in inputs], out, 1, numbers)
        results.append(out.astype(np.float64))
    single, wide = results
    normal = (np.abs(wide) >= 2.0**-126) & (np.abs(wide) < 2.0**128)
    judged = normal | (wide == 0)
    assert judged.any()
    assert (single == wide)[judged].all()


@pytest.mark.parametrize("row", [r for r in CURVES if not r.derivative_reach], ids=lambda r: r.name)
def test_derivatives_are_right_in_all_digits_of_16_bit_inputs(row, half):
    """Which is why at default parameters no gradient is doubtful for a root (``Doubt``)."""
    x = all_inputs(half)
    with np.errstate(invalid="ignore"):
        x = x[np.isfinite(x)].astype(np.float32)
    for form in row.forms or [None]:
        options = {} if form is None else {"approximate": form}
        with np.errstate(all="ignore"):
            single = getattr(fa, row.name).derivative(x, **options).astype(np.float64)
            wide = getattr(fa, row.name).derivative(x.astype(np.float64), **options)
        finite = np.abs(wide) < 2.0**127
        units = np.spacing(np.maximum(np.abs(wide[finite]), 2.0**-126).astype(np.float32))
        off = np.abs(single[finite] - wide[finite])
        assert (off <= 2.5 * units.astype(np.float64)).all()


@pytest.mark.parametrize(
    "row",
    [r for r in CURVES if r.from_output == "always" and r.output_tells_all_digits],
    ids=lambda r: r.name,
)
def test_outputs_of_16_bits_tell_all_digits_of_derivatives(row, half):
    with np.errstate(all="ignore"):
        y = np.unique(getattr(fa, row.name)(all_inputs(half)).astype(np.float32))
    y = y[np.isfinite(y)]
    kernel, results = kernel_named(f"{row.name}_backward_from_output"), []
    for dtype in (np.float32, np.float64):
        out, numbers = np.empty(y.size, dtype), np.array(row.numbers() or [0.0], dtype)
        dispatch.run(kernel, [np.ones(y.size, dtype), y.astype(dtype)], out, 1, numbers)
        results.append(out.astype(np.float64))
    single, wide = results
    with np.errstate(over="ignore"):  # logit's grows beyond float32
        units = np.spacing(np.maximum(np.abs(wide), 2.0**-126).astype(np.float32))
    finite = np.isfinite(single)
    assert (np.abs(single - wide)[finite] <= 2.5 * units[finite]).all()


@pytest.mark.parametrize("layout", [np.s_[::2], np.s_[::-1], np.s_[1:]])
def test_layouts_and_in_place(layout, half):
    x = all_inputs(half)[:20_000]
    wanted = fa.mish(x)[layout]
    view = x.copy()[layout]
    assert_equal_values(fa.mish(view), wanted, x)
    assert fa.mish(view, out=view) is view
    assert_equal_values(view, wanted, x)


def test_types(half):
    x = np.ones(3, half)
    assert fa.gelu(x).dtype == half
    assert fa.gelu.backward(x, x).dtype == half
    assert fa.softmax(x).dtype == half
    assert fa.gelu.backward(x, x.astype(np.float32)).dtype == np.float32
    with pytest.raises(TypeError, match="out has dtype float32, the result"):
        fa.gelu(x, out=np.ones(3, np.float32))


def test_bfloat16_keeps_other_company():
    bfloat16 = DTYPES["bfloat16"]
    with pytest.raises(TypeError, match="dtype float8_e4m3"):
        fa.relu(np.ones(3, ml_dtypes.float8_e4m3))
    with pytest.raises(TypeError, match="bfloat16"):
        fa.relu.backward(np.ones(3, bfloat16), np.ones(3, np.float16))

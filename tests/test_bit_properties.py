"""Hypothesis: what must not touch a bit, for every activation, pass and dtype.

That is where an array begins, its steps, its alignment, the order of its axes and bytes, how
many numbers there are, where the result goes, the threads and the backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
from hypothesis import note
from hypothesis import strategies as st

import fastact as fa
from cases import (
    FREE_THREADS,
    MACHINE_BACKENDS,
    SPECIAL,
    Call,
    assert_same_bits,
    inside,
    methods_of,
    parameter_sets,
)
from fastact import dispatch
from fastact.formulas.catalogue import CATALOGUE, ROWS, Row
from fastact.formulas.kernels import kernel_exists
from fastact.objects import make
from layouts import check_property, layouts, plainly, shapes, situations

DTYPES = [np.dtype(kind) for kind in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)]
NAMES = [str(dtype) for dtype in DTYPES]

# Numba compiles a kernel in half a second: few activations there, all on the others; what is
# compiled is compared for all of them in test_bits.py and test_row_bits.py.
COMPILED_AHEAD = [backend for backend in MACHINE_BACKENDS if backend.name == "cython"]
NUMBA = [backend for backend in MACHINE_BACKENDS if backend.name == "numba"]


def cases(rows: list[Row], on_numba: str) -> list[Any]:
    """Each row with the backends to draw from; None lets the library choose."""
    found = []
    for row in rows:
        if COMPILED_AHEAD:
            found.append(pytest.param(row, [None, *COMPILED_AHEAD], id=row.name))
        if NUMBA and row.name == on_numba:
            found.append(pytest.param(row, NUMBA, id=f"{row.name}-numba"))
    return found


@pytest.fixture(autouse=True, scope="module")
def _threads_always_pay():
    """So that a few numbers are enough for several threads, in plain calls too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "SHIPPED", FREE_THREADS)
        for row in CATALOGUE:
            patch.setattr(fa, row.name, make(row.name))
        yield


def numbers(
    row: Row, which: int, shape: tuple[int, ...], dtype: np.dtype, *, special: bool = True
) -> np.ndarray:
    """Where the activation bends, with a special number here and there."""
    rng = np.random.default_rng(which)
    found = inside(row, rng, (math.prod(shape),))
    if special:
        found[which::61] = np.resize(np.roll(SPECIAL, which), found[which::61].shape)
    return found.reshape(shape).astype(dtype)


def prepared(row: Row, count: int, shape: tuple[int, ...], dtype: np.dtype) -> list[np.ndarray]:
    return [numbers(row, which, shape, dtype) for which in range(count)]


# --- each number by itself -----------------------------------------------------------


class PackedDerivative(NamedTuple):
    """Forward and backward with the derivative kept in half the room."""

    row: Row
    inputs: int = 2

    def __call__(self, dy: np.ndarray, x: np.ndarray, out: Any = None) -> Any:
        _, context = getattr(fa, self.row.name).forward(x, save="derivative")
        return context.backward(dy, out=out)


def element_calls(row: Row, parameters: dict[str, Any]) -> list[Call | PackedDerivative]:
    """All passes of an activation whose results are numbers."""
    calls = [Call(row, method, parameters) for method in methods_of(row, parameters)]
    packs = not parameters and getattr(fa, row.name).info.backward.derivative == "always"
    return [*calls, PackedDerivative(row)] if packs else calls


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
@pytest.mark.parametrize(
    ("row", "backends"),
    cases([r for r in CATALOGUE if r.is_curve or r.is_elementwise], on_numba="silu"),
)
def test_each_number_by_itself(row, backends, dtype):
    sets = [{}] if row.constraint or backends is NUMBA else parameter_sets(row)

    @check_property(
        f"{row.name} {dtype}", 8, shape=shapes(), parameters=st.sampled_from(sets), data=st.data()
    )
    def bits_stay(shape, parameters, data):
        situation = data.draw(situations(len(shape), backends))
        position = data.draw(st.integers(0, math.prod(shape) - 1))
        for call in element_calls(row, parameters):
            note(str(call))
            arrays = prepared(row, call.inputs, shape, dtype)
            want = plainly(call, arrays)
            assert_same_bits(situation.result(call, arrays, want), want)
            alone = plainly(call, [a.reshape(-1)[position : position + 1] for a in arrays])
            assert_same_bits(alone, want.reshape(-1)[position : position + 1])


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row.has_mask], ids=lambda r: r.name)
def test_masks(row):
    @check_property(row.name, 20, shape=shapes(), dtype=st.sampled_from(DTYPES), data=st.data())
    def bits_stay(shape, dtype, data):
        situation = data.draw(situations(len(shape), [None, *COMPILED_AHEAD]))
        mask = getattr(fa, row.name).mask
        x = numbers(row, 0, shape, dtype)
        ones = [int(mask(number)[0]) for number in x.reshape(-1)[:100]]
        with situation.computes():
            got = mask(situation.inputs[0].of(x))
        np.testing.assert_array_equal(got, mask(x))
        np.testing.assert_array_equal(np.unpackbits(got, bitorder="little")[: len(ones)], ones)


# --- along axes ----------------------------------------------------------------------


class RowCall(NamedTuple):
    """A pass along axes; ``saved`` is what a backward pass is given."""

    name: str
    saved: str = ""
    options: dict[str, Any] = {}  # noqa: RUF012  # read only

    def arrays(self, x: np.ndarray, axis: Any) -> list[np.ndarray]:
        if not self.saved:
            return [x]
        activation, options = getattr(fa, self.name), {**self.options, "axis": axis}
        if self.name == "gumbel_softmax":
            y = saved = plainly(lambda x, out: fa.softmax(x, axis), [x])
        else:
            y, context = activation.forward(x, save=self.saved, **options)
            saved = context.saved
        dy = numbers(ROWS["relu"], 1, np.shape(y), x.dtype, special=False)
        return [dy, saved]

    def along(self, axis: Any) -> Callable[..., Any]:
        activation, options = getattr(fa, self.name), {**self.options, "axis": axis}
        if not self.saved:
            return lambda x, out=None: activation(x, out=out, **options)
        return lambda dy, saved, out=None: activation.backward(
            dy, out=out, **{self.saved: saved}, **options
        )


ROW_CALLS = {
    **{
        name: [RowCall(name), RowCall(name, "input"), RowCall(name, "output")]
        for name in ("softmax", "log_softmax", "softmin", "sparsemax", "hardmax", "crelu")
    },
    "logsumexp": [RowCall("logsumexp", saved, {"keepdims": True}) for saved in ("", "input")],
    "maxout": [RowCall("maxout", saved, {"pieces": 3}) for saved in ("", "input", "which")],
    "gumbel_softmax": [RowCall("gumbel_softmax", "output", {"tau": 0.5})],
}


def test_every_row_along_axes_is_there():
    assert ROW_CALLS.keys() == {row.name for row in CATALOGUE} - {
        row.name for row in CATALOGUE if row.is_curve or row.is_elementwise
    }


def as_rows(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """A row for each place beside the axes, of which the first is the slowest."""
    last = np.moveaxis(array, axes, range(-len(axes), 0))
    return last.reshape(math.prod(last.shape[: array.ndim - len(axes)]), -1)


@st.composite
def row_shapes(draw: st.DrawFn) -> tuple[int, ...]:
    """The lengths of two or three axes; one may be long, all can be cut in three."""
    lengths = draw(st.lists(st.sampled_from([3, 3, 6, 9]), min_size=2, max_size=3))
    lengths[draw(st.integers(0, len(lengths) - 1))] = 3 * draw(st.integers(1, 500))
    return tuple(lengths)


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
@pytest.mark.parametrize(("row", "backends"), cases([ROWS[name] for name in ROW_CALLS], "softmax"))
def test_each_row_by_itself(row, backends, dtype):
    several = row.kind in ("along axis", "reduction", "sample")

    @check_property(f"{row.name} {dtype}", 15, shape=row_shapes(), data=st.data())
    def bits_stay(shape, data):
        situation = data.draw(situations(len(shape), backends))
        number = data.draw(st.integers(1, len(shape) if several else 1))
        axes = tuple(data.draw(st.permutations(range(len(shape))))[:number])
        # An infinity makes all of a row NaN, and would hide the order of a sum.
        x = numbers(row, 0, shape, dtype, special=data.draw(st.booleans()))
        for call in ROW_CALLS[row.name]:
            note(str(call))
            axis = axes if several else axes[0]
            arrays = call.arrays(x, axis)
            want = plainly(call.along(axis), arrays)
            assert_same_bits(situation.result(call.along(axis), arrays, want), want)
            *inputs, wanted = [as_rows(array, axes) for array in (*arrays, want)]
            k = data.draw(st.integers(0, len(wanted) - 1))
            alone = plainly(call.along(-1), [rows[k : k + 1] for rows in inputs])
            assert_same_bits(alone, wanted[k : k + 1])


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
@pytest.mark.parametrize("name", ["gumbel_softmax", "rrelu"])
def test_a_seed_gives_the_same_sample(name, dtype):
    options = {"hard": True} if name == "gumbel_softmax" else {"training": True}

    def sample(x: np.ndarray, out: Any = None) -> Any:
        result = getattr(fa, name)(x, out=out, rng=7, **options)
        return result[0] if isinstance(result, tuple) else result

    @check_property(f"{name} {dtype}", 15, shape=shapes(), data=st.data())
    def bits_stay(shape, data):
        situation = data.draw(situations(len(shape), [None, *COMPILED_AHEAD]))
        x = numbers(ROWS["relu"], 0, shape, dtype)
        want = plainly(sample, [x])
        assert_same_bits(situation.result(sample, [x], want), want)


# --- gradients of parameters ---------------------------------------------------------


def parameters_with_gradient(row: Row, formula: str) -> tuple[str, ...]:
    names = [p.name for p in row.parameters]
    return tuple(name for name in names if kernel_exists(f"{formula}_backward_by_{name}"))


WITH_GRADIENT = [row for row in CATALOGUE if parameters_with_gradient(row, row.name)]


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
@pytest.mark.parametrize(
    ("row", "backends"), cases([row for row in WITH_GRADIENT if not row.learned], "silu")
)
def test_gradients_of_numbers(row, backends, dtype):
    names = parameters_with_gradient(row, row.name)
    inputs = len(row.inputs)

    def backward(dy: np.ndarray, *arrays: np.ndarray, out: Any = None) -> Any:
        gradients = getattr(fa, row.name).backward(dy, *arrays, wrt=names)
        return np.array([np.asarray(g) for g in gradients[inputs:]])

    @check_property(f"{row.name} {dtype}", 10, shape=shapes(), data=st.data())
    def bits_stay(shape, data):
        situation = data.draw(situations(len(shape), backends))._replace(out=None, over=None)
        rng = np.random.default_rng(1)
        dy = rng.standard_normal(shape).astype(dtype)
        arrays = [dy, *(inside(row, rng, shape).astype(dtype) for _ in row.inputs)]
        want = plainly(backward, arrays)
        assert np.isfinite(want).all()
        assert_same_bits(situation.result(backward, arrays, want), want)


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
@pytest.mark.parametrize(
    ("row", "backends"), cases([row for row in WITH_GRADIENT if row.learned], "prelu")
)
def test_gradients_of_arrays(row, backends, dtype):
    """Of weights that are broadcast in any way, or lie along any axis."""
    activation_name, parameter = row.name, row.learned[0].name

    @check_property(f"{row.name} {dtype}", 30, shape=shapes(), data=st.data())
    def bits_stay(shape, data):
        situation = data.draw(situations(len(shape), backends))
        options, weight_shape = data.draw(weights(shape))
        rng = np.random.default_rng(1)
        dy, x = rng.standard_normal((2, *shape)).astype(dtype)
        weight = rng.uniform(0.1, 2.0, weight_shape).astype(dtype)
        laid = data.draw(layouts(len(weight_shape))).of(weight)

        def backward(weight: np.ndarray, k: int) -> Callable[..., Any]:
            def call(dy: np.ndarray, x: np.ndarray, out: Any = None) -> Any:
                activation = getattr(fa, activation_name)
                given = {parameter: weight, **options}
                return activation.backward(dy, x, out=out if k == 0 else None, **given)[k]

            return call

        for k in range(2):
            want = plainly(backward(weight, k), [dy, x])
            got = situation._replace(**({} if k == 0 else {"out": None, "over": None}))
            result = got.result(backward(laid, k), [dy, x], want)
            assert_same_bits(np.asarray(result).astype(dtype), np.asarray(want))
        check_channel(activation_name, parameter, options, (dy, x, weight), want)


def check_channel(
    name: str, parameter: str, options: dict[str, Any], arrays: Any, want: np.ndarray
) -> None:
    """The gradient of one number of a weight along an axis is that of its channel alone."""
    dy, x, weight = arrays
    if options:
        k, axis = weight.size // 2, options["axis"]
        dy, x = (np.ascontiguousarray(a.take(k, axis)) for a in (dy, x))
        alone = getattr(fa, name).backward(dy, x, **{parameter: weight[k]})[1]
        assert_same_bits(np.asarray(alone), want[k])


@st.composite
def weights(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Options and the shape of a weight: along an axis, or broadcast as it is."""
    if draw(st.booleans()):
        axis = draw(st.integers(0, len(shape) - 1))
        return {"axis": axis}, (shape[axis],)
    repeated = draw(st.tuples(*[st.booleans()] * len(shape)))
    whole = tuple(1 if again else n for again, n in zip(repeated, shape, strict=True))
    return {}, whole[draw(st.integers(0, len(shape) - 1)) :]

"""What is computed along rows: the same bits in every backend, thread count and layout."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import fastact as fa
from cases import MACHINE_BACKENDS, assert_same_bits, bits, in_backend
from fastact.backends import ALL, NUMPY
from fastact.formulas import reductions
from fastact.formulas.kernels import Kernel, row_kernels

FIRST = next(backend for backend in ALL if not backend.unavailable)
SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-40, 3e38, -3e38]
ROWS, LENGTH = 40, 330
MANY_ROWS = 900  # so many that two threads pay, and blocks of rows hold but a part


class RowCall(NamedTuple):
    """A pass of an activation; ``saved`` names what a backward pass is given."""

    name: str
    saved: str = ""
    parameters: dict[str, Any] = {}  # noqa: RUF012  # read only

    def arrays(self, dtype: str, rows: int = ROWS) -> list[np.ndarray]:
        rng = np.random.default_rng(5)
        x = (rng.standard_normal((rows, LENGTH)) * 2).astype(dtype)
        with np.errstate(over="ignore"):
            x[3:11, 7] = SPECIAL
        x[13] = -np.inf
        if not self.saved:
            return [x]
        y, context = getattr(fa, self.name).forward(x, **self.forward_parameters)
        saved = {"input": x, "output": y}.get(self.saved, context.saved)
        return [rng.standard_normal(y.shape).astype(dtype), saved]

    @property
    def forward_parameters(self) -> dict[str, Any]:
        random = {"training": True} if self.saved == "slopes" else {}
        return self.parameters | random | ({"rng": 3} if self.name in RANDOM else {})

    def __call__(self, *arrays: np.ndarray, out: Any = None) -> Any:
        activation = getattr(fa, self.name)
        if not self.saved:
            result = activation(*arrays, out=out, **self.forward_parameters)
            return result[0] if isinstance(result, tuple) else result
        dy, saved = arrays
        return activation.backward(dy, out=out, **{self.saved: saved}, **self.parameters)


RANDOM = ("gumbel_softmax", "rrelu")
MASK = {"where": np.random.default_rng(0).random((ROWS, LENGTH)) < 0.7}
CALLS = {
    name: [RowCall(name, saved, p) for saved in ("", "input", "output") for p in ({}, MASK)]
    for name in ("softmax", "log_softmax", "softmin", "sparsemax")
} | {
    "hardmax": [RowCall("hardmax", saved) for saved in ("", "input", "output")],
    "logsumexp": [RowCall("logsumexp", saved, p) for saved in ("", "input") for p in ({}, MASK)],
    "gumbel_softmax": [
        RowCall("gumbel_softmax", "", {"hard": True}),
        RowCall("gumbel_softmax", "", {"tau": 0.5}),
        RowCall("gumbel_softmax", "output", {"tau": 0.5}),
    ],
    "maxout": [RowCall("maxout", saved, {"pieces": 3}) for saved in ("", "input", "which")],
    "crelu": [RowCall("crelu", saved) for saved in ("", "input", "output")],
    "rrelu": [
        RowCall("rrelu"),
        RowCall("rrelu", "", {"training": True}),
        RowCall("rrelu", "input"),
        RowCall("rrelu", "slopes"),
    ],
}


def _strided(a):
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


LAYOUTS = {
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "strided": _strided,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_backends_threads_and_layouts_agree(name, dtype):
    # One test: Numba then compiles a kernel in one process only.
    for call in CALLS[name]:
        _check_backends(call, dtype)
        _check_layouts(call, dtype)
        if call.parameters is not MASK:
            _check_threads(call, dtype)


def _check_backends(call, dtype):
    arrays = call.arrays(dtype)
    with in_backend(FIRST):
        want = call(*arrays)
    for backend in MACHINE_BACKENDS:
        with in_backend(backend):
            assert_same_bits(call(*arrays), want)


def _check_layouts(call, dtype):
    arrays = call.arrays(dtype)
    want = call(*arrays)
    for arrange in LAYOUTS.values():
        assert_same_bits(call(*map(arrange, arrays)), want)
        out = arrange(np.zeros_like(want))
        assert call(*map(arrange, arrays), out=out) is out
        assert_same_bits(out.astype(dtype), want)


def _check_threads(call, dtype):
    arrays = call.arrays(dtype, MANY_ROWS)
    with in_backend(FIRST), fa.threads(1):
        want = call(*arrays)
    for backend in (FIRST, MACHINE_BACKENDS[-1]):
        for threads in (2, 3):
            with in_backend(backend), fa.threads(threads):
                assert_same_bits(call(*arrays), want)


@pytest.mark.parametrize("name", CALLS)
def test_the_axis_may_be_any(name):
    for call in CALLS[name]:
        if name == "rrelu" or call.parameters is MASK:
            continue
        arrays = [a.reshape(5, 8, *a.shape[1:]) for a in call.arrays("float32")]
        want = call(*arrays)
        turned = call._replace(parameters=call.parameters | {"axis": 0})
        got = turned(*(np.moveaxis(a, -1, 0) if a.ndim == 3 else a for a in arrays))
        assert_same_bits(got if got.ndim == 2 else np.moveaxis(got, 0, -1), want)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_over_each_input_and_beside_it(name, dtype):
    """In place where shapes allow it, over a part of an input, and between guard cells."""
    for call in CALLS[name]:
        arrays = call.arrays(dtype)
        want = call(*arrays)
        for k, array in enumerate(arrays):
            if array.shape == want.shape and array.dtype == want.dtype:
                fresh = [a.copy() for a in arrays]
                assert call(*fresh, out=fresh[k]) is fresh[k]
                assert_same_bits(fresh[k], want)
        room = np.full(arrays[0].size + want.size + 7, -77.0, dtype)
        first = room[: arrays[0].size].reshape(arrays[0].shape)
        first[...] = arrays[0]
        start = 5 if arrays[0].size < want.size else arrays[0].size - want.size + 5
        target = room[start : start + want.size].reshape(want.shape)
        call(first, *arrays[1:], out=target)
        assert_same_bits(target, want)
        assert (room[start + want.size :] == -77.0).all()
        assert_same_bits(room[: min(5, start)], arrays[0].ravel()[: min(5, start)])


def _rows(kernel: Kernel, rows: int, length: int) -> list[np.ndarray]:
    rng = np.random.default_rng(length)
    sizes = kernel.row_sizes(length)[: kernel.inputs]
    arrays = [rng.standard_normal(rows * size) * 2 for size in sizes]
    if kernel.name in ("softmax_backward", "softmin_backward"):
        arrays[1] = np.abs(arrays[1]) / np.abs(arrays[1]).sum()  # one winner at most
    if kernel.name == "log_softmax_backward":
        arrays[1] = -np.abs(arrays[1])
    if kernel.name == "maxout_backward":
        arrays[1] = np.floor(rng.random(rows) * length)
    return arrays


@pytest.mark.parametrize("kernel", row_kernels(), ids=lambda kernel: kernel.name)
def test_plain_python_and_numpy_agree(kernel):
    """The row formulas run as ordinary Python, to the same bits; NumPy's twins are close."""
    for length, rows in ((1, 5), (2, 5), (31, 5), (32, 5), (33, 5), (67, 5), (1025, 1)):
        arrays = _rows(kernel, rows, length)
        *sizes, out_size = kernel.row_sizes(length)
        compiled, twin = np.empty(rows * out_size), np.empty(rows * out_size)
        FIRST.run(kernel, arrays, compiled, length, np.zeros(1), 1)
        NUMPY.run(kernel, arrays, twin, length, np.zeros(1), 1)
        np.testing.assert_allclose(twin, compiled, rtol=1e-13, atol=1e-13)
        formula = getattr(reductions, kernel.expression)
        for k in range(rows):
            row = [a[k * n : (k + 1) * n].tolist() for a, n in zip(arrays, sizes, strict=False)]
            out = [0.0] * out_size
            formula(row[0], row[-1], out, length, [0.0] * reductions.ROOM)
            assert_same_bits(np.array(out, float), compiled[k * out_size : (k + 1) * out_size])


def test_a_changed_bit_is_seen():
    """The comparison of these tests is of bits: one unit in the last place counts."""
    one = np.ones(3, np.float32)
    assert (bits(one) != bits(np.nextafter(one, 2))).all()
    with pytest.raises(AssertionError):
        assert_same_bits(one, np.nextafter(one, np.float32(2)))

"""Softmax and its kin along an axis before the last: the bits of contiguous rows."""

from __future__ import annotations

import inspect
import math
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

import fastact as fa
from cases import BACKENDS, FREE_THREADS, assert_same_bits
from fastact import dispatch
from fastact.backends.cython import SHORT_ROWS, CythonBackend
from fastact.formulas import columns
from fastact.formulas.kernels import kernel_named
from fastact.formulas.loops import COLUMN_KERNELS
from fastact.formulas.primitives import LANES, STRIPS

pytestmark = pytest.mark.skipif(
    not isinstance(dispatch.DEFAULT, CythonBackend), reason="the way of columns is Cython's"
)

NAMES = ("softmax", "softmin", "log_softmax", "sparsemax", "hardmax")
LENGTHS = (1, 2, 8, 31, 32, 33, 64, 65, 100, 1000, 1024, 1025, 2100)
INNER = (1, 3, 16, 17, 32, 100, 128)
DTYPES = ("float32", "float64")


def numbers(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Some columns with special values, in places of their own, and some of one value."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(shape) * 4).astype(dtype)
    length = shape[1]
    largest = np.finfo(dtype).max
    by_column = np.moveaxis(x, 1, -1).reshape(-1, length)
    places = rng.integers(length, size=len(by_column))
    for k, value in enumerate((np.inf, -np.inf, np.nan, largest, -largest, -0.0, 1e-40)):
        chosen = np.arange(k, len(by_column), 11)
        by_column[chosen, places[chosen]] = value
    for k, value in enumerate((-np.inf, 0.0, -0.0, largest)):
        by_column[7 + k :: 23] = value
    return np.ascontiguousarray(np.moveaxis(by_column.reshape(shape[0], shape[2], length), -1, 1))


def along_rows(function, *arrays):
    """What the row kernels give: a forced backend knows no other way."""
    with fa.use_backend("cython"):
        result = function(*(np.ascontiguousarray(np.moveaxis(a, 1, -1)) for a in arrays))
    return np.moveaxis(result, -1, 1)


def check(name: str, shape: tuple[int, ...], dtype: str) -> None:
    activation = getattr(fa, name)
    x, dy = numbers(shape, dtype), numbers(shape, dtype, seed=1)
    y = along_rows(activation, x)
    assert_same_bits(activation(x, axis=1), y)
    over = x.copy()
    assert activation(over, axis=1, out=over) is over
    assert_same_bits(over, y)

    def gradient(dy, y):
        return activation.backward(dy, output=y)

    y = np.ascontiguousarray(y)
    dx = along_rows(gradient, dy, y)
    assert_same_bits(activation.backward(dy, output=y, axis=1), dx)
    assert_same_bits(activation.backward(y, output=y, axis=1), along_rows(gradient, y, y))
    for k in range(2):
        given = [dy.copy(), y.copy()]
        activation.backward(given[0], output=given[1], axis=1, out=given[k])
        assert_same_bits(given[k], dx)


def remember(name: str, dtype: str) -> None:
    """The first call with an axis is Python's; those after it take the way that is tested."""
    activation, x = getattr(fa, name), np.ones((2, 3, 4), dtype)
    activation(x, axis=1)
    activation.backward(x, output=x, axis=1)


def check_shapes(name: str, dtype: str, outers: Sequence[int] = (3,)) -> None:
    remember(name, dtype)
    for length in LENGTHS:
        for inner in INNER:
            for outer in outers:
                check(name, (outer, length, inner), dtype)


@pytest.fixture
def always_parallel(monkeypatch):
    """Activations anew, for which several threads always pay."""
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)
    yield [getattr(fa, name)._plan_plain_calls() for name in NAMES]
    monkeypatch.undo()
    for name in NAMES:
        getattr(fa, name)._plan_plain_calls()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_bits_of_rows(name, dtype):
    check_shapes(name, dtype, outers=(1, 3))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_bits_of_two_threads(name, dtype, always_parallel):
    before = fa.get_num_threads()
    fa.set_num_threads(2)
    try:
        check_shapes(name, dtype)
        check(name, (2, 33, 4000), dtype)
        check(name, (1, 1100, 300), dtype)
    finally:
        fa.set_num_threads(before)


BY_ITSELF = [
    backend
    for backend in BACKENDS
    if isinstance(backend, CythonBackend) and backend is not dispatch.DEFAULT
]


@pytest.mark.parametrize("backend", BY_ITSELF, ids=repr)
def test_instruction_sets(backend):
    """In a process that takes this one by default: a forced backend is not served here."""
    code = "import test_columns as t; [t.check_shapes(n, d) for n in t.NAMES for d in t.DTYPES]"
    name = f"cython:{backend.instruction_set}"
    here = os.path.dirname(__file__)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"FASTACT_BACKEND": name, "PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, check=True)


@pytest.mark.parametrize("name", COLUMN_KERNELS)
def test_plain_python_agrees(name):
    """The formulas for columns run as ordinary Python, to the bits of the compiled rows."""
    width = columns.STRIP
    function = getattr(columns, f"{name}_columns")
    arguments = list(inspect.signature(function).parameters)
    of_each_column = arguments[arguments.index("counts") + 1 :]
    for length in (1, 2, 5, 31, 32, 33, 67):
        x, y = (-np.abs(a[0]) for a in (numbers((1, length, width), "float64", k) for k in (0, 1)))
        tile, other = x.ravel().tolist(), y.ravel().tolist()
        lanes = [[math.nan] * (LANES * width) for _ in range(3)]
        rest = [[math.nan] * width for _ in of_each_column]
        with np.errstate(invalid="ignore"):
            strides = width, width
            function(tile, other, tile, tile, *strides, length, *lanes, *rest)
        inputs = [np.ascontiguousarray(a.T).ravel() for a in (x, y)]
        want = np.empty(length * width)
        kernel = kernel_named(name)
        dispatch.DEFAULT.run(kernel, inputs[: kernel.inputs], want, length, np.zeros(1), 1)
        assert_same_bits(np.array(tile).reshape(length, width).T.ravel(), want)


def test_room_on_the_stack():
    """Threads of musl have 128 KiB."""
    for dtype, strips in STRIPS.items():
        assert (3 * LANES + 6) * max(strips) * np.dtype(dtype).itemsize <= 64 << 10


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
@pytest.mark.parametrize("threads", [1, 2])
def test_short_rows(name: str, dtype: str, threads: int) -> None:
    """Rows along the last axis that are turned to columns and back."""
    fa.set_num_threads(threads)
    activation = getattr(fa, name)
    longest = max(SHORT_ROWS[dtype].values())
    tile = 8 * 4096 // np.dtype(dtype).itemsize
    for length in (2, 3, 10, 12, 13, 31, 32, 48, 49, longest, longest + 1):
        for rows in (7, 8, 9, STRIPS[dtype][0] + 1, 5 * tile // length):
            x = np.ascontiguousarray(np.moveaxis(numbers((1, length, rows), dtype), 1, -1))[0]
            dy = x[::-1].copy()
            with fa.use_backend("cython"):
                y = activation(x)
                dx = activation.backward(dy, output=y)
            assert_same_bits(activation(x), y)
            assert_same_bits(activation.backward(dy, output=y), dx)
            for k in range(2):
                given = [dy.copy(), y.copy()]
                activation.backward(given[0], output=given[1], out=given[k])
                assert_same_bits(given[k], dx)
            assert_same_bits(activation(x, out=x), y)

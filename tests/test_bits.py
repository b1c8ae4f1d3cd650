"""An element's bits depend on its value, dtype and parameters alone."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import fastact as fa
from cases import DTYPES, FREE_THREADS, arrays_for, assert_same_bits, elementwise_calls, in_backend
from fastact import dispatch
from fastact.backends import ALL
from fastact.formulas import activations
from fastact.formulas.catalogue import CATALOGUE

FIRST = next(backend for backend in ALL if not backend.unavailable)
SHAPE = (37, 61)


def expected(call, arrays):
    with in_backend(FIRST), fa.threads(1):
        return call(*arrays)


def test_backends_agree(call, dtype, compiled_backend):
    arrays = arrays_for(call, dtype, SHAPE, special=True)
    with fa.threads(1):
        assert_same_bits(call(*arrays), expected(call, arrays))


def test_threads_agree(call, dtype, compiled_backend, monkeypatch):
    monkeypatch.setattr(dispatch, "SHIPPED", FREE_THREADS)  # threads always pay
    arrays = arrays_for(call, dtype, (160, 331), special=True)
    want = expected(call, arrays)
    for threads in (1, 2, 3, 8):
        with fa.threads(threads):
            assert_same_bits(call(*arrays), want)


def _every_other(a):
    wide = np.zeros((a.shape[0], 2 * a.shape[1]), a.dtype)
    wide[:, ::2] = a
    return wide[:, ::2]


def _unaligned(a):
    raw = np.zeros(a.nbytes + 1, np.uint8)
    view = raw[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


LAYOUTS = {
    "fortran": np.asfortranarray,
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "reversed": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
    "strided": _every_other,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "unaligned": _unaligned,
    "sliced": lambda a: np.pad(a, 3)[3:-3, 3:-3],
}


def test_layouts_agree(call, compiled_backend):
    for dtype in DTYPES:
        check_layouts(call, dtype)


def check_layouts(call, dtype):
    arrays = arrays_for(call, dtype, SHAPE, special=True)
    want = expected(call, arrays)
    for layout in LAYOUTS.values():
        arranged = [layout(a) for a in arrays]
        got = call(*arranged)
        assert_same_bits(got, want)
        out = layout(np.zeros_like(want))
        assert call(*arranged, out=out) is out
        assert_same_bits(out.astype(dtype), want)


@pytest.mark.parametrize("call", elementwise_calls(), ids=str)
def test_position_and_length_do_not_matter(call, dtype):
    arrays = [a.reshape(-1) for a in arrays_for(call, dtype, (101,), special=True)]
    want = call(*arrays)
    for start in range(0, 101, 7):
        alone = call(*(a[start : start + 1] for a in arrays))
        assert_same_bits(alone, want[start : start + 1])


def test_small_shapes(call, compiled_backend):
    for dtype, shape in product(DTYPES, [(), (0,), (1,), (3, 0, 2), (1, 1, 5)]):
        check_small_shape(call, dtype, shape)


def check_small_shape(call, dtype, shape):
    arrays = [np.full(shape, 0.75, dtype) for _ in range(call.inputs)]
    if call.row.kind == "along axis" and shape == ():
        with pytest.raises(ValueError, match="axis"):
            call(*arrays)
        return
    result = call(*arrays)
    assert result.shape == shape
    assert result.dtype == dtype
    assert isinstance(result, np.generic if shape == () else np.ndarray)


@pytest.mark.parametrize(
    "row", [r for r in CATALOGUE if r.kind == "elementwise"], ids=lambda r: r.name
)
def test_plain_python_gives_the_same_bits(row):
    """The formulas run as ordinary Python on floats."""
    xs = [
        0.0,
        -0.0,
        0.5,
        0.3,
        -0.3,
        1.7,
        -2.9,
        12.0,
        -35.0,
        1e-300,
        -700.0,
        1e4,
        math.inf,
        math.nan,
    ]
    given = row.numbers() or [p.default for p in row.learned]
    for ending in ("", "_derivative"):
        formula = getattr(activations, row.formulas[0] + ending)
        activation = getattr(fa, row.name)
        compiled = (activation.derivative if ending else activation)(np.array(xs))
        assert_same_bits(np.array([formula(x, *given) for x in xs]), compiled)

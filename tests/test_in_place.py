"""``out`` is a contract: the same array, its cells and no others."""

from __future__ import annotations

import tracemalloc
from itertools import product

import numpy as np
import pytest

import fastact as fa
from cases import DTYPES, SIMPLE, arrays_for, assert_same_bits

GUARD = -77.0


def guarded(a):
    """A copy of ``a`` inside a larger array, and a check that the rest is intact."""
    padded = np.full([n + 4 for n in a.shape], GUARD, a.dtype)
    inner = tuple(slice(2, -2) for _ in a.shape)
    padded[inner] = a
    outside = np.ones(padded.shape, bool)
    outside[inner] = False

    def intact():
        return (padded[outside] == GUARD).all()

    return padded[inner], intact


def test_over_each_input(call, compiled_backend):
    for dtype, shape in product(DTYPES, [(5,), (3000,), (9, 70)]):
        check_over_each_input(call, dtype, shape)


def check_over_each_input(call, dtype, shape):
    arrays = arrays_for(call, dtype, shape)
    want = call(*arrays)
    for target in range(call.inputs):
        fresh = [a.copy() for a in arrays]
        assert call(*fresh, out=fresh[target]) is fresh[target]
        assert_same_bits(fresh[target], want)
        for k in range(call.inputs):
            if k != target:
                assert_same_bits(fresh[k], arrays[k])


def test_guard_cells(call, compiled_backend):
    for dtype in DTYPES:
        check_guard_cells(call, dtype)


def check_guard_cells(call, dtype):
    arrays = arrays_for(call, dtype, (7, 33))
    want = call(*arrays)
    view, intact = guarded(np.zeros_like(want))
    assert call(*arrays, out=view) is view
    assert_same_bits(view, want)
    assert intact()
    inside, intact = guarded(arrays[0])
    call(inside, *arrays[1:], out=inside)
    assert_same_bits(inside, want)
    assert intact()


def test_inputs_stay_unless_asked(call, backend):
    for dtype in DTYPES:
        arrays = arrays_for(call, dtype, (40, 9))
        before = [a.copy() for a in arrays]
        call(*arrays)
        for a, b in zip(arrays, before, strict=True):
            assert_same_bits(a, b)


def test_partial_overlap_is_as_if_there_were_none(call, compiled_backend):
    for dtype in DTYPES:
        check_partial_overlap(call, dtype)


def check_partial_overlap(call, dtype):
    (first, *rest) = arrays_for(call, dtype, (500,))
    want = call(first, *rest)
    for shift in (1, -1, 5):
        room = np.zeros(520, dtype)
        source = room[8:508]
        source[...] = first
        target = room[8 + shift : 508 + shift]
        call(source, *rest, out=target)
        assert_same_bits(target, want)


@pytest.mark.parametrize("row", SIMPLE, ids=lambda r: r.name)
def test_no_allocation_in_place(row):
    """A large in-place call allocates nothing that grows with the array."""
    x = np.ones((2000, 1000), np.float32)
    activation = getattr(fa, row.name)
    activation(x, out=x)
    peaks = []
    for _ in range(3):  # other threads, of what runs the tests, allocate too
        tracemalloc.start()
        activation(x, out=x)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # A weight that broadcasts goes through buffers of a fixed size.
    limit = 1_200_000 if row.learned else 50_000
    assert min(peaks) < limit, f"{peaks} bytes for an array of {x.nbytes}"

"""Large new arrays: their memory comes from the last one that was freed, and is like any other."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits
from fastact.backends.cython import driver

pytestmark = pytest.mark.skipif(
    driver is None or not sys.platform.startswith("linux"),
    reason="memory is kept by the compiled driver, on Linux",
)

SIZE = 9_000_000  # of float32: more than the 32 MB that glibc keeps


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_outputs_past_the_caches(dtype, threads):
    """From 32 MB on they are streamed: the bits of short arrays, and nothing beside them."""
    size = (1 << 25) // np.dtype(dtype).itemsize + 4321
    room = np.full(size + 20, 7, dtype)
    part = np.linspace(-4, 4, 1 << 16).astype(dtype)
    x = np.resize(part, size)
    dy = x[::-1].copy()
    fa.set_num_threads(threads)
    for first in (1, 16):  # where the output begins
        out = room[first : first + size]
        for name in ("relu", "silu", "leaky_relu"):
            activation = getattr(fa, name)
            activation(x, out=out)
            assert out.tobytes() == np.resize(activation(part), size).tobytes()
            activation.backward(dy, x, out=out)
            middle = size // 2 + np.arange(5000)
            for where in (slice(5000), slice(size - 5000, size), middle):
                assert_same_bits(out[where], activation.backward(dy[where], x[where]))
        assert (room[:first] == 7).all()
        assert (room[first + size :] == 7).all()
        room[:] = 7


@pytest.fixture
def x() -> np.ndarray:
    return np.full(SIZE, 3, np.float32)


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def test_what_was_freed_is_taken_again(x):
    y = fa.relu(x)
    place = address(y)
    assert y.flags.owndata
    assert place % 64 == 0
    del y
    assert address(fa.relu(x)) == place


def test_it_is_not_taken_for_much_less_or_more(x):
    y = fa.relu(np.tile(x, 3))
    place = address(y)
    del y
    assert address(fa.relu(x)) != place


def test_arrays_that_live_are_apart(x):
    kept = [fa.relu(x * k) for k in range(4)]
    assert len({address(y) for y in kept}) == 4
    for k, y in enumerate(kept):
        assert (y == 3 * k).all()


def test_it_can_be_resized_and_outlived_by_views(x):
    y = fa.relu(x)
    tail = y[-5:]
    del y
    fa.relu(-x)
    assert (tail == 3).all()
    del tail
    y = fa.relu(x)
    y.resize(4 * SIZE, refcheck=False)
    assert (y[:SIZE] == 3).all()
    assert (y[SIZE:] == 0).all()
    y.resize(10, refcheck=False)
    assert (y == 3).all()


def test_many_threads(x):
    wrong = []

    def work(value: float) -> None:
        for _ in range(10):
            y = fa.relu(np.full(SIZE, value, np.float32))
            if not (y == value).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(k,)) for k in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_other_arrays_keep_numpys_memory(x):
    from numpy._core.multiarray import get_handler_name

    fa.relu(x)
    assert get_handler_name() == "default_allocator"
    assert get_handler_name(fa.relu(x[:1000])) == "default_allocator"
    assert get_handler_name(fa.relu(x)) == "fastact"

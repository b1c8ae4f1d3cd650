"""Hypothesis strategies: how arrays may lie, who computes, and where the result goes."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import fastact as fa
from cases import BACKENDS, in_backend
from fastact.backends import Backend

FIRST = BACKENDS[0]


class Layout(NamedTuple):
    """``order`` of the axes in memory, step along each, what is before the first number."""

    order: tuple[int, ...]
    steps: tuple[int, ...]
    items_before: int = 0
    bytes_before: int = 0
    swapped: bool = False

    def empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array of this layout; the numbers between its own are 0."""
        dtype = dtype.newbyteorder() if self.swapped and dtype.kind == "f" else dtype
        room = [shape[k] * abs(self.steps[k]) for k in self.order]
        first = self.bytes_before + self.items_before * dtype.itemsize
        count = math.prod(room) * dtype.itemsize
        bytes_ = np.zeros(first + count, np.uint8)[first:]
        view = bytes_.view(dtype).reshape(room).transpose(np.argsort(self.order))
        return view[tuple(slice(None, None, step) for step in self.steps)]

    def of(self, array: np.ndarray) -> np.ndarray:
        copy = self.empty(array.shape, array.dtype)
        copy[...] = array
        return copy


def layouts(dimensions: int) -> st.SearchStrategy[Layout]:
    return st.builds(
        Layout,
        order=st.permutations(range(dimensions)).map(tuple),
        steps=st.tuples(*[st.sampled_from([1, 2, 3, -1, -2])] * dimensions),
        items_before=st.integers(0, 40),
        bytes_before=st.sampled_from([0, 0, 1, 2, 3, 4]),
        swapped=st.sampled_from([False, False, True]),
    )


def shapes() -> st.SearchStrategy[tuple[int, ...]]:
    """Up to some thousand numbers: enough for several threads and for partial vectors."""
    return st.one_of(
        st.tuples(st.integers(1, 4200)),
        st.tuples(st.integers(1, 9), st.integers(1, 500)),
        st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 70)),
    )


class Situation(NamedTuple):
    """All that must not matter; ``over`` is the input, if any, that the result replaces."""

    inputs: tuple[Layout, ...]
    out: Layout | None
    over: int | None
    backend: Backend | None
    threads: int

    @contextmanager
    def computes(self) -> Iterator[None]:
        """Without a backend the library chooses, and plain calls go the short way."""
        if self.backend is None:
            fa.set_num_threads(self.threads)
            yield
        else:
            with in_backend(self.backend), fa.threads(self.threads):
                yield

    def result(self, call: Callable[..., Any], arrays: Sequence[np.ndarray], like: Any) -> Any:
        """What ``call`` gives for arrays of these layouts; ``like`` is a result of it."""
        placed = [layout.of(array) for layout, array in zip(self.inputs, arrays, strict=False)]
        out = self._place(placed, like)
        with self.computes():
            got = call(*placed, out=out)
        if out is None:
            return got
        assert got is out
        return got.astype(like.dtype)

    def _place(self, placed: list[np.ndarray], like: np.ndarray) -> np.ndarray | None:
        if self.over is not None and self.over < len(placed):
            out = placed[self.over]
            fits = out.shape == like.shape and out.dtype.type is like.dtype.type
            return out if fits else None
        if self.out is not None and len(self.out.order) == like.ndim:
            return self.out.empty(like.shape, like.dtype)
        return None


@st.composite
def situations(draw: st.DrawFn, dimensions: int, backends: Sequence[Backend | None]) -> Situation:
    """For up to three arrays of so many dimensions."""
    return Situation(
        inputs=tuple(draw(layouts(dimensions)) for _ in range(3)),
        out=draw(st.none() | layouts(dimensions)),
        over=draw(st.sampled_from([None, None, 0, 1])),
        backend=draw(st.sampled_from(backends)),
        threads=draw(st.integers(1, 8)),
    )


def plainly(call: Callable[..., Any], arrays: Sequence[np.ndarray]) -> Any:
    """On one thread, from contiguous arrays into a new one."""
    with in_backend(FIRST), fa.threads(1):
        return call(*map(np.ascontiguousarray, arrays), out=None)


def check_property(name: str, examples: int, **drawn: Any) -> Callable[[Callable[..., None]], None]:
    """Run a property now, on examples that depend on the name alone."""

    def run(check: Callable[..., None]) -> None:
        check = settings(max_examples=examples)(given(**drawn)(check))
        seed(zlib.crc32(name.encode()))(check)()

    return run

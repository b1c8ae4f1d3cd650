"""What is raced: an activation, a direction, a dtype and the shape of an array.

A direction is ``new`` (into a new array), ``forward`` (with ``out=``) or ``backward`` (with
``out=``).  A case without an axis is of numbers each by itself, in arrays of one axis; the
others are of rows: activations along an axis, gates of the halves of an array, maxout of pairs,
whose gradient is made of what the library keeps to tell which was the larger, and prelu with a
weight for each channel, whose gradient belongs to the backward pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import CATALOGUE, ROWS, Row

Array = np.ndarray[Any, np.dtype[Any]]

THREADS = 2
DIRECTIONS = ("new", "forward", "backward")
DTYPES = ("float32", "float64", "float16", "bfloat16")
SIZES = (8, 1_000, 65_536, 1_000_000, 16_000_000)
SIZES_OF_16_BITS = (8, 1_000, 65_536, 1_000_000)
SHAPES = ((64, 10), (1000, 1000), (8, 32, 128, 128))
ALONG_AXES = ("softmax", "log_softmax")
GATES = ("glu", "swiglu")  # of the halves of the last axis
HALVING = (*GATES, "maxout")  # whose result is half as long as what it is made of

# The gradients that are computed from the output, because PyTorch does so too; that of
# logsigmoid from the exponential which its forward pass keeps beside the output.
FROM_OUTPUT = frozenset(
    {"relu", "leaky_relu", "elu", "exponential", "sigmoid", "logsigmoid", "tanh", *ALONG_AXES}
)

RACED = [row for row in CATALOGUE if row.is_elementwise]


@dataclass(frozen=True)
class Case:
    """One activation in one direction on one kind of array: a race of its own."""

    activation: str
    formula: str
    direction: str
    dtype: str
    shape: tuple[int, ...]
    axis: int | None = None

    @property
    def row(self) -> Row:
        return ROWS[self.activation]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_forward(self) -> bool:
        return self.direction != "backward"

    @property
    def kernel(self) -> str:
        """The name of its formula in the libraries' tables."""
        name = self.formula
        if self.axis is not None and self.activation not in ALONG_AXES:
            name += "_of_rows"
        return name if self.is_forward else f"{name}_backward"

    @property
    def shape_of_result(self) -> tuple[int, ...]:
        """Of what ``out`` takes: a gate's result is half of its input, its gradient is not."""
        return self.half_shape if self.is_halved and self.is_forward else self.shape

    @property
    def is_halved(self) -> bool:
        return self.axis is not None and self.activation in HALVING

    @property
    def half_shape(self) -> tuple[int, ...]:
        return (*self.shape[:-1], self.shape[-1] // 2)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape))
        along = "" if self.axis is None else f" axis {self.axis}"
        return f"{self.formula} {self.direction} {self.dtype} {shape}{along}"


@dataclass(frozen=True)
class Choice:
    """Which cases are wanted; an empty tuple means all."""

    formulas: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()

    def __contains__(self, case: Case) -> bool:
        return all(
            not wanted or value in wanted
            for wanted, value in (
                (self.formulas, case.formula),
                (self.directions, case.direction),
                (self.dtypes, case.dtype),
                (self.sizes, case.size),
            )
        )


def all_cases() -> Iterator[Case]:
    """Every case; not every library takes part in each."""
    yield from of_numbers(("float32", "float64"), SIZES)
    halves = ("float16", "bfloat16")
    of_16_bits = chain(of_numbers(halves, SIZES_OF_16_BITS), of_rows(halves))
    yield from (case for case in of_16_bits if case.direction != "new")
    yield from of_rows(("float32", "float64"))


def of_numbers(dtypes: Sequence[str], sizes: Sequence[int]) -> Iterator[Case]:
    for dtype in dtypes:
        for direction in DIRECTIONS:
            for row in RACED:
                for formula in row.formulas:
                    for size in sizes:
                        yield Case(row.name, formula, direction, dtype, (size,))


def of_rows(dtypes: Sequence[str], shapes: Sequence[tuple[int, ...]] = SHAPES) -> Iterator[Case]:
    for dtype in dtypes:
        for direction in DIRECTIONS:
            for shape in shapes:
                for name in ALONG_AXES:
                    for axis in dict.fromkeys((0, len(shape) // 2, len(shape) - 1)):
                        yield Case(name, name, direction, dtype, shape, axis)
                for name in HALVING:
                    yield Case(name, name, direction, dtype, shape, len(shape) - 1)
                yield Case("prelu", "prelu", direction, dtype, shape, 1)


# --- operands ---------------------------------------------------------------------------


@lru_cache(maxsize=40)  # some hundred MB, and minutes of random numbers
def numbers(which: int, shape: tuple[int, ...], dtype: str, uniform: bool) -> Array:
    rng = np.random.default_rng(which)
    if uniform:
        return rng.random(shape, np.float32).astype(dtype_named(dtype))
    return (2 * rng.standard_normal(shape, np.float32)).astype(dtype_named(dtype))


def dtype_named(name: str) -> np.dtype[Any]:
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def operands_of(case: Case) -> dict[str, Array]:
    """By name, in the order in which formulas take them."""
    bounded = math.isfinite(case.row.interval[0])
    dtype = dtype_named(case.dtype)
    names = ("x",) if case.is_halved else case.row.inputs
    inputs = {n: numbers(k, case.shape, case.dtype, bounded) for k, n in enumerate(names, 1)}
    width = 1 if case.axis is None else case.shape[case.axis]
    weights = {p.name: np.full(width, p.default, dtype) for p in case.row.learned}
    if case.is_forward:
        return {**inputs, **weights}
    dy = numbers(0, case.half_shape if case.is_halved else case.shape, case.dtype, False)
    if case.formula in FROM_OUTPUT:
        along = {} if case.axis is None else {"axis": case.axis}
        with fa.threads(1):  # no pool of ours beside that of the library that is timed
            inputs = {"y": getattr(fa, case.activation)(*inputs.values(), **along)}
    return {"dy": dy, **inputs, **weights}

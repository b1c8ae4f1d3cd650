"""The errors of a kernel, in ulp: of millions of inputs fast, of some exactly.

float32 is held against the float64 kernels, whose own error is 2**-29 of a float32 ulp;
float64 against long doubles, and the worst of them against mpmath.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from extended import IS_EXTENDED, error_in_ulp_extended, has_values, values
from oracle import Array, error_in_ulp, error_in_ulp_mp, finfo
from subject import Subject

BLOCK = 1 << 16  # inputs whose float64 arrays stay in the cache
HALFWAY = 2.0**-9  # ulp: a result this close to the middle of two floats is a hard one


class Worst(NamedTuple):
    """The largest error in ulp, and the input."""

    ulp: float
    at: float


def errors(subject: Subject, xs: Array, ys: Array | None = None) -> Array:
    """Of each of these inputs of one block; ``ys`` are the results, if they are there."""
    floor, ys = subject.floor(xs), subject(xs) if ys is None else ys
    if xs.dtype == np.float32:
        return error_in_ulp_by_bits(ys, subject(xs.astype(np.float64)), floor)
    return error_in_ulp_extended(ys, _extended(subject, xs), floor)


def exact_errors(subject: Subject, xs: Array) -> Array:
    """The same for float64, by mpmath."""
    return error_in_ulp_mp(subject(xs), subject.exact(xs), subject.floor(xs))


def _extended(subject: Subject, xs: Array) -> Array:
    return values(subject.row, subject.formula, xs, derivative=subject.derivative)


def error_in_ulp_by_bits(result: Array, reference: Array, floor: Array | float) -> Array:
    """As the oracle's, by bits: its ``frexp`` and ``ldexp`` take ten times as long.

    For float32 and for bfloat16, whose normal numbers begin at the same place.
    """
    wide = result.astype(np.float64)
    magnitude = np.abs(reference)
    np.maximum(magnitude, np.maximum(floor, 2.0**-126), out=magnitude)
    unit = magnitude.view(np.int64)
    unit >>= 52
    np.subtract(2 * 1023 + finfo(result.dtype).nmant, unit, out=unit)
    unit <<= 52  # now the bits of 1 / ulp
    with np.errstate(invalid="ignore"):
        error = np.subtract(wide, reference)
    np.abs(error, out=error)
    error *= unit.view(np.float64)
    odd = ~(error < 1e9)  # infinities and NaN on one side or both
    if odd.any():
        floors = np.broadcast_to(floor, odd.shape)[odd]
        error[odd] = error_in_ulp(result[odd], reference[odd], floors)
    return error


def blocks(xs: Array) -> Iterator[Array]:
    for start in range(0, xs.size, BLOCK):
        yield xs[start : start + BLOCK]


def worst_of(subject: Subject, xs: Array, each: Callable[..., Iterable[Worst]] = map) -> Worst:
    """The largest error of these inputs; ``each`` may be the ``map`` of a pool."""

    def of_block(block: Array) -> Worst:
        error = errors(subject, block)
        k = int(error.argmax())
        return Worst(float(error[k]), float(block[k]))

    return max(each(of_block, blocks(xs)))


# --- float64: candidates by long double, judged by mpmath --------------------------------


class Candidates(NamedTuple):
    """Inputs with the largest errors, and with results nearest to the middle of two floats.

    Each as pairs of a mark, larger for what is harder, and the input.
    """

    worst: list[tuple[float, float]]
    halfway: list[tuple[float, float]]

    def and_those_of(self, subject: Subject, xs: Array, count: int) -> Candidates:
        """With the hardest of a block, but no more than ``count`` of each."""
        reference = _extended(subject, xs)
        error = error_in_ulp_extended(subject(xs), reference, subject.floor(xs))
        return Candidates(
            _hardest(self.worst, error, xs, count),
            _hardest(self.halfway, HALFWAY - _off_halfway(reference), xs, count),
        )

    def inputs(self) -> Array:
        return np.unique([x for _, x in (*self.worst, *self.halfway)])


def _hardest(
    kept: list[tuple[float, float]], mark: Array, xs: Array, count: int
) -> list[tuple[float, float]]:
    chosen = np.argsort(-mark, kind="stable")[:count]
    new = [(float(mark[k]), float(xs[k])) for k in chosen if mark[k] > 0]
    return sorted({*kept, *new}, reverse=True)[:count]


def _off_halfway(reference: Array) -> Array:
    """How far a value lies from the middle of two floats, in ulp; 1 if it cannot be rounded."""
    with np.errstate(all="ignore"):
        nearest = reference.astype(np.float64)
        off = np.abs(np.abs(reference - nearest) / np.spacing(np.abs(nearest)) - 0.5)
    return np.where(np.isfinite(nearest) & (nearest != reference), off, 1.0).astype(np.float64)


def exact_worst(subject: Subject, candidates: Array) -> Worst:
    """The largest error of these float64 inputs, by mpmath."""
    if not candidates.size:
        return Worst(0.0, 0.0)
    error = exact_errors(subject, candidates)
    k = int(error.argmax())
    return Worst(float(error[k]), float(candidates[k]))


def has_fast_reference(subject: Subject) -> bool:
    """Whether float64 can be judged by long doubles."""
    return bool(IS_EXTENDED and has_values(subject.name))

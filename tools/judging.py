"""How the results of a library are judged: inputs, units, and what is told of the worst.

Everybody is judged alike: the same inputs, the same reference, fastact's float64 kernels, and
the same unit, as fastact's kernels are by the sweep.  The worst results are judged again by
mpmath with the catalogue's expression, which owes nothing to fastact's kernels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ml_dtypes
import numpy as np

from errors import error_in_ulp_by_bits
from inputs import neighbours, sample_of
from oracle import Array, error_in_ulp_mp
from peer_functions import Function, Pair
from subject import Subject

Entry = dict[str, Any]

DTYPES = {"float32": np.dtype(np.float32), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
TINY = 2.0**-126  # the least normal number of both
COUNT = {"full": 1 << 22, "quick": 1 << 16}

# Where libraries go over from one formula to another, or their exponentials end; those of
# fastact are read from its formulas.
THRESHOLDS = (0.5, 0.625, 0.7, 1, 3, 6, 9, 10, 13, 17, 18, 20, 87.34, 88.73, 104)
SPECIAL = (-math.inf, math.inf, math.nan)

# Lengths and places: the values one by one, few of them, and all at each of many places.
DISTINCT = 64
LENGTHS = (5, 19, 67)
COPIES = 67


# --- inputs -----------------------------------------------------------------------


def inputs_of(subject: Subject, dtype: str, count: int) -> Array:
    """All numbers of bfloat16, or ``count`` of float32 and more: the same for every library.

    Inside the interval, off a derivative's kinks, and finite.
    """
    if dtype == "bfloat16":
        every: Array = np.arange(1 << 16, dtype=np.uint16).view(DTYPES[dtype])
        with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
            return np.asarray(every[subject.judged(every.astype(np.float64))])
    points = np.array([sign * t for t in THRESHOLDS for sign in (1, -1)], np.float32)
    around = neighbours(points, count // 16)
    return np.concatenate([sample_of(subject, dtype, count), around[subject.judged(around)]])


# --- judgement --------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """A subject in a dtype, on the inputs on which all libraries are tried."""

    subject: Subject
    dtype: str
    count: int

    @cached_property
    def xs(self) -> Array:
        """The inputs."""
        return inputs_of(self.subject, self.dtype, self.count)

    @cached_property
    def reference(self) -> Array:
        """The values in float64."""
        return self.subject(self.xs.astype(np.float64))

    @cached_property
    def floor(self) -> Array:
        """The least magnitude that a unit is taken from."""
        return np.broadcast_to(self.subject.floor(self.xs), self.xs.shape)

    @cached_property
    def normal(self) -> Array:
        """Where neither the input nor the exact value is below the normal range.

        A zero as an input is normal: every library has it.  A function that is 0 everywhere
        is judged everywhere.
        """
        size = np.abs(self.xs.astype(np.float64))
        normal = (np.abs(self.reference) >= TINY) & ((size >= TINY) | (size == 0))
        return np.asarray(normal if normal.any() else ~normal)

    def errors(self, result: Array) -> Array:
        """In ulp of the exact value, rounding included."""
        with np.errstate(over="ignore"):
            error = error_in_ulp_by_bits(result, self.reference, self.floor)
        return _without_overflows(result, error)

    def confirmed(self, result: Array, k: int, value: Any) -> float:
        """The error of one element of the result, from the exact value."""
        one = slice(k, k + 1)
        error = error_in_ulp_mp(result[one], [value], self.floor[one])
        return float(_without_overflows(result[one], error)[0])

    def entry(self, result: Array) -> Entry:
        """What is told of a library's results."""
        errors = self.errors(result)
        among = np.flatnonzero(self.normal)
        normal = errors[among]
        finite = np.isfinite(normal)
        worst = among[_nearest_to_zero(normal, self.xs[among])]
        entry: Entry = self._told(worst, result, errors) | {
            "inputs": int(among.size),
            "share_above_1_ulp": _rounded(float((normal > 1).mean())),
        }
        if not finite.all():
            entry["not_finite"] = int(among.size - finite.sum())
            entry["largest_finite"] = self._told(
                among[np.where(finite, normal, -1).argmax()], result, errors
            )
        return entry | self._below_normal(result, errors)

    def _told(self, k: int, result: Array, errors: Array) -> Entry:
        """The error of one element, and the same by mpmath."""
        (value,) = self.subject.exact(self.xs[k : k + 1])
        return {
            "max_ulp": plain(_rounded(float(errors[k]))),
            "confirmed_ulp": plain(_rounded(self.confirmed(result, k, value))),
            "at": float(self.xs[k]),
            "got": plain(float(result[k])),
            "exact": plain(float(value)),
        }

    def _below_normal(self, result: Array, errors: Array) -> Entry:
        """Inputs and values below the normal range, apart: some libraries flush them to 0."""
        among = np.flatnonzero(~self.normal)
        if not among.size:
            return {"below_normal": None, "flushes_subnormals": None}
        worst = among[errors[among].argmax()]
        size = np.abs(self.reference)
        lasting = (size >= TINY / 2) & (size < TINY)  # half a unit of rounding is far away
        return {
            "below_normal": {
                "max_ulp": plain(_rounded(float(errors[worst]))),
                "at": float(self.xs[worst]),
                "inputs": int(among.size),
            },
            "flushes_subnormals": bool((result[lasting] == 0).any()) if lasting.any() else None,
        }

    # --- beside the error ---

    def wrong_at(self, function: Function) -> list[str]:
        """Infinities and NaN whose result is not the limit, or NaN."""
        xs = np.array(SPECIAL if self._has_limits() else SPECIAL[-1:])
        got = function(xs.astype(DTYPES[self.dtype])).astype(np.float64)
        with np.errstate(over="ignore"):
            wanted = self.subject(xs).astype(DTYPES[self.dtype]).astype(np.float64)
        right = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        return [str(float(x)) for x in xs[~right]]

    def _has_limits(self) -> bool:
        """Not softmax, whose rows with an infinity have none, nor the slope of a ripple."""
        ripples = self.subject.derivative and bool(self.subject.row.derivative_reach)
        is_pair = isinstance(self.subject, Pair)
        return not (ripples or is_pair or math.isfinite(self.subject.row.interval[0]))

    def distinct_values(self) -> Array:
        """Some inputs of moderate size."""
        low, high = self.subject.row.interval
        rng = np.random.default_rng(1)
        return rng.uniform(max(-8.0, low), min(8.0, high), DISTINCT).astype(DTYPES[self.dtype])


def _without_overflows(result: Array, error: Array) -> Array:
    """An infinity is an infinite error, unless it is the next number to the exact value."""
    return np.where(np.isinf(result) & (error > 1), np.inf, error)


def _nearest_to_zero(errors: Array, xs: Array) -> int:
    """Of the largest errors, which may be infinite at many inputs."""
    candidates = np.flatnonzero(errors == errors.max())
    return int(candidates[np.abs(xs[candidates]).argmin()])


def depends_on_position(function: Function, values: Sequence[float] | Array) -> bool:
    """Whether equal inputs give other bits in other places, or in arrays of other lengths."""
    values = np.asarray(values)
    alone = np.concatenate([function(values[k : k + 1]) for k in range(values.size)])
    for length in LENGTHS:
        some = np.resize(values, length)
        if not _same_bits(function(some), np.resize(alone, length)):
            return True
    turns = range(COPIES)
    everywhere = np.concatenate([np.roll(values, k) for k in turns])
    return not _same_bits(function(everywhere), np.concatenate([np.roll(alone, k) for k in turns]))


def _same_bits(a: Array, b: Array) -> bool:
    bits = f"u{a.itemsize}"
    return bool(((a.view(bits) == b.view(bits)) | (np.isnan(a) & np.isnan(b))).all())


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def plain(number: float) -> float | str:
    """As JSON can have it: infinities and NaN as text."""
    return number if math.isfinite(number) else str(number)

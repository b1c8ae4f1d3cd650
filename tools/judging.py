"""How the results of a library are judged: inputs, units, and what is told of the worst.

Everybody is judged alike: the same inputs, the same reference, fastact's float64 kernels, and
the same unit, that of ``oracle.error_in_ulp``.  The worst results are judged again by mpmath
with the catalogue's expression, which owes nothing to fastact's kernels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ml_dtypes
import mpmath
import numpy as np

from fastact.formulas.catalogue import Row
from oracle import Array, derivative_floor, exact, judged, kinks_of
from peer_functions import Function, Kernel
from sweep import error_in_ulp

Entry = dict[str, Any]

DTYPES = {"float32": np.dtype(np.float32), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
DIGITS = {"float32": 23, "bfloat16": 7}  # stored, of the significand
TINY = 2.0**-126  # the least normal number of both
COUNT = {"full": 1 << 22, "quick": 1 << 16}

# Where libraries go over from one formula to another, or their exponentials end.
THRESHOLDS = (
    0.5,
    0.625,
    0.7,
    1.0,
    3.0,
    6.0,
    9.0,
    10.0,
    13.0,
    17.0,
    18.0,
    20.0,
    87.34,
    88.73,
    104.0,
)
SPECIAL = (-math.inf, math.inf, math.nan)

# Lengths and places: the values one by one, few of them, and all at each of many places.
DISTINCT = 64
LENGTHS = (5, 19, 67)
COPIES = 67


# --- inputs -----------------------------------------------------------------------


def inputs_of(row: Row, dtype: str, count: int) -> Array:
    """All numbers of bfloat16, or ``count`` of float32 and more: the same for every library."""
    if dtype == "bfloat16":
        every: Array = np.arange(1 << 16, dtype=np.uint16).view(DTYPES[dtype])
        return every
    rng = np.random.default_rng(0)
    dense = [rng.uniform(*ends, size) for ends, size in _dense_intervals(row, count)]
    parts = [_of_every_exponent(count // 2, rng), *dense, _around_thresholds(row, count >> 11)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _dense_intervals(row: Row, count: int) -> list[tuple[tuple[float, float], int]]:
    if math.isfinite(row.interval[0]):
        return [(row.interval, count)]
    return [((-110.0, 110.0), count // 4), ((-8.0, 8.0), count // 4)]


def _of_every_exponent(count: int, rng: np.random.Generator) -> Array:
    """One number of each of ``count`` equal parts of the float32 patterns."""
    step = (1 << 32) // count
    pattern = np.arange(count, dtype=np.uint64) * step + rng.integers(0, step, count, np.uint64)
    numbers: Array = pattern.astype(np.uint32).view(np.float32)
    return numbers


def _around_thresholds(row: Row, width: int) -> Array:
    """The ends of the dtype, and the next numbers on both sides of each threshold."""
    info = np.finfo(np.float32)
    ends = np.array([0.0, info.max, info.tiny, info.smallest_subnormal, np.inf], np.float32)
    centres = np.array([*THRESHOLDS, *map(abs, kinks_of(row, row.defaults))], np.float32)
    centres = np.unique(centres[centres > 0])
    near = centres.view(np.int32)[:, None] + np.arange(-width, width + 1, dtype=np.int32)
    sides = np.concatenate([ends, near.ravel().view(np.float32)])
    return np.concatenate([sides, -sides])


# --- judgement --------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """A kernel in a dtype, on the inputs on which all libraries are tried."""

    kernel: Kernel
    dtype: str
    count: int

    @cached_property
    def xs(self) -> Array:
        """Inside the interval, off a derivative's kinks, and finite."""
        row, derivative = self.kernel.row, self.kernel.derivative
        xs: Array = inputs_of(row, self.dtype, self.count)
        # 16-bit derivatives are made from float64 ones where it matters.
        reach = "float32" if self.dtype == "float32" else "float64"
        with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaN
            inside: Array = xs[judged(row, xs, reach, derivative=derivative)]
        return inside

    @cached_property
    def reference(self) -> Array:
        """The values in float64."""
        return self.kernel.by_fastact(self.xs.astype(np.float64))

    @cached_property
    def floor(self) -> Array | float:
        """The least magnitude that a unit is taken from: near a derivative's root."""
        if not self.kernel.derivative:
            return 0.0
        floor = derivative_floor(self.kernel.row, self.xs)
        return floor if floor.any() else 0.0

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
        with np.errstate(invalid="ignore", over="ignore"):
            return error_in_ulp(result, self.reference, self.floor, DIGITS[self.dtype])

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
        x, got = float(self.xs[k]), float(result[k])
        value = exact_value(self.kernel, x)
        floor = float(self.floor[k]) if isinstance(self.floor, np.ndarray) else self.floor
        return {
            "max_ulp": plain(_rounded(float(errors[k]))),
            "confirmed_ulp": plain(_rounded(confirmed_ulp(got, value, floor, self.dtype))),
            "at": x,
            "got": plain(got),
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
            wanted = self.kernel.by_fastact(xs).astype(DTYPES[self.dtype]).astype(np.float64)
        right = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        return [str(float(x)) for x in xs[~right]]

    def _has_limits(self) -> bool:
        """Not softmax, whose rows with an infinity have none, nor the slope of a ripple."""
        row, derivative = self.kernel.row, self.kernel.derivative
        ripples = derivative and bool(row.derivative_reach)
        return not (ripples or self.kernel.is_pair or math.isfinite(row.interval[0]))

    def distinct_values(self) -> Array:
        """Some inputs of moderate size."""
        low, high = (max(-8.0, self.kernel.row.interval[0]), min(8.0, self.kernel.row.interval[1]))
        rng = np.random.default_rng(1)
        return rng.uniform(low, high, DISTINCT).astype(DTYPES[self.dtype])


def _nearest_to_zero(errors: Array, xs: Array) -> int:
    """Of the largest errors, which may be infinite at many inputs."""
    candidates = np.flatnonzero(errors == errors.max())
    return int(candidates[np.abs(xs[candidates]).argmin()])


def exact_value(kernel: Kernel, x: float) -> Any:
    """By mpmath, from the expression that the documentation shows."""
    (value,) = exact(
        kernel.row, kernel.formula, [x], kernel.parameters, derivative=kernel.derivative
    )
    return mpmath.mpf(value)


def confirmed_ulp(got: float, value: Any, floor: float, dtype: str) -> float:
    """The error of ``got`` in units in the last place of an mpmath number."""
    digits = DIGITS[dtype]
    with mpmath.workdps(60):
        size = max(abs(value), mpmath.mpf(max(floor, TINY)))
        unit = mpmath.mpf(2) ** (mpmath.frexp(size)[1] - 1 - digits)
        if math.isfinite(got):
            return float(abs(mpmath.mpf(got) - value) / unit)
        overflow = (2 - mpmath.mpf(2) ** (-digits - 1)) * mpmath.mpf(2) ** 127
        return 0.0 if math.copysign(1, got) * value >= overflow else math.inf


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

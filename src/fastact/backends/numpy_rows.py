"""Twins of the row kernels on whole arrays: rows of numbers in, a row or a number out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .base import Array


def _highest(a: Array) -> Array:
    highest: Array = a.max(axis=1, keepdims=True)
    return highest


def _difference(a: Array, b: Array) -> tuple[Array, Array]:
    """a - b and what rounding took from it."""
    difference = a - b
    part = difference - a
    error = (a - (difference - part)) - (b + part)
    return difference, np.where(np.isnan(error), 0, error)


def _exp_of_difference(a: Array, b: Array) -> Array:
    difference, error = _difference(a, b)
    e: Array = np.exp(difference)
    e *= 1 + error
    return e


def _softmax(a: Array) -> Array:
    e = _exp_of_difference(a, _highest(a))
    e /= e.sum(axis=1, keepdims=True)
    return e


def _softmax_backward(dy: Array, y: Array) -> Array:
    # Relative to dy where y is almost 1, as in ``reductions.py``.
    dy = dy - np.where(y > 0.5, dy, dy.dtype.type(0)).sum(axis=1, keepdims=True)
    dx: Array = y * (dy - (dy * y).sum(axis=1, keepdims=True))
    return dx


def _log_of_sum(a: Array, highest: Array) -> Array:
    """log(sum(exp(a - highest))): one largest element's 1 is left to log1p."""
    largest = a == highest
    others = np.where(largest, 0, _exp_of_difference(a, highest)).sum(axis=1, keepdims=True)
    ties = np.count_nonzero(largest, axis=1, keepdims=True)
    total: Array = np.log1p(others + (ties - 1)).astype(a.dtype, copy=False)
    return total


def _log_softmax(a: Array) -> Array:
    highest = _highest(a)
    y: Array = (a - highest) - (_log_of_sum(a, highest) + (highest - highest))
    return y


def _log_softmax_backward(dy: Array, y: Array) -> Array:
    rest = dy.sum(axis=1, keepdims=True) - dy
    dx: Array = -np.expm1(y) * dy - np.exp(y) * rest
    return dx


def _logsumexp(a: Array) -> Array:
    # A NaN makes the maximum NaN here; an infinite maximum is the sum.
    highest = _highest(a)
    return highest + _log_of_sum(a, highest)


def _sparsemax(a: Array) -> Array:
    """By sorting: the longest run of largest elements that all exceed their threshold."""
    z, error = _difference(a.astype(np.float64), _highest(a))
    falling = -np.sort(-z, axis=1)
    count = np.arange(1, a.shape[1] + 1)
    sums = np.where(np.isneginf(falling), 0, falling).cumsum(axis=1)
    support = np.count_nonzero(1 + count * falling > sums, axis=1)[:, None]
    last = np.maximum(support - 1, 0)
    tau = (np.take_along_axis(sums, last, axis=1) - 1) / (last + 1)
    # What the sum is off by, once more: y may be small beside tau.
    y: Array = np.maximum((z - tau) + error, 0)
    tau_low = (y.sum(axis=1, keepdims=True) - 1) / (last + 1)
    y = np.maximum((z - tau) + (error - tau_low), 0)
    return y


def _sparsemax_backward(dy: Array, y: Array) -> Array:
    outside = y <= 0
    count = np.count_nonzero(~outside, axis=1, keepdims=True)
    mean = np.where(outside, 0, dy).sum(axis=1, keepdims=True) / count.astype(dy.dtype)
    return np.where(outside, 0, np.where(np.isnan(y), y, dy - mean))


def _hardmax(a: Array) -> Array:
    y = np.zeros_like(a)
    np.put_along_axis(y, a.argmax(axis=1, keepdims=True), 1, axis=1)
    return np.where(np.isnan(_highest(a)), a.dtype.type(np.nan), y)


def _maxout_backward(dy: Array, which: Array, length: int) -> Array:
    return np.where(np.arange(length) == which, dy, dy.dtype.type(0))


def _crelu(a: Array) -> Array:
    zero = a.dtype.type(0)
    return np.hstack([np.where(a <= 0, zero, a), np.where(a >= 0, zero, -a)])


def _crelu_backward(dy: Array, positive: Array, negative: Array) -> Array:
    """``positive`` and ``negative`` tell which half of dy passes, where they exceed 0."""
    up, down = np.hsplit(dy, 2)
    passed: Array = np.where(positive > 0, up, 0) - np.where(negative > 0, down, 0)
    return np.where(np.isnan(positive), positive, passed)


# Each takes the inputs as matrices with a row of the kernel in each row, and the length.
ROW_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda a, n: a.sum(axis=1),
    "softmax": lambda a, n: _softmax(a),
    "softmax_backward": lambda dy, y, n: _softmax_backward(dy, y),
    "softmin": lambda a, n: _softmax(-a),
    "softmin_backward": lambda dy, y, n: -_softmax_backward(dy, y),
    "log_softmax": lambda a, n: _log_softmax(a),
    "log_softmax_backward": lambda dy, y, n: _log_softmax_backward(dy, y),
    "logsumexp": lambda a, n: _logsumexp(a),
    "logsumexp_backward": lambda dy, x, n: dy * _softmax(x),
    "sparsemax": lambda a, n: _sparsemax(a),
    "sparsemax_backward": lambda dy, y, n: _sparsemax_backward(dy, y),
    "hardmax": lambda a, n: _hardmax(a),
    "hardmax_backward": lambda dy, y, n: np.zeros_like(dy),
    "maxout": lambda a, n: a.max(axis=1),
    "maxout_which": lambda a, n: a.argmax(axis=1),
    "maxout_backward": _maxout_backward,
    "crelu": lambda a, n: _crelu(a),
    "crelu_backward": lambda dy, x, n: _crelu_backward(dy, x, -x),
    "crelu_backward_from_output": lambda dy, y, n: _crelu_backward(dy, *np.hsplit(y, 2)),
}

"""The formulas that people write in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from fastact.formulas.catalogue import ROWS, Row
from races import RACED, Array

from .library import Library

SLOPE = 0.01
SQRT_2_PI = math.sqrt(2 * math.pi)
TANH_SCALE = math.sqrt(2 / math.pi)
TANH_CUBIC = 0.044715

# Abramowitz and Stegun 26.2.17, to 7.5e-8: NumPy and numexpr have no error function.
TAIL_P = 0.2316419
TAIL_B = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)


def leaky_relu_backward(dy: Array, y: Array, out: Array | None) -> Array:
    dx = np.multiply(dy, SLOPE, out=out)
    np.copyto(dx, dy, where=y > 0)
    return dx


def prelu_backward(dy: Array, x: Array, weight: Array, out: Array | None) -> Any:
    dx = np.multiply(dy, weight, out=out)
    np.copyto(dx, dy, where=x > 0)
    return dx, np.sum(dy * np.minimum(x, 0))


def along(weight: Array, x: Array, axis: int) -> Array:
    """The weights of an axis, so that they broadcast against x."""
    shape = [1] * x.ndim
    shape[axis] = -1
    return weight.reshape(shape)


def prelu_of_rows(x: Array, weight: Array, out: Array | None, axis: int) -> Array:
    return np.maximum(x, along(weight, x, axis) * x, out=out)


def prelu_of_rows_backward(dy: Array, x: Array, weight: Array, out: Array | None, axis: int) -> Any:
    dx = np.multiply(dy, along(weight, x, axis), out=out)
    np.copyto(dx, dy, where=x > 0)
    others = tuple(k for k in range(x.ndim) if k != axis)
    return dx, np.sum(dy * np.minimum(x, 0), axis=others)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def glu_of_rows(x: Array, out: Array | None, axis: int) -> Array:
    value, gate = np.split(x, 2, axis)
    return np.multiply(value, sigmoid(gate), out=out)


def glu_of_rows_backward(dy: Array, x: Array, out: Array | None, axis: int) -> Array:
    value, gate = np.split(x, 2, axis)
    s = sigmoid(gate)
    return np.concatenate([dy * s, dy * value * s * (1 - s)], axis, out=out)


def swiglu_of_rows(x: Array, out: Array | None, axis: int) -> Array:
    gate, value = np.split(x, 2, axis)
    return np.multiply(gate * sigmoid(gate), value, out=out)


def swiglu_of_rows_backward(dy: Array, x: Array, out: Array | None, axis: int) -> Array:
    gate, value = np.split(x, 2, axis)
    s = sigmoid(gate)
    by_gate = dy * value * s * (1 + gate * (1 - s))
    return np.concatenate([by_gate, dy * gate * s], axis, out=out)


def maxout_of_rows(x: Array, out: Array | None, axis: int) -> Array:
    return np.maximum(x[..., ::2], x[..., 1::2], out=out)


def maxout_of_rows_backward(dy: Array, x: Array, out: Array | None, axis: int) -> Array:
    out = np.empty_like(x) if out is None else out
    second = x[..., 1::2] > x[..., ::2]
    np.multiply(dy, ~second, out=out[..., ::2])
    np.multiply(dy, second, out=out[..., 1::2])
    return out


def log_softmax(x: Array, out: Array | None, axis: int) -> Array:
    d = x - x.max(axis=axis, keepdims=True)
    return np.subtract(d, np.log(np.exp(d).sum(axis=axis, keepdims=True)), out=out)


def log_softmax_backward(dy: Array, y: Array, out: Array | None, axis: int) -> Array:
    return np.subtract(dy, np.exp(y) * dy.sum(axis=axis, keepdims=True), out=out)


def silu_backward(dy: Array, x: Array, out: Array | None) -> Array:
    gate = sigmoid(x)
    return np.multiply(dy, gate * (1 + x * (1 - gate)), out=out)


def normal_density(x: Array) -> Array:
    return np.exp(-x * x / 2) / SQRT_2_PI


def normal_distribution(x: Array, density: Array) -> Array:
    b1, b2, b3, b4, b5 = TAIL_B
    t = 1 / (1 + TAIL_P * np.abs(x))
    tail = density * t * (b1 + t * (b2 + t * (b3 + t * (b4 + t * b5))))
    return np.where(x > 0, 1 - tail, tail)


def gelu(x: Array, out: Array | None) -> Array:
    return np.multiply(x, normal_distribution(x, normal_density(x)), out=out)


def gelu_backward(dy: Array, x: Array, out: Array | None) -> Array:
    density = normal_density(x)
    return np.multiply(dy, normal_distribution(x, density) + x * density, out=out)


def gelu_tanh(x: Array, out: Array | None) -> Array:
    bend = np.tanh(TANH_SCALE * (x + TANH_CUBIC * x * x * x))
    return np.multiply(0.5 * x, 1 + bend, out=out)


def gelu_tanh_backward(dy: Array, x: Array, out: Array | None) -> Array:
    square = x * x
    bend = np.tanh(TANH_SCALE * x * (1 + TANH_CUBIC * square))
    slope = TANH_SCALE * (1 + 3 * TANH_CUBIC * square) * (1 - bend * bend)
    return np.multiply(dy, 0.5 * (1 + bend + x * slope), out=out)


def mish_backward(dy: Array, x: Array, out: Array | None) -> Array:
    e = np.exp(x)
    bend = np.tanh(np.log1p(e))
    return np.multiply(dy, bend + x * (1 - bend * bend) * e / (1 + e), out=out)


def softmax(x: Array, out: Array | None, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.divide(e, e.sum(axis=axis, keepdims=True), out=out)


def softmax_backward(dy: Array, y: Array, out: Array | None, axis: int) -> Array:
    return np.multiply(y, dy - (dy * y).sum(axis=axis, keepdims=True), out=out)


def library() -> Library:
    formulas: dict[str, Callable[..., object]] = {
        "identity": lambda x, out: np.positive(x, out=out),
        "identity_backward": lambda dy, x, out: np.positive(dy, out=out),
        "relu": lambda x, out: np.maximum(x, 0, out=out),
        "relu_backward": lambda dy, y, out: np.multiply(dy, y > 0, out=out),
        "leaky_relu": lambda x, out: np.maximum(x, SLOPE * x, out=out),
        "leaky_relu_backward": leaky_relu_backward,
        "prelu": lambda x, weight, out: np.maximum(x, weight * x, out=out),
        "prelu_backward": prelu_backward,
        "elu": lambda x, out: np.add(np.maximum(x, 0), np.expm1(np.minimum(x, 0)), out=out),
        "elu_backward": lambda dy, y, out: np.multiply(dy, np.minimum(y, 0) + 1, out=out),
        "sigmoid": lambda x, out: np.divide(1, 1 + np.exp(-x), out=out),
        "sigmoid_backward": lambda dy, y, out: np.multiply(dy, y * (1 - y), out=out),
        "logsigmoid": lambda x, out: np.negative(np.log1p(np.exp(-x)), out=out),
        "logsigmoid_backward": lambda dy, y, out: np.multiply(dy, -np.expm1(y), out=out),
        "tanh": np.tanh,
        "tanh_backward": lambda dy, y, out: np.multiply(dy, 1 - y * y, out=out),
        "softplus": lambda x, out: np.log1p(np.exp(x), out=out),
        "softplus_backward": lambda dy, x, out: np.divide(dy, 1 + np.exp(-x), out=out),
        "silu": lambda x, out: np.divide(x, 1 + np.exp(-x), out=out),
        "silu_backward": silu_backward,
        "gelu": gelu,
        "gelu_backward": gelu_backward,
        "gelu_tanh": gelu_tanh,
        "gelu_tanh_backward": gelu_tanh_backward,
        "mish": lambda x, out: np.multiply(x, np.tanh(np.log1p(np.exp(x))), out=out),
        "mish_backward": mish_backward,
        "softmax": softmax,
        "softmax_backward": softmax_backward,
        "log_softmax": log_softmax,
        "log_softmax_backward": log_softmax_backward,
        "glu_of_rows": glu_of_rows,
        "glu_of_rows_backward": glu_of_rows_backward,
        "swiglu_of_rows": swiglu_of_rows,
        "swiglu_of_rows_backward": swiglu_of_rows_backward,
        "maxout_of_rows": maxout_of_rows,
        "maxout_of_rows_backward": maxout_of_rows_backward,
        "prelu_of_rows": prelu_of_rows,
        "prelu_of_rows_backward": prelu_of_rows_backward,
        "exponential": np.exp,
        "exponential_backward": np.multiply,
    }
    for row in RACED:
        if row.name not in formulas:
            formulas |= from_expression(row)
    return Library(formulas)


def from_expression(row: Row) -> dict[str, Callable[..., object]]:
    """A new row's peer until a hand-written one is there: its expression, by SymPy."""
    formulas: dict[str, Callable[..., object]] = {}
    for formula in row.formulas:
        formulas[formula] = partial(_forward, row.name, formula)
        formulas[f"{formula}_backward"] = partial(_backward, row.name, formula)
    return formulas


@cache
def _functions(name: str, formula: str) -> list[Callable[..., Array]]:
    """The value and the derivative by each array, as functions of the arrays."""
    import sympy

    row = ROWS[name]
    arrays = [*row.inputs, *(p.name for p in row.learned)]
    symbols = [sympy.Symbol(array, real=True) for array in arrays]
    known = {symbol.name: symbol for symbol in symbols}
    known |= {p.name: sympy.Float(p.default) for p in row.scalars if p.default is not None}
    value = sympy.sympify(row.expression_of(formula), locals=known)
    slopes = [sympy.diff(value, symbol) for symbol in symbols]
    return [sympy.lambdify(symbols, expression) for expression in (value, *slopes)]


def _forward(name: str, formula: str, *arrays: Any) -> Array:
    *inputs, out = arrays
    value, *_ = _functions(name, formula)
    result = np.broadcast_to(value(*inputs), inputs[0].shape)
    return np.positive(result, out=out, dtype=inputs[0].dtype)


def _backward(name: str, formula: str, dy: Array, *arrays: Any) -> tuple[Array, ...]:
    """The gradient of the first input goes to ``out``."""
    *inputs, out = arrays
    _, first, *others = _functions(name, formula)
    return np.multiply(dy, first(*inputs), out=out), *(dy * slope(*inputs) for slope in others)

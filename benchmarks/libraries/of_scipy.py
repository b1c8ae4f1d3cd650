"""The formulas that people write with ``scipy.special``."""

from __future__ import annotations

import numpy as np

from races import Array

from .library import Library
from .of_numpy import TANH_CUBIC, TANH_SCALE, normal_density


def library() -> Library:
    from scipy import special

    expit, ndtr = special.expit, special.ndtr

    def silu_backward(dy: Array, x: Array, out: Array | None) -> Array:
        gate = expit(x)
        return np.multiply(dy, gate * (1 + x * (1 - gate)), out=out)

    def gelu_tanh(x: Array, out: Array | None) -> Array:
        return np.multiply(x, expit(2 * TANH_SCALE * (x + TANH_CUBIC * x * x * x)), out=out)

    def gelu_backward(dy: Array, x: Array, out: Array | None) -> Array:
        return np.multiply(dy, ndtr(x) + x * normal_density(x), out=out)

    formulas = {
        "sigmoid": expit,
        "softplus_backward": lambda dy, x, out: np.multiply(dy, expit(x), out=out),
        "silu": lambda x, out: np.multiply(x, expit(x), out=out),
        "silu_backward": silu_backward,
        "gelu": lambda x, out: np.multiply(x, ndtr(x), out=out),
        "gelu_backward": gelu_backward,
        "gelu_tanh": gelu_tanh,
        "logsigmoid": special.log_expit,
        "logsigmoid_backward": lambda dy, y, out: np.multiply(dy, -special.expm1(y), out=out),
        "logit": special.logit,
        "glu": lambda value, gate, out: np.multiply(value, expit(gate), out=out),
        "swiglu": lambda gate, value, out: np.multiply(gate * expit(gate), value, out=out),
        "quick_gelu": lambda x, out: np.multiply(x, expit(1.702 * x), out=out),
        "softmax": lambda x, out, axis: special.softmax(x, axis=axis),
        "log_softmax": lambda x, out, axis: special.log_softmax(x, axis=axis),
    }
    if hasattr(special, "softplus"):  # since SciPy 1.17
        formulas["softplus"] = lambda x, out: special.softplus(x, out=out)
    return Library(formulas)

"""numexpr's expressions, several threads."""

from __future__ import annotations

from functools import partial

import numpy as np

from races import Array

from .library import Call, Library, Operands
from .of_numpy import SLOPE, SQRT_2_PI, TAIL_B, TAIL_P, TANH_CUBIC, TANH_SCALE

# A literal with a point would make float32 expressions float64; names do not.
NUMEXPR_CONSTANTS = {
    "slope": SLOPE,
    "root": SQRT_2_PI,
    "scale": TANH_SCALE,
    "cubic": TANH_CUBIC,
    "p": TAIL_P,
    **{f"b{k}": b for k, b in enumerate(TAIL_B, 1)},
}

# numexpr evaluates a repeated part once.
GATE = "(1 / (1 + exp(-x)))"
DENSITY = "(exp(-x * x / 2) / root)"
T = "(1 / (1 + p * abs(x)))"
TAIL = f"({DENSITY} * {T} * (b1 + {T} * (b2 + {T} * (b3 + {T} * (b4 + {T} * b5)))))"
NORMAL = f"where(x > 0, 1 - {TAIL}, {TAIL})"
TANH_BEND = "tanh(scale * (x + cubic * x * x * x))"
TANH_SLOPE = f"(scale * (1 + 3 * cubic * x * x) * (1 - {TANH_BEND} * {TANH_BEND}))"
MISH_BEND = "tanh(log1p(exp(x)))"

NUMEXPR_FORMULAS = {
    "identity": "copy(x)",
    "identity_backward": "copy(dy)",
    "relu": "where(x > 0, x, 0)",
    "relu_backward": "where(y > 0, dy, 0)",
    "leaky_relu": "where(x > 0, x, slope * x)",
    "leaky_relu_backward": "where(y > 0, dy, slope * dy)",
    "prelu": "where(x > 0, x, weight * x)",
    "elu": "where(x > 0, x, expm1(x))",
    "elu_backward": "where(y > 0, dy, dy * (1 + y))",
    "exponential": "exp(x)",
    "exponential_backward": "dy * y",
    "logsigmoid": "-log1p(exp(-x))",
    "softsign": "x / (1 + abs(x))",
    "tanhshrink": "x - tanh(x)",
    "squareplus": "(x + sqrt(x * x + 4)) / 2",
    "hardtanh": "where(x > 1, 1, where(x < -1, -1, x))",
    "relu6": "where(x > 6, 6, where(x > 0, x, 0))",
    "glu": "value / (1 + exp(-gate))",
    "swiglu": "gate * value / (1 + exp(-gate))",
    "sigmoid": GATE,
    "sigmoid_backward": "dy * y * (1 - y)",
    "tanh": "tanh(x)",
    "tanh_backward": "dy * (1 - y * y)",
    "softplus": "log1p(exp(x))",
    "softplus_backward": "dy / (1 + exp(-x))",
    "silu": "x / (1 + exp(-x))",
    "silu_backward": f"dy * {GATE} * (1 + x * (1 - {GATE}))",
    "gelu": f"x * {NORMAL}",
    "gelu_backward": f"dy * ({NORMAL} + x * {DENSITY})",
    "gelu_tanh": f"x * (1 + {TANH_BEND}) / 2",
    "gelu_tanh_backward": f"dy * (1 + {TANH_BEND} + x * {TANH_SLOPE}) / 2",
    "mish": f"x * {MISH_BEND}",
    "mish_backward": f"dy * ({MISH_BEND} + x * {GATE} * (1 - {MISH_BEND} * {MISH_BEND}))",
}


def compiled_by_numexpr(text: str, operands: Operands, out: Array | None) -> Call:
    """``numexpr.evaluate`` without its look at the text in every call."""
    from numexpr import NumExpr

    dtype = next(iter(operands.values())).dtype
    constants = {name: dtype.type(value) for name, value in NUMEXPR_CONSTANTS.items()}
    values = {**constants, **operands}
    number = float if dtype == np.float32 else np.float64  # numexpr's name for float32
    names = [name for name in compile(text, "", "eval").co_names if name in values]
    expression = NumExpr(text, signature=[(name, number) for name in names])
    return partial(expression, *(values[name] for name in names), out=out, ex_uses_vml=False)


def library() -> Library:
    import numexpr

    return Library(NUMEXPR_FORMULAS, compiled_by_numexpr, set_num_threads=numexpr.set_num_threads)

"""thinc's NumpyOps; they make new arrays unless they overwrite their input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from races import Array

from .library import Call, Library, Operands


def library() -> Library:
    from thinc.api import NumpyOps

    ops: Any = NumpyOps()

    def in_pairs(x: Array) -> Array:
        return x.reshape(-1, x.shape[-1] // 2, 2)

    def maxout_of_rows(x: Array, axis: int) -> Array:
        largest, _ = ops.maxout(in_pairs(x))
        return largest.reshape(*x.shape[:-1], -1)

    def maxout_of_rows_backward(dy: Array, x: Array, which: Array, axis: int) -> Array:
        return ops.backprop_maxout(dy.reshape(which.shape), which, 2).reshape(x.shape)

    forward: dict[str, Callable[..., Any]] = {
        "relu": ops.relu,
        "relu6": ops.relu_k,
        "hardtanh": ops.hard_tanh,
        "hardsigmoid": lambda x: ops.clipped_linear(x, slope=1 / 6, offset=0.5),
        "hardswish": ops.hard_swish_mobilenet,
        "sigmoid": ops.sigmoid,
        "silu": ops.swish,
        "gelu": ops.gelu,
        "gelu_tanh": ops.gelu_approx,
        "mish": ops.mish,
        "dish": ops.dish,
        "softmax": lambda x, axis: ops.softmax(x, axis=axis),
        "maxout_of_rows": maxout_of_rows,
    }
    backward: dict[str, Callable[..., Any]] = {
        "relu": ops.backprop_relu,
        "relu6": ops.backprop_relu_k,
        "hardtanh": ops.backprop_hard_tanh,
        "hardsigmoid": lambda dy, x: ops.backprop_clipped_linear(dy, x, slope=1 / 6, offset=0.5),
        "hardswish": ops.backprop_hard_swish_mobilenet,
        "sigmoid": ops.backprop_sigmoid,
        "tanh": lambda dy, y: dy * ops.dtanh(y),
        "silu": lambda dy, x, y: ops.backprop_swish(dy, x, y),
        "gelu": ops.backprop_gelu,
        "gelu_tanh": ops.backprop_gelu_approx,
        "mish": ops.backprop_mish,
        "dish": ops.backprop_dish,
        "softmax": lambda dy, y, axis: ops.backprop_softmax(y, dy, axis=axis),
        "maxout_of_rows": maxout_of_rows_backward,
    }

    def bind(function: Any, operands: Operands, out: Array | None, **along: int) -> Call:
        arrays = [*operands.values()]
        if function is backward["silu"]:  # keeps the output of its forward pass
            arrays.append(ops.swish(operands["x"]))
        if function is maxout_of_rows_backward:  # keeps which it was
            arrays.append(ops.maxout(in_pairs(operands["x"]))[1])
        return lambda: function(*arrays, **along)

    return Library(forward | {f"{name}_backward": f for name, f in backward.items()}, bind)

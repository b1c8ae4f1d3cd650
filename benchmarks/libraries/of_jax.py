"""JAX, compiled; it makes new arrays only."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from races import ALONG_AXES, Array

from .library import Call, Library, Operands


def library() -> Library:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    import jax.numpy as jnp
    from jax import nn
    from jax.scipy import special

    jax.config.update("jax_enable_x64", True)

    def prelu(x: Any, weight: Any, axis: int | None = None) -> Any:
        shape = [1] * x.ndim
        if axis is not None:
            shape[axis] = -1
        return jnp.where(x > 0, x, weight.reshape(shape) * x)

    def glu_of_rows(x: Any, axis: int) -> Any:
        return nn.glu(x, axis)

    def swiglu_of_rows(x: Any, axis: int) -> Any:
        gate, value = jnp.split(x, 2, axis)
        return nn.silu(gate) * value

    def maxout_of_rows(x: Any, axis: int) -> Any:
        return jnp.maximum(x[..., ::2], x[..., 1::2])

    forward: dict[str, Callable[..., Any]] = {
        "identity": jnp.copy,
        "relu": nn.relu,
        "relu6": nn.relu6,
        "relu2": lambda x: jnp.square(nn.relu(x)),
        "leaky_relu": nn.leaky_relu,
        "prelu": prelu,
        "hardtanh": nn.hard_tanh,
        "hardsigmoid": nn.hard_sigmoid,
        "sparse_sigmoid": nn.sparse_sigmoid,
        "hardswish": nn.hard_silu,
        "sparse_plus": nn.sparse_plus,
        "elu": nn.elu,
        "selu": nn.selu,
        "celu": nn.celu,
        "softplus": nn.softplus,
        "squareplus": nn.squareplus,
        "exponential": jnp.exp,
        "sigmoid": nn.sigmoid,
        "logsigmoid": nn.log_sigmoid,
        "tanh": jnp.tanh,
        "tanhshrink": lambda x: x - jnp.tanh(x),
        "softsign": nn.soft_sign,
        "logit": special.logit,
        "silu": nn.silu,
        "quick_gelu": lambda x: x * nn.sigmoid(1.702 * x),
        "gelu": lambda x: nn.gelu(x, approximate=False),
        "gelu_tanh": lambda x: nn.gelu(x, approximate=True),
        "mish": nn.mish,
        "glu": lambda value, gate: value * nn.sigmoid(gate),
        "swiglu": lambda gate, value: nn.silu(gate) * value,
        "softmax": lambda x, axis: nn.softmax(x, axis),
        "log_softmax": lambda x, axis: nn.log_softmax(x, axis),
        "glu_of_rows": glu_of_rows,
        "swiglu_of_rows": swiglu_of_rows,
        "maxout_of_rows": maxout_of_rows,
        "prelu_of_rows": prelu,
    }
    from_output: dict[str, Callable[..., Any]] = {
        "relu": lambda dy, y: jnp.where(y > 0, dy, 0),
        "leaky_relu": lambda dy, y: jnp.where(y > 0, dy, 0.01 * dy),
        "elu": lambda dy, y: jnp.where(y > 0, dy, dy * (y + 1)),
        "exponential": lambda dy, y: dy * y,
        "sigmoid": lambda dy, y: dy * y * (1 - y),
        "logsigmoid": lambda dy, y: -dy * jnp.expm1(y),
        "tanh": lambda dy, y: dy * (1 - y * y),
        "softmax": lambda dy, y, axis: y * (dy - (dy * y).sum(axis, keepdims=True)),
        "log_softmax": lambda dy, y, axis: dy - jnp.exp(y) * dy.sum(axis, keepdims=True),
    }

    def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
        def of(dy: Any, *inputs: Any, **along: int) -> Any:
            _, pull_back = jax.vjp(lambda *arrays: function(*arrays, **along), *inputs)
            return pull_back(dy)

        return of

    def compiled(name: str, function: Callable[..., Any]) -> Any:
        takes_axis = name in ALONG_AXES or name.endswith("_of_rows")
        return jax.jit(function, static_argnames="axis" if takes_axis else None)

    backward = {name: gradient(function) for name, function in forward.items()} | from_output
    formulas = {name: compiled(name, f) for name, f in forward.items()}
    formulas |= {f"{name}_backward": compiled(name, f) for name, f in backward.items()}

    def bind(function: Any, operands: Operands, out: Array | None, **along: int) -> Call:
        arrays = [jnp.asarray(array) for array in operands.values()]
        return lambda: jax.block_until_ready(function(*arrays, **along))

    return Library(formulas, bind)

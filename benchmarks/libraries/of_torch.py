"""PyTorch on the arrays' own memory: its operators with ``out``, and aten's backward ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from races import DTYPES, Array

from .library import Call, Library, Operands
from .of_numpy import SLOPE, along

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


class Saved(NamedTuple):
    """A backward formula that takes what the forward pass kept, besides its operands."""

    keep: Callable[..., Any]
    formula: Callable[..., Any]


def library() -> Library:
    import torch
    from torch._C import _nn as nn  # what torch.nn.functional calls; takes ``out``

    aten = torch.ops.aten

    def tensor_of(array: Array) -> Any:
        if array.dtype.name == "bfloat16":  # NumPy's is none that PyTorch knows
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(array)

    def bind(formula: Any, operands: Operands, out: Array | None, **options: int) -> Call:
        tensors = [tensor_of(array) for array in operands.values()]
        if isinstance(formula, Saved):
            tensors.append(formula.keep(*tensors))
            formula = formula.formula
        return partial(formula, *tensors, None if out is None else tensor_of(out), **options)

    def backward(name: str, *parameters: object, **options: object) -> Callable[..., Any]:
        operators = getattr(aten, f"{name}_backward")

        def formula(dy: Any, saved: Any, out: Any) -> Any:
            if out is None:
                return operators.default(dy, saved, *parameters, **options)
            return operators.grad_input(dy, saved, *parameters, **options, grad_input=out)

        return formula

    def elu_backward(alpha: float, scale: float, of_output: bool) -> Callable[..., Any]:
        def formula(dy: Any, saved: Any, out: Any) -> Any:
            given = (dy, alpha, scale, 1, of_output, saved)
            if out is None:
                return aten.elu_backward.default(*given)
            return aten.elu_backward.grad_input(*given, grad_input=out)

        return formula

    def copied(x: Any, out: Any) -> Any:
        return x.clone() if out is None else out.copy_(x)

    def prelu_backward(dy: Any, x: Any, weight: Any, out: Any) -> Any:
        dx, terms = aten._prelu_kernel_backward(dy, x, weight)
        return dx, terms.sum()

    def prelu_of_rows_backward(dy: Any, x: Any, weight: Any, out: Any, axis: int) -> Any:
        dx, terms = aten._prelu_kernel_backward(dy, x, along(weight, x, axis))
        return dx, terms.sum(tuple(k for k in range(x.ndim) if k != axis))

    def kept_by_logsigmoid(dy: Any, y: Any) -> Any:
        x = -torch.log(torch.expm1(-y))
        return x, aten.log_sigmoid_forward(x)[1]

    def logsigmoid_backward(dy: Any, y: Any, kept: Any, out: Any) -> Any:
        if out is None:
            return aten.log_sigmoid_backward.default(dy, *kept)
        return aten.log_sigmoid_backward.grad_input(dy, *kept, grad_input=out)

    def hardswish_backward(dy: Any, x: Any, out: Any) -> Any:
        if out is None:
            return aten.hardswish_backward.default(dy, x)
        return aten.hardswish_backward.out(dy, x, out=out)

    def of_rows(operators: Any, place: str) -> Callable[..., Any]:
        def formula(dy: Any, y: Any, out: Any, axis: int) -> Any:
            if out is None:
                return operators.default(dy, y, axis, y.dtype)
            return operators.out(dy, y, axis, y.dtype, **{place: out})

        return formula

    def glu_backward(dy: Any, value: Any, gate: Any, out: Any) -> Any:
        s = torch.sigmoid(gate)
        return torch.mul(dy, s, out=out), aten.sigmoid_backward(dy * value, s)

    def swiglu_backward(dy: Any, gate: Any, value: Any, out: Any) -> Any:
        by_gate = backward("silu")(dy * value, gate, out)
        return by_gate, dy * nn.silu(gate)

    def glu_of_rows_backward(dy: Any, x: Any, out: Any, axis: int) -> Any:
        if out is None:
            return aten.glu_backward.default(dy, x, axis)
        return aten.glu_backward.grad_input(dy, x, axis, grad_input=out)

    def swiglu_of_rows(x: Any, out: Any, axis: int) -> Any:
        gate, value = x.chunk(2, axis)
        return torch.mul(nn.silu(gate), value, out=out)

    def swiglu_of_rows_backward(dy: Any, x: Any, out: Any, axis: int) -> Any:
        out = torch.empty_like(x) if out is None else out
        (gate, value), (by_gate, by_value) = x.chunk(2, axis), out.chunk(2, axis)
        torch.mul(dy, nn.silu(gate), out=by_value)
        aten.silu_backward.grad_input(dy * value, gate, grad_input=by_gate)
        return out

    def in_pairs(x: Any) -> Any:
        return x.unflatten(-1, (-1, 2))

    def kept_by_maxout(dy: Any, x: Any) -> Any:
        return in_pairs(x).max(-1, keepdim=True).indices

    def maxout_of_rows_backward(dy: Any, x: Any, which: Any, out: Any, axis: int) -> Any:
        out = torch.zeros_like(x) if out is None else out.zero_()
        in_pairs(out).scatter_(-1, which, dy.unsqueeze(-1))
        return out

    formulas: dict[str, Any] = {
        "identity": copied,
        "identity_backward": lambda dy, x, out: copied(dy, out),
        # torch.relu has no ``out``, and aten's is slower than this.
        "relu": lambda x, out: torch.clamp_min(x, 0, out=out),
        "relu_backward": backward("threshold", 0),
        "relu6": lambda x, out: nn.hardtanh(x, 0, 6, out=out),
        "relu6_backward": backward("hardtanh", 0, 6),
        "leaky_relu": lambda x, out: nn.leaky_relu(x, SLOPE, out=out),
        "leaky_relu_backward": backward("leaky_relu", SLOPE, True),
        "prelu": lambda x, weight, out: torch.prelu(x, weight),
        "prelu_backward": prelu_backward,
        "threshold": lambda x, out: (
            aten.threshold.default(x, 1, 0) if out is None else aten.threshold.out(x, 1, 0, out=out)
        ),
        "threshold_backward": backward("threshold", 1),
        "hardtanh": lambda x, out: nn.hardtanh(x, out=out),
        "hardtanh_backward": backward("hardtanh", -1, 1),
        "hardsigmoid": lambda x, out: nn.hardsigmoid(x, out=out),
        "hardsigmoid_backward": backward("hardsigmoid"),
        "hardshrink": lambda x, out: (
            torch.hardshrink(x) if out is None else aten.hardshrink.out(x, 0.5, out=out)
        ),
        "hardshrink_backward": backward("hardshrink", 0.5),
        "softshrink": lambda x, out: nn.softshrink(x, out=out),
        "softshrink_backward": backward("softshrink", 0.5),
        "hardswish": lambda x, out: nn.hardswish(x, out=out),
        "hardswish_backward": hardswish_backward,
        "elu": lambda x, out: nn.elu(x, out=out),
        "elu_backward": elu_backward(1, 1, True),
        "selu": lambda x, out: nn.elu(x, SELU_ALPHA, SELU_SCALE, out=out),
        "selu_backward": elu_backward(SELU_ALPHA, SELU_SCALE, False),
        "celu": lambda x, out: torch.celu(x) if out is None else aten.celu.out(x, 1, out=out),
        "celu_backward": elu_backward(1, 1, False),
        "exponential": lambda x, out: torch.exp(x, out=out),
        "exponential_backward": lambda dy, y, out: torch.mul(dy, y, out=out),
        "sigmoid": lambda x, out: torch.sigmoid(x, out=out),
        "sigmoid_backward": backward("sigmoid"),
        "logsigmoid": lambda x, out: nn.log_sigmoid(x, out=out),
        "logsigmoid_backward": Saved(kept_by_logsigmoid, logsigmoid_backward),
        "tanh": lambda x, out: torch.tanh(x, out=out),
        "tanh_backward": backward("tanh"),
        "tanhshrink": lambda x, out: torch.sub(x, torch.tanh(x), out=out),
        "tanhshrink_backward": lambda dy, x, out: torch.mul(dy, torch.tanh(x).square(), out=out),
        "softplus": lambda x, out: nn.softplus(x, out=out),
        "softplus_backward": backward("softplus", 1, 20),
        "softsign": lambda x, out: torch.div(x, x.abs() + 1, out=out),
        "softsign_backward": lambda dy, x, out: torch.div(dy, (x.abs() + 1).square(), out=out),
        "logit": lambda x, out: torch.logit(x, out=out),
        "logit_backward": backward("logit"),
        "silu": lambda x, out: nn.silu(x, out=out),
        "silu_backward": backward("silu"),
        "gelu": lambda x, out: nn.gelu(x, out=out),
        "gelu_backward": backward("gelu"),
        "gelu_tanh": lambda x, out: nn.gelu(x, approximate="tanh", out=out),
        "gelu_tanh_backward": backward("gelu", approximate="tanh"),
        "mish": lambda x, out: nn.mish(x, out=out),
        "mish_backward": lambda dy, x, out: aten.mish_backward(dy, x),
        "glu": lambda value, gate, out: torch.mul(value, torch.sigmoid(gate), out=out),
        "glu_backward": glu_backward,
        "swiglu": lambda gate, value, out: torch.mul(nn.silu(gate), value, out=out),
        "swiglu_backward": swiglu_backward,
        "softmax": lambda x, out, axis: torch.softmax(x, axis, out=out),
        "softmax_backward": of_rows(aten._softmax_backward_data, "grad_input"),
        "log_softmax": lambda x, out, axis: torch.log_softmax(x, axis, out=out),
        "log_softmax_backward": of_rows(aten._log_softmax_backward_data, "out"),
        "glu_of_rows": lambda x, out, axis: nn.glu(x, axis, out=out),
        "glu_of_rows_backward": glu_of_rows_backward,
        "swiglu_of_rows": swiglu_of_rows,
        "swiglu_of_rows_backward": swiglu_of_rows_backward,
        "maxout_of_rows": lambda x, out, axis: torch.amax(in_pairs(x), -1, out=out),
        "maxout_of_rows_backward": Saved(kept_by_maxout, maxout_of_rows_backward),
        "prelu_of_rows": lambda x, weight, out, axis: torch.prelu(x, weight),
        "prelu_of_rows_backward": prelu_of_rows_backward,
    }
    return Library(formulas, bind, frozenset(DTYPES), torch.set_num_threads)

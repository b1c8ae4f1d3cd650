"""ONNX Runtime: models of one node, run on bound arrays.  It has no gradients."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from races import THREADS, Array

from .library import Call, Library, Operands


class Node(NamedTuple):
    """One operator; ``more`` are inputs of one number beside x."""

    operator: str
    attributes: Mapping[str, float | str] = {}
    more: tuple[float, ...] = ()
    domain: str = ""


NODES = {
    "identity": Node("Identity"),
    "relu": Node("Relu"),
    "relu6": Node("Clip", more=(0.0, 6.0)),
    "leaky_relu": Node("LeakyRelu", {"alpha": 0.01}),
    "threshold": Node("ThresholdedRelu", {"alpha": 1.0}),
    "hardtanh": Node("Clip", more=(-1.0, 1.0)),
    "hardsigmoid": Node("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hardshrink": Node("Shrink", {"lambd": 0.5}),
    "softshrink": Node("Shrink", {"lambd": 0.5, "bias": 0.5}),
    "hardswish": Node("HardSwish"),
    "elu": Node("Elu"),
    "selu": Node("Selu"),
    "celu": Node("Celu"),
    "softplus": Node("Softplus"),
    "exponential": Node("Exp"),
    "sigmoid": Node("Sigmoid"),
    "tanh": Node("Tanh"),
    "softsign": Node("Softsign"),
    "silu": Node("Swish"),
    "quick_gelu": Node("QuickGelu", {"alpha": 1.702}, domain="com.microsoft"),
    "gelu": Node("Gelu"),
    "gelu_tanh": Node("Gelu", {"approximate": "tanh"}),
    "mish": Node("Mish"),
    "softmax": Node("Softmax"),
    "log_softmax": Node("LogSoftmax"),
}


def _model(node: Node, dtype: str, rank: int, along: Mapping[str, int]) -> bytes:
    from onnx import TensorProto, helper

    kind = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[dtype]
    ends = [helper.make_tensor_value_info(name, kind, [None] * rank) for name in ("x", "y")]
    numbers = [helper.make_tensor(f"c{k}", kind, [], [c]) for k, c in enumerate(node.more)]
    inputs = ["x", *(number.name for number in numbers)]
    made = helper.make_node(
        node.operator, inputs, ["y"], domain=node.domain, **node.attributes, **along
    )
    graph = helper.make_graph([made], "one_node", ends[:1], ends[1:], numbers)
    sets = [helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)]
    model: bytes = helper.make_model(graph, opset_imports=sets, ir_version=10).SerializeToString()
    return model


@cache
def _session(kernel: str, dtype: str, rank: int, axis: int | None) -> Any:
    """A session on the processor, or None where there is no kernel for the dtype."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 4  # what is missing is told by the exception
    model = _model(NODES[kernel], dtype, rank, {} if axis is None else {"axis": axis})
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception:  # of classes that belong to no module
        return None


def bind(kernel: str, operands: Operands, out: Array | None, **along: int) -> Call | None:
    (x,) = operands.values()
    session = _session(kernel, x.dtype.name, x.ndim, along.get("axis"))
    if session is None:
        return None
    if out is None:
        return lambda: session.run(None, {"x": x})
    bound = session.io_binding()
    for connect, name, array in ((bound.bind_input, "x", x), (bound.bind_output, "y", out)):
        connect(name, "cpu", 0, np.dtype(array.dtype), array.shape, array.ctypes.data)
    bound.arrays = (x, out)  # which it does not keep alive
    return lambda: session.run_with_iobinding(bound)


def library() -> Library:
    import onnx  # noqa: F401  # makes the models
    import onnxruntime  # noqa: F401

    return Library({kernel: kernel for kernel in NODES}, bind)

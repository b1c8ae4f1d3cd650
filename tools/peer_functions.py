"""Activation functions as other libraries have them, with the catalogue's parameters.

A table maps a kernel of fastact (``gelu``, ``gelu_derivative``) to the call of a library, as
text: what is evaluated is what the results name.  Only what the library itself offers is its
own; the formulas that people write are "NumPy formula".  Where a library differentiates by
itself, the derivative is its gradient of the forward call for ones.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, NamedTuple

import numpy as np

import fastact
from fastact.formulas.catalogue import ROWS
from oracle import Array
from subject import Subject, subjects

Function = Callable[[Array], Array]

# An activation along an axis, of the row (x, 0): its first number is a function of x.
PAIRS = {"softmax": "sigmoid", "log_softmax": "logsigmoid"}


class Pair(Subject):
    """The first number of a pair's activation, as a subject: called, it is the function of x."""

    def __init__(self, activation: str, derivative: bool) -> None:
        of_x = PAIRS[activation]
        super().__init__(ROWS[of_x], of_x, derivative)
        self.name = f"{activation}_derivative" if derivative else activation


def all_subjects() -> list[Subject]:
    """Each formula that works number by number with its derivative, then the pairs."""
    return [*subjects(), *(Pair(name, d) for name in PAIRS for d in (False, True))]


def forward_name(subject: Subject) -> str:
    """The name without that of the derivative."""
    return subject.name.removesuffix("_derivative")


class AbsentError(Exception):
    """Why a library has no such function, or not for a dtype."""


class Library:
    """Calls by kernel, and how one of them becomes a function of NumPy arrays."""

    name = ""
    packages: tuple[str, ...] = ()  # under any of these names
    modules: ClassVar[Mapping[str, str]] = {}  # what the calls name, and where it comes from
    calls: ClassVar[Mapping[str, str]] = {}
    differentiates = False

    def version(self) -> str | None:
        """The installed version, None if the library is missing."""
        for package in self.packages:
            with suppress(PackageNotFoundError):
                return version(package)
        return None

    def call_for(self, subject: Subject) -> str:
        """The call's text; empty if the library does not have the function."""
        if subject.derivative and self.differentiates:
            return self.calls.get(forward_name(subject), "")
        return self.calls.get(subject.name, "")

    def function(self, subject: Subject, dtype: str) -> Function:
        """The subject on arrays of the dtype; AbsentError if the library does not have it."""
        if self.version() is None:
            raise AbsentError("not installed")
        if not self.call_for(subject):
            raise AbsentError("no such function")
        return self.bound(subject, dtype)

    def bound(self, subject: Subject, dtype: str) -> Function:
        """A function of NumPy arrays of the dtype, for a subject that the library has."""
        return self.evaluated(self.call_for(subject))

    def evaluated(self, call: str) -> Callable[..., Any]:
        """The call as a function of ``x``."""
        function: Callable[..., Any] = eval(f"lambda x: {call}", self.names_in(call))
        return function

    def names_in(self, call: str) -> dict[str, Any]:
        """The modules that the call names."""
        used = {name: module for name, module in self.modules.items() if f"{name}." in call}
        return {name: importlib.import_module(module) for name, module in used.items()}


# --- fastact ----------------------------------------------------------------------


class Fastact(Library):
    """fastact on its default backend."""

    name = "fastact"

    def version(self) -> str:
        """Also of a working tree that is not installed."""
        return fastact.__version__

    def call_for(self, subject: Subject) -> str:
        """As the documentation would write it."""
        if isinstance(subject, Pair):
            given = ".backward([1, 0], [x, 0])" if subject.derivative else "([x, 0])"
            return f"fa.{forward_name(subject)}{given}[0]"
        method = ".derivative" if subject.derivative else ""
        form = ", approximate='tanh'" if subject.formula.endswith("_tanh") else ""
        return f"fa.{subject.row.name}{method}(x{form})"

    def bound(self, subject: Subject, dtype: str) -> Function:
        """The activation, its derivative or, of a pair, the gradient of the first output."""
        if not isinstance(subject, Pair):
            return subject
        activation = getattr(fastact, forward_name(subject))
        return lambda x: _of_pair(activation, subject.derivative, x)


def _of_pair(activation: Any, derivative: bool, x: Array) -> Array:
    rows = np.stack([x, np.zeros_like(x)], -1)
    y = activation(rows)
    if not derivative:
        return np.ascontiguousarray(y[:, 0])
    dy = np.zeros_like(rows)
    dy[:, 0] = 1
    return np.ascontiguousarray(activation.backward(dy, output=y)[:, 0])


# --- PyTorch ----------------------------------------------------------------------


class Torch(Library):
    """PyTorch, derivatives by autograd."""

    name, packages = "PyTorch", ("torch",)
    modules: ClassVar[Mapping[str, str]] = {"torch": "torch", "F": "torch.nn.functional"}
    differentiates = True
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "F.relu(x)",
        "relu6": "F.relu6(x)",
        "leaky_relu": "F.leaky_relu(x, 0.01)",
        "prelu": "F.prelu(x, torch.tensor([0.25], dtype=x.dtype))",
        "threshold": "F.threshold(x, 1.0, 0.0)",
        "hardtanh": "F.hardtanh(x)",
        "hardsigmoid": "F.hardsigmoid(x)",
        "hardshrink": "F.hardshrink(x)",
        "softshrink": "F.softshrink(x)",
        "hardswish": "F.hardswish(x)",
        "elu": "F.elu(x)",
        "selu": "F.selu(x)",
        "celu": "F.celu(x)",
        "softplus": "F.softplus(x)",
        "exponential": "torch.exp(x)",
        "sigmoid": "torch.sigmoid(x)",
        "logsigmoid": "F.logsigmoid(x)",
        "tanh": "torch.tanh(x)",
        "tanhshrink": "F.tanhshrink(x)",
        "softsign": "F.softsign(x)",
        "logit": "torch.logit(x)",
        "silu": "F.silu(x)",
        "gelu": "F.gelu(x)",
        "gelu_tanh": "F.gelu(x, approximate='tanh')",
        "mish": "F.mish(x)",
        "softmax": "F.softmax(torch.stack([x, torch.zeros_like(x)], -1), -1)[:, 0]",
        "log_softmax": "F.log_softmax(torch.stack([x, torch.zeros_like(x)], -1), -1)[:, 0]",
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """Through tensors; NumPy has no bfloat16 of its own, so its bits are handed over."""
        torch, function = importlib.import_module("torch"), self.evaluated(self.call_for(subject))

        def tensor_of(x: Array) -> Any:
            if dtype == "bfloat16":
                return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
            return torch.from_numpy(x)

        def array_of(tensor: Any, like: Array) -> Array:
            bits = torch.int16 if dtype == "bfloat16" else torch.int32
            return np.asarray(tensor.contiguous().view(bits).numpy().view(like.dtype))

        def forward(x: Array) -> Array:
            with torch.no_grad():
                return array_of(function(tensor_of(x)), x)

        def derivative(x: Array) -> Array:
            tensor = tensor_of(x).requires_grad_()
            y = function(tensor)
            (slope,) = torch.autograd.grad(y, tensor, torch.ones_like(y))
            return array_of(slope, x)

        return derivative if subject.derivative else forward


# --- JAX --------------------------------------------------------------------------


class Jax(Library):
    """JAX, compiled; derivatives by ``jax.vjp``."""

    name, packages = "JAX", ("jax",)
    modules: ClassVar[Mapping[str, str]] = {
        "jax": "jax",
        "jnp": "jax.numpy",
        "special": "jax.scipy.special",
    }
    differentiates = True
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "jax.nn.relu(x)",
        "relu6": "jax.nn.relu6(x)",
        "leaky_relu": "jax.nn.leaky_relu(x, 0.01)",
        "hardtanh": "jax.nn.hard_tanh(x)",
        "hardsigmoid": "jax.nn.hard_sigmoid(x)",
        "sparse_sigmoid": "jax.nn.sparse_sigmoid(x)",
        "hardswish": "jax.nn.hard_silu(x)",
        "sparse_plus": "jax.nn.sparse_plus(x)",
        "elu": "jax.nn.elu(x)",
        "selu": "jax.nn.selu(x)",
        "celu": "jax.nn.celu(x)",
        "softplus": "jax.nn.softplus(x)",
        "squareplus": "jax.nn.squareplus(x)",
        "exponential": "jnp.exp(x)",
        "sigmoid": "jax.nn.sigmoid(x)",
        "logsigmoid": "jax.nn.log_sigmoid(x)",
        "tanh": "jnp.tanh(x)",
        "softsign": "jax.nn.soft_sign(x)",
        "logit": "special.logit(x)",
        "silu": "jax.nn.silu(x)",
        "gelu": "jax.nn.gelu(x, approximate=False)",
        "gelu_tanh": "jax.nn.gelu(x, approximate=True)",
        "mish": "jax.nn.mish(x)",
        "softmax": "jax.nn.softmax(jnp.stack([x, jnp.zeros_like(x)], -1))[:, 0]",
        "log_softmax": "jax.nn.log_softmax(jnp.stack([x, jnp.zeros_like(x)], -1))[:, 0]",
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """On the processor, whatever accelerator there is."""
        jax, function = importlib.import_module("jax"), self.evaluated(self.call_for(subject))
        numpy = importlib.import_module("jax.numpy")

        def derivative(x: Any) -> Any:
            y, pull_back = jax.vjp(function, x)
            return pull_back(numpy.ones_like(y))[0]

        compiled = jax.jit(derivative if subject.derivative else function)

        def on_processor(x: Array) -> Array:
            with jax.default_device(jax.devices("cpu")[0]):
                return np.asarray(compiled(x))

        return on_processor


# --- TensorFlow -------------------------------------------------------------------


class TensorFlow(Library):
    """TensorFlow, eager; derivatives by a gradient tape."""

    name, packages = "TensorFlow", ("tensorflow", "tensorflow-cpu")
    modules: ClassVar[Mapping[str, str]] = {"tf": "tensorflow"}
    differentiates = True
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "tf.nn.relu(x)",
        "relu6": "tf.nn.relu6(x)",
        "leaky_relu": "tf.nn.leaky_relu(x, alpha=0.01)",
        "elu": "tf.nn.elu(x)",
        "selu": "tf.nn.selu(x)",
        "softplus": "tf.nn.softplus(x)",
        "exponential": "tf.exp(x)",
        "sigmoid": "tf.nn.sigmoid(x)",
        "logsigmoid": "tf.math.log_sigmoid(x)",
        "tanh": "tf.nn.tanh(x)",
        "softsign": "tf.nn.softsign(x)",
        "silu": "tf.nn.silu(x)",
        "quick_gelu": "tf.nn.silu(x, beta=1.702)",
        "gelu": "tf.nn.gelu(x)",
        "gelu_tanh": "tf.nn.gelu(x, approximate=True)",
        "softmax": "tf.nn.softmax(tf.stack([x, tf.zeros_like(x)], -1))[:, 0]",
        "log_softmax": "tf.nn.log_softmax(tf.stack([x, tf.zeros_like(x)], -1))[:, 0]",
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """On the processor, whatever accelerator there is."""
        tf, function = importlib.import_module("tensorflow"), self.evaluated(self.call_for(subject))

        def forward(x: Array) -> Array:
            with tf.device("/CPU:0"):
                return np.asarray(function(tf.constant(x)).numpy())

        def derivative(x: Array) -> Array:
            with tf.device("/CPU:0"), tf.GradientTape() as tape:
                tensor = tf.constant(x)
                tape.watch(tensor)
                y = function(tensor)
            return np.asarray(tape.gradient(y, tensor).numpy())

        return derivative if subject.derivative else forward


# --- ONNX Runtime -----------------------------------------------------------------


class Node(NamedTuple):
    """One operator; ``more`` are inputs of one number beside x."""

    operator: str
    attributes: Mapping[str, float | str] = {}
    more: tuple[float, ...] = ()
    domain: str = ""

    def __str__(self) -> str:
        given = [f"{name}={value:.9g}" if isinstance(value, float) else f"{name}={value!r}"
                 for name, value in self.attributes.items()]  # fmt: skip
        operator = f"{self.domain}.{self.operator}" if self.domain else self.operator
        return f"{operator}({', '.join(['x', *map(str, self.more), *given])})"


NODES = {
    "relu": Node("Relu"),
    "relu6": Node("Clip", more=(0.0, 6.0)),
    "leaky_relu": Node("LeakyRelu", {"alpha": 0.01}),
    "prelu": Node("PRelu", more=(0.25,)),
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


class OnnxRuntime(Library):
    """ONNX Runtime: models of one node.  It has no derivatives."""

    name, packages = "ONNX Runtime", ("onnxruntime",)
    calls: ClassVar[Mapping[str, str]] = {kernel: str(node) for kernel, node in NODES.items()}

    def bound(self, subject: Subject, dtype: str) -> Function:
        """A session on the processor; AbsentError if it has no kernel for the dtype."""
        runtime, node = importlib.import_module("onnxruntime"), NODES[subject.name]
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # what is missing is told by the exception
        model = _model_of(node, dtype, along_axis=isinstance(subject, Pair))
        try:
            session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # classes of its own, which tell no more than the text
            raise AbsentError(f"no {dtype} kernel on the processor") from error

        def function(x: Array) -> Array:
            return np.asarray(session.run(None, {"x": x})[0])

        def of_pair(x: Array) -> Array:
            return np.ascontiguousarray(function(np.stack([x, np.zeros_like(x)], -1))[:, 0])

        return of_pair if isinstance(subject, Pair) else function


def _model_of(node: Node, dtype: str, *, along_axis: bool) -> bytes:
    try:
        onnx = importlib.import_module("onnx")
    except ImportError as error:
        raise AbsentError("onnx, which makes its models, is not installed") from error
    helper, kind = onnx.helper, {"float32": 1, "bfloat16": 16}[dtype]  # of onnx.TensorProto
    shape = [None, 2] if along_axis else [None]
    ends = [helper.make_tensor_value_info(name, kind, shape) for name in ("x", "y")]
    numbers = [helper.make_tensor(f"c{k}", kind, [], [c]) for k, c in enumerate(node.more)]
    inputs = ["x", *(number.name for number in numbers)]
    made = helper.make_node(
        node.operator, inputs, ["y"], domain=node.domain, **dict(node.attributes)
    )
    graph = helper.make_graph([made], "one_node", ends[:1], ends[1:], numbers)
    sets = [helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)]
    model: bytes = helper.make_model(graph, opset_imports=sets, ir_version=10).SerializeToString()
    return model


# --- NumPy arrays -----------------------------------------------------------------


class OnArrays(Library):
    """A library of functions of NumPy arrays."""

    def bound(self, subject: Subject, dtype: str) -> Function:
        """The call itself, without warnings of what is measured anyway."""
        function = self.evaluated(self.call_for(subject))

        def quiet(x: Array) -> Array:
            with np.errstate(all="ignore"):
                return np.asarray(function(x))

        return quiet


class Thinc(OnArrays):
    """thinc's NumpyOps, with its own backward passes."""

    name, packages = "thinc", ("thinc",)
    modules: ClassVar[Mapping[str, str]] = {"np": "numpy"}
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "ops.relu(x)",
        "relu_derivative": "ops.backprop_relu(ones(x), ops.relu(x))",
        "relu6": "ops.relu_k(x, n=6.0)",
        "relu6_derivative": "ops.backprop_relu_k(ones(x), x, n=6.0)",
        "hardtanh": "ops.hard_tanh(x)",
        "hardtanh_derivative": "ops.backprop_hard_tanh(ones(x), x)",
        "hardsigmoid": "ops.clipped_linear(x, slope=1 / 6, offset=0.5)",
        "hardsigmoid_derivative": (
            "ops.backprop_clipped_linear(ones(x), x, slope=1 / 6, offset=0.5)"
        ),
        "hardswish": "ops.hard_swish_mobilenet(x)",
        "hardswish_derivative": "ops.backprop_hard_swish_mobilenet(ones(x), x)",
        "sigmoid": "ops.sigmoid(x)",
        "sigmoid_derivative": "ops.backprop_sigmoid(ones(x), ops.sigmoid(x))",
        "tanh_derivative": "ops.dtanh(np.tanh(x))",
        "silu": "ops.swish(x)",
        "silu_derivative": "ops.backprop_swish(ones(x), x, ops.swish(x))",
        "gelu": "ops.gelu(x)",
        "gelu_derivative": "ops.backprop_gelu(ones(x), x)",
        "gelu_tanh": "ops.gelu_approx(x)",
        "gelu_tanh_derivative": "ops.backprop_gelu_approx(ones(x), x)",
        "mish": "ops.mish(x)",
        "mish_derivative": "ops.backprop_mish(ones(x), x)",
        "dish": "ops.dish(x)",
        "dish_derivative": "ops.backprop_dish(ones(x), x)",
        "softmax": "ops.softmax(np.stack([x, np.zeros_like(x)], -1))[:, 0]",
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """In the dtypes that its compiled functions take."""
        if dtype == "bfloat16":
            raise AbsentError("float32 and float64 only")
        return super().bound(subject, dtype)

    def names_in(self, call: str) -> dict[str, Any]:
        """With ``ops`` and the gradient that comes from above."""
        ops = importlib.import_module("thinc.api").NumpyOps()
        return {**super().names_in(call), "ops": ops, "ones": np.ones_like}


class SciPy(OnArrays):
    """scipy.special, where it has the function or its derivative under a name."""

    name, packages = "SciPy", ("scipy",)
    modules: ClassVar[Mapping[str, str]] = {"np": "numpy", "special": "scipy.special"}
    calls: ClassVar[Mapping[str, str]] = {
        "sigmoid": "special.expit(x)",
        "logsigmoid": "special.log_expit(x)",
        "logsigmoid_derivative": "special.expit(-x)",
        "logit": "special.logit(x)",
        "softplus": "special.softplus(x)",
        "softplus_derivative": "special.expit(x)",
        "softmax": "special.softmax(np.stack([x, np.zeros_like(x)], -1), axis=-1)[:, 0]",
        "log_softmax": "special.log_softmax(np.stack([x, np.zeros_like(x)], -1), axis=-1)[:, 0]",
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """AbsentError where an older SciPy lacks a function."""
        special = importlib.import_module("scipy.special")
        function = self.call_for(subject).removeprefix("special.").partition("(")[0]
        if not hasattr(special, function):
            raise AbsentError(f"no scipy.special.{function} in this version")
        return super().bound(subject, dtype)


class NumPy(OnArrays):
    """NumPy's own functions."""

    name, packages = "NumPy", ("numpy",)
    modules: ClassVar[Mapping[str, str]] = {"np": "numpy"}
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "np.maximum(x, 0)",
        "relu6": "np.clip(x, 0, 6)",
        "hardtanh": "np.clip(x, -1, 1)",
        "step": "np.heaviside(x, 0)",
        "exponential": "np.exp(x)",
        "exponential_derivative": "np.exp(x)",
        "tanh": "np.tanh(x)",
        "softplus": "np.logaddexp(0, x)",
    }


class NumPyFormula(OnArrays):
    """What people write in NumPy, with SciPy's erf, which NumPy lacks."""

    name, packages = "NumPy formula", ("numpy",)
    modules: ClassVar[Mapping[str, str]] = {"np": "numpy", "special": "scipy.special"}
    calls: ClassVar[Mapping[str, str]] = {
        "relu": "x * (x > 0)",
        "relu2": "np.maximum(x, 0) ** 2",
        "leaky_relu": "np.where(x > 0, x, 0.01 * x)",
        "prelu": "np.where(x > 0, x, 0.25 * x)",
        "hardsigmoid": "np.clip(x / 6 + 0.5, 0, 1)",
        "softshrink": "np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)",
        "hardswish": "x * np.clip(x + 3, 0, 6) / 6",
        "elu": "np.where(x > 0, x, np.exp(x) - 1)",
        "elu_derivative": "np.where(x > 0, 1, np.exp(x))",
        "selu": ("1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))"),
        "celu": "np.maximum(x, 0) + np.minimum(np.exp(x) - 1, 0)",
        "softplus": "np.log1p(np.exp(x))",
        "softplus_derivative": "1 / (1 + np.exp(-x))",
        "squareplus": "(x + np.sqrt(x * x + 4)) / 2",
        "squareplus_derivative": "(1 + x / np.sqrt(x * x + 4)) / 2",
        "snake": "x + np.sin(x) ** 2",
        "snake_derivative": "1 + np.sin(2 * x)",
        "sigmoid": "1 / (1 + np.exp(-x))",
        "sigmoid_derivative": "(y := 1 / (1 + np.exp(-x))) * (1 - y)",
        "logsigmoid": "-np.log1p(np.exp(-x))",
        "logsigmoid_derivative": "1 / (1 + np.exp(x))",
        "tanh_derivative": "1 - np.tanh(x) ** 2",
        "stanh": "1.7159 * np.tanh(2 / 3 * x)",
        "stanh_derivative": "1.7159 * 2 / 3 * (1 - np.tanh(2 / 3 * x) ** 2)",
        "tanhshrink": "x - np.tanh(x)",
        "tanhshrink_derivative": "np.tanh(x) ** 2",
        "softsign": "x / (1 + np.abs(x))",
        "softsign_derivative": "1 / (1 + np.abs(x)) ** 2",
        "logit": "np.log(x / (1 - x))",
        "logit_derivative": "1 / (x * (1 - x))",
        "silu": "x / (1 + np.exp(-x))",
        "silu_derivative": "(s := 1 / (1 + np.exp(-x))) * (1 + x * (1 - s))",
        "quick_gelu": "x / (1 + np.exp(-1.702 * x))",
        "quick_gelu_derivative": (
            "(s := 1 / (1 + np.exp(-1.702 * x))) * (1 + 1.702 * x * (1 - s))"
        ),
        "gelu": "0.5 * x * (1 + special.erf(x / 2**0.5))",
        "gelu_derivative": (
            "0.5 * (1 + special.erf(x / 2**0.5)) + x * np.exp(-x * x / 2) / (2 * np.pi) ** 0.5"
        ),
        "gelu_tanh": "0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))",
        "gelu_tanh_derivative": (
            "0.5 * (1 + (t := np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))) + 0.5 * x * "
            "(1 - t**2) * (2 / np.pi) ** 0.5 * (1 + 3 * 0.044715 * x**2)"
        ),
        "mish": "x * np.tanh(np.log1p(np.exp(x)))",
        "mish_derivative": (
            "(t := np.tanh(np.log1p(np.exp(x)))) + x * (1 - t**2) / (1 + np.exp(-x))"
        ),
        "dish": "0.5 * x * (1 + x / np.sqrt(1 + x**2))",
        "softmax": "(e := np.exp(x - (m := np.maximum(x, 0)))) / (e + np.exp(-m))",
        "log_softmax": ("(d := x - (m := np.maximum(x, 0))) - np.log(np.exp(d) + np.exp(-m))"),
    }

    def bound(self, subject: Subject, dtype: str) -> Function:
        """AbsentError where a formula needs SciPy, and it is missing."""
        try:
            return super().bound(subject, dtype)
        except ImportError as error:
            raise AbsentError("needs SciPy, which is not installed") from error


LIBRARIES: tuple[Library, ...] = (
    *(Fastact(), Torch(), Jax(), TensorFlow(), OnnxRuntime()),
    *(Thinc(), SciPy(), NumPy(), NumPyFormula()),
)

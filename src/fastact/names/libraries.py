"""What other libraries call the activations, and the defaults that they give them.

``LIBRARIES[api][module][name]`` says how fastact serves a name, or why it cannot.
A name without its module means the first module that has it.  Versions read: torch 2.13,
Keras 3.15, TensorFlow 2.21, JAX 0.10, ONNX opset 28 with ONNX Runtime's contrib operators,
thinc 9.1, Lasagne at its last commit, MLX 0.32.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

NOTHING: Mapping[str, Any] = MappingProxyType({})
INFINITY = float("inf")
LAYER = "it is a layer with weights"


class Required:
    """The default of an argument that must be given, as the library's own cannot be served."""

    def __repr__(self) -> str:
        return "<required>"


REQUIRED: Final = Required()


class Entry(NamedTuple):
    """How fastact computes a function of another library.

    ``defaults`` are those that differ from fastact's, ``renamed`` maps the library's
    parameters to fastact's, ``only`` holds parameters that fastact lacks with the value
    that it serves, ``spelled`` maps values of fastact's parameters from the library's.
    """

    function: str  # "" where fastact has none that is the same; the note says why
    defaults: Mapping[str, Any] = NOTHING
    renamed: Mapping[str, str] = NOTHING
    only: Mapping[str, Any] = NOTHING
    spelled: Mapping[str, Mapping[Any, Any]] = NOTHING
    note: str = ""

    @property
    def is_own(self) -> bool:
        """Whether fastact's own object is all that is wanted."""
        return not (self.defaults or self.renamed or self.only or self.spelled)


Module = Mapping[str, Entry]


def to(
    function: str,
    /,
    *,
    renamed: Mapping[str, str] = NOTHING,
    only: Mapping[str, Any] = NOTHING,
    spelled: Mapping[str, Mapping[Any, Any]] = NOTHING,
    note: str = "",
    **defaults: Any,
) -> Entry:
    return Entry(function, defaults, renamed, only, spelled, note)


def refused(why: str) -> Entry:
    return Entry("", note=why)


def same(names: str) -> dict[str, Entry]:
    """The functions that are called as in fastact and have its defaults."""
    return {name: to(name) for name in names.split()}


# Entries that several libraries share.
YES_OR_NO = {"approximate": {True: "tanh", False: "none"}}
GELU_EXACT = to("gelu", spelled=YES_OR_NO)
GELU_TANH = to("gelu", approximate="tanh", spelled=YES_OR_NO)
UNBOUNDED = to(
    "hardtanh",
    min_val=-INFINITY,
    max_val=INFINITY,
    renamed={"min": "min_val", "max": "max_val"},
    spelled={"min_val": {None: -INFINITY}, "max_val": {None: INFINITY}},
    note="The derivative at the bounds is 0, as hardtanh's, where this function's is 1.",
)
WHOLE_ARRAY = to("logsumexp", axis=None)


def _along(function: str) -> Entry:
    return to(
        function,
        axis=REQUIRED,
        renamed={"dim": "axis"},
        note="Without dim, torch guesses an axis from the number of axes, and warns.",
    )


def _in_place(name: str) -> Entry:
    return refused(
        f"it overwrites its argument; fastact.get({name[:-1]!r}, api='torch') does so with out=x"
    )


TORCH_GLU = to("glu", renamed={"dim": "axis"})
TORCH_PRELU = to("prelu", axis=1, note="A single weight serves all channels.")
TORCH_SOFTPLUS = to(
    "softplus",
    only={"threshold": 20.0},
    note="The threshold, above which torch returns x, is not needed: the formula holds everywhere.",
)

TORCH_LOGSUMEXP = to(
    "logsumexp",
    axis=REQUIRED,
    renamed={"dim": "axis", "keepdim": "keepdims"},
    note="torch has no default for dim.",
)

TORCH: Mapping[str, Module] = {
    "nn.functional": {
        **same(
            "celu elu gelu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish"
        ),
        **same("relu relu6 rrelu selu sigmoid silu softshrink softsign tanh tanhshrink threshold"),
        "glu": TORCH_GLU,
        "gumbel_softmax": to("gumbel_softmax", renamed={"dim": "axis"}, only={"eps": 1e-10}),
        "prelu": TORCH_PRELU,
        "softplus": TORCH_SOFTPLUS,
        **{name: _along(name) for name in ("softmax", "log_softmax", "softmin")},
        **{
            name: _in_place(name)
            for name in (
                *("celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_"),
                *("rrelu_", "selu_", "threshold_"),
            )
        },
        "linear": refused("it is a matrix product; nn.Identity is the identity"),
        "bilinear": refused(
            "it multiplies by a weight tensor; fastact.bilinear is the product of two arrays"
        ),
    },
    "nn": {
        "CELU": to("celu"),
        "ELU": to("elu"),
        "GELU": to("gelu"),
        "GLU": TORCH_GLU,
        "Hardshrink": to("hardshrink"),
        "Hardsigmoid": to("hardsigmoid"),
        "Hardswish": to("hardswish"),
        "Hardtanh": to("hardtanh"),
        "Identity": to("identity"),
        "LeakyReLU": to("leaky_relu"),
        "LogSigmoid": to("logsigmoid"),
        "LogSoftmax": _along("log_softmax"),
        "Mish": to("mish"),
        "PReLU": TORCH_PRELU._replace(renamed={"init": "weight"}),
        "RReLU": to("rrelu", note="A new module is in training mode: pass training=True for that."),
        "ReLU": to("relu"),
        "ReLU6": to("relu6"),
        "SELU": to("selu"),
        "SiLU": to("silu"),
        "Sigmoid": to("sigmoid"),
        "Softmax": _along("softmax"),
        "Softmax2d": to("softmax", axis=-3),
        "Softmin": _along("softmin"),
        "Softplus": TORCH_SOFTPLUS,
        "Softshrink": to("softshrink"),
        "Softsign": to("softsign"),
        "Tanh": to("tanh"),
        "Tanhshrink": to("tanhshrink"),
        "Threshold": to("threshold"),
        "MultiheadAttention": refused(LAYER),
        "AdaptiveLogSoftmaxWithLoss": refused(LAYER),
        "Linear": refused(f"{LAYER}; nn.Identity is the identity"),
        "Bilinear": refused(LAYER),
    },
    "": {
        **same("celu hardshrink logit relu rrelu selu sigmoid tanh threshold"),
        "prelu": TORCH_PRELU,
        "exp": to("exponential"),
        "clamp": UNBOUNDED,
        "clip": UNBOUNDED,
        "softmax": _along("softmax"),
        "log_softmax": _along("log_softmax"),
        "logsumexp": TORCH_LOGSUMEXP,
        "heaviside": refused(
            "the value at 0 is an array of its own, and NaN gives 0; "
            "fastact.step is 0 at 0, and NaN at NaN"
        ),
        **{
            name: _in_place(name)
            for name in (
                *("celu_", "clamp_", "clip_", "exp_", "logit_", "relu_"),
                *("rrelu_", "selu_", "sigmoid_", "tanh_", "threshold_"),
            )
        },
    },
    "special": {
        "expit": to("sigmoid"),
        "logit": to("logit"),
        "softmax": _along("softmax"),
        "log_softmax": _along("log_softmax"),
        "logsumexp": TORCH_LOGSUMEXP,
    },
}

KERAS_SHRINK = {"threshold": "lambd"}
KERAS_RELU = to(
    "relu",
    only={"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
    note="With other values of its parameters it is leaky_relu, hardtanh or threshold.",
)
KERAS_BOTH: Module = {  # of activations and of ops
    **same("celu elu glu leaky_relu relu6 selu sigmoid silu softmax softplus softsign"),
    **same("sparse_plus sparse_sigmoid squareplus tanh log_softmax sparsemax"),
    "hard_shrink": to("hardshrink", renamed=KERAS_SHRINK),
    "hard_sigmoid": to("hardsigmoid"),
    "hard_silu": to("hardswish"),
    "hard_swish": to("hardswish"),
    "hard_tanh": to("hardtanh"),
    "leaky_relu": to("leaky_relu", negative_slope=0.2),
    "log_sigmoid": to("logsigmoid"),
    "soft_shrink": to("softshrink", renamed=KERAS_SHRINK),
    "swish": to("silu"),
    "tanh_shrink": to("tanhshrink"),
    "threshold": to("threshold", renamed={"default_value": "value"}),
}

KERAS: Mapping[str, Module] = {
    "activations": {
        **KERAS_BOTH,
        "exponential": to("exponential"),
        "gelu": GELU_EXACT,
        "linear": to("identity"),
        "mish": to("mish"),
        "relu": KERAS_RELU,
    },
    "layers": {
        "ELU": to("elu"),
        "LeakyReLU": to("leaky_relu", negative_slope=0.3, renamed={"alpha": "negative_slope"}),
        "PReLU": to(
            "prelu",
            weight=0.0,
            renamed={"alpha": "weight"},
            note="A weight has the shape of x without the batch axis, and 1 for a shared axis.",
        ),
        "ReLU": KERAS_RELU,
        "Softmax": to("softmax"),
        "Identity": to("identity"),
        "Activation": refused("it is a layer that takes the name of an activation"),
    },
    "ops": {
        **KERAS_BOTH,
        "exp": to("exponential"),
        "gelu": GELU_TANH,
        "relu": to("relu"),
        "logsumexp": WHOLE_ARRAY,
    },
}

TF_LAST_AXIS: Any = {"spelled": {"axis": {None: -1}}}
TF_MATH: Module = {
    **same("sigmoid softplus softsign tanh"),
    "softmax": to("softmax", **TF_LAST_AXIS),
    "log_softmax": to("log_softmax", **TF_LAST_AXIS),
}

TENSORFLOW: Mapping[str, Module] = {
    "nn": {
        **TF_MATH,
        **same("crelu elu relu relu6 selu silu"),
        "gelu": GELU_EXACT,
        "leaky_relu": to("leaky_relu", negative_slope=0.2, renamed={"alpha": "negative_slope"}),
        "swish": to("silu"),
    },
    "math": {
        **TF_MATH,
        "exp": to("exponential"),
        "log_sigmoid": to("logsigmoid"),
        "reduce_logsumexp": WHOLE_ARRAY,
    },
    "": {
        **same("identity sigmoid tanh"),
        "exp": to("exponential"),
        "reduce_logsumexp": WHOLE_ARRAY,
    },
}

JAX: Mapping[str, Module] = {
    "nn": {
        **same("celu elu glu identity leaky_relu mish relu relu6 selu sigmoid silu softplus"),
        **same("sparse_plus sparse_sigmoid squareplus tanh"),
        "gelu": GELU_TANH,
        "hard_sigmoid": to("hardsigmoid"),
        "hard_silu": to("hardswish"),
        "hard_swish": to("hardswish"),
        "hard_tanh": to("hardtanh"),
        "log_sigmoid": to("logsigmoid"),
        "log_softmax": to("log_softmax"),
        "logsumexp": WHOLE_ARRAY._replace(only={"b": None, "return_sign": False}),
        "soft_sign": to("softsign"),
        "softmax": to("softmax"),
        "swish": to("silu"),
        "log1mexp": refused("fastact has no log(1 - exp(-x))"),
        "logmeanexp": refused("fastact has no logmeanexp; it is logsumexp less the log of a count"),
    },
    "lax": {"logistic": to("sigmoid"), "exp": to("exponential"), "tanh": to("tanh")},
}

ONNX: Mapping[str, Module] = {
    "": {
        "Celu": to("celu"),
        "Clip": UNBOUNDED,
        "Elu": to("elu"),
        "Exp": to("exponential"),
        "Gelu": to("gelu"),
        "HardSigmoid": to("hardsigmoid", slope=0.2, renamed={"alpha": "slope", "beta": "offset"}),
        "HardSwish": to("hardswish"),
        "Hardmax": to("hardmax"),
        "Identity": to("identity"),
        "LeakyRelu": to("leaky_relu", renamed={"alpha": "negative_slope"}),
        "LogSoftmax": to("log_softmax"),
        "Mish": to("mish"),
        "PRelu": to("prelu", renamed={"slope": "weight"}),
        "Relu": to("relu"),
        "Selu": to(
            "selu",
            only={"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
            note="Its constants are rounded to float32, fastact's are not.",
        ),
        "Shrink": to(
            "hardshrink",
            only={"bias": 0.0},
            note="With bias equal to lambd it is softshrink.",
        ),
        "Sigmoid": to("sigmoid"),
        "Softmax": to("softmax"),
        "Softplus": to("softplus"),
        "Softsign": to("softsign"),
        "SwiGLU": to("swiglu", renamed={"alpha": "beta"}),
        "Swish": to("silu", renamed={"alpha": "beta"}),
        "Tanh": to("tanh"),
        "ThresholdedRelu": to("threshold", renamed={"alpha": "threshold"}),
        "ReduceLogSumExp": to(
            "logsumexp",
            axis=None,
            keepdims=True,
            renamed={"axes": "axis"},
            only={"noop_with_empty_axes": 0},
        ),
    },
    "com.microsoft": {
        "FastGelu": to("gelu", approximate="tanh"),
        "QuickGelu": to("silu", beta=1.702, renamed={"alpha": "beta"}),
    },
}

THINC_LAYER = "The activation alone: thinc's layer multiplies by its weights first."
THINC_CLIPPED = to(
    "hardsigmoid",
    slope=1.0,
    offset=0.0,
    only={"min_val": 0.0, "max_val": 1.0},
    note="With other bounds it is fastact.hardtanh, which has no slope and offset.",
)
THINC_RELU_K = to(
    "hardtanh",
    min_val=0.0,
    max_val=6.0,
    renamed={"n": "max_val", "k": "max_val"},
)
THINC_HARD_SIGMOID = to("hardsigmoid", slope=0.2)
THINC_HARD_SWISH = refused(
    "it is x * clip(0.2 * x + 0.5, 0, 1), which fastact lacks; "
    "fastact.hardswish has 1/6 for 0.2, as hard_swish_mobilenet"
)
THINC_SIGMOID = to("sigmoid", note="thinc clips its input to 20 in magnitude.")

THINC: Mapping[str, Module] = {
    "ops": {
        **same("dish gelu relu"),
        "clipped_linear": THINC_CLIPPED,
        "gelu_approx": to("gelu", approximate="tanh"),
        "hard_sigmoid": THINC_HARD_SIGMOID,
        "hard_swish": THINC_HARD_SWISH,
        "hard_swish_mobilenet": to("hardswish"),
        "hard_tanh": to("hardtanh"),
        "mish": to("mish", only={"threshold": 20.0}),
        "relu_k": THINC_RELU_K,
        "sigmoid": THINC_SIGMOID,
        "softmax": to("softmax", only={"temperature": 1.0}),
        "swish": to("silu"),
        "maxout": refused(
            "it takes the largest along the last axis and its position; "
            "fastact.maxout takes it of groups within an axis"
        ),
        "softmax_sequences": refused(
            "it clips its input to 20 in magnitude, and normalises rows of several lengths"
        ),
    },
    "layers": {
        "ClippedLinear": THINC_CLIPPED._replace(note=f"{THINC_LAYER} {THINC_CLIPPED.note}"),
        "Dish": to("dish", note=THINC_LAYER),
        "Gelu": to("gelu", note=THINC_LAYER),
        "HardSigmoid": THINC_HARD_SIGMOID._replace(note=THINC_LAYER),
        "HardSwish": THINC_HARD_SWISH,
        "HardSwishMobilenet": to("hardswish", note=THINC_LAYER),
        "HardTanh": to("hardtanh", note=THINC_LAYER),
        "Logistic": THINC_SIGMOID,
        "Maxout": to("maxout", pieces=3, renamed={"nP": "pieces"}, note=THINC_LAYER),
        "Mish": to("mish", note=THINC_LAYER),
        "ReluK": THINC_RELU_K._replace(note=THINC_LAYER),
        "Relu": to("relu", note=THINC_LAYER),
        "Sigmoid": THINC_SIGMOID._replace(note=THINC_LAYER),
        "Softmax": to("softmax", only={"temperature": 1.0}, note=THINC_LAYER),
        "Softmax_v2": to("softmax", only={"temperature": 1.0}, note=THINC_LAYER),
        "Swish": to("silu", note=THINC_LAYER),
        "sigmoid_activation": THINC_SIGMOID,
        "softmax_activation": to("softmax"),
        "Linear": refused(LAYER),
        "MultiSoftmax": refused("it splits the axis into softmaxes of several lengths"),
    },
}

LASAGNE_TANH = to(
    "stanh", scale_a=1.0, scale_b=1.0, renamed={"scale_in": "scale_a", "scale_out": "scale_b"}
)

LASAGNE: Mapping[str, Module] = {
    "nonlinearities": {
        **same("elu identity selu sigmoid softmax softplus tanh"),
        "LeakyRectify": to("leaky_relu", renamed={"leakiness": "negative_slope"}),
        "SELU": to(
            "elu",
            renamed={"scale_neg": "alpha"},
            only={"scale": 1},
            note="Only the instance selu has the constants of the paper.",
        ),
        "ScaledTanH": LASAGNE_TANH,
        "ScaledTanh": LASAGNE_TANH,
        "leaky_rectify": to("leaky_relu"),
        "linear": to("identity"),
        "rectify": to("relu"),
        "very_leaky_rectify": to("leaky_relu", negative_slope=1 / 3),
    },
    "layers": {
        "ParametricRectifierLayer": to(
            "prelu",
            axis=1,
            renamed={"alpha": "weight"},
            only={"shared_axes": "auto"},
            note="Without shared axes a weight broadcasts: pass axis=None.",
        ),
        "RandomizedRectifierLayer": refused(
            "it draws one slope for a channel, fastact.rrelu one for each number"
        ),
    },
}

MLX: Mapping[str, Module] = {
    "nn": {
        **same("celu elu gelu glu hardswish leaky_relu log_softmax mish relu relu2 relu6"),
        **same("sigmoid silu softmax softmin softplus softshrink softsign tanh"),
        "gelu_approx": to("gelu", approximate="tanh"),
        "gelu_fast_approx": to("quick_gelu"),
        "hard_shrink": to("hardshrink"),
        "hard_tanh": to("hardtanh"),
        "log_sigmoid": to("logsigmoid"),
        "prelu": to("prelu", renamed={"alpha": "weight"}),
        "selu": to("selu", note="MLX rounds the constants to 1.67326 and 1.0507."),
        "step": refused(
            "it is 1 at the threshold, fastact.step 0; 1 - fastact.step(-x, -threshold) is the same"
        ),
        "CELU": to("celu"),
        "ELU": to("elu"),
        "GELU": to(
            "gelu",
            renamed={"approx": "approximate"},
            spelled={"approximate": {"precise": "tanh"}},
            note="With approx='fast' it is quick_gelu.",
        ),
        "GLU": to("glu"),
        "HardShrink": to("hardshrink"),
        "HardTanh": to("hardtanh"),
        "Hardswish": to("hardswish"),
        "Identity": to("identity"),
        "LeakyReLU": to("leaky_relu"),
        "LogSigmoid": to("logsigmoid"),
        "LogSoftmax": to("log_softmax"),
        "Mish": to("mish"),
        "PReLU": to("prelu", renamed={"init": "weight"}),
        "ReLU": to("relu"),
        "ReLU2": to("relu2"),
        "ReLU6": to("relu6"),
        "SELU": to("selu", note="MLX rounds the constants to 1.67326 and 1.0507."),
        "SiLU": to("silu"),
        "Sigmoid": to("sigmoid"),
        "Softmax": to("softmax"),
        "Softmin": to("softmin"),
        "Softplus": to("softplus"),
        "Softshrink": to("softshrink"),
        "Softsign": to("softsign"),
        "Step": refused("as step: it is 1 at the threshold, fastact.step 0"),
        "Tanh": to("tanh"),
    },
}

LIBRARIES: Mapping[str, Mapping[str, Module]] = {
    "torch": TORCH,
    "keras": KERAS,
    "tf": TENSORFLOW,
    "jax": JAX,
    "onnx": ONNX,
    "thinc": THINC,
    "lasagne": LASAGNE,
    "mlx": MLX,
}

# Of no library in particular.
COMMON: Module = {
    "gelu_tanh": to("gelu", approximate="tanh"),
    "geglu_tanh": to("geglu", approximate="tanh"),
    "log_expit": to("logsigmoid"),
    "squared_relu": to("relu2"),
}

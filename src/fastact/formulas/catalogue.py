"""One row per activation: all that is not a formula.

Kernels of every backend, the public objects, type stubs, tests, benchmarks and
documentation pages follow from these rows.  To add an activation, write its
formula in ``activations/`` and its row here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Domain = Literal["any", "finite", "positive", "not negative", "not zero", "optional"]
# What is not elementwise: softmax and its kin, a sum, a random sample, the largest of
# some pieces, two halves of an output, a random slope.
Kind = Literal[
    "elementwise", "gate", "along axis", "reduction", "sample", "pieces", "paired", "random"
]
GRADIENTS = ("_derivative", "_backward", "_backward_from_output", "_backward_from_mask", "_mask")
NO_FORMS: Mapping[str, str] = MappingProxyType({})

# Tuples, not dataclasses: those cost 8 ms of import, a tenth of NumPy's.


class Parameter(NamedTuple):
    """A number, or with ``learned`` an array with a gradient of its own.

    ``exact`` is the default as SymPy text where a float is not exactly meant.
    """

    name: str
    default: float | None
    meaning: str
    domain: Domain = "any"
    learned: bool = False
    exact: str = ""


class Row(NamedTuple):
    """What the catalogue knows of an activation.

    ``expression`` is SymPy text in the inputs and the parameters: the documented
    formula and the tests' oracle.  ``kinks`` are the points without a derivative,
    as SymPy text; ``from_output`` says when the output determines the gradient:
    ``"always"``, ``"never"`` or a condition on the parameters such as
    ``"alpha >= 0"``; ``output_tells_all_digits`` is False if it comes near a limit that is
    no float, and a gradient computed from it then loses digits, or underflows.
    ``constraint`` is a condition that the parameters must fulfil.
    ``kernel_numbers`` makes what the formula takes from the parameters' values
    and the dtype's name; without it the formula takes the values themselves.
    ``masked`` is there if the activation takes ``where=``: the number that stands
    for an input left out, and that of its output.
    ``exact`` are the endings of kernels, ``""`` the forward one, that choose among their
    inputs, parameters and 0, or multiply two inputs: of 16-bit numbers nothing is rounded.
    ``exact_at_defaults`` are those whose float32 results are rounded to the right 16 bits for
    all inputs, by a test of all, if the parameters are the defaults.
    ``latex`` and ``derivative_latex`` are for rows that SymPy cannot read, those along
    an axis; ``slopes_elsewhere`` are the slopes at the kinks, in their order, in
    libraries that disagree with PyTorch.
    """

    name: str
    summary: str
    expression: str
    parameters: tuple[Parameter, ...] = ()
    kinks: tuple[str, ...] = ()
    from_output: str = "never"
    output_tells_all_digits: bool = True
    has_mask: bool = False
    kind: Kind = "elementwise"
    inputs: tuple[str, ...] = ("x",)
    constraint: str = ""
    interval: tuple[float, float] = (-float("inf"), float("inf"))  # NaN outside
    masked: tuple[float, float | None] | None = None
    monotone: bool = True  # else the derivative has a root, near which it loses digits
    exact: tuple[str, ...] = ()
    exact_at_defaults: tuple[str, ...] = ()
    derivative_reach: str = ""  # the constant beyond which the derivative is but a mean
    kernel_numbers: Callable[..., tuple[float, ...]] | None = None
    forms: Mapping[str, str] = NO_FORMS  # value of ``approximate``: formula
    form_expressions: Mapping[str, str] = NO_FORMS
    source: str = ""
    latex: str = ""
    derivative_latex: str = ""
    slopes_elsewhere: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def is_exact(self, kernel: str, values: Mapping[str, Any]) -> bool:
        """Whether results of a kernel, computed in float32, need but be rounded to 16 bits."""
        if kernel in (self.name + ending for ending in self.exact):
            numbers = self.numbers(values)
            return all(number == _single(number) for number in numbers)
        endings = self.exact_at_defaults if self.at_defaults(values) else ()
        return kernel in (self.name + ending for ending in endings)

    def at_defaults(self, values: Mapping[str, Any]) -> bool:
        """Whether all parameters that are numbers have their defaults."""
        return all(values[p.name] == p.default for p in self.scalars)

    @property
    def is_elementwise(self) -> bool:
        """Whether elementwise kernels are made of its formulas."""
        return self.kind in ("elementwise", "gate")

    @property
    def is_curve(self) -> bool:
        """Whether it is a function of one number; a random slope has its mean."""
        return self.kind in ("elementwise", "random")

    @property
    def scalars(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if not p.learned)

    @property
    def learned(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.learned)

    @property
    def defaults(self) -> dict[str, Any]:
        return {p.name: p.default for p in self.parameters}

    @property
    def formulas(self) -> tuple[str, ...]:
        """Names in ``activations/`` that serve this row, the default first."""
        return tuple(self.forms.values()) or (self.name,)

    def expression_of(self, formula: str) -> str:
        return self.form_expressions.get(formula, self.expression)

    def numbers(
        self, values: Mapping[str, Any] | None = None, dtype: str = "float64"
    ) -> tuple[float, ...]:
        """What the formula takes after its arrays, for these values or the defaults."""
        values = self.defaults if values is None else values
        given = [values[p.name] for p in self.scalars]
        if self.kernel_numbers is None:
            return tuple(given)
        return self.kernel_numbers(dtype, *given)


def _single(value: float) -> float:
    """Rounded to float32."""
    try:
        (rounded,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(rounded)


def _rest_of_rounding(value: float, dtype: str) -> float:
    return 0.0 if dtype == "float64" else value - _single(value)


def _hardsigmoid_numbers(dtype: str, slope: float, offset: float) -> tuple[float, ...]:
    width = 1.0 / slope
    shift = offset * width
    return width, shift, -shift, width - shift


def _stanh_numbers(dtype: str, scale_a: float, scale_b: float) -> tuple[float, ...]:
    return (
        *(scale_a, _rest_of_rounding(scale_a, dtype)),
        *(scale_b, _rest_of_rounding(scale_b, dtype)),
    )


def _mean_slope(dtype: str, lower: float, upper: float) -> tuple[float, ...]:
    return ((lower + upper) / 2,)


def _logit_numbers(dtype: str, eps: float | None) -> tuple[float, ...]:
    return (-float("inf") if eps is None else eps,)


CATALOGUE: tuple[Row, ...] = (
    # --- piecewise linear and parabolic ---
    Row(
        "identity",
        "The input itself: the activation of a linear output layer.",
        "x",
        from_output="always",
        exact=("", *GRADIENTS),
    ),
    Row(
        "relu",
        "Rectified linear unit: the positive part.",
        "Piecewise((x, x > 0), (0, True))",
        kinks=("0",),
        from_output="always",
        has_mask=True,
        source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, "
        "ICML 2010",
        exact=("", *GRADIENTS),
    ),
    Row(
        "relu6",
        "Rectifier that saturates at 6.",
        "Piecewise((0, x <= 0), (6, x >= 6), (x, True))",
        kinks=("0", "6"),
        from_output="always",
        has_mask=True,
        source="Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
        exact=("", *GRADIENTS),
    ),
    Row(
        "relu2",
        "Square of the rectifier.",
        "Piecewise((x**2, x > 0), (0, True))",
        from_output="always",
        source="So et al., Primer: searching for efficient transformers for language modeling, "
        "NeurIPS 2021",
        exact=("", "_derivative"),
    ),
    Row(
        "leaky_relu",
        "Rectifier that keeps a small slope for negative inputs.",
        "Piecewise((x, x > 0), (negative_slope * x, True))",
        (Parameter("negative_slope", 0.01, "slope for x <= 0"),),
        kinks=("0",),
        from_output="negative_slope >= 0",
        has_mask=True,
        slopes_elsewhere={"jax": ("1",)},
        source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic "
        "models, ICML workshop 2013",
    ),
    Row(
        "prelu",
        "Leaky rectifier whose slope is learned.",
        "Piecewise((x, x > 0), (weight * x, True))",
        (Parameter("weight", 0.25, "slope for x <= 0", learned=True),),
        kinks=("0",),
        has_mask=True,
        source="He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015",
    ),
    Row(
        "threshold",
        "The input above a threshold, a fixed value below it.",
        "Piecewise((x, x > threshold), (value, True))",
        (
            Parameter("threshold", 1.0, "the input from which on it passes"),
            Parameter("value", 0.0, "output up to the threshold"),
        ),
        kinks=("threshold",),
        from_output="value <= threshold",
        has_mask=True,
        source="Konda, Memisevic and Krueger, Zero-bias autoencoders and the benefits of "
        "co-adapting features, ICLR 2015",
        exact=("", *GRADIENTS),
    ),
    Row(
        "hardtanh",
        "The input clipped to an interval.",
        "Piecewise((min_val, x <= min_val), (max_val, x >= max_val), (x, True))",
        (
            Parameter("min_val", -1.0, "smallest output"),
            Parameter("max_val", 1.0, "largest output"),
        ),
        kinks=("min_val", "max_val"),
        from_output="always",
        has_mask=True,
        constraint="min_val <= max_val",
        slopes_elsewhere={"jax": ("1", "1"), "torch.clamp": ("1", "1")},
        source="Collobert, Large scale machine learning, thesis, Paris 2004",
        exact=("", *GRADIENTS),
    ),
    Row(
        "hardsigmoid",
        "Straight line that imitates the sigmoid.",
        "Piecewise((0, slope * x + offset <= 0), (1, slope * x + offset >= 1), "
        "(slope * x + offset, True))",
        (
            Parameter("slope", 1 / 6, "slope of the line", "positive", exact="1/6"),
            Parameter("offset", 0.5, "value at 0"),
        ),
        kinks=("-offset / slope", "(1 - offset) / slope"),
        from_output="always",
        exact_at_defaults=("",),
        has_mask=True,
        kernel_numbers=_hardsigmoid_numbers,
        source="Courbariaux, Bengio and David, BinaryConnect: training deep neural networks with "
        "binary weights during propagations, NIPS 2015",
    ),
    Row(
        "sparse_sigmoid",
        "Straight line from 0 at -1 to 1 at 1: the derivative of sparse_plus.",
        "Piecewise((0, x <= -1), (1, x >= 1), ((x + 1) / 2, True))",
        kinks=("-1", "1"),
        from_output="always",
        has_mask=True,
        source="Martins and Astudillo, From softmax to sparsemax, ICML 2016",
    ),
    Row(
        "hardshrink",
        "The input where it is large, else 0.",
        "Piecewise((x, x > lambd), (x, x < -lambd), (0, True))",
        (Parameter("lambd", 0.5, "largest magnitude that becomes 0", "not negative"),),
        kinks=("-lambd", "lambd"),
        from_output="always",
        has_mask=True,
        source="Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, "
        "Biometrika 81, 1994",
        exact=("", *GRADIENTS),
    ),
    Row(
        "softshrink",
        "The input drawn towards 0 by a constant.",
        "Piecewise((x - lambd, x > lambd), (x + lambd, x < -lambd), (0, True))",
        (
            Parameter(
                "lambd", 0.5, "how far, and the largest magnitude that becomes 0", "not negative"
            ),
        ),
        kinks=("-lambd", "lambd"),
        from_output="always",
        has_mask=True,
        source="Donoho, De-noising by soft-thresholding, IEEE Transactions on Information "
        "Theory 41, 1995",
        exact=GRADIENTS,
    ),
    Row(
        "step",
        "1 above a threshold, else 0; its derivative is 0 everywhere.",
        "Piecewise((1, x > threshold), (0, True))",
        (Parameter("threshold", 0.0, "the largest input that gives 0"),),
        kinks=("threshold",),
        from_output="always",
        source="McCulloch and Pitts, A logical calculus of the ideas immanent in nervous "
        "activity, Bulletin of Mathematical Biophysics 5, 1943",
        exact=("", *GRADIENTS),
    ),
    Row(
        "hardswish",
        "x times a straight line that imitates the sigmoid.",
        "Piecewise((0, x <= -3), (x, x >= 3), (x * (x + 3) / 6, True))",
        kinks=("-3", "3"),
        monotone=False,
        source="Howard et al., Searching for MobileNetV3, ICCV 2019",
    ),
    Row(
        "sparse_plus",
        "Rectifier with a parabola for a bend.",
        "Piecewise((0, x <= -1), (x, x >= 1), ((x + 1)**2 / 4, True))",
        from_output="always",
        source="Martins and Astudillo, From softmax to sparsemax, ICML 2016",
    ),
    # --- rectifiers with a curve ---
    Row(
        "elu",
        "Exponential linear unit: saturates smoothly at -alpha.",
        "Piecewise((x, x > 0), (alpha * (exp(x) - 1), True))",
        (Parameter("alpha", 1.0, "minus the limit at minus infinity"),),
        kinks=("0",),
        from_output="alpha >= 0",
        source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by "
        "exponential linear units, ICLR 2016",
    ),
    Row(
        "selu",
        "ELU with the constants that keep mean 0 and variance 1 from layer to layer.",
        "Piecewise((1.0507009873554804934193349852946 * x, x > 0), "
        "(1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 * (exp(x) - 1), "
        "True))",
        kinks=("0",),
        from_output="always",
        output_tells_all_digits=False,
        slopes_elsewhere={"tf": ("1.0507009873554804934193349852946",)},
        source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, "
        "NIPS 2017",
    ),
    Row(
        "celu",
        "ELU whose slope is continuous for every alpha.",
        "Piecewise((x, x > 0), (alpha * (exp(x / alpha) - 1), True))",
        (Parameter("alpha", 1.0, "minus the limit at minus infinity", "positive"),),
        from_output="always",
        source="Barron, Continuously differentiable exponential linear units, arXiv 1704.07483, "
        "2017",
    ),
    Row(
        "softplus",
        "Smooth rectifier, the integral of the sigmoid.",
        "log(1 + exp(beta * x)) / beta",
        (Parameter("beta", 1.0, "sharpness of the bend", domain="positive"),),
        from_output="always",
        source="Dugas, Bengio, Belisle, Nadeau and Garcia, Incorporating second-order functional "
        "knowledge for better option pricing, NIPS 2000",
    ),
    Row(
        "squareplus",
        "Smooth rectifier without exponentials: a branch of a hyperbola.",
        "(x + sqrt(x**2 + b)) / 2",
        (Parameter("b", 4.0, "size of the bend; 4 times the square of f(0)", "positive"),),
        from_output="always",
        output_tells_all_digits=False,
        source="Barron, Squareplus: a softplus-like algebraic rectifier, arXiv 2112.11687, 2021",
    ),
    Row(
        "exponential",
        "The exponential function.",
        "exp(x)",
        from_output="always",
        exact=("_backward_from_output",),
    ),
    Row(
        "snake",
        "A line with periodic ripples whose frequency is learned.",
        "x + sin(a * x)**2 / a",
        (Parameter("a", 1.0, "frequency of the ripples", learned=True),),
        derivative_reach="SINE_MAX",
        source="Ziyin, Hartwig and Ueda, Neural networks fail to learn periodic functions and how "
        "to fix it, NeurIPS 2020",
    ),
    # --- S-shaped ---
    Row(
        "sigmoid",
        "Logistic function, from 0 to 1.",
        "1 / (1 + exp(-x))",
        from_output="always",
        source="Verhulst, Notice sur la loi que la population suit dans son accroissement, 1838",
    ),
    Row(
        "logsigmoid",
        "Logarithm of the sigmoid.",
        "-log(1 + exp(-x))",
        from_output="always",
    ),
    Row(
        "tanh",
        "Hyperbolic tangent, from -1 to 1 and zero-centred.",
        "tanh(x)",
        from_output="always",
        source="LeCun, Bottou, Orr and Mueller, Efficient backprop, 1998",
    ),
    Row(
        "stanh",
        "Scaled hyperbolic tangent, by default with f(1) = 1.",
        "scale_b * tanh(scale_a * x)",
        (
            Parameter("scale_a", 2 / 3, "scale of the input"),
            Parameter("scale_b", 1.7159, "scale of the output", "not zero"),
        ),
        from_output="always",
        output_tells_all_digits=False,
        kernel_numbers=_stanh_numbers,
        source="LeCun, Generalization and network design strategies, 1989",
    ),
    Row(
        "tanhshrink",
        "What the tanh takes away: x - tanh(x).",
        "x - tanh(x)",
    ),
    Row(
        "softsign",
        "S-shaped like the tanh, with tails that fall as 1 / x.",
        "x / (1 + Abs(x))",
        from_output="always",
        source="Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image "
        "features, technical report 1337, Montreal 2009",
    ),
    Row(
        "logit",
        "Inverse of the sigmoid: the logarithm of the odds.",
        "log(x / (1 - x))",
        (Parameter("eps", None, "clip the input to eps and 1 - eps", "optional"),),
        from_output="eps is None",
        interval=(0.0, 1.0),
        kernel_numbers=_logit_numbers,
        source="Berkson, Application of the logistic function to bio-assay, JASA 39, 1944",
    ),
    # --- x times a gate ---
    Row(
        "silu",
        "Sigmoid-weighted linear unit, also called swish.",
        "x / (1 + exp(-beta * x))",
        (Parameter("beta", 1.0, "sharpness of the gate", "not zero"),),
        monotone=False,
        source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network "
        "function approximation, Neural Networks 107, 2018",
    ),
    Row(
        "quick_gelu",
        "Sigmoid approximation of gelu: silu with beta 1.702.",
        "x / (1 + exp(-1702 * x / 1000))",
        monotone=False,
        source="Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415, 2016",
    ),
    Row(
        "gelu",
        "Gaussian error linear unit: x times the normal distribution function.",
        "x * erfc(-x / sqrt(2)) / 2",
        forms={"none": "gelu", "tanh": "gelu_tanh"},
        form_expressions={
            "gelu_tanh": "x / (1 + exp(-2 * sqrt(2 / pi) * (x + 44715 * x**3 / 1000000)))"
        },
        monotone=False,
        source="Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415, 2016",
    ),
    Row(
        "mish",
        "x times the tanh of its softplus.",
        "x * tanh(log(1 + exp(x)))",
        monotone=False,
        source="Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020",
    ),
    Row(
        "dish",
        "x times an algebraic gate: silu without exponentials.",
        "x * (1 + x / sqrt(1 + x**2)) / 2",
        monotone=False,
        source="Explosion, thinc: Dish, 2022",
    ),
    # --- gates of two arrays ---
    Row(
        "glu",
        "Gated linear unit: one array times the sigmoid of another.",
        "value / (1 + exp(-gate))",
        kind="gate",
        inputs=("value", "gate"),
        source="Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional "
        "networks, ICML 2017",
    ),
    Row(
        "reglu",
        "The rectifier of one array times another.",
        "Piecewise((gate, gate > 0), (0, True)) * value",
        kind="gate",
        inputs=("gate", "value"),
        source="Shazeer, GLU variants improve transformer, arXiv 2002.05202, 2020",
        exact=("", "_backward_by_gate", "_backward_by_value"),
    ),
    Row(
        "geglu",
        "gelu of one array times another.",
        "gate * erfc(-gate / sqrt(2)) / 2 * value",
        kind="gate",
        inputs=("gate", "value"),
        forms={"none": "geglu", "tanh": "geglu_tanh"},
        form_expressions={
            "geglu_tanh": "gate / (1 + exp(-2 * sqrt(2 / pi) * "
            "(gate + 44715 * gate**3 / 1000000))) * value"
        },
        monotone=False,
        source="Shazeer, GLU variants improve transformer, arXiv 2002.05202, 2020",
    ),
    Row(
        "swiglu",
        "silu of one array times another.",
        "gate / (1 + exp(-beta * gate)) * value",
        (Parameter("beta", 1.0, "sharpness of the gate", "not zero"),),
        kind="gate",
        inputs=("gate", "value"),
        monotone=False,
        source="Shazeer, GLU variants improve transformer, arXiv 2002.05202, 2020",
    ),
    Row(
        "bilinear",
        "Product of two arrays: a gate without activation.",
        "gate * value",
        kind="gate",
        inputs=("gate", "value"),
        source="Mnih and Hinton, Three new graphical models for statistical language modelling, "
        "ICML 2007",
        exact=("", "_backward_by_gate", "_backward_by_value"),
    ),
    # --- along an axis ---
    Row(
        "softmax",
        "Exponentials along an axis, scaled to sum to one.",
        "exp(x) / Sum(exp(x))",
        from_output="always",
        kind="along axis",
        masked=(-float("inf"), 0.0),
        latex=r"\frac{e^{x_i}}{\sum_j e^{x_j}}",
        derivative_latex=r"y_i (\delta_{ij} - y_j)",
        source="Bridle, Probabilistic interpretation of feedforward classification network "
        "outputs, 1990",
    ),
    Row(
        "log_softmax",
        "Logarithm of the softmax.",
        "x - log(Sum(exp(x)))",
        from_output="always",
        kind="along axis",
        masked=(-float("inf"), -float("inf")),
        latex=r"x_i - \log \sum_j e^{x_j}",
        derivative_latex=r"\delta_{ij} - e^{y_j}",
        source="Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax "
        "functions, IMA Journal of Numerical Analysis 41, 2021",
    ),
    Row(
        "softmin",
        "Softmax of the negated input.",
        "exp(-x) / Sum(exp(-x))",
        from_output="always",
        kind="along axis",
        masked=(float("inf"), 0.0),
        latex=r"\frac{e^{-x_i}}{\sum_j e^{-x_j}}",
        derivative_latex=r"y_i (y_j - \delta_{ij})",
    ),
    Row(
        "logsumexp",
        "Logarithm of a sum of exponentials: a smooth maximum.",
        "log(Sum(exp(x)))",
        kind="reduction",
        masked=(-float("inf"), None),
        latex=r"\log \sum_j e^{x_j}",
        derivative_latex=r"\frac{e^{x_j}}{\sum_k e^{x_k}}",
        source="Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax "
        "functions, IMA Journal of Numerical Analysis 41, 2021",
    ),
    Row(
        "sparsemax",
        "The nearest point of the simplex: a softmax with exact zeros.",
        "Max(x - tau, 0)",
        from_output="always",
        kind="along axis",
        masked=(-float("inf"), 0.0),
        latex=r"\max(x_i - \tau, 0), \quad \sum_j \max(x_j - \tau, 0) = 1",
        derivative_latex=r"s_i \left(\delta_{ij} - \frac{s_j}{\sum_k s_k}\right), "
        r"\quad s_i = [y_i > 0]",
        source="Martins and Astudillo, From softmax to sparsemax, ICML 2016",
    ),
    Row(
        "hardmax",
        "1 at the first of the largest numbers along an axis, else 0; its derivative is 0.",
        "Piecewise((1, Eq(i, argmax(x))), (0, True))",
        from_output="always",
        kind="along axis",
        latex=r"[i = \min \operatorname{argmax}_j x_j]",
        derivative_latex="0",
        source="ONNX, operator Hardmax, 2017",
    ),
    Row(
        "gumbel_softmax",
        "Softmax of noisy logits: a differentiable sample of a category.",
        "exp((x + noise) / tau) / Sum(exp((x + noise) / tau))",
        (Parameter("tau", 1.0, "temperature; near 0 samples are almost one-hot", "positive"),),
        from_output="always",
        kind="sample",
        latex=r"\frac{e^{(x_i + g_i) / \tau}}{\sum_j e^{(x_j + g_j) / \tau}}, "
        r"\quad g_i = -\log(-\log u_i)",
        derivative_latex=r"\frac{y_i (\delta_{ij} - y_j)}{\tau}",
        source="Jang, Gu and Poole, Categorical reparameterization with Gumbel-softmax, ICLR 2017",
    ),
    Row(
        "maxout",
        "The largest of each few consecutive numbers along an axis.",
        "Max(x_1, x_2)",
        kind="pieces",
        latex=r"\max(x_{ki}, \ldots, x_{ki + k - 1})",
        derivative_latex=r"[j = \min \operatorname{argmax}_{ki \le l < ki + k} x_l]",
        source="Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, ICML 2013",
    ),
    Row(
        "crelu",
        "The rectifiers of x and of -x, one after the other along an axis.",
        "(Max(x, 0), Max(-x, 0))",
        kinks=("0",),
        from_output="always",
        kind="paired",
        latex=r"(\max(x, 0), \max(-x, 0))",
        derivative_latex="([x > 0], -[x < 0])",
        source="Shang, Sohn, Almeida and Lee, Understanding and improving convolutional neural "
        "networks via concatenated rectified linear units, ICML 2016",
    ),
    Row(
        "rrelu",
        "Leaky rectifier whose slope is drawn at random in training.",
        "Piecewise((x, x > 0), ((lower + upper) / 2 * x, True))",
        (
            Parameter("lower", 1 / 8, "smallest slope for x <= 0", "finite", exact="1/8"),
            Parameter("upper", 1 / 3, "end of the slopes for x <= 0", "finite", exact="1/3"),
        ),
        kinks=("0",),
        from_output="lower >= 0",
        has_mask=True,
        kind="random",
        constraint="lower <= upper",
        kernel_numbers=_mean_slope,
        source="Xu, Wang, Chen and Li, Empirical evaluation of rectified activations in "
        "convolutional network, arXiv 1505.00853, 2015",
    ),
)

ROWS: dict[str, Row] = {row.name: row for row in CATALOGUE}

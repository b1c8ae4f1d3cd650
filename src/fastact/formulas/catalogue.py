"""One row per activation: all that is not a formula.

Kernels of every backend, the public objects, type stubs, tests, benchmarks and
documentation pages follow from these rows.  To add an activation, write its
formula in ``activations.py`` and its row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Domain = Literal["any", "positive"]
NO_FORMS: Mapping[str, str] = MappingProxyType({})

# Tuples, not dataclasses: those cost 8 ms of import, a tenth of NumPy's.


class Parameter(NamedTuple):
    """A number, or with ``learned`` an array with a gradient of its own."""

    name: str
    default: float
    meaning: str
    domain: Domain = "any"
    learned: bool = False


class Row(NamedTuple):
    """What the catalogue knows of an activation.

    ``expression`` is SymPy text in ``x`` and the parameters: the documented
    formula and the tests' oracle.  ``kinks`` are the points without a
    derivative; ``from_output`` says when the output determines the gradient:
    ``"always"``, ``"never"`` or a condition on the parameters.
    """

    name: str
    summary: str
    expression: str
    parameters: tuple[Parameter, ...] = ()
    kinks: tuple[float, ...] = ()
    from_output: str = "never"
    along_axis: bool = False
    forms: Mapping[str, str] = NO_FORMS  # value of ``approximate``: formula
    form_expressions: Mapping[str, str] = NO_FORMS
    source: str = ""

    @property
    def scalars(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if not p.learned)

    @property
    def learned(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.learned)

    @property
    def formulas(self) -> tuple[str, ...]:
        """Names in ``activations.py`` that serve this row, the default first."""
        return tuple(self.forms.values()) or (self.name,)

    def expression_of(self, formula: str) -> str:
        return self.form_expressions.get(formula, self.expression)


CATALOGUE: tuple[Row, ...] = (
    Row(
        "identity",
        "The input itself: the activation of a linear output layer.",
        "x",
        from_output="always",
    ),
    Row(
        "relu",
        "Rectified linear unit: the positive part.",
        "Piecewise((x, x > 0), (0, True))",
        kinks=(0.0,),
        from_output="always",
        source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, "
        "ICML 2010",
    ),
    Row(
        "leaky_relu",
        "Rectifier that keeps a small slope for negative inputs.",
        "Piecewise((x, x > 0), (negative_slope * x, True))",
        (Parameter("negative_slope", 0.01, "slope for x <= 0"),),
        kinks=(0.0,),
        from_output="negative_slope >= 0",
        source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic "
        "models, ICML workshop 2013",
    ),
    Row(
        "prelu",
        "Leaky rectifier whose slope is learned.",
        "Piecewise((x, x > 0), (weight * x, True))",
        (Parameter("weight", 0.25, "slope for x <= 0", learned=True),),
        kinks=(0.0,),
        source="He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015",
    ),
    Row(
        "elu",
        "Exponential linear unit: saturates smoothly at -alpha.",
        "Piecewise((x, x > 0), (alpha * (exp(x) - 1), True))",
        (Parameter("alpha", 1.0, "minus the limit at minus infinity"),),
        kinks=(0.0,),
        from_output="alpha >= 0",
        source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by "
        "exponential linear units, ICLR 2016",
    ),
    Row(
        "sigmoid",
        "Logistic function, from 0 to 1.",
        "1 / (1 + exp(-x))",
        from_output="always",
        source="Verhulst, Notice sur la loi que la population suit dans son accroissement, 1838",
    ),
    Row(
        "tanh",
        "Hyperbolic tangent, from -1 to 1 and zero-centred.",
        "tanh(x)",
        from_output="always",
        source="LeCun, Bottou, Orr and Mueller, Efficient backprop, 1998",
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
        "silu",
        "Sigmoid-weighted linear unit, also called swish.",
        "x / (1 + exp(-x))",
        source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network "
        "function approximation, Neural Networks 107, 2018",
    ),
    Row(
        "gelu",
        "Gaussian error linear unit: x times the normal distribution function.",
        "x * erfc(-x / sqrt(2)) / 2",
        forms={"none": "gelu", "tanh": "gelu_tanh"},
        form_expressions={
            "gelu_tanh": "x / (1 + exp(-2 * sqrt(2 / pi) * (x + 44715 * x**3 / 1000000)))"
        },
        source="Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415, 2016",
    ),
    Row(
        "mish",
        "x times the tanh of its softplus.",
        "x * tanh(log(1 + exp(x)))",
        source="Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020",
    ),
    Row(
        "softmax",
        "Exponentials along an axis, scaled to sum to one.",
        "exp(x) / Sum(exp(x))",
        from_output="always",
        along_axis=True,
        source="Bridle, Probabilistic interpretation of feedforward classification network "
        "outputs, 1990",
    ),
)

ROWS: dict[str, Row] = {row.name: row for row in CATALOGUE}

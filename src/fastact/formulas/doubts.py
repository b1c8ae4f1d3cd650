"""Which results of a kernel are computed again for 16 bits; see ``rounding.py``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from .catalogue import Row

# Units in the last place that a compiled float32 result may be off; and that those of a 16-bit
# number are off at default parameters where that matters: of all 65,536 none that is rounded to
# the wrong side lies farther from the middle than one unit.
REACH, LEAST_REACH = 8, 2

# The same of a gradient of 16-bit numbers at default parameters: the relative error of its slope
# at any input, in units of 2**-24, and half a unit for the product.  Others have LEAST_REACH.
REACHES_OF_GRADIENTS = {
    "stanh_backward": 48,  # its constants are no float32 numbers, which tells in its tails
    **dict.fromkeys(("squareplus_backward", "dish_backward"), 4),
    **dict.fromkeys(("tanhshrink_backward", "softsign_backward", "silu_backward"), 3),
    **dict.fromkeys(("quick_gelu_backward", "mish_backward"), 3),
    "logit_backward_from_output": 3,
    # 2 for all outputs; for what is none float32 and NumPy's float64 give the same so.
    **dict.fromkeys(("softplus_backward_from_output", "logsigmoid_backward_from_output"), REACH),
}

# Of those functions, the ones whose compiled float32 results need but be rounded to float16,
# and those for which this does not hold in bfloat16.
RIGHT_FLOAT16 = frozenset(
    (
        *("elu", "elu_derivative", "celu", "celu_derivative", "selu", "tanh", "stanh_derivative"),
        *("softsign", "softsign_derivative", "quick_gelu_derivative", "softshrink"),
        *("leaky_relu_derivative", "hardsigmoid", "hardsigmoid_derivative", "sparse_sigmoid"),
        *("sparse_sigmoid_derivative", "sparse_plus_derivative", "hardswish_derivative"),
    )
)
WRONG_BFLOAT16 = frozenset(("tanhshrink", "logit", "squareplus_derivative", "mish_derivative"))

# Those whose derivative from the output may be too large for float32.
OUTGROWING = frozenset(("logit",))

# Gradients whose slopes at 16-bit inputs and default parameters are exact where they have so few
# digits that a product with them is exact too.  It is often midway between two numbers then.
FEW_DIGITS = frozenset(("elu_backward_from_output", "hardswish_backward"))


class Doubt(IntEnum):
    """What else makes a result doubtful; the numbers are those of ``recipe.h``.

    A derivative may be off by a part of 1 near its root, and what it is a factor of by that
    part of the other factors; so may one from an output that is near a limit which is no
    float32 number.  If all its digits are right for all 16-bit inputs, as tests show for the
    default parameters, only an underflow times a huge factor is doubtful, and an overflow.
    Where even the phase of a ripple is lost, all are; where numbers are chosen or two of
    them multiplied, only products that vanish in part.
    """

    NO_ROOT = 0
    ROOT = 1
    ROOT_TIMES_FIRST = 2
    ROOT_TIMES_FIRST_AND_THIRD = 3
    ALL = 4
    EXACT = 5
    UNDERFLOW_TIMES_FIRST = 6
    UNDERFLOW_TIMES_FIRST_AND_THIRD = 7
    UNDERFLOW_TIMES_FIRST_AND_SECOND = 8
    UNDERFLOW_TIMES_SECOND = 9


SURE = (Doubt.NO_ROOT, Doubt.UNDERFLOW_TIMES_FIRST)  # of all digits, if they are not lost


def doubt_about(row: Row, kernel: str, values: Mapping[str, Any]) -> Doubt:
    """That about a kernel of a row of the catalogue, with these parameters."""
    if row.is_exact(kernel, values):
        return Doubt.EXACT
    if row.derivative_reach:
        return Doubt.ALL  # float64 resolves the phase of larger inputs
    is_sure = row.monotone or row.at_defaults(values)
    if kernel.endswith("_derivative"):
        return Doubt.NO_ROOT if is_sure else Doubt.ROOT
    if kernel.endswith("_backward_from_output"):
        if not (row.at_defaults(values) and row.output_tells_all_digits):
            return Doubt.ROOT_TIMES_FIRST
        return Doubt.UNDERFLOW_TIMES_FIRST if row.name in OUTGROWING else Doubt.NO_ROOT
    if kernel.endswith("_backward"):
        if row.has_mask:  # of two constant slopes
            return Doubt.NO_ROOT
        return Doubt.UNDERFLOW_TIMES_FIRST if is_sure else Doubt.ROOT_TIMES_FIRST
    value_first = row.name == "glu"
    if row.kind == "gate" and kernel in row.formulas:  # a value times a curve that may vanish
        return Doubt.UNDERFLOW_TIMES_FIRST if value_first else Doubt.UNDERFLOW_TIMES_SECOND
    if row.kind == "gate" and kernel.endswith("_by_value"):
        return Doubt.UNDERFLOW_TIMES_FIRST
    if row.kind == "gate" and kernel.endswith("_by_gate"):
        if value_first:
            return Doubt.UNDERFLOW_TIMES_FIRST_AND_SECOND
        if is_sure:
            return Doubt.UNDERFLOW_TIMES_FIRST_AND_THIRD
        return Doubt.ROOT_TIMES_FIRST_AND_THIRD
    return Doubt.NO_ROOT


def compiled_doubt(
    row: Row, kernel: str, values: Mapping[str, Any], half: str
) -> tuple[Doubt, int]:
    """The same, and the reach, for the bits of the compiled kernels and one format."""
    doubt = doubt_about(row, kernel, values)
    if row.kind != "elementwise" or row.learned or not row.at_defaults(values):
        return doubt, REACH
    _, is_gradient, way = kernel.partition("_backward")
    if is_gradient and doubt in SURE and not way.startswith("_by_"):
        return doubt, REACHES_OF_GRADIENTS.get(kernel, LEAST_REACH)
    if doubt is not Doubt.NO_ROOT or kernel.removesuffix("_derivative") not in row.formulas:
        return doubt, REACH
    is_right = kernel in RIGHT_FLOAT16 if half == "float16" else kernel not in WRONG_BFLOAT16
    return (Doubt.EXACT if is_right else doubt), LEAST_REACH

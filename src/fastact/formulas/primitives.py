"""The vocabulary of the formulas: what a compiler must provide.

``elementary.py``, ``activations/`` and ``reductions.py`` use these names and
nothing else besides arithmetic, comparisons, conditional expressions and
counted loops.  Each backend binds them for its dtype: Cython to the C of
``primitives.h``, Numba to intrinsics, NumPy to array functions.  The
definitions below are the meaning of each name, on Python floats: with them the
formulas run as ordinary Python, slowly, and give the bits that the compiled
kernels give in float64.
"""

from __future__ import annotations

import math
import struct
from functools import partial
from typing import TypeAlias

from .coefficients import COEFFICIENTS

# Types that a formula may name; without annotation an argument is ``real``.
real: TypeAlias = float  # the dtype that is being compiled
bits: TypeAlias = int  # the integer of the same width
array: TypeAlias = list[float]  # contiguous numbers
index: TypeAlias = int


def fma(a: real, b: real, c: real) -> real:
    """a * b + c, rounded once."""
    from fractions import Fraction  # which would cost an import of fastact 2 ms

    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return float(exact) if exact else a * b + c  # Fraction(0) has no sign
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def absolute(x: real) -> real:
    return abs(x)


def copysign(magnitude: real, sign: real) -> real:
    return math.copysign(magnitude, sign)


def sqrt(x: real) -> real:
    return math.sqrt(x) if x >= 0 else math.nan


def to_bits(x: real) -> bits:
    (value,) = struct.unpack("<q", struct.pack("<d", x))
    return int(value)


def from_bits(value: bits) -> real:
    (x,) = struct.unpack("<d", struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF))
    return float(x)


# Reductions add element i of a block to lane i % LANES and then fold the lanes
# in halves: a fixed tree, the same for every compiler and thread count, that
# compilers turn into vector additions.
LANES = 32
HELD = 256  # numbers that a row kernel holds between two loops
ROOM = 3 * LANES + HELD  # of a row kernel: for sums, what they lost, counts, and these
BLOCK = 1024
# Columns that a column kernel takes at once, wide and narrow: 4 and 2 lines of the cache.  With
# 16 lines it takes 1.5 times as long, and for any number of columns up to 1.6 times.
STRIPS = {"float32": (64, 32), "float64": (32, 16)}
STRIP = STRIPS["float64"][0]

# Per dtype: the numbers that the formulas call by name.  LN2_HIGH has so few
# bits that n * LN2_HIGH is exact for every exponent n.  A ROUND added to a number leaves
# its nearest integer in the low bits, plus what brings them into the exponent
# field of a power of two: the bias, and a shift away from the subnormals.
CONSTANTS: dict[str, dict[str, float | int]] = {
    "float32": {
        "LOG2E": 1.4426950408889634,
        "ONE_SIXTH": 0.1666666716337204,
        "ONE_THIRD": 0.3333333432674408,
        "ONE_THIRD_LOW": -9.934107758624577e-09,
        "TANHSHRINK_MAX": 1.15,
        "LN2": 0.6931471824645996,
        "LN2_HIGH": 0.693145751953125,
        "LN2_LOW": 1.428606765330187e-06,
        "EXP_ROUND": 12582912.0 + 127 + 64,
        "EXP_SCALE": 2.0**64,
        "EXP_RESCALE": 2.0**-64,
        "EXP_ROUND_OF_LARGE": 12582912.0 + 127 - 64,
        "MANTISSA_BITS": 23,
        "EXP_MIN": -110.0,  # x exp(x) is 0 below
        "ROW_FAR": 256.0,  # more than twice as far as exponentials reach
        "EXPM1_MIN": -18.0,  # exp(x) - 1 is -1 below
        "EXPM1_ROUND": 12582912.0 + 127,
        "TANH_MAX": 1.0,  # a polynomial below, exponentials above
        "TAIL_SHIFT": 2.34375,
        "GELU_SLOPE_SHIFT": 4.65625,
        "TAIL_MIDDLE": 0.6975326538085938,  # the function at t = TAIL_SHIFT
        "TAIL_SLOPE": -0.4049663245677948,  # and its slope there
        "GELU_SLOPE_MIDDLE": 0.4547104239463806,
        "TAIL_MAX": 15.0,  # x Phi(-x) is 0 above
        "GELU_TANH_MAX": 11.0,  # x (1 + tanh(u(x))) is 0 below minus this
        # Near 2 sqrt(2 / pi) / log(2) but of few bits, 0.044715 times that with an error of 2**-35,
        # and what both lack of their size.
        "GELU_TANH_LINEAR": 2.3019638061523438,
        "GELU_TANH_CUBIC": 0.10293231159448624,
        "GELU_TANH_REST": 0.00010616674262564629,
        # For the derivative: near -u at its root, with few bits; 1 and 2**-ROOT (less EXP_SCALE)
        # in units of 1 / ONE, in which g is t times slope * UNIT + SHIFT.
        "GELU_TANH_ROOT": 1.77740478515625,
        "GELU_TANH_ONE": 135360852000768.0,
        "GELU_TANH_E": 2.140529431926552e-06,
        "GELU_TANH_SHIFT": 431938686943232.0,
        "GELU_TANH_SHIFT_LOW": 70643793920.0,
        "GELU_TANH_UNIT": 2.0**48,
        # Added and taken away, it leaves multiples of 2**-16 UNIT.
        "GELU_TANH_COARSE": 192.0 * 2.0**48,
        "EXP_MODERATE": 87.0,  # the results are normal numbers
        "EXP_MAX": 89.0,  # exp(x) is infinite above
        "EXP_SCALE_LOG2": 64.0,
        "LARGEST": 3.4028234663852886e38,
        "SMALLEST_NORMAL": 1.1754943508222875e-38,
        "HUGE": 2.0**60,  # absorbs 1, and its square does not overflow
        "INVERSE_START": 1.6154273986273556e38,  # its bits less those of x: 1 / x to within 1/16
        "HUGE_INVERSE": 2.0**-60,
        "EXPONENT_READ": 2.0**23,  # its units are 1
        "EXPONENT_BIAS": 127.0,
        "TWO_OVER_PI": 0.6366197466850281,
        "HALF_PI_HIGH": 1.5707963705062866,
        "HALF_PI_MIDDLE": -4.371138828673793e-08,
        "HALF_PI_LOW": -1.7151245100058819e-15,
        "SINE_ROUND": 12582912.0,
        "SINE_MAX": 6.5e6,
        "SIGN_BIT": 31,
        # Next to the root of mish's derivative, the value there, and how far its polynomial goes.
        "MISH_CENTER": 1.1923977136611938,
        "MISH_AT_CENTER": 8.9432132881484e-06,
        "MISH_NEAR": -1.93,
        "DISH_ROOT": 4.236067771911621,
        "DISH_ROOT_LOW": 2.055881651585878e-07,
        "DISH_MINUS": -0.7639320492744446,
        "SILU_ROOT": 1.2784645557403564,
        "SILU_ROOT_LOW": -1.2979282537628478e-08,
        "SILU_E": 0.27846455574035645,
        "SILU_E_LOW": -1.2979282537628478e-08,
        "SILU_INVERSE_E": 3.5911214351654053,
        "SILU_INVERSE_E_LOW": 4.150321686324787e-08,
        "GELU_ROOT": 0.7517915368080139,
        "GELU_ROOT_LOW": -1.211444988769017e-08,
        "QUICK_GELU_HIGH": 1.7020000219345093,
        "QUICK_GELU_LOW": -2.1934509319976314e-08,
        "SELU_SCALE": 1.0507010221481323,
        "SELU_SCALE_LOW": -3.479265231476347e-08,
        "SELU_SCALE_ALPHA": 1.7580993175506592,
        "SELU_SCALE_ALPHA_LOW": 2.3296717444054593e-08,
    },
    "float64": {
        "LOG2E": 1.4426950408889634,
        "ONE_SIXTH": 0.16666666666666666,
        "ONE_THIRD": 0.3333333333333333,
        "ONE_THIRD_LOW": 1.850371707708594e-17,
        "TANHSHRINK_MAX": 1.15,
        "LN2": 0.6931471805599453,
        "LN2_HIGH": 0.693147180559663,
        "LN2_LOW": 2.8235290563031577e-13,
        "EXP_ROUND": 6755399441055744.0 + 1023 + 512,
        "EXP_SCALE": 2.0**512,
        "EXP_RESCALE": 2.0**-512,
        "EXP_ROUND_OF_LARGE": 6755399441055744.0 + 1023 - 512,
        "MANTISSA_BITS": 52,
        "EXP_MIN": -755.0,
        "ROW_FAR": 2048.0,
        "EXPM1_MIN": -38.0,
        "EXPM1_ROUND": 6755399441055744.0 + 1023,
        "TANH_MAX": 1.0,  # a polynomial below, exponentials above
        "TAIL_SHIFT": 3.5,
        "GELU_SLOPE_SHIFT": 5.046875,
        "TAIL_MIDDLE": 0.7444160754359381,  # the function at t = TAIL_SHIFT
        "TAIL_SLOPE": -0.565561816053779,
        "GELU_SLOPE_MIDDLE": 0.45101785076147194,
        "TAIL_MAX": 39.0,
        "GELU_TANH_MAX": 23.0,
        "GELU_TANH_LINEAR": 2.302208198146083,
        "GELU_TANH_CUBIC": 0.1029432395801021,
        "GELU_TANH_REST": -7.636224451601218e-13,
        "GELU_TANH_ROOT": 1.776181028764313,
        "GELU_TANH_ONE": 1.8948359646871507e115,
        "GELU_TANH_E": 4.126008058503733e-40,
        "GELU_TANH_SHIFT": 6.0474414459186336e115,
        "GELU_TANH_SHIFT_LOW": -7.109486869445842e103,
        "GELU_TANH_UNIT": 2.0**384,
        "GELU_TANH_COARSE": 1536.0 * 2.0**384,
        "EXP_MODERATE": 708.0,
        "EXP_MAX": 710.0,
        "EXP_SCALE_LOG2": 512.0,
        "LARGEST": 1.7976931348623157e308,
        "SMALLEST_NORMAL": 2.2250738585072014e-308,
        "HUGE": 2.0**500,
        "INVERSE_START": 8.534214601415462e307,
        "HUGE_INVERSE": 2.0**-500,
        "EXPONENT_READ": 2.0**52,
        "EXPONENT_BIAS": 1023.0,
        "TWO_OVER_PI": 0.6366197723675814,
        "HALF_PI_HIGH": 1.5707963267948966,
        "HALF_PI_MIDDLE": 6.123233995736766e-17,
        "HALF_PI_LOW": -1.4973849048591698e-33,
        "SINE_ROUND": 6755399441055744.0,
        "SINE_MAX": 3.5e15,
        "SIGN_BIT": 63,
        # Next to the root of mish's derivative, the value there, and how far its polynomial goes.
        "MISH_CENTER": 1.1924312145155334,
        "MISH_AT_CENTER": -1.0182244262847422e-14,
        "MISH_NEAR": -1.55,
        "DISH_ROOT": 4.23606797749979,
        "DISH_ROOT_LOW": -1.0864230407365012e-16,
        "DISH_MINUS": -0.7639320225002103,
        "SILU_ROOT": 1.2784645427610737,
        "SILU_ROOT_LOW": 1.0946994183093437e-16,
        "SILU_E": 0.2784645427610738,
        "SILU_E_LOW": -1.5523606315812798e-18,
        "SILU_INVERSE_E": 3.591121476668622,
        "SILU_INVERSE_E_LOW": -3.6148589599468234e-20,
        "GELU_ROOT": 0.7517915246935645,
        "GELU_ROOT_LOW": -1.4956759177009883e-17,
        "QUICK_GELU_HIGH": 1.702,
        "QUICK_GELU_LOW": 4.263256414560601e-17,
        "SELU_SCALE": 1.0507009873554805,
        "SELU_SCALE_LOW": 3.9874847667154144e-17,
        "SELU_SCALE_ALPHA": 1.7580993408473768,
        "SELU_SCALE_ALPHA_LOW": 1.41535193800845e-17,
    },
}

# Of this polynomial even and odd powers are summed apart, in two chains of half the length: on
# AVX-512 logit takes 0.88 of the time, softplus 0.89.  The others gain less, or lose (gelu's
# tail, 1.05) where their loop is cut into stages.
IN_TWO_CHAINS = {("LOG1P", "float64")}


def _chain(coefficients: tuple[float, ...], x: real) -> real:
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = fma(value, x, coefficient)
    return value


def _in_two_chains(coefficients: tuple[float, ...], x: real) -> real:
    square = x * x
    return fma(_chain(coefficients[1::2], square), x, _chain(coefficients[::2], square))


# In plain Python the formulas are float64 formulas.
globals().update(CONSTANTS["float64"])
for _name, _rows in COEFFICIENTS.items():
    _form = _in_two_chains if (_name, "float64") in IN_TWO_CHAINS else _chain
    globals()[_name] = partial(_form, _rows["float64"])

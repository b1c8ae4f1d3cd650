"""The kernels: which loops exist, and what each computes.

A kernel is a loop over contiguous numbers with one signature in every compiled
backend: inputs a, b, c, output, count, row length, parameters.  An elementwise
kernel computes ``out[i]`` from ``a[i]``, ``b[i]``, ``c[i]`` and the numbers
p0, p1, ...; a row kernel maps rows of ``length`` numbers, or of as many as
``per_row`` says, to such rows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from .catalogue import CATALOGUE, Row
from .segments import NEAR, Segments


class NearKernel(NamedTuple):
    """How float32 is computed by piecewise polynomials, with parameters at their defaults.

    ``near[i]`` in the expression is the value for ``argument`` in the table, or the slope
    there.  Where that lies beyond the end of the table on the side ``far``, the expression
    ``beyond`` is meant.
    """

    expression: str
    beyond: str
    argument: str
    table: str
    far: str
    by_slope: bool = False

    def is_far(self, table: Segments) -> str:
        """The condition under which the argument lies beyond the table."""
        below = f"{self.argument} < R({table.lowest!r})"
        above = f"{self.argument} > R({table.highest!r})"
        both = f"{below} or {above}"
        return {"none": "False", "left": below, "right": above, "both": both}[self.far]


class Moderate(NamedTuple):
    """A shorter expression of the same bits, for an argument no larger than the constant."""

    expression: str
    argument: str
    bound: str


# Functions that a shorter one equals while their argument is no larger than a constant.
MODERATE = dict.fromkeys(
    ("exponential", "exponential_derivative"), ("exp_of_moderate", "EXP_MODERATE")
)


class Kernel(NamedTuple):
    """``expression`` is that of out[i], or the row function for a row kernel.

    ``per_row`` says how many numbers of a, b and the output belong to one row.  Rows of the
    lengths in ``few`` are computed side by side: compilers turn so few numbers to columns.
    """

    name: str
    expression: str
    inputs: int
    parameters: int = 0
    per_row: tuple[str, str, str] = ("length", "length", "length")
    defaults: tuple[float, ...] = ()
    near: NearKernel | None = None
    moderate: Moderate | None = None
    few: tuple[int, ...] = ()

    @property
    def reduces(self) -> bool:
        """Whether the output has one number per row."""
        return self.per_row[2] == "1"

    @property
    def at_defaults(self) -> str:
        """The condition under which a table is meant."""
        conditions = [f"p{k} == R({value!r})" for k, value in enumerate(self.defaults)]
        return " and ".join(conditions) or "True"

    def row_sizes(self, length: int) -> tuple[int, int, int]:
        """``per_row`` for rows of this length."""
        sizes = {"1": 1, "length": length, "2 * length": 2 * length}
        a, b, out = self.per_row
        return sizes[a], sizes[b], sizes[out]


COARSE = "_coarse_derivative"
PIECES = (2, 3, 4, 6, 8)  # of maxout; of 5 or 7 compilers make no vectors
ACTIVATIONS = os.path.join(os.path.dirname(__file__), "activations")


@cache
def formula_names() -> frozenset[str]:
    """The functions of ``activations/``."""
    # Read, not imported or parsed: that would cost every import of fastact 5 ms.
    names: set[str] = set()
    for file in os.listdir(ACTIVATIONS):
        if file.endswith(".py"):
            with open(os.path.join(ACTIVATIONS, file), encoding="utf-8") as text:
                names.update(re.findall(r"^def (\w+)", text.read(), re.MULTILINE))
    return frozenset(names)


def _kernel(row: Row, name: str, function: str, data: int, factor: str = "") -> Kernel:
    """``function`` of the last of ``data`` arrays, then parameters; learned ones are arrays."""
    letters = "abc"[: data + len(row.learned)]
    elements = iter(f"{letter}[i]" for letter in letters[data:])
    if row.learned:
        given = [next(elements) for _ in row.parameters]
    else:
        given = [f"p{k}" for k in range(len(row.numbers()))]
    first = [f"{letter}[i]" for letter in letters[:data]]
    numbers = (first[1:] if factor else first) + given
    expression = f"{factor}{function}({', '.join(numbers)})"
    near = None
    if function in NEAR:
        table, far, finish, beyond, _ = NEAR[function]
        by_table = f"{factor}{finish}({numbers[0]}, near[i])"
        beyond = f"{factor}{beyond}({numbers[0]})" if beyond else expression
        near = NearKernel(by_table, beyond, numbers[0], table, far)
    moderate = None
    if function in MODERATE:
        shorter, bound = MODERATE[function]
        moderate = Moderate(f"{factor}{shorter}({numbers[0]})", numbers[0], bound)
    defaults = row.numbers()
    return Kernel(
        *(name, expression, len(letters), len(defaults)),
        defaults=defaults,
        near=near,
        moderate=moderate,
    )


def _backward(row: Row, formula: str, ending: str = "") -> Kernel:
    own = f"{formula}_backward{ending}"
    data = 1 + len(row.inputs)
    if own in formula_names():
        return _kernel(row, own, own, data)
    return _kernel(row, own, f"{formula}_derivative{ending}", data, factor="a[i] * ")


def _coarse_derivative(row: Row, formula: str) -> Kernel:
    """The derivative for where few bits of it are kept: from what the formula computes."""
    own = f"{formula}{COARSE}"
    kernel = _kernel(row, own, own if own in formula_names() else f"{formula}_derivative", 1)
    if formula not in NEAR:
        return kernel
    table, _, finish, beyond, far = NEAR[formula]
    slope = f"slope_of_{finish}(a[i], near[i])"
    beyond = slope if far == "none" else f"slope_of_{beyond}(a[i])"
    return kernel._replace(near=NearKernel(slope, beyond, "a[i]", table, far, by_slope=True))


def _of_formula(row: Row, formula: str) -> Iterator[Kernel]:
    yield _kernel(row, formula, formula, len(row.inputs))
    if len(row.inputs) == 1:
        yield _kernel(row, f"{formula}_derivative", f"{formula}_derivative", 1)
        if formula in NEAR or f"{formula}{COARSE}" in formula_names():
            yield _coarse_derivative(row, formula)
        yield _backward(row, formula)
    else:
        yield from (_backward(row, formula, f"_by_{name}") for name in row.inputs)
    if row.from_output != "never":
        yield _backward(row, formula, "_from_output")
    if row.has_mask:
        yield _kernel(row, f"{formula}_mask", f"{formula}_mask", 1)
        yield _backward(row, formula, "_from_mask")
    for parameter in row.parameters:
        if f"{formula}_derivative_by_{parameter.name}" in formula_names():
            yield _backward(row, formula, f"_by_{parameter.name}")


def kernels_of(row: Row) -> Iterator[Kernel]:
    """The elementwise kernels of a row of the catalogue."""
    for formula in row.formulas if row.is_elementwise else ():
        yield from _of_formula(row, formula)


@cache
def elementwise_kernels() -> tuple[Kernel, ...]:
    return tuple(kernel for row in CATALOGUE for kernel in kernels_of(row))


@cache
def row_kernels() -> tuple[Kernel, ...]:
    return (
        Kernel("sum", "sum_row", inputs=1, per_row=("length", "length", "1")),
        Kernel("softmax", "softmax_row", inputs=1),
        Kernel("softmax_backward", "softmax_backward_row", inputs=2),
        Kernel("softmin", "softmin_row", inputs=1),
        Kernel("softmin_backward", "softmin_backward_row", inputs=2),
        Kernel("log_softmax", "log_softmax_row", inputs=1),
        Kernel("log_softmax_backward", "log_softmax_backward_row", inputs=2),
        Kernel("logsumexp", "logsumexp_row", inputs=1, per_row=("length", "length", "1")),
        Kernel(
            *("logsumexp_backward", "logsumexp_backward_row"),
            inputs=2,
            per_row=("1", "length", "length"),
        ),
        Kernel("sparsemax", "sparsemax_row", inputs=1),
        Kernel("sparsemax_backward", "sparsemax_backward_row", inputs=2),
        Kernel("hardmax", "hardmax_row", inputs=1),
        Kernel("hardmax_backward", "hardmax_backward_row", inputs=2),
        Kernel("maxout", "maxout_row", inputs=1, per_row=("length", "length", "1"), few=PIECES),
        Kernel(
            *("maxout_which", "maxout_which_row"),
            inputs=1,
            per_row=("length", "length", "1"),
            few=PIECES,
        ),
        Kernel(
            *("maxout_backward", "maxout_backward_row"),
            inputs=2,
            per_row=("1", "1", "length"),
            few=PIECES,
        ),
        Kernel("crelu", "crelu_row", inputs=1, per_row=("length", "length", "2 * length")),
        Kernel(
            *("crelu_backward", "crelu_backward_row"),
            inputs=2,
            per_row=("2 * length", "length", "length"),
        ),
        Kernel(
            *("crelu_backward_from_output", "crelu_backward_from_output_row"),
            inputs=2,
            per_row=("2 * length", "2 * length", "length"),
        ),
    )


@cache
def _by_name() -> dict[str, Kernel]:
    return {kernel.name: kernel for kernel in (*elementwise_kernels(), *row_kernels())}


@cache
def timed_kernels() -> tuple[Kernel, ...]:
    """All but coarse derivatives, which no call runs by themselves."""
    return tuple(kernel for kernel in _by_name().values() if not kernel.name.endswith(COARSE))


def kernel_exists(name: str) -> bool:
    return name in _by_name()


def kernel_named(name: str) -> Kernel:
    return _by_name()[name]


def coarse_derivative_of(formula: str) -> str:
    """The kernel of slopes that are to be kept in 16 bits."""
    coarse = f"{formula}{COARSE}"
    return coarse if kernel_exists(coarse) else f"{formula}_derivative"

"""The kernels: which loops exist, and what each computes.

A kernel is a loop over contiguous numbers with one signature in every compiled
backend: inputs a, b, c, output, count, row length, parameters.  An elementwise
kernel computes ``out[i]`` from ``a[i]``, ``b[i]``, ``c[i]`` and the scalar
parameters p0, p1, ...; a row kernel maps rows of ``length`` numbers.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import NamedTuple

from .catalogue import CATALOGUE, Row


class Kernel(NamedTuple):
    """``expression`` is that of out[i], or the row function for a row kernel."""

    name: str
    expression: str
    inputs: int
    parameters: int = 0
    reduces: bool = False  # one number per row instead of a row


@cache
def _formula_names() -> frozenset[str]:
    # Read, not imported or parsed: that would cost every import of fastact 5 ms.
    file = os.path.join(os.path.dirname(__file__), "activations.py")
    with open(file, encoding="utf-8") as text:
        return frozenset(re.findall(r"^def (\w+)", text.read(), re.MULTILINE))


def _kernel(row: Row, name: str, function: str, inputs: int, factor: str = "") -> Kernel:
    """``function`` of the last of the inputs, then parameters: arrays are inputs too."""
    letters = "abc"[: inputs + len(row.learned)]
    elements = iter(f"{letter}[i]" for letter in letters[inputs:])
    numbers = iter(f"p{k}" for k in range(len(row.scalars)))
    given = [next(elements) if p.learned else next(numbers) for p in row.parameters]
    first = [f"{letter}[i]" for letter in letters[:inputs]]
    arguments = ", ".join((first[1:] if factor else first) + given)
    return Kernel(name, f"{factor}{function}({arguments})", len(letters), len(row.scalars))


def _backward(row: Row, formula: str, ending: str) -> Kernel:
    own = f"{formula}_backward{ending}"
    if own in _formula_names():
        return _kernel(row, own, own, inputs=2)
    return _kernel(row, own, f"{formula}_derivative{ending}", inputs=2, factor="a[i] * ")


@cache
def elementwise_kernels() -> tuple[Kernel, ...]:
    kernels = []
    for row in CATALOGUE:
        for formula in () if row.along_axis else row.formulas:
            kernels.append(_kernel(row, formula, formula, inputs=1))
            derivative = f"{formula}_derivative"
            kernels.append(_kernel(row, derivative, derivative, inputs=1))
            kernels.append(_backward(row, formula, ""))
            if row.from_output != "never":
                kernels.append(_backward(row, formula, "_from_output"))
            for parameter in row.learned:
                by = f"_by_{parameter.name}"
                name, function = f"{formula}_backward{by}", f"{formula}_derivative{by}"
                kernels.append(_kernel(row, name, function, inputs=2, factor="a[i] * "))
    return tuple(kernels)


@cache
def row_kernels() -> tuple[Kernel, ...]:
    return (
        Kernel("sum", "sum_row", inputs=1, reduces=True),
        Kernel("softmax", "softmax_row", inputs=1),
        Kernel("softmax_backward", "softmax_backward_row", inputs=2),
    )


@cache
def kernel_named(name: str) -> Kernel:
    return next(k for k in (*elementwise_kernels(), *row_kernels()) if k.name == name)

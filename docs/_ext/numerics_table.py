"""What a formula in NumPy gives beside the kernel and the exact value.

````
```{numerics} silu
:formula: x / (1 + np.exp(-x))
:at: -20 -88 -100
```
````

The numbers are float32.  ``:derivative:`` compares derivatives; ``:formula:`` may use ``erf``
and the activation's parameters, which have their defaults, and ``y``, the output.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import mpmath
import numpy as np
import sympy
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import fastact
from fastact.formulas.catalogue import ROWS, Row
from numbers_shown import shown
from tables import Cell, code, table
from value_role import value_of

DIGITS = 500  # 1 + exp(x) has to keep exp(x)


def erf(z: Any) -> Any:
    """The error function, rounded once: as good as a library's can be."""
    return z.dtype.type(math.erf(z))


def exact(row: Row, x: float, *, derivative: bool) -> float:
    """The catalogue's expression, with more digits than its cancellations need."""
    symbols = {n: sympy.Symbol(n, real=True) for n in ("x", *(p.name for p in row.parameters))}
    value = sympy.sympify(row.expression, locals=symbols)
    if derivative:
        value = sympy.diff(value, symbols["x"])
    defaults = {
        symbols[p.name]: sympy.Rational(p.exact or p.default)
        for p in row.parameters
        if p.default is not None
    }
    function = sympy.lambdify(symbols["x"], value.subs(defaults), "mpmath")
    with mpmath.workdps(DIGITS):
        return float(function(mpmath.mpf(x)))


def ours(name: str, *, derivative: bool) -> Callable[[Any], Any]:
    activation: fastact.Activation = getattr(fastact, name)
    return activation.derivative if derivative else activation


def theirs(row: Row, formula: str, x: Any) -> Any:
    defaults = {p.name: p.default for p in row.parameters}
    y = getattr(fastact, row.name)(x)
    return np.float32(value_of(formula, x=x, y=y, erf=erf, **defaults))


class NumericsTable(SphinxDirective):
    """A table of x, the formula's value, the kernel's, and the exact one."""

    required_arguments = 1
    option_spec: ClassVar = {
        "formula": directives.unchanged_required,
        "at": directives.unchanged_required,
        "derivative": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        row = ROWS[self.arguments[0]]
        formula, derivative = self.options["formula"], "derivative" in self.options
        kernel = ours(row.name, derivative=derivative)
        lines: list[list[Cell]] = []
        for x in map(np.float32, self.options["at"].split()):
            reference = np.float32(exact(row, float(x), derivative=derivative))
            results = theirs(row, formula, x), kernel(x), reference
            lines.append([shown(x), *map(shown, results)])
        call = f"fa.{row.name}.derivative(x)" if derivative else f"fa.{row.name}(x)"
        header: list[Cell] = ["x", code(formula), code(call), "exact value, rounded"]
        return [table(header, lines, ["numerics"])]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("numerics", NumericsTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

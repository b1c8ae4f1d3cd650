"""What a formula in NumPy gives beside the kernel and the exact value.

````
```{numerics} silu
:formula: x / (1 + np.exp(-x))
:at: -20 -88 -100
```
````

The numbers are float32.  ``:derivative:`` compares derivatives, ``:approximate:`` chooses a form
of the activation; ``:formula:`` may use ``erf``, the parameters, which have their defaults, and
``y``, the output.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

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
from value_role import ulps, value_of

DIGITS = 500  # 1 + exp(x) has to keep exp(x)


class Subject(NamedTuple):
    """What is compared: an activation, in one of its forms, or its derivative."""

    row: Row
    derivative: bool = False
    form: str = ""

    @property
    def call(self) -> str:
        method = ".derivative" if self.derivative else ""
        chosen = f", approximate={self.form!r}" if self.form else ""
        return f"fa.{self.row.name}{method}(x{chosen})"

    def exact(self, x: float) -> Any:
        """The catalogue's expression, with more digits than its cancellations need."""
        function = sympy.lambdify(sympy.Symbol("x", real=True), self._expression(), "mpmath")
        with mpmath.workdps(DIGITS):
            return function(mpmath.mpf(x))

    def _expression(self) -> sympy.Expr:
        names = ("x", *(p.name for p in self.row.parameters))
        symbols = {name: sympy.Symbol(name, real=True) for name in names}
        text = self.row.expression_of(self.row.forms.get(self.form, self.row.formulas[0]))
        value = sympy.sympify(text, locals=symbols)
        given = [p for p in self.row.parameters if p.default is not None]
        defaults = {symbols[p.name]: sympy.Rational(p.exact or p.default) for p in given}
        return (sympy.diff(value, symbols["x"]) if self.derivative else value).subs(defaults)

    def ours(self, x: Any) -> Any:
        return value_of(self.call, x=x)

    def theirs(self, formula: str, x: Any) -> Any:
        parameters = {p.name: p.default for p in self.row.parameters}
        y = getattr(fastact, self.row.name)(x)
        return np.float32(value_of(formula, x=x, y=y, erf=erf, **parameters))


def erf(z: Any) -> Any:
    """The error function, rounded once: as good as a library's can be."""
    return z.dtype.type(math.erf(z))


def off_by(result: Any, exact: Any) -> str:
    """The error in units in the last place."""
    if not math.isfinite(result):
        return "∞"
    return shown(ulps(result, exact), ".1f" if ulps(result, exact) < 1000 else ".0e")


class NumericsTable(SphinxDirective):
    """A table of x, the formula's value, the kernel's, their errors, and the exact value."""

    required_arguments = 1
    option_spec: ClassVar = {
        "formula": directives.unchanged_required,
        "at": directives.unchanged_required,
        "derivative": directives.flag,
        "approximate": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        form = self.options.get("approximate", "")
        subject = Subject(ROWS[self.arguments[0]], "derivative" in self.options, form)
        formula = self.options["formula"]
        header: list[Cell] = ["x", code(formula), "off by, ulp", code(subject.call), "off by, ulp"]
        lines = [_line(subject, formula, np.float32(x)) for x in self.options["at"].split()]
        return [table([*header, "exact, rounded"], lines, ["numerics"])]


def _line(subject: Subject, formula: str, x: Any) -> list[Cell]:
    exact, theirs, ours = subject.exact(float(x)), subject.theirs(formula, x), subject.ours(x)
    return [
        shown(x),
        *(shown(theirs), off_by(theirs, exact)),
        *(shown(ours), off_by(ours, exact)),
        shown(np.float32(float(exact))),
    ]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("numerics", NumericsTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

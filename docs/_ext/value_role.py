"""Numbers in prose that are computed when the site is built.

``{value}`fa.gelu(-0.75)|.4f` `` evaluates the expression and formats it.  It knows ``fa``,
``np``, ``math``, ``mp``: mpmath with 60 digits, ``mean(f)``: the mean of f(z) for a standard
normal z, and ``ulps(result, exact)``.  An expression that fails is a warning.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.typing import ExtensionMetadata

import fastact
from numbers_shown import shown

DIGITS = 60
FAR = 12.0  # there the normal density is 2e-32
STEP = 2.0**-12  # kinks at numbers such as 0.5 lie on the grid


def mean(f: Callable[[Any], Any]) -> float:
    """E[f(z)] for a standard normal z, by the trapezoidal rule: to 8 digits even with kinks."""
    z = np.arange(-FAR, FAR + STEP, STEP)
    return float(np.sum(f(z) * np.exp(-0.5 * z * z)) * STEP / math.sqrt(2.0 * math.pi))


def ulps(result: Any, exact: Any) -> float:
    """How far a result is from the exact number, in units in the last place of its dtype."""
    unit = np.spacing(np.abs(type(result)(exact)))
    return float(abs(mpmath.mpf(float(result)) - exact) / mpmath.mpf(float(unit)))


@cache
def names() -> dict[str, Any]:
    mp = mpmath.mp.clone()
    mp.dps = DIGITS
    return {"fa": fastact, "np": np, "math": math, "mp": mp, "mean": mean, "ulps": ulps}


def value_of(expression: str, **more: Any) -> Any:
    """The value of an expression; NumPy's warnings are what the pages are about."""
    with np.errstate(all="ignore"):
        return eval(expression, {**names(), **more})  # the project's own pages


def split(text: str) -> tuple[str, str]:
    """The expression and the format that may follow its last bar."""
    expression, bar, spec = text.rpartition("|")
    return (expression, spec.strip()) if bar else (text, "")


class ValueRole(SphinxRole):
    """An expression's value as text."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        expression, spec = split(self.text)
        try:
            text = shown(value_of(expression), spec)
        except Exception as error:
            message = self.inliner.reporter.warning(
                f"value {self.text!r}: {type(error).__name__}: {error}", line=self.lineno
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        return [nodes.inline(self.rawtext, text, classes=["fa-value"])], []


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_role("value", ValueRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""fastact itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import Row
from races import ALONG_AXES, DTYPES, HALVING, RACED, Array

from .library import Call, Library, Operands


def methods(row: Row, formula: str) -> tuple[Any, Any]:
    """The forward and the backward method; the default form needs no argument."""
    activation = getattr(fa, row.name)
    if formula == row.formulas[0]:
        return activation, activation.backward
    form = {"approximate": next(a for a, name in row.forms.items() if name == formula)}
    return partial(activation, **form), partial(activation.backward, **form)


def bind(method: Any, operands: Operands, out: Array | None, **along: int) -> Call:
    if method == fa.maxout.backward:
        _, which = fa.maxout(operands["x"], return_argmax=True, **along)
        return partial(method, operands["dy"], which=which, out=out, **along)
    if out is None:
        return partial(method, *operands.values(), **along)
    if "y" in operands:
        return partial(method, operands["dy"], output=operands["y"], out=out, **along)
    if "dy" in operands and "gate" in operands:  # a gradient for each of two arrays
        return partial(method, *operands.values(), out=(out, np.empty_like(out)))
    return partial(method, *operands.values(), out=out, **along)


def library() -> Library:
    formulas = {}
    for row in RACED:
        for formula in row.formulas:
            formulas[formula], formulas[f"{formula}_backward"] = methods(row, formula)
    for name in ALONG_AXES:
        activation = getattr(fa, name)
        formulas |= {name: activation, f"{name}_backward": activation.backward}
    for name in (*HALVING, "prelu"):
        activation = getattr(fa, name)
        formulas |= {f"{name}_of_rows": activation, f"{name}_of_rows_backward": activation.backward}
    return Library(formulas, bind, frozenset(DTYPES), fa.set_num_threads)

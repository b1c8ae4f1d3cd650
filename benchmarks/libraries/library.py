"""What a library is in the races."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from races import Array, Case

Operands = Mapping[str, Array]
Call = Callable[[], object]


def in_order(
    formula: Callable[..., object], operands: Operands, out: Array | None, **along: int
) -> Call:
    """The formula of the operands and ``out``, by position."""
    return partial(formula, *operands.values(), out, **along)


@dataclass(frozen=True)
class Library:
    """Formulas by kernel name, ``gelu`` or ``gelu_backward``, and how one becomes a call.

    Each formula is the one that a user of that library would write, and where there are
    several, the fastest.  It takes the operands of a case and the array to write to, or None:
    then it makes a new one.  Those of rows take ``axis`` too.
    """

    formulas: Mapping[str, Any]
    bind: Callable[..., Call | None] = in_order
    dtypes: frozenset[str] = field(default=frozenset({"float32", "float64"}))
    set_num_threads: Callable[[int], object] = lambda count: None

    def takes_part(self, case: Case) -> bool:
        return case.kernel in self.formulas and case.dtype in self.dtypes

    def call(self, case: Case, operands: Operands, out: Array | None) -> Call | None:
        along = {} if case.axis is None else {"axis": case.axis}
        return self.bind(self.formulas[case.kernel], operands, out, **along)

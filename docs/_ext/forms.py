"""How a formula of an activation is called for."""

from __future__ import annotations

from functools import cache

from fastact.formulas.catalogue import CATALOGUE, Row


def form_of(row: Row, formula: str) -> dict[str, str]:
    """The keyword that chooses a formula, for an activation with several."""
    chosen = [form for form, name in row.forms.items() if name == formula]
    return {"approximate": chosen[0]} if chosen else {}


@cache
def formulas_of() -> dict[str, Row]:
    """The row of each formula."""
    return {formula: row for row in CATALOGUE for formula in row.formulas}

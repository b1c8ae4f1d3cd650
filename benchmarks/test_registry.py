"""Whether the field is complete, and whether all of it computes the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastact.formulas.catalogue import Row
from libraries import LIBRARIES, calls, entrants
from races import (
    RACED,
    Array,
    Case,
    Choice,
    all_cases,
    dtype_named,
    of_numbers,
    of_rows,
    operands_of,
)

SMALL = [
    *of_numbers(("float32",), (1000,)),
    *(c for c in of_numbers(("float64", "float16", "bfloat16"), (1000,)) if c.direction != "new"),
    *of_rows(("float32", "bfloat16"), ((64, 10), (2, 4, 6, 8))),
]

# The textbook has float32 roundings of its own, and a distribution function to 7.5e-8.
TOLERANCE = {"float32": (2e-5, 3e-5), "float64": (2e-5, 2e-6)}
TOLERANCE |= {"float16": (5e-3, 2e-3), "bfloat16": (4e-2, 2e-2)}


@pytest.mark.parametrize("row", RACED, ids=lambda row: row.name)
def test_every_activation_has_a_numpy_peer(row: Row) -> None:
    wanted = {kernel for name in row.formulas for kernel in (name, f"{name}_backward")}
    assert wanted <= LIBRARIES["numpy"].formulas.keys()


def test_every_formula_is_one_of_fastact() -> None:
    ours = LIBRARIES["fastact"].formulas.keys()
    for name, library in LIBRARIES.items():
        assert library.formulas.keys() <= ours, name


def test_every_formula_is_raced() -> None:
    raced = {case.kernel for case in all_cases()}
    for name, library in LIBRARIES.items():
        assert library.formulas.keys() <= raced, name


def test_a_choice_selects() -> None:
    choice = Choice(formulas=("gelu",), directions=("backward",), sizes=(1000,))
    chosen = [case for case in all_cases() if case in choice]
    assert {case.dtype for case in chosen} == {"float32", "float64", "float16", "bfloat16"}
    assert {(case.formula, case.kernel, case.shape) for case in chosen} == {
        ("gelu", "gelu_backward", (1000,))
    }


def array_of(found: Any, dtype: str) -> Array:
    """The first of what a call returns, as float64."""
    if isinstance(found, (list, tuple)):
        found = found[0]
    if type(found).__module__ == "torch":
        found = found.float() if dtype == "bfloat16" else found
        found = found.numpy()
    return np.asarray(found).astype(np.float64)


def result_of(name: str, case: Case) -> Array | None:
    """What the call writes; where it cannot write to ``out``, what it returns."""
    library = LIBRARIES[name]
    out = None
    if case.direction != "new":
        out = np.full(case.shape_of_result, np.nan, dtype_named(case.dtype))
    call = library.call(case, operands_of(case), out)
    if call is None:
        return None
    returned = call()
    if out is not None and not np.isnan(out.astype(np.float64)).any():
        return out.astype(np.float64)
    return array_of(returned, case.dtype)


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_all_compute_the_same(case: Case) -> None:
    expected = result_of("fastact", case)
    assert expected is not None
    rtol, atol = TOLERANCE[case.dtype]
    for name in entrants(case):
        result = result_of(name, case)
        if result is not None:
            np.testing.assert_allclose(result, expected, rtol, atol, err_msg=name)


def test_those_that_can_write_to_out() -> None:
    """Otherwise the races with ``out=`` would be of new arrays, unseen."""
    case = next(c for c in SMALL if (c.formula, c.direction) == ("sigmoid", "forward"))
    makers_of_new_arrays = {"jax", "thinc"}
    for name in calls(case).keys() - makers_of_new_arrays:
        out = np.full(case.shape_of_result, np.nan, case.dtype)
        call = LIBRARIES[name].call(case, operands_of(case), out)
        assert call is not None
        call()
        assert not np.isnan(out).any(), name

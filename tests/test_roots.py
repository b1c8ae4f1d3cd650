"""Roots of the derivatives, and the unit of error beside them."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from fastact.formulas.catalogue import ROWS
from oracle import derivative_floor, elementwise_formulas, error_in_ulp, exact, ulp_of
from roots import NEAR, roots_of

ROW_OF = {formula: row for row, formula in elementwise_formulas()}
WITH_ROOTS = ("snake", "silu", "quick_gelu", "gelu", "gelu_tanh", "mish", "dish")


def test_which_derivatives_have_one():
    found = {formula for formula, row in ROW_OF.items() if roots_of(row, formula, True).points}
    assert found == set(WITH_ROOTS)


def test_a_root_that_is_a_float_is_none():
    """At -1.5 and 0 the floats are as dense as anywhere."""
    assert not roots_of(ROWS["hardswish"], "hardswish", True).points
    assert not roots_of(ROWS["tanhshrink"], "tanhshrink", True).points


@pytest.mark.parametrize("formula", WITH_ROOTS)
def test_the_derivative_is_zero_there(formula):
    row = ROW_OF[formula]
    for root in roots_of(row, formula, True).points:
        x = float(root)
        (value,) = exact(row, formula, [x], row.defaults, derivative=True)
        assert 0 < abs(value) < 4 * abs(x - root)


def test_snake_has_a_root_in_every_period():
    """Up to 1e15, where rounding a period to a float would move them by a tenth."""
    roots = roots_of(ROWS["snake"], "snake", True)
    with mpmath.workdps(40):
        wanted = [k * mpmath.pi - mpmath.pi / 4 for k in (-(10**6), -3, 0, 1, 10**6)]
        numbers = np.array([float(x) for x in wanted])
        assert roots.near(numbers).all()
        assert not roots.near(numbers + 1.1 * NEAR).any()
        assert not roots.near(numbers - 1.1 * NEAR).any()
        far = [mpmath.mpf(float(k * mpmath.pi)) for k in range(10**15, 10**15 + 2000)]
        distances = [abs(mpmath.frac(x / mpmath.pi + 0.25 + 0.5) - 0.5) * mpmath.pi for x in far]
    judged = roots.near(np.array([float(x) for x in far]))
    assert judged.tolist() == [d < NEAR for d in distances]


@pytest.mark.parametrize(("dtype", "bits"), [("float32", 24), ("float64", 53)])
def test_two_ulp_at_a_root(dtype, bits):
    """Are 2**-24 or 2**-53, and farther off those of the value."""
    row = ROWS["silu"]
    (root,) = roots_of(row, "silu", True).points
    xs = np.array([float(root), float(root) + 1.1 * NEAR], dtype)
    floor = derivative_floor(row, "silu", xs)
    exact_values = np.array([1e-9, 1e-4])
    unit = ulp_of(np.maximum(exact_values, floor), np.dtype(dtype))
    assert 2 * unit[0] == 2.0**-bits
    assert unit[1] == ulp_of(exact_values[1], np.dtype(dtype))
    zero = np.zeros(1, dtype)
    error = error_in_ulp(zero, np.array([2.0**-bits]), floor[:1])
    assert error == 2

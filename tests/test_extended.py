"""The long double references, against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import pairs
import sweep
from extended import UNAVAILABLE, error_in_ulp_extended, has_values, values
from inputs import sample_of
from oracle import error_in_ulp_mp, ulp_of
from pairs import exact_of
from roots import roots_of
from subject import Subject, subjects

pytestmark = pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")

SUBJECTS = [subject for subject in subjects() if has_values(subject.name)]
OWN_ERROR = 0.02  # ulp of float64


def own_errors(subject: Subject, xs):
    """Errors of the references, in units of float64."""
    reference = values(subject.row, subject.formula, xs, derivative=subject.derivative)
    with np.errstate(over="ignore"):
        nearest = reference.astype(np.float64)
    units = ulp_of(np.maximum(np.abs(nearest), subject.floor(xs)), np.dtype(np.float64))
    with mpmath.workdps(60):
        return [
            float(abs(exact_of(got) - wanted) / mpmath.mpf(float(unit)))
            for got, wanted, unit, f in zip(
                reference, subject.exact(xs), units, nearest, strict=True
            )
            if np.isfinite(f)
        ]


def near_roots(subject: Subject):
    """Numbers at every distance from each root between two floats."""
    rng = np.random.default_rng(0)
    steps = np.ldexp(rng.uniform(-1, 1, 150), rng.integers(-52, 1, 150))
    roots = roots_of(subject.row, subject.formula, subject.derivative).points
    return [float(root) + steps for root in roots]


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_against_mpmath(subject):
    """Every exponent, where functions bend, around thresholds, around roots."""
    sample = sample_of(subject, "float64", 1 << 12)
    rest = sample.size // 160
    xs = np.concatenate([sample[::rest], sample[-3:], *near_roots(subject)])
    assert max(own_errors(subject, xs)) < OWN_ERROR


def test_errors_are_the_oracles():
    subject = next(s for s in SUBJECTS if s.name == "gelu")
    xs = sweep.exact_sample(subject)
    reference = values(subject.row, subject.formula, xs, derivative=False)
    fast = error_in_ulp_extended(subject(xs), reference)
    exactly = error_in_ulp_mp(subject(xs), subject.exact(xs))
    np.testing.assert_allclose(fast, exactly, rtol=0, atol=OWN_ERROR)


def test_errors_at_the_ends():
    largest, inf = np.finfo(np.float64).max, np.inf
    result = np.array([inf, inf, -inf, np.nan, np.nan, 0.0])
    reference = np.array([inf, 0, inf, np.nan, 0, np.nan], np.longdouble)
    reference[1] = np.longdouble(largest) * 4
    error = error_in_ulp_extended(result, reference)
    np.testing.assert_array_equal(error, [0, 0, inf, 0, inf, inf])


def test_pairs_are_exact():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 200)).astype(np.longdouble) / 3
    with mpmath.workdps(60):
        for pair, wanted in (
            (pairs.plus(a, b), [exact_of(x) + exact_of(y) for x, y in zip(a, b, strict=True)]),
            (pairs.times(a, b), [exact_of(x) * exact_of(y) for x, y in zip(a, b, strict=True)]),
        ):
            got = [exact_of(h) + exact_of(low) for h, low in zip(*pair, strict=True)]
            assert got == wanted
        pi = pairs.pair(mpmath.pi)
        assert abs(exact_of(pi.high) + exact_of(pi.low) - mpmath.pi) < mpmath.mpf(2) ** -125
        tiny = np.longdouble(3) * np.longdouble(2) ** -1080
        assert exact_of(tiny) == mpmath.ldexp(3, -1080)

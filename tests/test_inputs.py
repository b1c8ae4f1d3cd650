"""The inputs that kernels are tried on: what is to be there is there."""

from __future__ import annotations

import numpy as np
import pytest

from fastact.formulas.catalogue import ROWS
from fastact.formulas.primitives import CONSTANTS
from inputs import (
    compared_numbers,
    floats_of,
    hard_cases,
    keys_of,
    neighbours,
    result_edges,
    sample_of,
    stratified,
    thresholds,
)
from roots import roots_of
from subject import subjects

SUBJECTS = {subject.name: subject for subject in subjects()}


def test_keys_are_in_order(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    xs = np.array([-np.inf, -1, -tiny, 0, tiny, 1, np.inf], dtype)
    assert (np.diff(keys_of(xs)) > 0).all()
    assert keys_of(xs)[2:5].tolist() == [-1, 0, 1]
    assert keys_of(np.array([-0.0], dtype)) == 0
    np.testing.assert_array_equal(floats_of(keys_of(xs)), xs)


def test_neighbours(dtype):
    one = np.ones(1, dtype)
    wanted = {*np.nextafter(one, 2 * one), 1.0, *np.nextafter(one, 0 * one)}
    assert wanted <= {*neighbours(one, 4)}
    assert np.isfinite(neighbours(np.array([np.finfo(dtype).max]), 10)).all()


def test_every_exponent_has_its_share(dtype):
    info = np.finfo(dtype)
    xs = stratified(float(info.min), float(info.max), 1 << 18, dtype)
    exponents = np.frexp(xs[np.abs(xs) >= info.tiny])[1]
    counts = np.bincount(exponents - exponents.min())
    assert len(counts) == info.maxexp - info.minexp
    assert counts.min() > 0.9 * counts.max()
    assert (np.sign(xs) > 0).mean() == pytest.approx(0.5, abs=1e-3)


def test_thresholds_come_from_the_source(dtype):
    """Constants and literals of the formula and of what it calls, kinks and ends."""
    numbers = compared_numbers("tanh", dtype)
    assert {CONSTANTS[dtype][name] for name in ("TANH_MAX", "EXP_MIN")} <= numbers
    near = {
        "tanh": [CONSTANTS[dtype]["TANH_MAX"], CONSTANTS[dtype]["EXP_MIN"] / 2],
        "logit": [0.0, 0.5, 1.0],
        "hardsigmoid_derivative": [-3, 3],
        "silu_derivative": [float(roots_of(ROWS["silu"], "silu", True).points[0])],
        "snake_derivative": [CONSTANTS[dtype]["SINE_MAX"]],
    }
    for name, wanted in near.items():
        assert {*np.array(wanted, dtype)} <= {*thresholds(SUBJECTS[name], dtype)}, name


def test_edges_of_results(dtype):
    """exp becomes 0, subnormal, 1 and infinite, and passes the powers of two."""
    edges = result_edges(SUBJECTS["exponential"], dtype)
    info = np.finfo(dtype)
    smallest, largest = float(info.smallest_subnormal), float(info.max)
    for y in (float(info.tiny), 0.5, 2.0, largest):
        assert np.abs(edges.astype(np.float64) - np.log(y)).min() < 1e-3
    assert np.abs(edges - np.log(smallest)).min() < 1


def test_hard_cases_are_among_the_inputs(dtype):
    """And nothing that does not count: beyond an interval, at a kink."""
    for name in ("logit", "leaky_relu_derivative", "snake_derivative"):
        subject = SUBJECTS[name]
        xs = sample_of(subject, dtype, 1 << 14)
        low, high = subject.interval(dtype)
        assert low <= xs.min()
        assert xs.max() <= high
        assert subject.judged(xs).all()
        assert {*hard_cases(subject, dtype, 1 << 12)} <= {*xs}

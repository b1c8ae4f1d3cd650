"""The piecewise polynomials: as fitted, right at their edges, blind to their neighbours."""

from __future__ import annotations

import json

import mpmath
import numpy as np
import pytest

import segments as fitting
from cases import MACHINE_BACKENDS
from errors import errors
from fastact.accuracy import contract
from fastact.formulas.kernels import elementwise_kernels
from fastact.formulas.near_loops import NEAR_BLOCK
from fastact.formulas.segments import NEAR, SEGMENTS_COUNT, SEGMENTS_ROUND, tables
from subject import subjects

SINGLE = np.float32
KERNELS = [kernel for kernel in elementwise_kernels() if kernel.near]
TABLED = [subject for subject in subjects() if subject.name in NEAR]
ROUND = 1 << 6  # floats on each side of an edge


def run(backend, kernel, x, parameters=None):
    """The kernel on x, as the last of its inputs, with 1 for dy."""
    inputs = [np.ones_like(x)] * (kernel.inputs - 1) + [x]
    out = np.full_like(x, np.nan)
    given = kernel.defaults if parameters is None else parameters
    backend.run(kernel, inputs, out, 1, np.array([*given, 0.0], SINGLE), 1)
    return out


def around(value):
    middle = SINGLE(value).view(np.int32)
    return (middle + np.arange(-ROUND, ROUND + 1, dtype=np.int32)).view(SINGLE)


def edges(table):
    """The floats around the ends of a table's pieces, on both sides of 0."""
    ends = (np.arange(-SEGMENTS_COUNT, SEGMENTS_COUNT) + 0.5) / table.per_unit
    near = [around(end) for end in (*ends, table.lowest, table.highest)]
    return np.unique(np.concatenate([*near, around(1e-30), SINGLE([0.0, -0.0])]))


@pytest.mark.parametrize("name", ["sigmoid", "gelu_derivative", "mish"])
def test_tables_are_those_of_the_tool(name):
    (fit,) = (fit for fit in fitting.FITS if fit.name == name)
    with mpmath.workdps(fitting.DIGITS):
        found, error = fitting.table(fit)
    assert json.loads(fitting.OUTPUT.read_text())[name] == found
    assert error < 2.0**-24


def test_every_table_is_used():
    assert {near.table for near in NEAR.values()} == tables().keys()
    assert {kernel.near.table for kernel in KERNELS} == tables().keys()


@pytest.mark.parametrize("subject", TABLED, ids=str)
def test_errors_around_every_edge(subject):
    xs = edges(tables()[NEAR[subject.name].table])
    assert errors(subject, xs).max() <= contract()[subject.name]["float32"]["max_ulp"]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_same_bits_around_every_edge(kernel):
    xs = edges(tables()[kernel.near.table])
    first, *others = (run(backend, kernel, xs).view(np.int32) for backend in MACHINE_BACKENDS)
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_far_numbers_do_not_change_their_neighbours(kernel):
    rng = np.random.default_rng(0)
    near = rng.standard_normal(2 * NEAR_BLOCK + 37).astype(SINGLE)
    mixed = near.copy()
    far = rng.choice(near.size, 40, replace=False)
    mixed[far] = rng.uniform(-150, 150, 40)
    mixed[far[:4]] = np.inf, -np.inf, np.nan, -1e30
    for backend in MACHINE_BACKENDS:
        expected, result = run(backend, kernel, near), run(backend, kernel, mixed)
        expected[far] = [run(backend, kernel, mixed[k : k + 1])[0] for k in far]
        np.testing.assert_array_equal(expected, result)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_other_parameters_take_the_formula(kernel):
    if not kernel.defaults:
        assert kernel.parameters == 0
        return
    (default,) = kernel.defaults
    xs = np.linspace(-30, 30, 4001).astype(SINGLE)
    for backend in MACHINE_BACKENDS:
        beside = run(backend, kernel, xs, [np.nextafter(SINGLE(default), SINGLE(9))])
        by_table = run(backend, kernel, xs)
        np.testing.assert_allclose(beside, by_table, rtol=1e-5, atol=1e-6)
        twice = run(backend, kernel, xs, [2 * default])
        assert not np.array_equal(twice, by_table)


def test_the_first_edge_of_mish_is_where_its_lead_ends():
    inside = np.nextafter(SINGLE(0.33333334), SINGLE(0))
    per_unit, rounding = SINGLE(tables()["mish"].per_unit), np.float64(SEGMENTS_ROUND)
    exact = np.float64(per_unit) * np.array([inside, SINGLE(0.33333334)], np.float64)
    pieces = (exact + rounding).astype(SINGLE) - SINGLE(rounding)
    np.testing.assert_array_equal(pieces, [0, 1])

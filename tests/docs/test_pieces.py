"""What the pages are computed from."""

from __future__ import annotations

import math

import numpy as np
import pytest

import benchmark_pages
import examples_of_use
import fastact as fa
import kernel_hash
import measurements
import naive
import notes
import peers
from activation_pages import FAMILIES
from benchmark_pages import STEPS
from facts import fixed_points, moments
from fastact.formulas.catalogue import CATALOGUE, ROWS
from pictures import picture
from svg import Axes, number, ticks

# --- facts -------------------------------------------------------------------------------


def test_moments_of_relu_are_known():
    m = moments("relu", "relu")
    assert m.mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-14)
    assert m.square == pytest.approx(0.5, rel=1e-14)
    assert m.gain == pytest.approx(math.sqrt(2), rel=1e-14)
    assert m.zero_slope == pytest.approx(0.5, rel=1e-14)


def test_moments_meet_kinks_exactly():
    inside = math.erf(1 / math.sqrt(2))  # share of z between -1 and 1
    assert moments("hardtanh", "hardtanh").slope_square == pytest.approx(inside, rel=1e-13)


def test_selu_keeps_mean_and_variance():
    m = moments("selu", "selu")
    assert m.mean == pytest.approx(0, abs=1e-14)
    assert m.variance == pytest.approx(1, rel=1e-14)


def points(name):
    return [(p.low, p.high, p.kind) for p in fixed_points(name, name)]


def test_fixed_points():
    assert points("tanhshrink") == [(0, 0, "attracting")]
    assert points("squareplus") == []
    assert points("relu") == [(0, math.inf, "")]
    assert points("relu2") == [(0, 0, "attracting"), (1, 1, "repelling")]
    ((x, _, kind),) = points("sigmoid")
    assert fa.sigmoid(x) == pytest.approx(x, rel=1e-15)
    assert kind == "attracting"


def test_ends_of_intervals_of_fixed_points():
    left, _, right = fixed_points("hardshrink", "hardshrink")
    assert (left.high, left.takes_high) == (-0.5, False)
    assert (right.low, right.takes_low) == (0.5, False)


# --- pictures ----------------------------------------------------------------------------


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_pictures_are_of_the_kernels(row):
    shown = picture(row)
    assert shown.f.shape == shown.slope.shape
    assert shown.f.shape[0] == len(shown.names)
    assert shown.f.shape[1] == math.prod(len(s.values) for s in shown.sliders)
    assert shown.f.dtype == np.float32
    for slider, parameter in zip(shown.sliders[::-1], row.parameters[::-1], strict=False):
        assert slider.values[slider.default] == parameter.default
    if row.kind == "elementwise":
        np.testing.assert_array_equal(shown.f[0, shown.default], getattr(fa, row.name)(shown.x))


def test_jumps_are_where_the_derivative_jumps():
    shown = picture(ROWS["relu"])
    ((after,),) = shown.cuts[1]
    assert shown.x[after] == 0
    assert shown.cuts[0] == [[]]
    assert shown.slope[0, 0, [after, after + 1]].tolist() == [0, 1]


def test_a_path_is_interrupted_after_a_jump_and_at_what_is_infinite():
    axes = Axes((0, 4), (0, 1))
    x = np.arange(5.0)
    assert axes.path(x, np.ones(5)).count("M") == 1
    assert axes.path(x, np.ones(5), [1]).count("M") == 2
    assert axes.path(x, np.array([0, np.inf, 1, 1, 1])).count("M") == 2


def test_ticks_are_round():
    assert ticks(-5, 5, 6) == [-4, -2, 0, 2, 4]
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]


POWER = "1\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁵"


def test_numbers_have_four_digits():
    assert [number(v) for v in (-0.0, 1.23456, -2, 1e-5)] == ["0", "1.235", "−2", POWER]


# --- texts -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", fa.list())
def test_notes_have_all_their_headings(name):
    written = notes.notes(name)
    assert tuple(written) == notes.HEADINGS
    assert all(text.strip() for text in written.values())


def test_no_note_is_of_nothing():
    assert {path.stem for path in notes.FOLDER.glob("*.md")} == set(fa.list())


def test_every_activation_has_one_family():
    assert sorted(name for names in FAMILIES.values() for name in names) == sorted(fa.list())


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_examples_show_a_call_and_a_result(row):
    lines = examples_of_use.session(row)
    assert any(f"fa.{row.name}" in line for line in lines)
    assert any(not line.startswith(">>>") for line in lines)


# --- formulas of others ------------------------------------------------------------------


def test_naive_softmax_fails_where_exponentials_overflow():
    tried = {t.x: t for t in naive.row_trials("softmax")}
    assert tried[1000.0, 0.0].naive_error == math.inf
    assert max(t.our_error for t in tried.values()) < 2


def test_naive_formulas_of_straight_lines_do_not_fail():
    for name in ("relu", "hardtanh", "softshrink"):
        assert all(t.naive_error <= 0.5 for t in naive.trials(ROWS[name], name))


# --- files of measurements ---------------------------------------------------------------


def test_only_measurements_of_these_kernels_are_fresh():
    fresh = {"kernel_hash": kernel_hash.bits_hash()}
    measurements.check(fresh, "a file")
    with pytest.raises(measurements.StaleError, match="measure again"):
        measurements.check({"kernel_hash": "0"}, "a file")
    with pytest.raises(measurements.StaleError):
        measurements.check({}, "a file")


def test_old_times_are_told_as_such():
    times = {"measures": "times", "kernel_hash": kernel_hash.code_hash()}
    assert measurements.is_fresh(times)
    assert not measurements.is_fresh(times | {"kernel_hash": "0"})
    measurements.check(times | {"kernel_hash": "0"}, "times")


def test_other_machines_are_summed_up(monkeypatch):
    machine = {"processor": "some", "cores": 2, "instruction_set": "x86-64-v3"}
    reports = {"other": {**peers.times(), "machine": machine}}
    monkeypatch.setattr(peers, "times_elsewhere", lambda: reports)
    lines = list(benchmark_pages._elsewhere())
    (row,) = (line for line in lines if "some, x86-64-v3, 2 cores" in line)
    assert f"{peers.mean_ratio(peers.all_cells())[0]:.2f}" in row
    assert any("The worst with x86-64-v3" in line for line in lines)
    reports.clear()
    assert not list(benchmark_pages._elsewhere())


def test_keys_may_have_points():
    found = {"a": {"0.1": {"b": 3}}, "list": [1, {"c": 2}]}
    assert measurements.lookup(found, "a.0.1.b") == 3
    assert measurements.lookup(found, "list.1.c") == 2
    with pytest.raises(KeyError):
        measurements.lookup(found, "a.0.2")


def test_colours_change_at_1():
    assert 1.0 in STEPS
    assert list(STEPS) == sorted(STEPS)

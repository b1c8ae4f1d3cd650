"""The judgement of libraries, on results whose errors are known."""

from __future__ import annotations

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

import accuracy_vs_peers
from accuracy_tables import cell, peers_page, short
from fastact.accuracy import contract
from fastact.formulas.catalogue import ROWS
from judging import (
    COUNT,
    DTYPES,
    Trial,
    depends_on_position,
    inputs_of,
)
from oracle import error_in_ulp, finfo
from peer_functions import LIBRARIES, Fastact, Library, all_subjects, forward_name
from roots import UNIT_AT_ROOT, roots_of
from subject import Subject

SUBJECTS = {subject.name: subject for subject in all_subjects()}
QUICK = COUNT["quick"]
FOUND = json.loads(accuracy_vs_peers.OUTPUT.read_text(encoding="utf-8"))


def trial(name, dtype="float32"):
    return Trial(SUBJECTS[name], dtype, QUICK)


def correct(t):
    """The reference, rounded: what nobody can better."""
    with np.errstate(over="ignore"):
        return t.reference.astype(DTYPES[t.dtype])


# --- inputs -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gelu", "logit"])
def test_inputs_are_enough_and_the_same_each_time(name):
    xs = inputs_of(SUBJECTS[name], "float32", QUICK)
    assert xs.dtype == np.float32
    assert xs.size >= 0.9 * QUICK
    np.testing.assert_array_equal(xs, inputs_of(SUBJECTS[name], "float32", QUICK))


def test_inputs_surround_the_thresholds_of_others():
    xs = trial("hardtanh").xs
    for threshold in (-20, 20):
        for end in (-np.inf, np.inf):
            assert np.nextafter(np.float32(threshold), np.float32(end)) in xs


def test_bfloat16_inputs_are_all():
    xs = trial("gelu", "bfloat16").xs
    assert np.unique(xs.view(np.uint16)).size == xs.size == 2 * 255 * 128


@pytest.mark.parametrize("dtype", DTYPES)
def test_kinks_are_not_judged(dtype):
    assert 0.0 in trial("relu", dtype).xs
    assert 0.0 not in trial("relu_derivative", dtype).xs


# --- errors -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gelu", "gelu_derivative", "exponential"])
def test_errors_are_the_oracles(name):
    t = trial(name)
    result = t.subject(t.xs)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(t.errors(result), error_in_ulp(result, t.reference, t.floor))


@pytest.mark.parametrize("name", ["sigmoid", "mish_derivative", "exponential"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_correct_results_are_off_by_half_a_unit(name, dtype):
    t = trial(name, dtype)
    entry = t.entry(correct(t))
    assert 0.49 < entry["max_ulp"] < 0.5001  # ml_dtypes rounds by way of float32
    assert entry["confirmed_ulp"] == pytest.approx(entry["max_ulp"], abs=1e-5)
    assert entry["share_above_1_ulp"] == 0
    assert "not_finite" not in entry
    assert entry["below_normal"]["max_ulp"] < 0.5001
    assert entry["flushes_subnormals"] is False


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_worst_is_found_and_confirmed(dtype):
    t = trial("sigmoid", dtype)
    result = correct(t)
    k = int(np.flatnonzero(t.normal & (np.abs(t.xs) < 8))[12])
    unit = np.spacing(np.float32(t.reference[k])) * (1 if dtype == "float32" else 1 << 16)
    result[k] = float(result[k]) - 100 * unit
    entry = t.entry(result)
    assert entry["at"] == t.xs[k]
    assert entry["got"] == result[k]
    assert entry["exact"] == pytest.approx(t.reference[k], rel=1e-15)
    assert entry["max_ulp"] == pytest.approx(100, abs=1)
    assert entry["confirmed_ulp"] == pytest.approx(entry["max_ulp"], rel=1e-6)
    assert entry["share_above_1_ulp"] == pytest.approx(1 / entry["inputs"], rel=1e-5)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_not_finite_is_an_infinite_error(odd):
    t = trial("softplus")
    result = correct(t)
    where = np.flatnonzero((t.xs > 1e30) & (t.xs < 1e38))
    result[where] = odd
    entry = t.entry(result)
    assert entry["max_ulp"] == entry["confirmed_ulp"] == "inf"
    assert entry["got"] == str(odd)
    assert entry["at"] == t.xs[where].min()
    assert entry["not_finite"] == where.size
    assert entry["largest_finite"]["max_ulp"] <= 0.5
    json.dumps(entry, allow_nan=False)


def test_infinities_that_are_right_are_no_error():
    t = trial("exponential")
    assert np.isinf(correct(t)).any()
    assert "not_finite" not in t.entry(correct(t))


def test_a_flush_to_zero_is_told_apart():
    t = trial("exponential")
    result = correct(t)
    result[np.abs(result) < np.finfo(np.float32).tiny] = 0
    entry = t.entry(result)
    assert entry["max_ulp"] <= 0.5
    assert entry["flushes_subnormals"] is True
    assert entry["below_normal"]["max_ulp"] > 1e6


@pytest.mark.parametrize("dtype", DTYPES)
def test_near_the_root_of_a_derivative_the_unit_is_everybodys(dtype):
    t = trial("snake_derivative", dtype)
    near = roots_of(ROWS["snake"], "snake", True).near(t.xs)
    np.testing.assert_array_equal(t.floor, np.where(near, UNIT_AT_ROOT, 0))
    one_off = UNIT_AT_ROOT * float(finfo(t.dtype).eps)
    off = (t.reference + one_off).astype(t.xs.dtype)
    np.testing.assert_allclose(t.errors(off)[near], 1, atol=0.02)
    k = int(np.flatnonzero(near)[0])
    (value,) = t.subject.exact(t.xs[k : k + 1])
    assert t.confirmed(off, k, value) == pytest.approx(t.errors(off)[k], abs=1e-5)


def test_a_function_that_is_zero_is_judged():
    entry = trial("step_derivative").entry(np.zeros_like(trial("step_derivative").xs))
    assert entry["max_ulp"] == 0
    assert entry["inputs"] > QUICK


@pytest.mark.parametrize(
    ("dtype", "got", "exact", "error"),
    [
        ("float32", float(np.float32(1 / 3)) + 2.0**-25, mpmath.mpf(1) / 3, 4 / 3),
        ("bfloat16", 0.0, mpmath.mpf(1) / 3, 2**9 / 3),
        ("float32", 2.0**-149, mpmath.mpf(0), 1),
        ("float32", math.inf, mpmath.mpf(2) ** 128, 0),
        ("bfloat16", math.inf, mpmath.mpf(2) ** 128 * 0.997, 0.768),
        ("float32", math.inf, mpmath.mpf(2) ** 127, math.inf),
        ("float32", -math.inf, mpmath.mpf(2) ** 128, math.inf),
        ("bfloat16", math.nan, mpmath.mpf(1), math.inf),
    ],
)
def test_units_of_mpmath_numbers(dtype, got, exact, error):
    t = trial("identity", dtype)
    result = np.array([got]).astype(DTYPES[dtype])
    assert t.confirmed(result, 0, exact) == pytest.approx(error, rel=1e-3)


def test_a_pair_is_judged_as_the_function_it_is():
    assert SUBJECTS["softmax"].exact(np.zeros(1)) == [0.5]
    t = trial("log_softmax")
    function = Fastact().function(t.subject, "float32")
    assert t.entry(function(t.xs))["max_ulp"] < 2


# --- beside the error -------------------------------------------------------------


def test_limits_that_are_missed_are_told():
    t = trial("softsign")
    with np.errstate(all="ignore"):
        assert t.wrong_at(lambda x: x / (1 + np.abs(x))) == ["-inf", "inf"]
    assert t.wrong_at(t.subject) == []
    assert trial("logit").wrong_at(lambda x: x) == []


@pytest.mark.parametrize(
    ("function", "depends"),
    [
        (lambda x: x * x, False),
        (lambda x: x * np.float32(x.size), True),
        (lambda x: np.where(np.arange(x.size) % 16 == 15, np.nextafter(x, 9), x), True),
        (lambda x: np.where(np.arange(x.size) >= 4096, np.nextafter(x, 9), x), True),
        (lambda x: np.full_like(x, np.nan), False),
    ],
)
def test_dependence_on_the_position(function, depends):
    assert depends_on_position(function, trial("gelu").distinct_values()) is depends


# --- libraries --------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_calls_are_of_kernels_that_exist(library):
    assert set(library.calls) <= SUBJECTS.keys()


def test_fastact_has_every_kernel():
    for subject in SUBJECTS.values():
        function = Fastact().function(subject, "float32")
        assert function(np.array([0.25], np.float32)).shape == (1,)


@pytest.mark.parametrize("name", sorted(contract().keys() & SUBJECTS.keys()))
def test_fastact_keeps_its_contract(name):
    entry = accuracy_vs_peers.measured(Fastact(), trial(name))
    # Other inputs than the contract's, if it is not of all of them.
    assert entry["max_ulp"] <= 1.1 * contract()[name]["float32"]["max_ulp"]
    assert entry["confirmed_ulp"] == pytest.approx(entry["max_ulp"], rel=1e-4, abs=1e-4)
    assert not entry["depends_on_position"]


class Missing(Library):
    name, packages = "Missing", ("no-such-package-of-activations",)
    calls = {"relu": "missing.relu(x)"}  # noqa: RUF012


class Failing(Library):
    name, packages = "Failing", ("numpy",)
    modules = {"np": "numpy"}  # noqa: RUF012
    calls = {"relu": "np.no_such_function(x)", "gelu": "np.float64(1) * x"}  # noqa: RUF012


def test_a_library_that_is_missing_says_so():
    assert Missing().version() is None
    entry = accuracy_vs_peers.measured(Missing(), trial("relu"))
    assert entry == {"call": "missing.relu(x)", "absent": "not installed"}
    assert accuracy_vs_peers.measured(Missing(), trial("gelu")) is None


def test_a_call_that_fails_says_why():
    entry = accuracy_vs_peers.measured(Failing(), trial("relu"))
    assert entry["absent"].startswith("AttributeError: module 'numpy' has no attribute")
    entry = accuracy_vs_peers.measured(Failing(), trial("gelu"))
    assert entry["absent"] == "gives float64"


# --- what is written --------------------------------------------------------------


@pytest.fixture(scope="module")
def report():
    chosen = [SUBJECTS[name] for name in ("silu", "tanh_derivative", "softmax")]
    return accuracy_vs_peers.report(chosen, [Fastact(), Missing()], quick=True)


@pytest.mark.parametrize("source", ["report", "file"])
def test_entries_are_complete(report, source):
    found = report if source == "report" else FOUND
    assert {"date", "machine", "versions", "python", "kernels", "float32_sample"} < found.keys()
    assert set(found["results"]) == set(DTYPES)
    for results in found["results"].values():
        for entries in results.values():
            for name, entry in entries.items():
                assert name in found["versions"]
                assert "absent" in entry or _is_complete(entry), (name, entry)


def _is_complete(entry):
    told = {"call", "max_ulp", "confirmed_ulp", "at", "got", "exact", "inputs"}
    told |= {"share_above_1_ulp", "below_normal", "flushes_subnormals"}
    told |= {"wrong_at", "depends_on_position"}
    infinite = entry["max_ulp"] == "inf"
    return told <= entry.keys() and infinite == ("largest_finite" in entry)


def test_the_file_is_of_a_whole_run_and_confirmed():
    assert FOUND["float32_sample"] == COUNT["full"]
    assert list(FOUND["versions"]) == [library.name for library in LIBRARIES]
    for results in FOUND["results"].values():
        for entries in results.values():
            for entry in entries.values():
                if "absent" not in entry:
                    measured, confirmed = float(entry["max_ulp"]), float(entry["confirmed_ulp"])
                    assert measured == pytest.approx(confirmed, rel=1e-4, abs=1e-4)


def test_the_report_is_json(report):
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_page_shows_every_function(report):
    page = peers_page(report)
    for line in ("| silu |", "| tanh_derivative |", "| softmax |", "## bfloat16"):
        assert line in page
    assert "Missing is missing" in page


def test_cells():
    worst = {"confirmed_ulp": 2.377, "at": -16.6450366973877}
    assert cell(worst) == "2.38<br>x = -16.6450367"
    infinite = {"confirmed_ulp": "inf", "at": 89.0, "largest_finite": worst}
    assert cell(infinite) == "∞<br>x = 89<br>else 2.38<br>x = -16.6450367"
    assert cell({"confirmed_ulp": 0.0, "at": 1.0}) == "0"
    assert cell({"absent": "not installed"}) == "–"
    assert [short(e) for e in (0.4999, 134.4, 16776200.0)] == ["0.5", "134", "1.68e7"]


def test_a_quick_or_partial_run_writes_nothing(monkeypatch, capsys):
    monkeypatch.setattr(accuracy_vs_peers, "LIBRARIES", [Fastact()])
    monkeypatch.setattr(accuracy_vs_peers, "OUTPUT", Path("/no/such/folder/file.json"))
    monkeypatch.setattr("sys.argv", ["accuracy_vs_peers.py", "--quick", "relu"])
    accuracy_vs_peers.main()
    told = capsys.readouterr().out
    assert "relu_derivative" in told
    assert "wrote" not in told


def test_output_goes_where_it_is_told(monkeypatch, tmp_path):
    target = tmp_path / "found.json"
    monkeypatch.setattr(accuracy_vs_peers, "LIBRARIES", [Fastact()])
    monkeypatch.setattr(
        "sys.argv", ["accuracy_vs_peers.py", "--quick", "silu", "--output", str(target)]
    )
    accuracy_vs_peers.main()
    assert set(json.loads(target.read_text())["results"]["float32"]) == {"silu", "silu_derivative"}


def test_subjects_have_the_names_of_the_contract():
    assert contract().keys() <= SUBJECTS.keys()
    assert isinstance(SUBJECTS["softmax_derivative"], Subject)
    assert forward_name(SUBJECTS["softmax_derivative"]) == "softmax"
    assert forward_name(SUBJECTS["gelu_tanh_derivative"]) == "gelu_tanh"

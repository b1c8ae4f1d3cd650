"""The sweep: its measure of error, what it keeps, and what it writes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import fastact as fa
import sweep
from errors import Worst, error_in_ulp_by_bits
from extended import UNAVAILABLE
from oracle import error_in_ulp
from subject import subjects

SUBJECTS = {subject.name: subject for subject in subjects()}
needs_long_doubles = pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE or "it is")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "STATE", tmp_path)
    monkeypatch.setattr(sweep, "OUTPUT", tmp_path / "contract.json")


@pytest.mark.parametrize("name", ["gelu", "exponential", "logit", "selu", "snake_derivative"])
def test_errors_are_the_oracles(name):
    rng = np.random.default_rng(0)
    xs = rng.integers(0, 1 << 32, 200_000, dtype=np.uint32).view(np.float32)
    subject = SUBJECTS[name]
    with np.errstate(invalid="ignore"):
        ys, reference, floor = subject(xs), subject(xs.astype(np.float64)), subject.floor(xs)
        fast = error_in_ulp_by_bits(ys, reference, floor)
        np.testing.assert_array_equal(fast, error_in_ulp(ys, reference, floor))


def test_errors_at_the_ends():
    """An infinity for a finite number is the one after the largest, and no worse."""
    largest, inf, nan = float(np.finfo(np.float32).max), np.inf, np.nan
    result = np.array([inf, inf, -inf, largest, nan, nan, 0], np.float32)
    reference = np.array([inf, largest, inf, inf, nan, 0, nan])
    for measure in (error_in_ulp_by_bits, error_in_ulp):
        np.testing.assert_array_equal(
            measure(result, reference, 0.0), [0, 1, inf, inf, 0, inf, inf]
        )


def test_a_block_finds_its_worst():
    worst, falls = sweep.block_errors(SUBJECTS["sigmoid"], 0x3F800000)
    end = 0x3F800000 + sweep.BLOCK + 1  # with the first of the next block
    xs = np.arange(0x3F800000, end, dtype=np.uint32).view(np.float32)
    error = error_in_ulp(fa.sigmoid(xs), fa.sigmoid(xs.astype(np.float64)))
    assert worst == (error.max(), xs[error.argmax()])
    assert falls == (int((np.diff(fa.sigmoid(xs)) < 0).sum()), pytest.approx(1, abs=1))


def test_blocks_that_do_not_count():
    for name, first in (("exponential", 0x7F900000), ("logit", 0x41000000)):
        assert sweep.block_errors(SUBJECTS[name], first) == (Worst(0.0, 0.0), (0, 0.0))


def test_falls():
    ys = np.array([1, 2, 1.5, 3, 3, 2.5], np.float32)
    xs = np.arange(6, dtype=np.float32)
    ulp = 2.0**-22
    assert sweep.falls_of(ys, xs) == (2, 0.5 / ulp)
    assert sweep.falls_of(ys[::-1], -xs) == sweep.falls_of(ys, xs)
    assert sweep.falls_of(ys[::-1], xs) == (2, 1.5 / ulp)


def test_a_sweep_goes_on_where_it_stopped(monkeypatch):
    """Blocks done before are not done again; a changed kernel begins anew."""
    done = []

    def counted(subject, first):
        done.append(first)
        if len(done) == 3:
            raise KeyboardInterrupt
        return Worst(float(first), 0.0), (1, float(first == 0))

    monkeypatch.setattr(sweep, "block_errors", counted)
    monkeypatch.setattr(sweep, "PART", 1 << 31)
    monkeypatch.setattr(sweep, "BLOCK", 1 << 30)
    relu = SUBJECTS["relu"]
    with pytest.raises(KeyboardInterrupt):
        sweep.float32_swept(relu, map)
    found = sweep.float32_swept(relu, map)
    assert found == (Worst(3.0 * (1 << 30), 0.0), 1 << 32, 4, 1.0)
    assert done == [0, 1 << 30, 1 << 31, 1 << 31, 3 << 30]
    monkeypatch.setattr(sweep, "bits_of", lambda *_: "other")
    sweep.float32_swept(relu, map)
    assert done[5:] == [0, 1 << 30, 1 << 31, 3 << 30]


@needs_long_doubles
def test_float64_goes_on_where_it_stopped(monkeypatch):
    def parts_of(subject, part, quick):
        asked.append(part)
        if asked == [0, 1, 2]:
            raise KeyboardInterrupt
        return np.linspace(part, part + 1, 1001)

    asked = []
    monkeypatch.setattr(sweep, "float64_part", parts_of)
    monkeypatch.setattr(sweep, "FLOAT64_PARTS", 3)
    sigmoid = SUBJECTS["sigmoid"]
    with pytest.raises(KeyboardInterrupt):
        sweep.float64_measured(sigmoid, map, quick=False)
    found = sweep.float64_measured(sigmoid, map, quick=False)
    assert asked == [0, 1, 2, 2, 3]
    asked[:] = [9]
    (sweep.STATE / "sigmoid-float64.json").unlink()
    assert sweep.float64_measured(sigmoid, map, quick=False) == found
    assert found.inputs == 4004


def test_a_formula_without_long_doubles_is_judged_by_mpmath(monkeypatch):
    monkeypatch.setattr(sweep, "has_fast_reference", lambda subject: False)
    monkeypatch.setattr(sweep, "SLOW_SAMPLES", 1)
    found = sweep.float64_measured(SUBJECTS["tanh"], map, quick=False)
    assert found.inputs == sweep.exact_sample(SUBJECTS["tanh"]).size
    assert 0.4 < found.worst.ulp < 3


@needs_long_doubles
def test_float64_parts_have_what_was_promised():
    subject = SUBJECTS["tanh"]
    bits = sweep.float64_part(subject, 1, quick=False)
    assert bits.size >= (sweep.BITS_COUNT + sweep.BENDS_COUNT) / sweep.FLOAT64_PARTS - 1
    first = sweep.float64_part(subject, 0, quick=False)
    for sample in (sweep.regular_sample(subject, "float64"), sweep.exact_sample(subject)):
        assert np.isin(sample, first).all()
        assert np.isin(sample, sweep.float64_part(subject, 0, quick=True)).all()


def test_a_contract_is_written(monkeypatch):
    monkeypatch.setitem(sweep.QUICK_SAMPLES, "float32", 1)
    monkeypatch.setitem(sweep.TEST_COUNT, "float32", 1 << 12)
    sigmoid, tanh = SUBJECTS["sigmoid"], SUBJECTS["tanh"]
    for subject in (tanh, sigmoid):  # written in the catalogue's order
        sweep.measure(subject, "float32", map, quick=True)
    contract = json.loads(sweep.OUTPUT.read_text(encoding="utf-8"))["kernels"]
    assert list(contract) == ["sigmoid", "tanh"]
    entry = contract["tanh"]["float32"]
    found = sweep.float32_sampled(tanh, map)
    assert entry["max_ulp"] - 0.001 < found.worst.ulp <= entry["max_ulp"]
    assert (entry["at"], entry["inputs"]) == (found.worst.at, found.inputs)
    assert "estimated" in entry
    assert "swept" not in entry


def test_an_estimate_does_not_replace_a_sweep(monkeypatch, capsys):
    tanh, found = SUBJECTS["tanh"], sweep.Found(Worst(0.5, 1.0), 1 << 32, 0)
    sweep.record(tanh, "float32", found, quick=False)
    written = sweep.OUTPUT.read_text(encoding="utf-8")
    assert '"decreases": 0' in written
    sweep.measure(tanh, "float32", map, quick=True)
    assert "is swept" in capsys.readouterr().out
    assert sweep.OUTPUT.read_text(encoding="utf-8") == written
    monkeypatch.setattr(sweep, "bits_of", lambda *_: "other")
    monkeypatch.setattr(sweep, "measured", lambda *_, **__: found._replace(decreases=None))
    sweep.measure(tanh, "float32", map, quick=True)
    assert '"estimated"' in sweep.OUTPUT.read_text(encoding="utf-8")

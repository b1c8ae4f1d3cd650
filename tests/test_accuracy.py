"""The contract is kept on every run, and its numbers keep the bars."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
import sweep
from errors import blocks, errors, exact_errors, exact_worst, has_fast_reference, worst_of
from extended import UNAVAILABLE
from fastact.accuracy import BARS, OTHER_BARS, bar, contract
from fastact.golden import golden
from subject import subjects

SUBJECTS = subjects()
every_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
JUDGED_EXACTLY = 8  # of the worst by long double


def assert_kept(subject, dtype, worst):
    limit = contract()[subject.name][dtype]["max_ulp"]
    assert worst.ulp <= limit, f"{worst.ulp} ulp at {worst.at!r}, the contract says {limit}"


@every_subject
def test_float32_keeps_the_contract(subject):
    """Every exponent, thresholds and edges, 2**22 inputs and more, against float64."""
    xs = sweep.regular_sample(subject, "float32")
    assert xs.size >= 1 << 22
    assert_kept(subject, "float32", worst_of(subject, xs))


@every_subject
def test_float64_keeps_the_contract(subject):
    """The same by long doubles, which choose the inputs that mpmath judges."""
    if not has_fast_reference(subject):
        pytest.skip(UNAVAILABLE or "no formula in long double")
    xs = sweep.regular_sample(subject, "float64")
    assert xs.size >= 1 << 16
    error = np.concatenate([errors(subject, block) for block in blocks(xs)])
    worst = xs[np.argsort(error)[-JUDGED_EXACTLY:]]
    assert_kept(subject, "float64", exact_worst(subject, worst))


@every_subject
def test_float64_keeps_the_contract_exactly(subject):
    """Against mpmath, independent of all our code."""
    assert_kept(subject, "float64", exact_worst(subject, sweep.exact_sample(subject)))


@every_subject
def test_the_contract_keeps_the_bars(subject, dtype):
    found = contract()[subject.name][dtype]
    assert found["max_ulp"] <= bar(subject.name, dtype), f"at {found['at']!r}"


def test_other_bars_are_needed():
    for kernel, dtype in OTHER_BARS:
        found = contract()[kernel][dtype]["max_ulp"]
        assert found > BARS[dtype][kernel.endswith("_derivative")]


def test_the_contract_is_of_these_kernels():
    """All of them, with the bits they have now: else ``nox -s accuracy`` is due."""
    assert list(contract()) == [subject.name for subject in SUBJECTS]
    measured = {name: {d: both[d]["bits"] for d in BARS} for name, both in contract().items()}
    assert measured == {name: golden()["kernels"][name] for name in measured}


def test_only_a_sweep_tries_all_inputs():
    for name, both in contract().items():
        entry = both["float32"]
        assert ("swept" in entry) == (entry["inputs"] == 1 << 32), name
        assert ("swept" in entry) != ("estimated" in entry), name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_kernel_breaks_the_contract(monkeypatch, dtype):
    """The sample sees one wrong result in five million."""
    subject = next(s for s in SUBJECTS if s.name == "sigmoid")
    if dtype == "float64" and UNAVAILABLE:
        pytest.skip(UNAVAILABLE)
    sigmoid, xs = fa.sigmoid, sweep.regular_sample(subject, dtype)
    wrong = xs[np.flatnonzero(np.abs(xs) < 1)[777]]

    class Broken:
        def __call__(self, x, **given):
            y = sigmoid(x)
            return np.where(x == wrong, y * (1 + 9 * np.finfo(dtype).eps), y).astype(y.dtype)

    def one_wrong(xs):
        return Broken()(xs) if xs.dtype == dtype else sigmoid(xs)

    monkeypatch.setattr(subject.__class__, "__call__", lambda self, xs: one_wrong(xs))
    worst = worst_of(subject, xs)
    assert worst.at == wrong
    with pytest.raises(AssertionError, match="the contract says"):
        assert_kept(subject, dtype, worst)


def test_long_doubles_and_mpmath_agree():
    if UNAVAILABLE:
        pytest.skip(UNAVAILABLE)
    subject = next(s for s in SUBJECTS if s.name == "mish_derivative")
    xs = sweep.regular_sample(subject, "float64")[:: 1 << 9]
    np.testing.assert_allclose(errors(subject, xs), exact_errors(subject, xs), atol=0.01)

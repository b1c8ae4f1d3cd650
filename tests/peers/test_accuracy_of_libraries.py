"""The calls of other libraries: the functions they stand for, and known errors."""

from __future__ import annotations

import numpy as np
import pytest

from accuracy_vs_peers import measured
from judging import COUNT, DTYPES, Trial
from peer_functions import LIBRARIES, AbsentError, all_subjects

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries, at import

SUBJECTS = {subject.name: subject for subject in all_subjects()}
BY_NAME = {library.name: library for library in LIBRARIES}
X = np.random.default_rng(0).uniform(0.01, 0.99, 200).astype(np.float32)
TOLERANCE = {"float32": 1e-4, "bfloat16": 0.05}


def installed(name):
    library = BY_NAME[name]
    if library.version() is None:
        pytest.skip(f"{name} is not installed")
    return library


def entry_of(library, name, dtype="float32"):
    return measured(installed(library), Trial(SUBJECTS[name], dtype, COUNT["quick"]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BY_NAME)
def test_calls_are_the_functions_they_stand_for(name, dtype):
    library, tried = installed(name), 0
    for subject in SUBJECTS.values():
        if not library.call_for(subject):
            continue
        x = X if subject.row.name == "logit" else 12 * X - 6
        x = x.astype(DTYPES[dtype])
        x = x[subject.judged(x.astype(np.float32))]
        try:
            got = library.function(subject, dtype)(x).astype(np.float64)
        except AbsentError:
            assert dtype == "bfloat16", (name, subject.name)
            continue
        wanted = subject(x.astype(np.float64))
        close = np.isclose(got, wanted, TOLERANCE[dtype], TOLERANCE[dtype])
        assert close.mean() > 0.98, subject.name  # some are wrong: that is what is measured
        tried += 1
    assert tried or dtype == "bfloat16"


@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorchs_gelu_loses_its_left_tail(dtype):
    entry = entry_of("PyTorch", "gelu", dtype)
    worst = entry.get("largest_finite", entry)
    assert worst["at"] < -5
    assert worst["confirmed_ulp"] > {"float32": 1e3, "bfloat16": 100}[dtype]


def test_pytorchs_tanh_is_good_and_its_slope_is_not():
    assert entry_of("PyTorch", "tanh")["confirmed_ulp"] < 1
    assert entry_of("PyTorch", "tanh_derivative")["confirmed_ulp"] > 1e3


def test_onnx_runtime_has_no_derivative_and_no_bfloat16():
    assert entry_of("ONNX Runtime", "gelu_derivative") is None
    assert "bfloat16" in entry_of("ONNX Runtime", "gelu", "bfloat16")["absent"]


def test_thincs_sigmoid_is_clipped():
    entry = entry_of("thinc", "sigmoid")
    assert entry["confirmed_ulp"] > 1e30
    assert entry["at"] < -20


def test_scipys_expit_is_good_in_its_own_dtypes():
    assert entry_of("SciPy", "sigmoid")["confirmed_ulp"] < 3
    assert entry_of("SciPy", "sigmoid", "bfloat16")["absent"] == "gives float64"


@pytest.mark.parametrize("name", ["JAX", "TensorFlow"])
def test_flushed_subnormals_are_not_their_headline(name):
    entry = entry_of(name, "relu")
    assert entry["confirmed_ulp"] == 0
    assert entry["flushes_subnormals"] is True


@pytest.mark.parametrize(("name", "depends"), [("PyTorch", True), ("NumPy formula", False)])
def test_pytorchs_silu_depends_on_the_position(name, depends):
    assert entry_of(name, "silu")["depends_on_position"] is depends

"""Which backend, how many threads, and what ``explain`` says of it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastact as fa
from cases import BACKENDS
from fastact import dispatch
from fastact.backends import ALL, Backend
from fastact.formulas.kernels import kernel_named, timed_kernels

HAS_CYTHON = BACKENDS[0].name == "cython"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_first_available_backend_is_the_default():
    assert dispatch.DEFAULT is BACKENDS[0]
    assert fa.backends()["numpy"] == "available"


def test_use_backend(backend):
    chosen = fa.explain(fa.relu, np.ones(3))
    assert chosen.backend == backend.name
    assert chosen.instruction_set == backend.instruction_set


def test_use_backend_belongs_to_the_thread():
    seen = []
    with fa.use_backend("numpy"):
        thread = threading.Thread(
            target=lambda: seen.append(fa.explain(fa.relu, np.ones(3)).backend)
        )
        thread.start()
        thread.join()
    assert seen == [BACKENDS[0].name]


def test_contexts_nest_and_end():
    with fa.use_backend("numpy"), fa.threads(3):
        assert fa.get_num_threads() == 3
        with fa.threads(2):
            assert fa.get_num_threads() == 2
        assert fa.get_num_threads() == 3
    assert fa.explain(fa.relu, np.ones(3)).backend == BACKENDS[0].name


@pytest.mark.parametrize("backend", BACKENDS, ids=repr)
def test_environment_forces_a_backend(backend):
    wanted = backend.name + (f":{backend.instruction_set}" if backend.instruction_set else "")
    code = (
        "import fastact as fa; e = fa.explain(fa.relu, [1.0]); print(e.backend, e.instruction_set)"
    )
    done = python(code, FASTACT_BACKEND=wanted)
    assert done.stdout.split() == [backend.name, backend.instruction_set][: 1 + (":" in wanted)]


def test_a_forced_backend_that_cannot_be_met_raises():
    done = python("import fastact", FASTACT_BACKEND="cuda")
    assert "ValueError: FASTACT_BACKEND: no backend 'cuda'" in done.stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FASTACT_NUM_THREADS": "3"}, "3"),
        ({"OMP_NUM_THREADS": "1"}, "1"),
        ({"OMP_NUM_THREADS": "1", "FASTACT_NUM_THREADS": "2"}, "2"),
    ],
)
def test_environment_sets_the_threads(environment, expected):
    clean = {"FASTACT_NUM_THREADS": "", "OMP_NUM_THREADS": "", **environment}
    if not clean["OMP_NUM_THREADS"]:
        os.environ.pop("OMP_NUM_THREADS", None)
        del clean["OMP_NUM_THREADS"]
    done = python("import fastact as fa; print(fa.get_num_threads())", **clean)
    assert done.stdout.strip() == expected, done.stderr


def test_bad_environment_is_named():
    done = python("import fastact", FASTACT_NUM_THREADS="two")
    assert "FASTACT_NUM_THREADS must be an integer" in done.stderr


def test_import_is_light():
    code = (
        "import fastact, sys; print([m for m in ('numba', 'sympy', 'scipy') if m in sys.modules])"
    )
    assert python(code).stdout.strip() == "[]"


def test_serial_below_the_size_where_threads_pay():
    fa.set_num_threads(2)
    kernel = kernel_named("gelu")
    threshold = dispatch.parallel_from(kernel, "float32")
    if not BACKENDS[0].is_parallel():
        assert dispatch.choose(kernel, "float32", threshold).threads == 1
        return
    assert dispatch.choose(kernel, "float32", threshold - 1).threads == 1
    assert dispatch.choose(kernel, "float32", threshold).threads == 2
    cheap = dispatch.parallel_from(kernel_named("relu"), "float32")
    assert cheap > threshold


def test_every_kernel_has_a_threshold():
    for kernel in timed_kernels():
        for dtype in ("float32", "float64"):
            assert dispatch.parallel_from(kernel, dtype) > 1_000


def test_explain_tells_all():
    fa.set_num_threads(2)
    told = fa.explain(fa.gelu, np.zeros(10**6, np.float32), approximate="tanh")
    assert told.kernel == "gelu_tanh"
    assert told.elements == 10**6
    assert told.threads == (2 if BACKENDS[0].is_parallel() else 1)
    assert set(told.alternatives) == set(map(repr, ALL)) - {repr(BACKENDS[0])}
    text = str(told)
    for word in ("gelu_tanh", "float32", "contiguous", BACKENDS[0].name, "threads", "numpy"):
        assert word in text
    strided = fa.explain(fa.gelu, np.zeros((10, 10))[::2])
    assert ("as it lies" if BACKENDS[0].name == "cython" else "buffer") in strided.layout
    with fa.use_backend("numpy"):
        assert "buffer" in fa.explain(fa.gelu, np.zeros((10, 10))[::2]).layout
    assert "buffer" in fa.explain(fa.gelu, np.zeros(10, ">f8")).layout
    assert fa.explain(fa.softmax, np.zeros(3)).kernel == "softmax"
    with fa.threads(1):
        assert "one thread is granted" in str(fa.explain(fa.gelu, np.zeros(10**6)))


@pytest.mark.skipif(not HAS_CYTHON, reason="without the extensions no OpenMP of ours is limited")
def test_threadpoolctl_limits_are_honoured():
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="an extra of the tests")
    fa.set_num_threads(2)
    with threadpoolctl.threadpool_limits(1):
        granted = fa.get_num_threads()
        large = np.ones(10**6)
        np.testing.assert_array_equal(fa.relu(large), large)
    assert granted == (1 if os.cpu_count() != 1 else granted)
    assert fa.get_num_threads() == 2


def test_backends_have_the_same_methods():
    for backend in ALL:
        assert isinstance(backend, Backend)
        for method in ("run", "is_parallel"):
            theirs = inspect.signature(getattr(type(backend), method))
            assert theirs == inspect.signature(getattr(Backend, method)), (backend, method)

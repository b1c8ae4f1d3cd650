"""Forked children and concurrent threads: no hang, no kill, no wrong bit.

Each test runs in a process of its own, so that a hang ends in a time-out and an
abort in an exit status.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cases import BACKENDS

PRELUDE = """
import os, sys, threading
import numpy as np
import fastact as fa
fa.set_num_threads(2)
x = np.random.default_rng(0).standard_normal(400_000).astype(np.float32)
dy = np.cos(x)
rows = x.reshape(400, 1000)

def work():
    return [
        fa.gelu(x), fa.relu(x), fa.tanh.backward(dy, x), fa.softmax(rows),
        fa.prelu.backward(dy, x, weight=np.array([0.25], np.float32))[1], fa.silu(x[::2]),
    ]

def same(results):
    return all(np.array_equal(a, b) for a, b in zip(results, wanted))

wanted = work()
"""
FORK = """
for _ in range(3):
    child = os.fork()
    if child == 0:
        ok = fa.get_num_threads() == 1 and same(work())
        fa.set_num_threads(2)
        os._exit(0 if ok and same(work()) else 3)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
assert same(work())
print("done")
"""
THREADS = """
wrong = []
def repeat():
    for _ in range(5):
        if not same(work()):
            wrong.append(1)
workers = [threading.Thread(target=repeat) for _ in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert not wrong
print("done")
"""
COLD_THREADS = """
fa.set_num_threads(2)
results = []
workers = [threading.Thread(target=lambda: results.append(fa.gelu(x))) for _ in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert all(np.array_equal(r, results[0]) for r in results) and len(results) == 8
print("done")
"""


def run(code: str, backend, **environment: str) -> None:
    name = backend.name + (f":{backend.instruction_set}" if backend.instruction_set else "")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "FASTACT_BACKEND": name, **environment},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.stdout.strip() == "done", (done.returncode, done.stderr[-2000:])


EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS, ids=repr)
NUMBA = [b for b in BACKENDS if b.name == "numba"]
# On Numba its threading layers are tested, in one process each, for it compiles for seconds.
OTHERS = pytest.mark.parametrize("backend", [b for b in BACKENDS if b not in NUMBA], ids=repr)
LAYERS = pytest.mark.parametrize("layer", ["omp", "workqueue"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@OTHERS
def test_a_forked_child_works(backend):
    run(PRELUDE + FORK, backend)


@OTHERS
def test_eight_threads_at_once(backend):
    run(PRELUDE + THREADS, backend)


@EVERY_BACKEND
def test_eight_threads_make_the_first_call(backend):
    run(PRELUDE.replace("wanted = work()", "") + COLD_THREADS, backend)


@LAYERS
@pytest.mark.parametrize("backend", NUMBA, ids=repr)
def test_numba_threading_layers(backend, layer):
    """A process that forks after its threads have run: compiling takes most of the time."""
    code = PRELUDE + THREADS
    if hasattr(os, "fork"):
        code = code.replace('print("done")', FORK)
    run(code, backend, NUMBA_THREADING_LAYER=layer)

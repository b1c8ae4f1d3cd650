"""Inside of other libraries' pools no more threads run than are granted.

Each test runs in a process of its own, whose threads can be counted.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cases import MACHINE_BACKENDS
from fastact.threads import available_cpus

PRELUDE = """
import os
import numpy as np
import fastact as fa

x = np.linspace(-4, 4, 2_000_000, dtype=np.float32)

def native_threads():
    return len(os.listdir("/proc/self/task"))

def correct(y):
    return np.array_equal(y[:1000], fa.gelu(x[:1000]))
"""
# As many callers at once as there are workers; our pool adds one thread for all of them.
DASK = """
import dask
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(4) as workers:
    list(workers.map(lambda _: __import__("time").sleep(0.05), range(4)))
    fa.set_num_threads(2)
    before = native_threads()
    tasks = [dask.delayed(fa.gelu)(x) for _ in range(32)]
    results = dask.compute(*tasks, scheduler="threads", pool=workers)
    assert all(map(correct, results))
    print(native_threads() - before)
"""
DASK_ARRAY = """
import dask.array as da

fa.set_num_threads(2)
blocks = da.from_array(x, chunks=300_000).map_blocks(fa.relu)
whole = blocks.compute(scheduler="threads", num_workers=4)
assert np.array_equal(whole, fa.relu(x))
print("equal")
"""
LOKY = """
import sys
from joblib import Parallel, delayed, parallel_config

def work(k):
    import fastact
    return fastact.get_num_threads(), fastact.explain(fastact.gelu, x).threads, correct(fa.gelu(x))

if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(work)(k) for k in range(4)))
    with parallel_config(backend="loky", inner_max_num_threads=1):
        print(Parallel(n_jobs=2)(delayed(work)(k) for k in range(4)))
"""
LIMITS = """
from threadpoolctl import threadpool_limits

fa.set_num_threads(2)
before = native_threads()
with threadpool_limits(1):
    assert correct(fa.gelu(x))  # a plain call
    assert correct(fa.gelu(x, approximate="none"))
    inside = native_threads() - before, fa.explain(fa.gelu, x).threads
assert correct(fa.gelu(x))
print(*inside, native_threads() - before, fa.explain(fa.gelu, x).threads)
"""

needs_linux = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="the system does not tell its threads"
)


def run(code: str, backend: str, tmp_path, **environment: str) -> str:
    # Own file: joblib's workers import it.
    script = tmp_path / "script.py"
    script.write_text(PRELUDE + code)
    inherited = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**inherited, "FASTACT_BACKEND": backend, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture(params=sorted({backend.name for backend in MACHINE_BACKENDS}))
def name(request):
    return request.param


@needs_linux
def test_callers_from_dasks_threads_share_one_pool(tmp_path):
    pytest.importorskip("dask", reason="an extra of the tests")
    if MACHINE_BACKENDS[0].name != "cython":
        pytest.skip("Numba's pool is of its own size")
    assert run(DASK, "cython", tmp_path) == "1"


def test_dask_arrays(name, tmp_path):
    pytest.importorskip("dask.array", reason="an extra of the tests")
    assert run(DASK_ARRAY, name, tmp_path) == "equal"


def test_joblibs_processes_get_their_share(tmp_path):
    pytest.importorskip("joblib", reason="an extra of the tests")
    shares, limited = run(LOKY, MACHINE_BACKENDS[0].name, tmp_path).splitlines()
    share = max(1, available_cpus() // 2)
    assert {(granted, right) for granted, _, right in eval(shares)} == {(share, True)}
    assert max(used for _, used, _ in eval(shares)) <= share
    assert set(eval(limited)) == {(1, 1, True)}


@needs_linux
@pytest.mark.skipif(MACHINE_BACKENDS[0].name != "cython", reason="OpenMP of ours is not limited")
def test_threadpoolctl_starts_no_thread(tmp_path):
    pytest.importorskip("threadpoolctl", reason="an extra of the tests")
    if available_cpus() < 2:
        pytest.skip("there is one processor")
    inside, used, outside, then = map(int, run(LIMITS, "cython", tmp_path).split())
    assert (inside, used) == (0, 1)
    assert (outside, then) == (1, 2)

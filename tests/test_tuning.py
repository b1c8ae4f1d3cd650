"""What ``tune()`` measures, where it keeps it, and that calls go where it was fastest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastact as fa
from cases import BACKENDS, MACHINE_BACKENDS
from fastact import costs, costs_file, dispatch, tuning
from fastact.backends import NUMBA
from fastact.backends.base import Backend
from fastact.backends.cython import driver
from fastact.costs import BOUNDS, FIRST_PARALLEL, SIZES, Costs
from fastact.formulas.kernels import kernel_named, timed_kernels

pytestmark = pytest.mark.skipif(not MACHINE_BACKENDS, reason="there is no compiled backend")

AHEAD = [backend for backend in MACHINE_BACKENDS if backend.name == "cython"]
HAS_CYTHON = pytest.mark.skipif(not AHEAD, reason="the extensions are not built")
TIMES = st.floats(0.05, 20.0)
EVERY_KERNEL = timed_kernels()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache folder of its own, and afterwards the table that ships."""
    monkeypatch.setenv("FASTACT_CACHE_DIR", str(tmp_path))
    yield tmp_path
    tuning.use(None)


def table(
    serial: dict[Backend, list[float]],
    together: dict[Backend, list[float]],
    region: float = 1000.0,
    kernel: str = "gelu",
    awake: float | None = None,
) -> Costs:
    """Costs of one kernel in float32 with one thread and with two."""
    return Costs(
        date="2026-01-01",
        machine=costs_file.machine(),
        versions=costs_file.versions(),
        call=dict.fromkeys(map(repr, serial), 100.0),
        region={repr(backend): {2: region} for backend in serial},
        awake={repr(b): {2: region if awake is None else awake} for b in serial},
        rates={repr(b): {kernel: {"float32": [serial[b], together[b]]}} for b in serial},
    )


def measured_nanoseconds(table: Costs, backend: Backend, threads: int, place: int) -> float:
    """What the table says of a call on SIZES[place], without the code under test."""
    rates = table.rates[repr(backend)]["gelu"]["float32"]
    start = table.call[repr(backend)] + (table.region[repr(backend)][2] if threads == 2 else 0)
    rate = rates[0][place] if threads == 1 else rates[1][place - FIRST_PARALLEL]
    return start + SIZES[place] * rate


# --- the choice ------------------------------------------------------------------------


@HAS_CYTHON
@given(st.data())
def test_the_fastest_measured_backend_is_chosen(data):
    four, two = st.lists(TIMES, min_size=4, max_size=4), st.lists(TIMES, min_size=2, max_size=2)
    measured = table({b: data.draw(four) for b in AHEAD}, {b: data.draw(two) for b in AHEAD})
    fa.set_num_threads(2)
    dispatch.use_costs(measured)
    for place, size in enumerate(SIZES):
        counts = (1, 2) if place >= FIRST_PARALLEL else (1,)
        times = {
            backend: min(measured_nanoseconds(measured, backend, n, place) for n in counts)
            for backend in AHEAD
        }
        if place < FIRST_PARALLEL:  # there, two threads gain as much as on the next size
            times = {b: min(t, *_estimated(measured, b, place)) for b, t in times.items()}
        choice = dispatch.choose(kernel_named("gelu"), "float32", size)
        assert times[choice.backend] == min(times.values())


def _estimated(measured: Costs, backend: Backend, place: int) -> list[float]:
    serial, together = measured.rates[repr(backend)]["gelu"]["float32"]
    rate = serial[place] * together[0] / serial[FIRST_PARALLEL]
    return [measured.call[repr(backend)] + measured.region[repr(backend)][2] + SIZES[place] * rate]


@HAS_CYTHON
@given(st.lists(TIMES, min_size=4, max_size=4), st.lists(TIMES, min_size=2, max_size=2), TIMES)
def test_threads_are_used_where_they_save_more_than_their_start(serial, together, start):
    measured = table({AHEAD[0]: serial}, {AHEAD[0]: together}, region=1e4 * start)
    fa.set_num_threads(2)
    dispatch.use_costs(measured)
    for place in range(FIRST_PARALLEL, len(SIZES)):
        one = measured_nanoseconds(measured, AHEAD[0], 1, place)
        two = measured_nanoseconds(measured, AHEAD[0], 2, place)
        margin = (costs.MARGIN - 1) * measured.region[repr(AHEAD[0])][2]
        choice = dispatch.choose(kernel_named("gelu"), "float32", SIZES[place])
        assert choice.threads == (2 if two + margin <= one else 1)


@HAS_CYTHON
def test_threads_that_are_awake_are_used_for_less():
    """A plain call soon after another one takes several threads from a smaller size on."""
    backend = AHEAD[0]
    fa.set_num_threads(2)
    tuning.use(table({backend: [1.0] * 4}, {backend: [0.5] * 2}, region=1e6, awake=600.0))
    way = dispatch.short_way(kernel_named("gelu"), "float32")
    assert way.parallel_from > 1e6
    assert 800 < way.awake_from < 4000
    assert f"or {way.awake_from:,} where calls follow" in str(
        fa.explain(fa.gelu, np.ones(5000, np.float32))
    )

    def jobs(size: int, pause: float) -> int:
        x = np.ones(size, np.float32)
        before = driver.jobs_of_pool()
        for _ in range(20):
            if pause:
                time.sleep(pause)
            fa.gelu(x, out=x)
        return int(driver.jobs_of_pool() - before)

    assert jobs(way.awake_from, 0.0) > 10
    assert jobs(way.awake_from - 1, 0.0) == 0
    assert jobs(way.awake_from, 0.001) == 0


@HAS_CYTHON
def test_plain_calls_run_as_the_choice_says():
    """The driver's plan and ``choose`` agree on both sides of every bound."""
    rng = np.random.default_rng(0)
    fa.set_num_threads(2)
    kernel = kernel_named("gelu")
    for _ in range(200):
        dispatch.use_costs(
            table(
                {b: list(rng.uniform(0.1, 3, 4)) for b in AHEAD},
                {b: list(rng.uniform(0.1, 3, 2)) for b in AHEAD},
                region=rng.uniform(1e2, 1e6),
            )
        )
        way = dispatch.short_way(kernel, "float32")
        near = {way.parallel_from, way.below, *BOUNDS, *SIZES}
        for size in {n + d for n in near for d in (-1, 0, 1)}:
            if size >= min(way.below, 1 << 30):
                continue
            choice = dispatch.choose(kernel, "float32", size)
            assert choice.threads == (2 if size >= way.parallel_from else 1)
            if size >= BOUNDS[0]:
                assert choice.backend is way.backend


@HAS_CYTHON
def test_another_instruction_set_gives_the_same_bits():
    if len(AHEAD) < 2:
        pytest.skip("there is one instruction set")
    fast, slow = AHEAD[1], AHEAD[0]
    x = np.linspace(-5, 5, 5000, dtype=np.float32)
    before = fa.gelu(x)
    tuning.use(table({fast: [1.0] * 4, slow: [2.0] * 4}, {fast: [1.0] * 2, slow: [2.0] * 2}))
    assert fa.explain(fa.gelu, x).instruction_set == fast.instruction_set
    np.testing.assert_array_equal(fa.gelu(x).view(np.int32), before.view(np.int32))


@HAS_CYTHON
@pytest.mark.skipif(bool(NUMBA.unavailable), reason="Numba is not installed")
def test_numba_waits_until_the_kernel_is_compiled():
    kernel = kernel_named("tanhshrink")  # compiled by no other test of this file
    ahead = AHEAD[0]
    fast, slow = [0.1] * 4, [1.0] * 4
    tuning.use(
        table({NUMBA: fast, ahead: slow}, {NUMBA: fast[:2], ahead: slow[:2]}, kernel=kernel.name)
    )
    x = np.ones(1 << 18, np.float32)
    NUMBA._compiled.pop((kernel, "float32"), None)
    told = fa.explain(fa.tanhshrink, x)
    assert told.backend == "cython"
    assert "not compiled yet" in str(told)
    want = fa.tanhshrink(x)
    assert not NUMBA.is_ready(kernel, "float32")
    with fa.use_backend("numba"):
        fa.tanhshrink(x[:1])
    assert fa.explain(fa.tanhshrink, x).backend == "numba"
    np.testing.assert_array_equal(fa.tanhshrink(x), want)


def test_without_the_default_backend_nothing_is_compared():
    if len(BACKENDS) < 3:
        pytest.skip("there is nothing else")
    other = BACKENDS[1]
    tuning.use(table({other: [0.1] * 4}, {other: [0.1] * 2}))
    assert fa.explain(fa.gelu, np.ones(3, np.float32)).choice.backend is dispatch.DEFAULT


def test_more_cores_are_used_step_by_step():
    backend = MACHINE_BACKENDS[0]
    measured = table({backend: [1.0] * 4}, {backend: [0.5] * 2})
    measured.region[repr(backend)].update({4: 20_000.0, 8: 400_000.0})
    measured.awake[repr(backend)].update({4: 20_000.0, 8: 400_000.0})
    measured.rates[repr(backend)]["gelu"]["float32"] += [[0.25] * 2, [0.125] * 2]
    dispatch.use_costs(measured)
    fa.set_num_threads(8)
    sizes = (1_000, 20_000, 300_000, 30_000_000)
    chosen = [dispatch.choose(kernel_named("gelu"), "float32", n).threads for n in sizes]
    assert chosen == [1, 2, 4, 8]
    fa.set_num_threads(6)  # not measured: those of four count
    assert dispatch.choose(kernel_named("gelu"), "float32", 30_000_000).threads == 6
    assert dispatch.short_way(kernel_named("gelu"), "float32").below <= sizes[1]


# --- the measurement -------------------------------------------------------------------


def test_tune_measures_keeps_and_uses(folder, capfd):
    fa.set_num_threads(2)
    fastest = MACHINE_BACKENDS[0]
    found = fa.tune("gelu", backends=[fastest.name], dtypes=["float32"])
    assert found.file == str(folder / "costs.json")
    assert os.listdir(folder) == ["costs.json"]
    assert costs_file.load() == found.costs == dispatch.tuned()
    kernels = found.costs.rates[repr(fastest)]
    assert set(kernels) == {k.name for k in EVERY_KERNEL if k.name.split("_")[0] == "gelu"}
    serial, together = kernels["gelu"]["float32"]
    assert len(serial) == 4
    assert len(together) == 2
    assert all(0 < rate < 1000 for rate in (*serial, *together))
    told = str(fa.explain(fa.gelu, np.ones(3, np.float32)))
    assert f"tune() of {found.costs.date}" in told
    assert str(found.file) in str(found)
    assert sum(found.wins.values()) == len(kernels) * len(SIZES)
    assert capfd.readouterr().out == ""


def test_what_is_known_of_others_is_kept():
    backend = MACHINE_BACKENDS[0]
    tuning.use(table({backend: [1.0] * 4}, {backend: [0.5] * 2}))
    fa.set_num_threads(2)
    merged = fa.tune(fa.relu, backends=[backend.name], dtypes=["float64"], progress=False).costs
    assert merged.rates[repr(backend)]["gelu"] == {"float32": [[1.0] * 4, [0.5] * 2]}
    assert "float64" in merged.rates[repr(backend)]["relu"]


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (["gleu"], {}, "activations must be among bilinear.*got 'gleu'"),
        ([], {"backends": ["cuda"]}, "backends must be among .*got 'cuda'"),
        ([], {"dtypes": ["float16"]}, "dtypes must be among float32, float64; got 'float16'"),
    ],
)
def test_unknown_names_are_refused(arguments, keywords, message, folder):
    with pytest.raises(ValueError, match=message):
        fa.tune(*arguments, **keywords)
    with pytest.raises(TypeError, match="sequence of names"):
        fa.tune(backends="cython")
    assert not os.listdir(folder)


def test_progress_without_rich(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert list(tuning._with_progress(range(25))) == list(range(25))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[1] == "tuning: 2 of 25"


def test_the_command(folder):
    backend = MACHINE_BACKENDS[0].name
    done = subprocess.run(
        [sys.executable, "-m", "fastact", "tune", "identity", "--backend", backend],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert f"kept in {folder / 'costs.json'}" in done.stdout
    wrong = [sys.executable, "-m", "fastact", "tune", "gleu"]
    assert subprocess.run(wrong, capture_output=True, timeout=60).returncode == 2


def test_the_shipped_table_is_whole():
    (of_kernels,) = costs.checked(dispatch.SHIPPED).rates.values()
    assert set(of_kernels) == {kernel.name for kernel in EVERY_KERNEL}
    assert all(set(of_kernel) == {"float32", "float64"} for of_kernel in of_kernels.values())


# --- the file --------------------------------------------------------------------------


def stored(**changes) -> Costs:
    backend = MACHINE_BACKENDS[0]
    measured = table({backend: [1.0] * 4}, {backend: [0.5] * 2})._replace(**changes)
    costs_file.store(measured)
    return measured


def test_a_table_returns_as_it_was(folder):
    measured = stored()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert costs_file.load() == measured


def test_no_file_is_no_reason_for_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert costs_file.load() is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 99),
        ("machine", {}),
        ("versions", {"fastact": "0", "numpy": "0"}),
        ("region", {}),
        ("awake", {}),
        ("call", None),
        ("rates", {"numba": {"gelu": {"float32": [[1, 2]]}}}),
        ("extra", 1),
    ],
)
def test_a_file_of_no_use_is_ignored_with_a_warning(folder, key, value):
    stored()
    record = json.loads((folder / "costs.json").read_text())
    (folder / "costs.json").write_text(json.dumps({**record, key: value}))
    with pytest.warns(RuntimeWarning, match=r"fastact ignores .*costs\.json"):
        assert costs_file.load() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff\xfe", b"null"])
def test_a_corrupt_file_is_ignored_with_one_warning(folder, content):
    (folder / "costs.json").write_bytes(content)
    code = "import numpy as np, fastact as fa; fa.relu(np.ones(9)); fa.gelu(np.ones(9))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("RuntimeWarning") == 1


@given(st.data())
def test_any_change_of_a_file_is_survived(data):
    stored()
    with open(costs_file.path(), encoding="utf-8") as file:
        text = file.read()
    at = data.draw(st.integers(0, len(text) - 1))
    with open(costs_file.path(), "w", encoding="utf-8") as file:
        file.write(
            text[:at] + data.draw(st.sampled_from(["", "x", "-", "[", '"'])) + text[at + 1 :]
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = costs_file.load()
    tuning.use(found)
    fa.explain(fa.gelu, np.ones(3, np.float32))


def test_a_folder_that_cannot_be_written(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("FASTACT_CACHE_DIR", str(folder / "file" / "below"))
    with pytest.warns(RuntimeWarning, match="cannot keep what it measured") as caught:
        found = fa.tune(
            "identity", backends=[MACHINE_BACKENDS[0].name], dtypes=["float32"], progress=False
        )
    assert len(caught) == 1
    assert found.file is None
    assert "not kept" in str(found)
    assert dispatch.tuned() is found.costs


def test_a_failed_write_leaves_the_old_file(folder, monkeypatch):
    old = stored()

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.warns(RuntimeWarning, match="no space"):
        stored(date="2027-01-01")
    assert os.listdir(folder) == ["costs.json"]
    assert costs_file.load() == old


@pytest.mark.skipif(sys.platform != "linux", reason="the rule of freedesktop.org")
def test_the_users_folder(monkeypatch):
    monkeypatch.delenv("FASTACT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert costs_file.path() == "/somewhere/fastact/costs.json"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", "/home/me")
    assert costs_file.path() == "/home/me/.cache/fastact/costs.json"

"""The machinery of the report, on times that are made up."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import interleaved
from aims import Figure
from company import Company, sampler_of
from interleaved import Contest, Samples, Timing, come_to_rest, hold, interleave, stretch
from races import Case, all_cases
from record import Cell, Checkpoint, as_json, cells_of, losses, mean_ratio, with_figures
from report import contests_of, quick

GELU = Case("gelu", "gelu", "forward", "float32", (1000,))
SOFTMAX = Case("softmax", "softmax", "backward", "float32", (64, 10), 1)


def cell(case: Case, **seconds: float) -> Cell:
    return Cell(case, {name: Timing(s, 2 * s) for name, s in seconds.items()})


WON = cell(GELU, fastact=1.0, numpy=8.0, torch=2.0)
LOST = cell(SOFTMAX, fastact=1.0, torch=0.5)


def test_entrants_take_turns_and_the_hopeless_are_spared() -> None:
    calls = []

    def sampler(name: str, seconds: float):
        def sample() -> float:
            calls.append(name)
            return seconds

        return sample

    entrants = {"a": sampler("a", 1.0), "b": sampler("b", 2.0), "slow": sampler("slow", 11.0)}
    found = interleave(entrants, rounds=3)
    assert {name: len(seconds) for name, seconds in found.items()} == {"a": 3, "b": 3, "slow": 2}
    assert set(calls[:3]) == {"a", "b", "slow"}


def test_a_stretch_tells_the_seconds_of_one_call() -> None:
    sample = stretch(lambda: time.sleep(0.002))
    assert all(0.002 <= sample() < 0.2 for _ in range(3))
    calls = []
    slow = stretch(lambda: calls.append(time.sleep(0.06)))
    assert 0.06 <= slow() < 0.5
    assert len(calls) == 1  # it is long enough to be counted at once


def test_libraries_are_timed_in_processes_of_their_own() -> None:
    with Company() as company:
        prepare = {name: partial(sampler_of, name, GELU) for name in ("fastact", "numpy")}
        found = interleave(company.field(prepare), rounds=2)
        processes = {name: company.sampler(name, process) for name in prepare}
        numbers = {sample() for sample in processes.values() if sample}
    assert all(0 < s < 0.1 for seconds in found.values() for s in seconds)
    assert len(numbers) == 2
    assert os.getpid() not in numbers


def process() -> Callable[[], float]:
    return os.getpid


def test_who_has_no_kernel_takes_no_part() -> None:
    with Company() as company:
        assert company.field({"numpy": nothing}) == {}


def nothing() -> None:
    return None


class Clock:
    """For a process whose threads are busy until then."""

    def __init__(self, busy: float) -> None:
        self.now, self.busy = 0.0, busy

    def monotonic(self) -> float:
        return self.now

    def process_time(self) -> float:
        return min(self.now, self.busy)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("busy", [0.0, 3.5 * interleaved.GLANCE, math.inf])
def test_rest_is_when_no_thread_is_busy(busy: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(busy)
    monkeypatch.setattr(interleaved, "time", clock)
    come_to_rest()
    rest = min(busy, interleaved.LONGEST_REST)
    assert rest <= clock.now <= rest + 2 * interleaved.GLANCE


def contest(log: list[str], name: str) -> Contest:
    def prepare():
        log.append(name)
        return {"fastact": lambda: 1.0, "numpy": lambda: 2.0}

    return Contest(prepare, rounds=2)


def test_a_measurement_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    log: list[str] = []
    contests = {name: contest(log, name) for name in "abc"}
    checkpoint = Checkpoint(tmp_path / "some.partial.json")
    samples = checkpoint.load()
    for done, _ in hold(contests, 2, samples):
        if done == 4:  # in the second pass, before "b"
            break
    checkpoint.save(samples, now=True)
    assert log == ["a", "b", "c", "a"]
    resumed = checkpoint.load()
    assert list(hold(contests, 2, resumed))[-1] == (5, "c")
    assert log == ["a", "b", "c", "a", "b", "c"]
    assert resumed.timings("b") == {"fastact": Timing(1.0, 1.0), "numpy": Timing(2.0, 2.0)}
    assert [len(s) for s in resumed.seconds["a"].values()] == [4, 4]


def test_samples_of_other_kernels_are_not_continued(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "some.partial.json")
    samples = Samples()
    samples.add("a", {"fastact": [1.0]})
    checkpoint.save(samples, now=True)
    record = json.loads(checkpoint.path.read_text())
    record["of"]["kernel_hash"] = "other"
    checkpoint.path.write_text(json.dumps(record))
    assert checkpoint.load().passes == {}


def test_means_and_losses() -> None:
    assert WON.best_peer == "torch"
    assert mean_ratio([WON, LOST]) == pytest.approx(1.0)
    assert mean_ratio([WON, LOST], "numpy") == pytest.approx(8.0)
    assert mean_ratio([LOST], "numpy") is None
    assert losses([WON, LOST]) == [LOST]


def test_names_of_contests_are_unique() -> None:
    cases = list(all_cases())
    assert len({str(case) for case in cases}) == len(cases)
    names = contests_of(quick(), Company(), besides=True)
    assert len(names) > len(quick().cases)


def test_a_race_without_a_rival_is_no_cell() -> None:
    samples = Samples()
    samples.add(str(GELU), {"fastact": [1.0]})
    samples.add(str(SOFTMAX), {"fastact": [1.0, 3.0], "torch": [2.0, 2.0]})
    (only,) = cells_of([GELU, SOFTMAX], samples)
    assert only.case == SOFTMAX
    assert only.seconds == {"fastact": Timing(1.0, 2.0), "torch": Timing(2.0, 2.0)}


def test_the_file() -> None:
    training = {"3 layers, gelu, epoch": {"fastact": Timing(1.0, 1.5), "numpy": Timing(2.0, 2.5)}}
    report = json.loads(as_json([WON, LOST], [], training))
    for key in ("kernel_hash", "machine", "date", "versions", "threads"):
        assert report[key]
    first, second = report["cells"]
    assert first["seconds"]["torch"] == {"minimum": 2.0, "median": 4.0}
    assert "shape" not in first
    assert (second["shape"], second["axis"], second["size"]) == ([64, 10], 1, 640)


def test_figures_of_a_report_are_replaced_only_for_the_same_kernels(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(as_json([WON], [Figure("old", 1.0, 1.0)], {}))
    with_figures(path, [Figure("new", 2.0, 2.5, "at least 2")])
    record = json.loads(path.read_text())
    (only,) = record["figures"]
    assert (only["name"], only["by_minima"], only["met"]) == ("new", 2.0, True)
    assert record["cells"]
    path.write_text(json.dumps({**record, "kernel_hash": "other"}))
    with pytest.raises(ValueError, match="another kernel_hash"):
        with_figures(path, [])

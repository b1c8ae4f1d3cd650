"""What was measured, as JSON: a report when all is done, samples in between."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from math import exp, log
from pathlib import Path
from typing import Any

import fastact as fa
from aims import Figure
from fastact.costs_file import processor
from fastact.dispatch import DEFAULT
from interleaved import Samples, Timing
from libraries import LIBRARIES
from races import THREADS, Case

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from kernel_hash import code_hash

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
SECONDS_BETWEEN_SAVES = 20.0


@dataclass(frozen=True)
class Cell:
    """The timings of all entrants in one race."""

    case: Case
    seconds: dict[str, Timing]

    @property
    def peers(self) -> list[str]:
        return [name for name in self.seconds if name != "fastact"]

    @property
    def best_peer(self) -> str:
        return min(self.peers, key=lambda name: self.seconds[name].minimum)

    def ratio(self, peer: str) -> float:
        return self.seconds[peer].minimum / self.seconds["fastact"].minimum

    def as_dict(self) -> dict[str, Any]:
        case = self.case
        place = {"shape": case.shape, "axis": case.axis} if case.axis is not None else {}
        return {
            "activation": case.formula,
            "direction": case.direction,
            "dtype": case.dtype,
            "size": case.size,
            **place,
            "seconds": {name: timing._asdict() for name, timing in self.seconds.items()},
        }


def cells_of(cases: Iterable[Case], samples: Samples) -> list[Cell]:
    """The races in which somebody took part beside fastact."""
    cells = (Cell(case, samples.timings(str(case))) for case in cases)
    return [cell for cell in cells if len(cell.seconds) > 1]


def mean_ratio(cells: Iterable[Cell], peer: str = "") -> float | None:
    """The geometric mean of the ratios to a peer, by default the best of each race."""
    logs = [
        log(cell.ratio(peer or cell.best_peer))
        for cell in cells
        if not peer or peer in cell.seconds
    ]
    return exp(sum(logs) / len(logs)) if logs else None


def losses(cells: Iterable[Cell]) -> list[Cell]:
    """Races that another library won, the worst first."""
    lost = [cell for cell in cells if cell.ratio(cell.best_peer) < 1]
    return sorted(lost, key=lambda cell: cell.ratio(cell.best_peer))


def identity() -> dict[str, Any]:
    """What two measurements must have in common to be one."""
    machine = {"processor": processor(), "cores": os.cpu_count()}
    return {
        "kernel_hash": code_hash(),
        "machine": machine | {"instruction_set": DEFAULT.instruction_set},
        "threads": THREADS,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "fastact": fa.__version__}
    for name in LIBRARIES:
        if name not in found:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "?"
    return found


def as_json(
    cells: Iterable[Cell],
    figures: Iterable[Figure],
    training: Mapping[str, Mapping[str, Timing]],
) -> str:
    record = {
        "measures": "times",
        **identity(),
        "date": date.today().isoformat(),
        "cells": [cell.as_dict() for cell in cells],
        "figures": _as_dicts(figures),
        "training": {
            name: {library: timing._asdict() for library, timing in field.items()}
            for name, field in training.items()
        },
    }
    return json.dumps(record, indent=1) + "\n"


def _as_dicts(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    return [{**vars(figure), "met": figure.met} for figure in figures]


def with_figures(path: Path, figures: Iterable[Figure]) -> None:
    """Replace the figures of a report; ValueError if it is of another machine or other kernels."""
    record = json.loads(path.read_text(encoding="utf-8"))
    other = [key for key, value in identity().items() if record[key] != value]
    if other:
        raise ValueError(f"{path} has another {' and '.join(other)}; measure all of it again")
    write(path, json.dumps({**record, "figures": _as_dicts(figures)}, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


class Checkpoint:
    """Samples in a file, so that an interrupted measurement goes on where it stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.saved = time.monotonic()

    def load(self) -> Samples:
        """Those of the file, if the same was measured; none otherwise."""
        samples = Samples()
        if self.path.exists():
            record = json.loads(self.path.read_text(encoding="utf-8"))
            if record["of"] == identity():
                samples.passes, samples.seconds = record["passes"], record["seconds"]
        return samples

    def save(self, samples: Samples, *, now: bool = False) -> None:
        """Write, unless that was done a moment ago."""
        if now or time.monotonic() - self.saved > SECONDS_BETWEEN_SAVES:
            record = {"of": identity(), "passes": samples.passes, "seconds": samples.seconds}
            write(self.path, json.dumps(record) + "\n")
            self.saved = time.monotonic()

"""Measure fastact against its peers and print the ratios.

``python benchmarks/report.py`` times every activation, forward and backward with ``out=``,
in all sizes and dtypes, and the figures fastact is held to.  ``--quick`` takes float32
with 8 and 1,000,000 elements, in less than a minute; ``--json FILE`` keeps all timings.
A ratio is the peer's time over fastact's, by the fastest of interleaved rounds: above 1
fastact is faster, below 1 it is red.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

import fastact as fa
from figures import Figure, figure_contests, figures
from interleaved import Contest, Sampler, Timing, hold, stretches
from peers import DTYPES, LIBRARIES, SIZES, THREADS, Case, Dtype, calls, cases, use_threads

# Below this size hardly anybody uses threads that would have to come to rest.
FIRST_PARALLEL_SIZE = 10_000


@dataclass(frozen=True)
class Plan:
    """How much to measure; rounds are per pass."""

    dtypes: tuple[Dtype, ...] = DTYPES
    sizes: tuple[int, ...] = SIZES
    passes: int = 6
    rounds: int = 4
    figure_rounds: int = 8


QUICK = Plan(dtypes=("float32",), sizes=(8, 1_000_000), passes=3, rounds=3, figure_rounds=5)


# --- measurement ------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """The timings of all entrants in one race."""

    activation: str
    direction: str
    dtype: str
    size: int
    seconds: dict[str, Timing]

    def ratio(self, peer: str) -> float:
        return self.seconds[peer].minimum / self.seconds["fastact"].minimum


@dataclass(frozen=True)
class Report:
    """All that was measured, and where and when."""

    processor: str
    cores: int | None
    threads: int
    date: str
    versions: dict[str, str]
    cells: list[Cell]
    figures: list[Figure]

    def as_json(self) -> str:
        record = asdict(self)
        for entry, cell in zip(record["cells"], self.cells, strict=True):
            entry["seconds"] = {name: t._asdict() for name, t in cell.seconds.items()}
        for entry, figure in zip(record["figures"], self.figures, strict=True):
            entry["met"] = figure.met
        return json.dumps(record, indent=1) + "\n"


def race(case: Case) -> dict[str, Sampler]:
    return stretches(calls(case), rest=case.size >= FIRST_PARALLEL_SIZE)


def measure(plan: Plan, catalogue: bool, console: Console) -> Report:
    races = list(cases(plan.dtypes, plan.sizes)) if catalogue else []
    contests: dict[Any, Contest] = {c: Contest(partial(race, c), plan.rounds) for c in races}
    contests |= figure_contests(plan.figure_rounds)
    passes = track(range(plan.passes), "Measuring", console=console, transient=True)
    timings = hold(contests, passes)
    return Report(
        processor=processor(),
        cores=os.cpu_count(),
        threads=THREADS,
        date=date.today().isoformat(),
        versions=versions(),
        cells=[Cell(c.formula, c.direction, c.dtype, c.size, timings[c]) for c in races],
        figures=list(figures(timings)),
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def versions() -> dict[str, str]:
    own = {"python": platform.python_version(), "fastact": fa.__version__}
    return own | {name: version(name) for name in LIBRARIES if name not in own}


# --- tables -----------------------------------------------------------------------


def red_if(bad: bool, text: str) -> str:
    return f"[red]{text}[/red]" if bad else text


def ratio_text(cell: Cell, peer: str) -> str:
    if peer not in cell.seconds:
        return "-"
    return red_if(cell.ratio(peer) < 1, f"{cell.ratio(peer):.2f}")


def new_table(title: str, first: str, *numbers: str) -> Table:
    table = Table(first, title=title, title_justify="left")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def ratio_table(title: str, cells: Iterable[Cell]) -> Table:
    peers = [name for name in LIBRARIES if name != "fastact"]
    table = new_table(title, "activation", "elements", "fastact µs", *peers)
    for cell in cells:
        ours = f"{cell.seconds['fastact'].minimum * 1e6:,.2f}"
        ratios = (ratio_text(cell, peer) for peer in peers)
        table.add_row(cell.activation, f"{cell.size:,}", ours, *ratios)
    return table


def figure_table(figures: Iterable[Figure]) -> Table:
    table = new_table("Figures", "figure", "by minima", "by medians", "target", "")
    verdicts = {True: "met", False: "missed", None: ""}
    for f in figures:
        verdict = red_if(f.met is False, verdicts[f.met])
        table.add_row(f.name, f"{f.by_minima:.2f}", f"{f.by_medians:.2f}", f.target, verdict)
    return table


def print_report(report: Report, console: Console) -> None:
    names = ", ".join(f"{name} {number}" for name, number in report.versions.items())
    console.print(f"{report.processor}, {report.cores} cores, {report.date}; {names}")
    console.print(f"Time of the peer / time of fastact, {report.threads} threads each\n")
    for (direction, dtype), cells in groupby(report.cells, lambda c: (c.direction, c.dtype)):
        console.print(ratio_table(f"{direction}, out=, {dtype}", cells))
    console.print(figure_table(report.figures))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure fastact against its peers.")
    parser.add_argument("--quick", action="store_true", help="float32, 8 and 1,000,000 elements")
    parser.add_argument("--figures", action="store_true", help="only what has a target")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all timings to FILE")
    return parser.parse_args()


def main() -> None:
    options, console = arguments(), Console()
    use_threads(THREADS)
    report = measure(QUICK if options.quick else Plan(), not options.figures, console)
    print_report(report, console)
    if options.json:
        options.json.write_text(report.as_json(), encoding="utf-8")


if __name__ == "__main__":
    main()

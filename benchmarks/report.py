"""Measure fastact against its peers and print the ratios.

``python benchmarks/report.py`` times every activation, forward and backward with ``out=``,
in all sizes and dtypes, and then the figures the library is held to.  ``--quick`` takes
float32 with 8 and 1,000,000 elements, in less than a minute; ``--json FILE`` keeps all
timings.  A ratio is the peer's time over fastact's, from the fastest of interleaved
rounds: above 1 fastact is faster, below 1 it is red.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import fastact as fa
from fastact.formulas.catalogue import ROWS
from interleaved import Call, Sampler, Timing, interleave, time_calls
from peers import DTYPES, LIBRARIES, SIZES, THREADS, Case, calls, cases, use_threads

LARGE = 1_000_000
IMPORT_ROUNDS = 15

# Below this size nobody uses threads, and nobody's threads have to come to rest.
FIRST_PARALLEL_SIZE = 10_000


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    dtypes: tuple[str, ...] = DTYPES
    sizes: tuple[int, ...] = SIZES
    rounds: int = 25
    figure_rounds: int = 50


QUICK = Plan(dtypes=("float32",), sizes=(8, LARGE), rounds=7, figure_rounds=20)


# --- cells: the catalogue against the peers ---------------------------------------


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


def measure_cell(case: Case, rounds: int) -> Cell:
    seconds = time_calls(calls(case), rounds, rest=case.size >= FIRST_PARALLEL_SIZE)
    return Cell(case.formula, case.direction, case.dtype, case.size, seconds)


def measure_cells(plan: Plan, console: Console) -> list[Cell]:
    races = list(cases(plan.dtypes, plan.sizes))
    progress = track(races, "Measuring the catalogue", console=console, transient=True)
    return [measure_cell(case, plan.rounds) for case in progress]


# --- figures: what the library is held to -----------------------------------------


@dataclass(frozen=True)
class Figure:
    """A ratio of two times, and the target it has to reach if it has one."""

    name: str
    of_minima: float
    of_medians: float
    target: str = ""  # "at least 2" or "at most 1"
    judged_by: str = "minima"

    @property
    def met(self) -> bool | None:
        if not self.target:
            return None
        value = self.of_minima if self.judged_by == "minima" else self.of_medians
        bound = float(self.target.split()[-1])
        return value >= bound if self.target.startswith("at least") else value <= bound


def figure(
    name: str, above: Timing, below: Timing, target: str = "", judged_by: str = "minima"
) -> Figure:
    of_minima, of_medians = above.minimum / below.minimum, above.median / below.median
    return Figure(name, of_minima, of_medians, target, judged_by)


def forward_case(formula: str) -> Case:
    row = next(row for row in ROWS.values() if formula in row.formulas)
    return Case(row, formula, "forward", "float32", LARGE)


def speed_figures(rounds: int) -> Iterator[Figure]:
    wanted = dict.fromkeys(("sigmoid", "silu"), "at least 1")
    wanted |= dict.fromkeys(("tanh", "elu", "softplus", "mish", "gelu_tanh"), "at least 2")
    for formula, target in wanted.items() if "torch" in LIBRARIES else ():
        field = calls(forward_case(formula))
        times = time_calls({name: field[name] for name in ("fastact", "torch")}, rounds)
        yield figure(f"torch / {formula}", times["torch"], times["fastact"], target)


def copy_figures(rounds: int) -> Iterator[Figure]:
    """Rectifiers against a copy of the same bytes by as many threads."""
    x = np.random.default_rng(0).standard_normal(LARGE, np.float32)
    y, z = np.empty_like(x), x.copy()
    contest: dict[str, Call] = {
        "copy": partial(fa.identity, x, out=y),
        "relu": partial(fa.relu, x, out=y),
        "leaky_relu": partial(fa.leaky_relu, x, out=y),
        "relu in place": partial(fa.relu, z, out=z),
    }
    if "torch" in LIBRARIES:
        torch = LIBRARIES["torch"]
        contest["torch's copy"] = torch.bind(torch.formulas["identity"], {"x": x}, y)
    times = time_calls(contest, rounds)
    for name in list(contest)[1:]:
        target = "at least 0.9" if name in ROWS else ""
        yield figure(f"copy / {name}", times["copy"], times[name], target)


def call_cost_figure(rounds: int) -> Figure:
    x, y = np.ones((2, 8), np.float32)
    contest = {"relu": partial(fa.relu, x, out=x), "tanh": partial(np.tanh, y, out=y)}
    times = time_calls(contest, rounds, rest=False)
    return figure("relu / numpy.tanh, 8 elements", times["relu"], times["tanh"], "at most 1")


def threads_figure(rounds: int) -> Figure:
    x = np.random.default_rng(0).standard_normal(LARGE, np.float32)
    y = np.empty_like(x)

    def sigmoid_on(threads: int) -> None:
        fa.set_num_threads(threads)
        fa.sigmoid(x, out=y)

    contest = {"one": partial(sigmoid_on, 1), "two": partial(sigmoid_on, 2)}
    times = time_calls(contest, rounds)
    fa.set_num_threads(THREADS)
    return figure("sigmoid, one thread / two", times["one"], times["two"], "at least 1.7")


def in_fresh_process(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def import_sampler(module: str) -> Sampler:
    clock = "from time import perf_counter as now; start = now()"
    return lambda: float(in_fresh_process(f"{clock}; import {module}; print(now() - start)"))


def import_figures() -> Iterator[Figure]:
    samplers = {name: import_sampler(name) for name in ("fastact", "numpy")}
    times = interleave(samplers, IMPORT_ROUNDS)
    name = "import fastact / numpy"
    yield figure(name, times["fastact"], times["numpy"], "at most 1.5", judged_by="medians")
    with_numba = float(in_fresh_process("import fastact, sys; print(int('numba' in sys.modules))"))
    yield Figure("import fastact loads numba", with_numba, with_numba, "at most 0")


def measure_figures(rounds: int) -> list[Figure]:
    return [
        *speed_figures(rounds),
        *copy_figures(rounds),
        call_cost_figure(rounds),
        threads_figure(rounds),
        *import_figures(),
    ]


# --- the machine ------------------------------------------------------------------


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "fastact": fa.__version__}
    for name in LIBRARIES.keys() - found.keys():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return dict(sorted(found.items()))


def conditions() -> dict[str, Any]:
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": THREADS,
        "date": date.today().isoformat(),
        "versions": versions(),
    }


# --- tables -----------------------------------------------------------------------


def coloured(text: str, good: bool | None) -> str:
    return f"[red]{text}[/red]" if good is False else text


def ratio_text(cell: Cell, peer: str) -> str:
    if peer not in cell.seconds:
        return "-"
    ratio = cell.ratio(peer)
    return coloured(f"{ratio:.2f}", ratio >= 1)


def ratio_table(title: str, cells: Iterable[Cell]) -> Table:
    table = Table("activation", "elements", "fastact µs", title=title, title_justify="left")
    peers = [name for name in LIBRARIES if name != "fastact"]
    for column in table.columns[1:]:
        column.justify = "right"
    for peer in peers:
        table.add_column(peer, justify="right")
    for cell in cells:
        ours = f"{cell.seconds['fastact'].minimum * 1e6:,.2f}"
        ratios = (ratio_text(cell, peer) for peer in peers)
        table.add_row(cell.activation, f"{cell.size:,}", ours, *ratios)
    return table


def figure_table(figures: Iterable[Figure]) -> Table:
    table = Table("figure", title="Figures", title_justify="left")
    for heading in ("by minima", "by medians", "target"):
        table.add_column(heading, justify="right")
    table.add_column("")
    verdicts = {True: "met", False: "missed", None: ""}
    for f in figures:
        verdict = coloured(verdicts[f.met], f.met)
        table.add_row(f.name, f"{f.of_minima:.2f}", f"{f.of_medians:.2f}", f.target, verdict)
    return table


def print_report(
    console: Console, about: dict[str, Any], cells: list[Cell], figures: list[Figure]
) -> None:
    names = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    console.print(f"{about['processor']}, {about['cores']} cores, {about['date']}")
    console.print(f"{about['threads']} threads each; {names}")
    console.print("Time of the peer / time of fastact, both by the fastest round\n")
    for (direction, dtype), group in groupby(cells, lambda c: (c.direction, c.dtype)):
        console.print(ratio_table(f"{direction}, out=, {dtype}", group))
    console.print(figure_table(figures))


def as_json(about: dict[str, Any], cells: list[Cell], figures: list[Figure]) -> str:
    timings = [
        {**asdict(c), "seconds": {name: t._asdict() for name, t in c.seconds.items()}}
        for c in cells
    ]
    verdicts = [{**asdict(f), "met": f.met} for f in figures]
    return json.dumps({**about, "cells": timings, "figures": verdicts}, indent=1) + "\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="float32, 8 and 1,000,000 elements")
    parser.add_argument("--figures", action="store_true", help="only what has a target")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all timings to FILE")
    return parser.parse_args()


def main() -> None:
    options, console = arguments(), Console()
    plan = QUICK if options.quick else Plan()
    use_threads(THREADS)
    cells = [] if options.figures else measure_cells(plan, console)
    figures = measure_figures(plan.figure_rounds)
    about = conditions()
    print_report(console, about, cells, figures)
    if options.json:
        options.json.write_text(as_json(about, cells, figures), encoding="utf-8")


if __name__ == "__main__":
    main()

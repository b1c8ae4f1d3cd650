"""Measure fastact against its peers, print the ratios, and write them to a file.

``python benchmarks/report.py`` times every activation, into a new array, forward and backward
with ``out=``, in all sizes and dtypes, rows and gates, and the training of two networks, in
about 25 minutes; it writes ``benchmarks/results/report.json`` and goes on where it was
stopped.  ``--quick`` is done in some minutes and writes ``quick.json``.  With ``--only``,
``--direction``, ``--dtype`` or ``--size`` the races chosen are timed and printed alone.
``--figures`` measures the ratios of ``aims.py`` alone and puts them into the report of the
same kernels.  The docs make their tables and figures from ``report.json``; a machine of
another kind is measured beside it with ``--name``, and summed up there.

A ratio is the peer's time over fastact's, by the fastest of interleaved rounds: above 1
fastact is faster, below 1 it is red.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

import fastact as fa
from aims import Figure, figure_contests, figures
from company import Company, sampler_of
from interleaved import Contest, Sampler, Samples, hold
from libraries import LIBRARIES, entrants
from races import (
    DIRECTIONS,
    DTYPES,
    SIZES,
    THREADS,
    Case,
    Choice,
    all_cases,
    of_numbers,
    of_rows,
)
from record import (
    RESULTS,
    Cell,
    Checkpoint,
    as_json,
    cells_of,
    losses,
    mean_ratio,
    with_figures,
    write,
)
from training import CONTESTS, training_contests

LARGE = 10_000_000
WIDTH_OF_FILES = 140


@dataclass(frozen=True)
class Plan:
    """How much to measure; rounds are per pass."""

    cases: tuple[Case, ...]
    passes: int
    rounds: int
    rounds_if_large: int
    figure_rounds: int
    training_rounds: int


def full() -> Plan:
    return Plan(tuple(all_cases()), 2, 5, 3, figure_rounds=8, training_rounds=2)


def quick() -> Plan:
    cases = (
        *(c for c in of_numbers(("float32",), (8, 1_000_000)) if c.direction != "new"),
        *of_rows(("float32",), ((1000, 1000),)),
    )
    return Plan(cases, 1, 4, 3, figure_rounds=6, training_rounds=1)


# --- measurement ------------------------------------------------------------------


def race(company: Company, case: Case) -> dict[str, Sampler]:
    return company.field({name: partial(sampler_of, name, case) for name in entrants(case)})


def rounds_of(case: Case, plan: Plan) -> int:
    return plan.rounds if case.size < LARGE else plan.rounds_if_large


def contests_of(plan: Plan, company: Company, *, besides: bool) -> dict[str, Contest]:
    """By name: the races, and with ``besides`` the aims and the training of networks."""
    contests = {
        str(case): Contest(partial(race, company, case), rounds_of(case, plan))
        for case in plan.cases
    }
    if besides:
        contests |= figure_contests(company, plan.figure_rounds)
        contests |= training_contests(company, plan.training_rounds)
    return contests


def measure(plan: Plan, checkpoint: Checkpoint | None, console: Console) -> Samples:
    """Hold all contests, and show how far it is."""
    samples = checkpoint.load() if checkpoint else Samples()
    columns = (BarColumn(), TextColumn("{task.completed} of {task.total}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with (
        Company() as company,
        Progress(*columns, *times, console=console, transient=True) as progress,
    ):
        contests = contests_of(plan, company, besides=checkpoint is not None)
        task = progress.add_task("", total=plan.passes * len(contests))
        for done, name in hold(contests, plan.passes, samples):
            progress.update(task, completed=done, description=name)
            if checkpoint:
                checkpoint.save(samples)
    if checkpoint:
        checkpoint.save(samples, now=True)
    return samples


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


def place_of(case: Case) -> str:
    """The size, or the shape and the axis."""
    if case.axis is None:
        return f"{case.size:,}"
    return f"{'×'.join(map(str, case.shape))}, axis {case.axis}"


def ratio_table(title: str, cells: Sequence[Cell]) -> Table:
    peers = [name for name in LIBRARIES if any(name in cell.peers for cell in cells)]
    table = new_table(title, "activation", "numbers", "fastact µs", *peers)
    for cell in cells:
        ours = f"{cell.seconds['fastact'].minimum * 1e6:,.2f}"
        ratios = (ratio_text(cell, peer) for peer in peers)
        table.add_row(cell.case.formula, place_of(cell.case), ours, *ratios)
    return table


def figure_table(figures: Iterable[Figure]) -> Table:
    table = new_table("Figures", "figure", "by minima", "by medians", "target", "")
    verdicts = {True: "met", False: "missed", None: ""}
    for f in figures:
        verdict = red_if(f.met is False, verdicts[f.met])
        table.add_row(f.name, f"{f.by_minima:.2f}", f"{f.by_medians:.2f}", f.target, verdict)
    return table


def training_table(samples: Samples, names: Iterable[str]) -> Table:
    table = new_table("Training, seconds", "network", *(n for n in LIBRARIES))
    for name in names:
        times = samples.timings(name)
        seconds = (f"{times[n].minimum:.3f}" if n in times else "-" for n in LIBRARIES)
        table.add_row(name, *seconds)
    return table


def summary(cells: Sequence[Cell]) -> str:
    """Geometric means over all races, and the races lost."""
    lost = losses(cells)
    lines = [f"{len(cells)} races, {len(lost)} lost; geometric means of the ratios:"]
    for name in ("", *(name for name in LIBRARIES if name != "fastact")):
        mean = mean_ratio(cells, name)
        if mean is not None:
            lines.append(f"  {name or 'best peer of each race'}: {mean:.2f}")
    for cell in lost:
        ratio = f"{cell.ratio(cell.best_peer):.2f}"
        lines.append(f"[red]  lost: {cell.case}: {ratio} to {cell.best_peer}[/red]")
    return "\n".join(lines)


def print_races(cells: Sequence[Cell], console: Console) -> None:
    console.print(f"Time of the peer / time of fastact, {THREADS} threads each\n")
    for (direction, dtype), group in groupby(cells, lambda c: (c.case.direction, c.case.dtype)):
        console.print(ratio_table(f"{direction}, {dtype}", list(group)))
    console.print(summary(cells), highlight=False)


# --- the command ------------------------------------------------------------------


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure fastact against its peers.")
    parser.add_argument("--quick", action="store_true", help="some races, in minutes")
    parser.add_argument("--only", nargs="+", default=[], metavar="FUNCTION")
    parser.add_argument("--direction", nargs="+", default=[], choices=DIRECTIONS)
    parser.add_argument("--dtype", nargs="+", default=[], choices=DTYPES)
    parser.add_argument("--size", nargs="+", default=[], type=int, help=f"for example {SIZES[3]}")
    parser.add_argument("--figures", action="store_true", help="measure the aims once more")
    parser.add_argument("--passes", type=int, help="how often all races are held; 2 by default")
    parser.add_argument("--fresh", action="store_true", help="do not go on, begin anew")
    parser.add_argument("--name", help="of the file in benchmarks/results; report by default")
    return parser.parse_args()


def choice_of(options: argparse.Namespace) -> Choice:
    given = (options.only, options.direction, options.dtype, options.size)
    return Choice(*map(tuple, given))


def report(plan: Plan, path: Path, *, fresh: bool, console: Console) -> None:
    """Measure all of a plan and write it."""
    checkpoint = Checkpoint(path.with_suffix(".partial.json"))
    if fresh:
        checkpoint.path.unlink(missing_ok=True)
    samples = measure(plan, checkpoint, console)
    cells = cells_of(plan.cases, samples)
    aims = list(figures({name: samples.timings(name) for name in samples.seconds}))
    training = {name: samples.timings(name) for name in CONTESTS}
    write(path, as_json(cells, aims, training))
    checkpoint.path.unlink()
    print_races(cells, console)
    console.print(figure_table(aims))
    console.print(training_table(samples, training))
    console.print(f"written to {path}")


def figures_again(path: Path, console: Console) -> None:
    """Measure the aims, and put them into a report of the same kernels."""
    rounds = full().figure_rounds
    samples = Samples()
    with Company() as company:
        for _ in hold(figure_contests(company, rounds), 2, samples):
            pass
    aims = list(figures({name: samples.timings(name) for name in samples.seconds}))
    console.print(figure_table(aims))
    with_figures(path, aims)
    console.print(f"written to {path}")


def main() -> None:
    options, console = arguments(), Console()
    if not console.is_terminal:  # else tables are cut to 80 columns
        console = Console(width=WIDTH_OF_FILES)
    fa.set_num_threads(THREADS)
    path = RESULTS / f"{options.name or ('quick' if options.quick else 'report')}.json"
    if options.figures:
        figures_again(path, console)
        return
    plan, choice = (quick() if options.quick else full()), choice_of(options)
    plan = Plan(
        tuple(c for c in plan.cases if c in choice and len(entrants(c)) > 1),
        *(options.passes or plan.passes, plan.rounds, plan.rounds_if_large),
        *(plan.figure_rounds, plan.training_rounds),
    )
    if choice == Choice():
        report(plan, path, fresh=options.fresh, console=console)
    elif not plan.cases:
        raise SystemExit("no race is of that kind")
    else:
        print_races(cells_of(plan.cases, measure(plan, None, console)), console)


if __name__ == "__main__":
    main()

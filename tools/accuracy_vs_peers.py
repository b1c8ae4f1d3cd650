"""Measure the largest errors of fastact and of other libraries, on the same inputs.

``python tools/accuracy_vs_peers.py`` writes ``docs/accuracy_vs_peers.json``, in a few minutes;
``--quick`` takes fewer inputs, and with names of formulas only these are measured and nothing
is written, unless ``--output`` says where.  ``judging.py`` has the rules, ``peer_functions.py``
the calls.  A library that is not installed is left out, and the file says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import fastact
from fastact.golden import golden
from judging import COUNT, DTYPES, Entry, Trial, depends_on_position
from oracle import Array
from peer_functions import (
    LIBRARIES,
    AbsentError,
    Function,
    Library,
    all_subjects,
    forward_name,
)
from subject import Subject

OUTPUT = Path(__file__).parents[1] / "docs/accuracy_vs_peers.json"


def measured(library: Library, trial: Trial) -> Entry | None:
    """The entry of a library, why there is none, or None if it has no such function."""
    call = library.call_for(trial.subject)
    if not call:
        return None
    try:
        function = library.function(trial.subject, trial.dtype)
        result = _result_of(function, trial.xs)
    except AbsentError as error:
        return {"call": call, "absent": str(error)}
    return {
        "call": call,
        **trial.entry(result),
        "wrong_at": trial.wrong_at(function),
        "depends_on_position": depends_on_position(function, trial.distinct_values()),
    }


def _result_of(function: Function, xs: Array) -> Array:
    try:
        result = function(xs)
    except Exception as error:  # whatever a library does without an implementation
        raise AbsentError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
    if result.dtype != xs.dtype:
        raise AbsentError(f"gives {result.dtype}")
    return result


def results_of(
    chosen: Iterable[Subject], libraries: Sequence[Library], count: int
) -> dict[str, dict[str, dict[str, Entry]]]:
    """By dtype, kernel and library; a library without the function is left out."""
    found: dict[str, dict[str, dict[str, Entry]]] = {dtype: {} for dtype in DTYPES}
    for subject in chosen:
        for dtype in DTYPES:
            trial = Trial(subject, dtype, count)
            entries = {library.name: measured(library, trial) for library in libraries}
            found[dtype][subject.name] = {name: e for name, e in entries.items() if e}
            print(progress_line(trial, found[dtype][subject.name]), flush=True)
    return found


def progress_line(trial: Trial, entries: dict[str, Entry]) -> str:
    told = [
        f"{name} {float(entry['max_ulp']):.3g}" if "max_ulp" in entry else f"{name} -"
        for name, entry in entries.items()
    ]
    return f"{trial.subject.name:26} {trial.dtype:9} {', '.join(told)}"


def kernel_hash() -> str:
    """Of the checksums of all kernels: which formulas were measured."""
    return hashlib.sha256(json.dumps(golden()["kernels"], sort_keys=True).encode()).hexdigest()[:16]


def machine() -> dict[str, Any]:
    """What the libraries may choose their code by."""
    backends = fastact.backends()
    return {
        "processor": _processor(),
        "backend": next(name for name, state in backends.items() if state == "available"),
        "cores": os.cpu_count(),
        "system": platform.system(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def report(chosen: Sequence[Subject], libraries: Sequence[Library], *, quick: bool) -> Entry:
    """All that is written, measured in one run."""
    count = COUNT["quick" if quick else "full"]
    return {
        "date": str(date.today()),
        "machine": machine(),
        "versions": {library.name: library.version() for library in libraries},
        "python": platform.python_version(),
        "kernels": kernel_hash(),
        "float32_sample": count,
        "results": results_of(chosen, libraries, count),
    }


def chosen_subjects(formulas: Sequence[str]) -> list[Subject]:
    return [s for s in all_subjects() if not formulas or forward_name(s) in formulas]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the errors of fastact and its peers.")
    parser.add_argument("formulas", nargs="*", help="all without a name")
    parser.add_argument("--quick", action="store_true", help="65,536 float32 inputs")
    parser.add_argument("--output", type=Path, metavar="FILE", help=f"instead of {OUTPUT.name}")
    return parser.parse_args()


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options, began = arguments(), time.monotonic()
    found = report(chosen_subjects(options.formulas), LIBRARIES, quick=options.quick)
    partial = bool(options.formulas or options.quick)
    if output := options.output or (None if partial else OUTPUT):
        text = json.dumps(found, indent=1, allow_nan=False)
        output.write_text(text + "\n", encoding="utf-8")
        print("wrote", output)
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()

"""Errors and times of fastact beside other libraries, from the files of measurements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.util import logging

import measurements
from accuracy_vs_peers import kernel_hash

logger = logging.getLogger(__name__)

ERRORS = measurements.DOCS / "accuracy_vs_peers.json"
RESULTS = measurements.ROOT / "benchmarks/results"
# The full report, or what there is until it has been measured.
TIMES = (RESULTS / "report.json", RESULTS / "quick.json")
LARGE = 1_000_000
LIBRARY_NAMES = {
    "numpy": "NumPy formula",
    "numexpr": "numexpr",
    "scipy": "SciPy",
    "torch": "PyTorch",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
    "thinc": "thinc",
    "onnxruntime": "ONNX Runtime",
}


# --- errors ------------------------------------------------------------------------------


@cache
def errors() -> dict[str, Any]:
    found = measurements.read(ERRORS)
    if found["kernels"] != kernel_hash():
        logger.warning("%s has errors of other kernels: nox -s accuracy-vs-peers", ERRORS.name)
    return found


def errors_of(kernel: str, dtype: str = "float32") -> dict[str, float]:
    """The largest error of each library that has the function; infinite ones too."""
    entries = errors()["results"][dtype].get(kernel, {})
    return {
        library: float(entry["confirmed_ulp"])
        for library, entry in entries.items()
        if "confirmed_ulp" in entry
    }


def best_error(kernel: str) -> tuple[str, float] | None:
    """The most accurate other library; what people write in NumPy is none."""
    others = {
        name: error
        for name, error in errors_of(kernel).items()
        if name not in ("fastact", "NumPy formula")
    }
    return min(others.items(), key=lambda item: item[1], default=None)


# --- times -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """The least times of one function, direction, dtype and shape; rows have an axis."""

    activation: str
    direction: str
    dtype: str
    size: int
    seconds: dict[str, float]
    shape: tuple[int, ...] = ()
    axis: int | None = None

    @property
    def ours(self) -> float:
        return self.seconds["fastact"]

    @property
    def others(self) -> list[str]:
        return [name for name in self.seconds if name != "fastact"]

    @property
    def best_peer(self) -> str:
        return min(self.others, key=lambda name: self.seconds[name])

    def ratio(self, library: str = "") -> float:
        """Its time over ours; by default that of the fastest."""
        return self.seconds[library or self.best_peer] / self.ours


@cache
def times() -> dict[str, Any]:
    return measurements.read(times_file())


def times_file() -> Path:
    return next(path for path in TIMES if path.exists())


def _instruction_set(machine: Any) -> str:
    known = isinstance(machine, dict) and machine.get("instruction_set")
    return f" with {known}" if known else ""


@cache
def times_elsewhere() -> dict[str, dict[str, Any]]:
    """The reports of other machines, by the names of their files."""
    others = sorted(set(RESULTS.glob("*.json")) - {*TIMES, *RESULTS.glob("*.partial.json")})
    return {path.stem: measurements.read(path) for path in others}


@cache
def all_cells() -> tuple[Cell, ...]:
    return cells_of(times())


def cells_of(found: dict[str, Any]) -> tuple[Cell, ...]:
    """Those of a report in which another library took part."""
    return tuple(cell for cell in _cells(found) if cell.others)


def _cells(found: dict[str, Any]) -> Iterator[Cell]:
    for entry in found["cells"]:
        yield Cell(
            activation=entry["activation"],
            direction=entry["direction"],
            dtype=entry["dtype"],
            size=int(entry["size"]),
            seconds={name: found["minimum"] for name, found in entry["seconds"].items()},
            shape=tuple(entry.get("shape", ())),
            axis=entry.get("axis"),
        )


def cells() -> list[Cell]:
    """Of arrays whose numbers are computed each by itself."""
    return [cell for cell in all_cells() if cell.axis is None]


def rows() -> list[Cell]:
    """Of arrays that are computed along an axis."""
    return [cell for cell in all_cells() if cell.axis is not None]


def large() -> int:
    """The size that stands for large arrays."""
    sizes = {cell.size for cell in cells()}
    return LARGE if LARGE in sizes else max(sizes)


def mean_ratio(some: Iterable[Cell], library: str = "") -> tuple[float, int]:
    """The geometric mean of ratios, and of how many cells."""
    logs = [math.log(c.ratio(library)) for c in some if not library or library in c.seconds]
    return (math.exp(sum(logs) / len(logs)), len(logs)) if logs else (math.nan, 0)


def libraries() -> list[str]:
    """Those that were timed, in the order of the file."""
    return list(dict.fromkeys(name for cell in all_cells() for name in cell.seconds))


def name_of(library: str) -> str:
    return LIBRARY_NAMES.get(library, library)


def machine_of(found: dict[str, Any]) -> str:
    """A sentence that says where, when and with what."""
    machine = found.get("machine", found)
    processor = machine if isinstance(machine, str) else machine["processor"]
    cores = found.get("cores") or (machine["cores"] if isinstance(machine, dict) else None)
    threads = f", {found['threads']} threads" if "threads" in found else ""
    versions = ", ".join(f"{name_of(n)} {v}" for n, v in found.get("versions", {}).items() if v)
    told = f"Measured on {processor}{_instruction_set(machine)}"
    told += (f", {cores} cores" if cores else "") + threads
    return f"{told}, {found['date']}" + (f", with {versions}." if versions else ".")


def age_of_times() -> str:
    """A note where the kernels have changed since."""
    if is_of_these(times()):
        return ""
    return f"Times were measured with earlier kernels, {times()['date']}."


def is_of_these(found: dict[str, Any]) -> bool:
    """Whether times are those of the kernels of today."""
    return measurements.is_fresh({"measures": "times", **found})

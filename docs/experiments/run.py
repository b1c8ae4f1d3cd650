"""Run experiments and write their results beside them: ``python run.py [NAME ...]``.

Each is a module with a function ``measure``; ``NAME.json`` has what it returned, the date,
machine and versions, and the fingerprint of the kernels.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import re
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tools"))

import fastact as fa  # noqa: E402
from kernel_hash import bits_hash  # noqa: E402

EXPERIMENTS = (
    *("claims", "cost", "depth", "dying", "fixed_point", "smooth", "physics"),
    *("centred", "deep", "gates", "two_classes", "digits"),
)
DIGITS = 5


def described() -> dict[str, Any]:
    """What tells how the numbers came about."""
    return {
        "kernel_hash": bits_hash(),
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {
            "fastact": fa.__version__,
            **{name: version(name) for name in ("numpy", "scikit-learn")},
            "python": platform.python_version(),
        },
    }


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def rounded(found: Any) -> Any:
    """The same with floats of a few digits: more would not come out again elsewhere."""
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [rounded(value) for value in found]
    return float(f"{found:.{DIGITS}g}") + 0.0 if isinstance(found, float) else found


def as_text(found: dict[str, Any]) -> str:
    """JSON with a list of numbers on one line."""
    text = json.dumps(found, indent=1)
    lists = re.compile(r"\[[^][{}\"]*\]")
    return lists.sub(lambda numbers: " ".join(numbers[0].split()), text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPERIMENTS))
    names = parser.parse_args().names or EXPERIMENTS
    for name in names:
        started = time.perf_counter()
        found = importlib.import_module(name).measure()
        (HERE / f"{name}.json").write_text(as_text(described() | rounded(found)), encoding="utf-8")
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""Measure what calls cost on this machine and write ``src/fastact/costs.json``.

Run ``python tools/measure_costs.py`` on an idle machine, about a minute.  It is
``fastact.tune()`` with the best instruction set alone; other machines use the table until
they are tuned: it tells from what size a second thread pays.
"""

from __future__ import annotations

from pathlib import Path

from rich.progress import track

from fastact.backends import CYTHON_BACKENDS
from fastact.costs import Costs, from_json
from fastact.formulas.kernels import timed_kernels
from fastact.tuning import measure

OUTPUT = Path(__file__).parents[1] / "src/fastact/costs.json"


def by_line(costs: Costs) -> str:
    """A line for each kernel, so that a change can be read."""
    return costs.as_json().replace('"},"', '"},\n"').replace('},"', '},\n"')


def main() -> None:
    best = [backend for backend in CYTHON_BACKENDS if not backend.unavailable][:1]
    if not best:
        raise SystemExit("the Cython extensions are not built: nothing to measure")
    kernels = timed_kernels()
    costs = measure(kernels, best, ("float32", "float64"), lambda items: track(items, "Costs"))
    text = by_line(costs)
    if from_json(text) != costs:
        raise AssertionError("the table is not what was measured")
    OUTPUT.write_text(text, encoding="utf-8")
    print(f"{len(kernels)} kernels written to {OUTPUT.name}")


if __name__ == "__main__":
    main()

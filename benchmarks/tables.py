"""The tables of the documentation, from the report there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from math import exp, log
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
PAGE = ROOT / "docs/benchmarks_tables.md"
NAMES = {
    "fastact": "fastact",
    "numpy": "NumPy formula",
    "scipy": "SciPy",
    "numexpr": "numexpr",
    "torch": "PyTorch",
    "jax": "JAX",
    "thinc": "thinc",
    "onnxruntime": "ONNX Runtime",
}
DIRECTIONS = {
    "new": "forward, new array",
    "forward": "forward, `out=`",
    "backward": "backward, `out=`",
}
# More than this would fill pages; the file has them all.
LOSSES_SHOWN = 40

Cell = dict[str, Any]


def newest() -> dict[str, Any]:
    """The full report, or the quick one until that has been measured."""
    files = (RESULTS / "report.json", RESULTS / "quick.json")
    found: dict[str, Any] = json.loads(next(f for f in files if f.exists()).read_text("utf-8"))
    return found


def write_page() -> Path:
    PAGE.write_text(page(newest()), encoding="utf-8")
    return PAGE


def page(report: dict[str, Any]) -> str:
    cells = report["cells"]
    of_numbers = [cell for cell in cells if "shape" not in cell]
    sections = [
        ("Summary", means_table(cells)),
        ("Where another library is faster", losses_table(cells)),
        ("Rows, gates and channels", ratio_table([c for c in cells if "shape" in c])),
        ("Sixteen bits", ratio_table([c for c in of_numbers if c["dtype"].endswith("16")])),
        ("Training", training_table(report["training"])),
    ]
    texts = [f"## {title}\n\n{text}" for title, text in sections if text]
    return "<!-- Written by benchmarks/report.py --tables. -->\n" + "\n\n".join(texts) + "\n"


def seconds(cell: Cell, library: str) -> float:
    least: float = cell["seconds"][library]["minimum"]
    return least


def ratio(cell: Cell, library: str) -> float:
    return seconds(cell, library) / seconds(cell, "fastact")


def best_peer(cell: Cell) -> str:
    others = [name for name in cell["seconds"] if name != "fastact"]
    return min(others, key=lambda name: seconds(cell, name))


def mean(ratios: Sequence[float]) -> float:
    return exp(sum(map(log, ratios)) / len(ratios))


def shown(value: float) -> str:
    """With a mark where fastact is slower, which is red on the page."""
    text = f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    return f'<span class="fa-loss">{text}</span>' if value < 1 else text


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    if not rows:
        return ""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    lines = (head, rule, *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def peers_of(cells: Sequence[Cell]) -> list[str]:
    return [n for n in NAMES if n != "fastact" and any(n in cell["seconds"] for cell in cells)]


def means_table(cells: Sequence[Cell]) -> str:
    """Geometric means of the ratios, by direction and dtype and over all."""
    peers = peers_of(cells)
    groups: list[tuple[str, str, Callable[[Cell], bool]]] = [
        (direction, dtype, lambda c, d=direction, t=dtype: (c["direction"], c["dtype"]) == (d, t))
        for direction in DIRECTIONS
        for dtype in ("float32", "float64", "float16", "bfloat16")
    ]
    rows = []
    for direction, dtype, belongs in groups:
        chosen = [cell for cell in cells if belongs(cell)]
        if chosen:
            rows.append([DIRECTIONS[direction], dtype, *means_row(chosen, peers)])
    rows.append(["**all**", "", *means_row(cells, peers)])
    head = ["", "dtype", "races", "won", "best peer", *(NAMES[name] for name in peers)]
    return table(head, rows, left=2)


def means_row(cells: Sequence[Cell], peers: Sequence[str]) -> Iterator[str]:
    best = [ratio(cell, best_peer(cell)) for cell in cells]
    yield f"{len(cells):,}"
    yield f"{sum(value >= 1 for value in best):,}"
    yield shown(mean(best))
    for name in peers:
        ratios = [ratio(cell, name) for cell in cells if name in cell["seconds"]]
        yield shown(mean(ratios)) if ratios else "–"


def losses_table(cells: Sequence[Cell]) -> str:
    lost = [cell for cell in cells if ratio(cell, best_peer(cell)) < 1]
    if not lost:
        return "In no race."
    lost.sort(key=lambda cell: ratio(cell, best_peer(cell)))
    rows = [
        [
            f"`{cell['activation']}`",
            DIRECTIONS[cell["direction"]],
            cell["dtype"],
            place(cell),
            NAMES[best_peer(cell)],
            shown(ratio(cell, best_peer(cell))),
        ]
        for cell in lost[:LOSSES_SHOWN]
    ]
    head = ["function", "", "dtype", "numbers", "fastest", "ratio"]
    more = f"\n\nThe worst {LOSSES_SHOWN} of {len(lost)}." if len(lost) > LOSSES_SHOWN else ""
    return table(head, rows, left=3) + more


def place(cell: Cell) -> str:
    if "shape" not in cell:
        return f"{cell['size']:,}"
    return f"{'×'.join(map(str, cell['shape']))}, axis {cell['axis']}"


def ratio_table(cells: Sequence[Cell]) -> str:
    peers = peers_of(cells)
    rows = [
        [
            f"`{cell['activation']}`",
            DIRECTIONS[cell["direction"]],
            cell["dtype"],
            place(cell),
            f"{seconds(cell, 'fastact') * 1e6:,.2f}",
            *(shown(ratio(cell, n)) if n in cell["seconds"] else "–" for n in peers),
        ]
        for cell in cells
    ]
    head = ["function", "", "dtype", "numbers", "fastact, µs", *(NAMES[name] for name in peers)]
    return table(head, rows, left=3)


def training_table(training: dict[str, Any]) -> str:
    names = [n for n in NAMES if any(n in field for field in training.values())]
    rows = [
        [name, *(f"{field[n]['minimum']:.3f}" if n in field else "–" for n in names)]
        for name, field in training.items()
    ]
    head = ["seconds of an epoch, and in its activations", *(NAMES[name] for name in names)]
    return table(head, rows)

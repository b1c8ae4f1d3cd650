"""The best peer's time over fastact's, for every function and size; losses in the other colour."""

import math
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import bench_data

WIN, LOSS = "C0", "C5"
FULL = 10.0  # the ratio from which the colour is full
PANELS = (
    ("forward", "float32"),
    ("forward", "float64"),
    ("backward", "float32"),
    ("backward", "float64"),
)


def make(plt):
    tables = {panel: bench_data.of_numbers(*panel) for panel in PANELS}
    tables = {panel: cells for panel, cells in tables.items() if cells}
    functions = list(dict.fromkeys(name for cells in tables.values() for name, _ in cells))
    sizes = sorted({size for cells in tables.values() for _, size in cells})
    figure, every = plt.subplots(
        *(1, len(tables)),
        figsize=(
            1.5 + 0.42 * len(sizes) * len(tables) + 0.3 * len(tables),
            0.9 + 0.21 * len(functions),
        ),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, ((direction, dtype), cells) in zip(every[0], tables.items(), strict=True):
        for (function, size), seconds in cells.items():
            ratio = seconds[bench_data.best_peer(seconds)] / seconds["fastact"]
            draw(plt, axes, sizes.index(size), functions.index(function), ratio)
        axes.set_title(f"{direction}, {dtype}", fontsize=9)
        axes.set_xticks(range(len(sizes)), [short(size) for size in sizes], fontsize=8)
        axes.set_yticks(range(len(functions)), functions, fontsize=8)
        axes.set_xlim(-0.5, len(sizes) - 0.5)
        axes.set_ylim(len(functions) - 0.5, -0.5)
        axes.grid(visible=False)
        axes.tick_params(length=0)
    return figure


def draw(plt, axes, x, y, ratio):
    strength = min(1.0, abs(math.log(ratio)) / math.log(FULL))
    axes.add_patch(
        plt.Rectangle(
            (x - 0.48, y - 0.45),
            *(0.96, 0.9),
            color=WIN if ratio >= 1 else LOSS,
            alpha=0.1 + 0.45 * strength,
            linewidth=0,
        )
    )
    text = f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
    text = f"{ratio:.2f}" if ratio < 1 else text
    axes.text(x, y, text, ha="center", va="center", fontsize=6.5)


def short(size):
    """1000000 as 1M."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            return f"{size / unit:.0f}{letter}"
    return str(size)

"""Rows of dots: one for each seed, and a stroke at their median."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLOURS = {"alike": "C0", "worse": "C1", "better": "C2"}
MEANINGS = {
    "better": "better than relu in nearly every seed",
    "alike": "not told from relu",
    "worse": "worse in nearly every seed",
}
LABELS = {"leaky_relu_01": "leaky_relu, slope 0.1"}


def rows_of_dots(ax: Any, results: Mapping[str, Any], names: list[str], xlabel: str) -> None:
    """Draw results, the first name on top, coloured by verdict."""
    for place, name in enumerate(names):
        found = results[name]
        colour = COLOURS[found["verdict"]]
        ax.plot([found["low"], found["high"]], [place, place], color=colour, lw=1, alpha=0.5)
        ax.plot(found["each"], [place] * len(found["each"]), "o", color=colour, ms=3, alpha=0.4)
        ax.plot(found["median"], place, "|", color=colour, ms=10, mew=2.5)
    ax.set_yticks(range(len(names)), [LABELS.get(name, name) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(xlabel)


def key(figure: Any, ax: Any, verdicts: list[str]) -> None:
    """Tell what the colours mean, below."""
    for verdict in verdicts:
        ax.plot([], [], "|", color=COLOURS[verdict], ms=10, mew=2.5, label=MEANINGS[verdict])
    figure.legend(loc="outside lower center", ncols=1, frameon=False)

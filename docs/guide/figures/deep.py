"""Accuracy of networks of 40 layers, by initialisation."""

import numpy as np

from measurements import experiment

COLOURS = {"glorot": "C1", "fitted": "C0"}
TITLES = {"glorot": "variance 2 / (inputs + outputs)", "fitted": "gain of each"}


def make(plt):
    found = experiment("deep")["functions"]
    names = sorted(found, key=lambda name: -found[name]["fitted"]["median"])
    figure, ax = plt.subplots(figsize=(5.8, 4.4))
    for gains, colour in COLOURS.items():
        offset = 0.17 if gains == "glorot" else -0.17
        for place, name in enumerate(names):
            each = found[name][gains]["each"]
            ax.plot(each, np.full(len(each), place + offset), "o", color=colour, ms=3.5, alpha=0.5)
            label = TITLES[gains] if place == 0 else None
            median = found[name][gains]["median"]
            ax.plot(median, place + offset, "|", color=colour, ms=10, mew=2.5, label=label)
    ax.axvline(10, color="C7", lw=1, ls=":")
    ax.annotate("chance", (10, len(names) - 0.6), xytext=(4, 0), textcoords="offset points")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel("right on test digits, %")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure

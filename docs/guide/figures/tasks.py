"""Test accuracy with every activation on two tasks."""

import sys
from pathlib import Path

from measurements import experiment

sys.path.append(str(Path(__file__).parent))
from dots import key, rows_of_dots


def make(plt):
    digits, classes = (experiment(name)["functions"] for name in ("digits", "two_classes"))
    names = sorted(digits, key=lambda name: -digits[name]["median"])
    figure, axes = plt.subplots(ncols=2, sharey=True, figsize=(5.8, 9.2))
    for ax, results, title in zip(axes, (digits, classes), ("digits", "two classes"), strict=True):
        rows_of_dots(ax, results, names, "right on test data, %")
        relu = results["relu"]["median"]
        ax.axvline(relu, color="C0", lw=1, ls="--")
        ax.set_title(title)
    found = {each["verdict"] for results in (digits, classes) for each in results.values()}
    key(figure, axes[0], [v for v in ("better", "alike", "worse") if v in found])
    return figure

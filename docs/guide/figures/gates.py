"""Gated and plain units of as many weights, on two tasks."""

from measurements import experiment

COLOURS = {"plain": "C7", "gated": "C0"}


def make(plt):
    found = experiment("gates")
    figure, axes = plt.subplots(ncols=2, figsize=(5.8, 4.6), sharey=True)
    labels = {"digits": "right on test digits, %", "friedman": "error, relative to the target"}
    names = sorted(
        found["friedman"]["functions"],
        key=lambda name: found["friedman"]["functions"][name]["median"],
    )
    for ax, (task, label) in zip(axes, labels.items(), strict=True):
        for place, name in enumerate(names):
            each = found[task]["functions"][name]
            colour = COLOURS["gated" if "ungated" in each else "plain"]
            ax.plot(each["each"], [place] * len(each["each"]), "o", color=colour, ms=3, alpha=0.5)
            ax.plot(each["median"], place, "|", color=colour, ms=10, mew=2.5)
        ax.set_xlabel(label)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    for kind, colour in COLOURS.items():
        axes[0].plot([], [], "|", color=colour, ms=10, mew=2.5, label=kind)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure

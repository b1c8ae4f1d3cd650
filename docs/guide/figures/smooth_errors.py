"""Relative errors of a learned sine and of its derivatives."""

from measurements import experiment

COLOURS = {"value": "C0", "slope": "C3", "curvature": "C1"}
OFFSETS = {"value": -0.2, "slope": 0.0, "curvature": 0.2}


def make(plt):
    found = experiment("smooth")["functions"]
    names = sorted(found, key=lambda name: found[name]["slope"]["median"])
    figure, ax = plt.subplots(figsize=(5.8, 4.6))
    for kind, colour in COLOURS.items():
        for place, name in enumerate(names):
            each = found[name][kind]
            y, label = place + OFFSETS[kind], kind if place == 0 else None
            ax.plot([each["low"], each["high"]], [y, y], color=colour, lw=1.5, alpha=0.5)
            ax.plot(each["median"], y, "o", color=colour, ms=5, label=label)
    ax.set_xscale("log")
    ax.axvline(1, color="C7", lw=1, ls=":")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("error, relative to what is to be learned")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure

"""A learned sine with its slope and curvature, by a kinked and by a smooth network."""

import numpy as np

from measurements import experiment


def make(plt):
    found = experiment("smooth")
    w = found["frequency"]
    exact = {
        "value": lambda x: np.sin(w * x),
        "slope": lambda x: w * np.cos(w * x),
        "curvature": lambda x: -w * w * np.sin(w * x),
    }
    figure, axes = plt.subplots(nrows=3, figsize=(5.8, 6), sharex=True)
    for ax, (kind, f) in zip(axes, exact.items(), strict=True):
        x = np.asarray(found["curves"]["relu"]["x"])
        ax.plot(x, f(x), color="C7", lw=4, alpha=0.35, label="exact")
        for name, colour in (("relu", "C1"), ("gelu", "C0")):
            ax.plot(x, found["curves"][name][kind], color=colour, lw=1.5, label=name)
        ax.set_ylabel(kind)
    axes[-1].set_xlabel("x")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure

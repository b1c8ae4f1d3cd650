"""Dead units and accuracy by the learning rate of plain gradient descent."""

from measurements import experiment

SHOWN = ("relu", "leaky_relu", "elu", "gelu", "sigmoid")
STYLES = ("-", "--", "-.", "-", ":")


def make(plt):
    found = experiment("dying")
    figure, axes = plt.subplots(ncols=2, figsize=(5.8, 3.2))
    for ax, kind in zip(axes, ("dead", "accuracy"), strict=True):
        for i, (name, style) in enumerate(zip(SHOWN, STYLES, strict=True)):
            each = found["by_rate"][name][kind]
            colour = ("C0", "C4", "C3", "C1", "C5")[i]
            ax.plot(found["rates"], [e["median"] for e in each], style, color=colour, label=name)
            low, high = ([e[end] for e in each] for end in ("low", "high"))
            ax.fill_between(found["rates"], low, high, color=colour, alpha=0.1, lw=0)
        ax.set_xscale("log")
        ax.set_xticks(found["rates"], [f"{rate:g}" for rate in found["rates"]], fontsize=7)
        ax.minorticks_off()
        ax.set_xlabel("learning rate")
    axes[0].set_title("units without a gradient, %")
    axes[1].set_title("right on test data, %")
    axes[0].legend(fontsize=8)
    return figure

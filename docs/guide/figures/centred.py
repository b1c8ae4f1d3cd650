"""Epochs until the training loss is low, with and without a mean of 0."""

from measurements import experiment

TITLES = {"sgd": "gradient descent", "adam": "Adam"}


def make(plt):
    found = experiment("centred")
    names = list(found["functions"])
    figure, axes = plt.subplots(ncols=2, figsize=(5.8, 2.9), sharey=True)
    for ax, (optimizer, title) in zip(axes, TITLES.items(), strict=True):
        for place, name in enumerate(names):
            each = found["functions"][name][optimizer]
            for kind, colour, offset in (("plain", "C1", -0.15), ("centred", "C0", 0.15)):
                values, label = each[kind], kind if place == 0 else None
                ends = [values["low"], values["high"]]
                ax.plot(ends, [place + offset] * 2, color=colour, alpha=0.5, lw=1.5)
                ax.plot(values["median"], place + offset, "o", color=colour, ms=6, label=label)
        tanh = found["tanh"][optimizer]["median"]
        ax.axvline(tanh, color="C7", lw=1, ls="--")
        ax.annotate("tanh", (tanh, -0.5), xytext=(3, -2), textcoords="offset points", va="top")
        ax.set(xlabel="epochs", title=title, xlim=(0, None))
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.6)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure

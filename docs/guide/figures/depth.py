"""The size of the gradient on its way down through 40 random layers."""

from measurements import experiment

SHOWN = ("relu", "leaky_relu", "selu", "elu", "gelu", "silu", "tanh", "sigmoid")
TITLES = {"he": "gain √2", "fitted": "gain of each"}


def make(plt):
    found = experiment("depth")
    figure, axes = plt.subplots(ncols=2, figsize=(5.8, 3.8), sharey=True)
    for ax, (gains, title) in zip(axes, TITLES.items(), strict=True):
        for i, name in enumerate(SHOWN):
            style = "--" if name == "leaky_relu" else "-"
            sizes = found["functions"][name][gains]["gradient"]
            ax.semilogy(sizes, style, color=f"C{i}", label=name)
        ax.set(xlabel="layers from the top", title=title)
    axes[0].set_ylabel("root mean square of the gradient")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure

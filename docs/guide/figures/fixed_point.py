"""The standard deviation of a signal from layer to layer, from three sizes."""

from measurements import experiment

SHOWN = ("selu", "elu", "tanh", "relu")


def make(plt):
    found = experiment("fixed_point")
    figure, ax = plt.subplots(figsize=(5.8, 3.6))
    for i, name in enumerate(SHOWN):
        for k, deviations in enumerate(found["functions"][name]["deviation"]):
            label = name if k == 0 else None
            ax.semilogy(deviations, color=f"C{i}", label=label, lw=2.5 if name == "selu" else 1.5)
    ax.set(xlabel="layer", ylabel="standard deviation", ylim=(1e-3, 10))
    ax.legend()
    return figure

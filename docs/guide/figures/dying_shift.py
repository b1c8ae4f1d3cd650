"""Dead units by the shift of their bias, and networks that are dead at the start."""

from measurements import experiment

SHOWN = ("relu", "gelu", "silu", "elu", "leaky_relu")
STYLES = ("-", "-", "--", "-.", ":")


def make(plt):
    found = experiment("dying")
    figure, (left, right) = plt.subplots(ncols=2, figsize=(5.8, 3.2), sharey=True)
    for i, (name, style) in enumerate(zip(SHOWN, STYLES, strict=True)):
        left.plot(found["shifts"], found["by_shift"][name], style, color=f"C{i}", label=name)
    left.set(xlabel="shift, standard deviations", ylabel="dead, %", title="units, by bias")
    left.legend(fontsize=8)
    born = found["born_dead"]
    for name in (name for name in born if name.startswith("width_")):
        right.plot(born["depths"], born[name], "o-", ms=4, label=name.replace("_", " "))
    right.set(xlabel="hidden layers", title="relu networks, at the start")
    right.legend(fontsize=8)
    return figure

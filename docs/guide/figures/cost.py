"""Time of a forward and a backward pass, relative to relu, and what is kept in place."""

from measurements import experiment

COLOURS = {0.0: "C2", 0.125: "C0", 2.0: "C3", 4.0: "C1"}
KEPT = {0.0: "nothing", 0.125: "one bit", 2.0: "two bytes", 4.0: "four bytes"}


def make(plt):
    found = experiment("cost")["functions"]
    names = sorted(found, key=lambda name: found[name]["ratio"])
    figure, ax = plt.subplots(figsize=(5.8, 6.6))
    for size, colour in COLOURS.items():
        places = [i for i, name in enumerate(names) if found[name]["bytes_in_place"] == size]
        ratios = [found[names[i]]["ratio"] for i in places]
        ax.barh(places, ratios, color=colour, height=0.7, label=KEPT[size])
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.axvline(1, color="C7", lw=1, ls="--")
    ax.set_xlabel("time of both passes, relu = 1")
    ax.legend(title="kept beside the output, in place", loc="upper right")
    return figure

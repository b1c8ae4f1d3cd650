"""Time per number of each activation, a dot for each library."""

import peers

LEFT_OUT = ("identity",)


def make(plt):
    largest = peers.large()
    cells = [
        cell
        for cell in peers.cells()
        if (cell.size, cell.dtype, cell.direction) == (largest, "float32", "forward")
        and cell.activation not in LEFT_OUT
    ]
    cells.sort(key=lambda cell: cell.ours, reverse=True)
    figure, axes = plt.subplots(figsize=(7, 1.1 + 0.24 * len(cells)))
    for name in [n for n in peers.libraries() if n != "fastact"] + ["fastact"]:
        there = [(i, cell.seconds[name]) for i, cell in enumerate(cells) if name in cell.seconds]
        rows, seconds = zip(*there, strict=True)
        is_ours = name == "fastact"
        axes.plot(
            [1e9 * s / largest for s in seconds],
            rows,
            "o" if is_ours else "D",
            markersize=8 if is_ours else 4.5,
            color=f"C{peers.libraries().index(name)}",
            label=peers.name_of(name),
        )
    axes.set_yticks(range(len(cells)), [cell.activation for cell in cells])
    axes.set_xscale("log")
    axes.set_xlabel(f"nanoseconds per number, {largest:,} float32 numbers")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower right")
    return figure

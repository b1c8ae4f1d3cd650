"""Numbers per second against the size, below the limits of memory and of arithmetic.

The limit of memory is fastact's own copy of an array, that of arithmetic what the kernels do
on all threads with numbers that lie in the first-level cache.
"""

import sys
from pathlib import Path

from fastact.costs import shipped

sys.path.append(str(Path(__file__).parent))
import bench_data

SHOWN = ("relu", "sigmoid", "gelu", "mish")


def make(plt):
    cells = bench_data.of_numbers("forward", "float32")
    sizes = sorted({size for _, size in cells})
    figure, every = plt.subplots(1, len(SHOWN), figsize=(9, 3), sharey=True, layout="constrained")
    for axes, name in zip(every, SHOWN, strict=True):
        there = [size for size in sizes if (name, size) in cells]
        peers = dict.fromkeys(library for size in there for library in cells[name, size])
        for place, library in enumerate(bench_data.NAMES):
            if library in peers:
                line(axes, cells, name, library, there, place)
        line(axes, cells, "identity", "fastact", there, None)
        axes.axhline(arithmetic(name), linestyle=":", color="C0", linewidth=1)
        axes.set(title=name, xscale="log", yscale="log", xlabel="numbers")
    every[0].set_ylabel("10⁹ numbers per second")
    figure.legend(*every[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def line(axes, cells, name, library, sizes, place):
    """A library's throughput; without a place in the cycle, the limit of memory."""
    points = [(n, n / cells[name, n][library] / 1e9) for n in sizes if library in cells[name, n]]
    if place is None:
        axes.plot(*zip(*points, strict=True), linestyle="--", color="C0", linewidth=1, label="copy")
    else:
        ours = library == "fastact"
        style = {"linewidth": 2.2 if ours else 1.1, "marker": "o", "markersize": 4 if ours else 2.5}
        label = bench_data.NAMES[library]
        axes.plot(*zip(*points, strict=True), color=f"C{place}", label=label, **style)


def arithmetic(name):
    """10⁹ numbers per second on all threads, if memory did not matter."""
    (kernels,) = shipped().rates.values()
    return bench_data.report()["threads"] / kernels[name]["float32"][0][0]

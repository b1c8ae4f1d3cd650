"""Seconds of an epoch, in activations and besides, with the activations of each library."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import bench_data


def make(plt):
    training = bench_data.report()["training"]
    networks = list(dict.fromkeys(name.rpartition(", ")[0] for name in training))
    figure, every = plt.subplots(1, len(networks), figsize=(9, 2.4), layout="constrained")
    for axes, network in zip(every, networks, strict=True):
        whole, part = (training[f"{network}, {watch}"] for watch in ("epoch", "activations"))
        names = [name for name in bench_data.NAMES if name in whole]
        seconds = [whole[name]["minimum"] for name in names]
        axes.barh(range(len(names)), seconds, color="C0", alpha=0.3, label="the rest")
        axes.barh(
            range(len(names)),
            [part[name]["minimum"] for name in names],
            color="C0",
            label="in activations",
        )
        axes.set_yticks(range(len(names)), [bench_data.NAMES[name] for name in names])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set(title=network, xlabel="seconds")
    figure.legend(*every[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure

"""Outputs that are exactly 0, for normally distributed inputs and after training."""

import numpy as np

import fastact as fa
from measurements import experiment


def at_the_start(name):
    z = np.linspace(-8, 8, 20_000)
    weight = np.exp(-z * z / 2)
    return 100 * weight @ (getattr(fa, name)(z) == 0) / weight.sum()


def make(plt):
    found = experiment("digits")["functions"]
    shares = {name: at_the_start(name) for name in found if name in fa.list(elementwise=True)}
    names = sorted(
        (n for n, share in shares.items() if share > 1), key=lambda n: -found[n]["zeros"]
    )
    places = np.arange(len(names))
    figure, ax = plt.subplots(figsize=(5.8, 3.4))
    ax.barh(places - 0.2, [shares[n] for n in names], 0.36, color="C7", label="normal inputs")
    ax.barh(places + 0.2, [found[n]["zeros"] for n in names], 0.36, color="C0", label="trained")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("outputs that are exactly 0, %")
    ax.legend()
    return figure

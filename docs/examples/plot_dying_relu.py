"""
Dying ReLU
==========

A unit whose input is negative for every sample has slope 0 everywhere: it gives 0 and can no
longer learn. One large step can move it there.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastact as fa

rng = np.random.default_rng(0)
samples = rng.standard_normal((1024, 64))
weights = rng.standard_normal((64, 256)) / 8
inputs = samples @ weights  # of 256 units, each about standard normal

# %%
# A step lowers all biases by some standard deviations. A unit counts as dead if its slope is
# below 0.001 for every sample.

shifts = np.linspace(0, 8, 33)
fig, ax = plt.subplots()
for name in ("relu", "leaky_relu", "elu", "gelu", "silu"):
    slope = fa.get(name).derivative
    dead = [np.all(np.abs(slope(inputs - shift)) < 1e-3, axis=0).mean() for shift in shifts]
    ax.plot(shifts, 100 * np.array(dead), label=name)
ax.set(
    xlabel="shift of the bias, standard deviations",
    ylabel="dead units, %",
    title="Units that no sample moves any more",
)
ax.legend()

# %%
# Leaky ReLU keeps its slope wherever it is. ELU and SiLU have a slope that fades, GELU one
# that fades faster, but none that is 0 while samples are near.

print(f"{fa.gelu.derivative(-4.0):.1e} {fa.silu.derivative(-4.0):.1e}")

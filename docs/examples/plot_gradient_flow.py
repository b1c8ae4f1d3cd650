r"""
Gradients through 40 layers
===========================

A layer multiplies the mean square of a gradient by about :math:`g^2\,\mathbb E[f'(z)^2]`,
where :math:`g^2 / n` is the variance of its :math:`n` weights. Over 40 layers a factor a
little off 1 decides.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastact as fa

DEPTH, WIDTH, BATCH = 40, 128, 64

# %%
# The gain that keeps the size of the signal is :math:`1 / \sqrt{\mathbb E[f(z)^2]}` for
# standard normal :math:`z`; a fine sum stands for the integral.

z = np.linspace(-10, 10, 100_000)
density = np.exp(-z * z / 2)
density /= density.sum()


def gain(f):
    return 1 / np.sqrt(density @ f(z) ** 2)


def gradient_sizes(f, size):
    """Root mean square of the gradient, from the top layer down."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((DEPTH, WIDTH, WIDTH)) * size / np.sqrt(WIDTH)
    h, contexts = rng.standard_normal((BATCH, WIDTH)), []
    for weight in weights:
        h, context = f.forward(h @ weight)
        contexts.append(context)
    dy = rng.standard_normal(h.shape)
    sizes = [1.0]
    for weight, context in zip(weights[::-1], contexts[::-1], strict=True):
        dy = context.backward(dy) @ weight.T
        sizes.append(np.sqrt(np.mean(dy**2)))
    return sizes


fig, (he, fitted) = plt.subplots(ncols=2, sharey=True, figsize=(8, 4))
for name in ("relu", "elu", "gelu", "tanh", "sigmoid"):
    f = fa.get(name)
    he.semilogy(gradient_sizes(f, np.sqrt(2)), label=name)
    fitted.semilogy(gradient_sizes(f, gain(f)), label=f"{name}, {gain(f):.2f}")
he.set(xlabel="layers from the top", ylabel="size of the gradient", title="Gain √2 for all")
fitted.set(xlabel="layers from the top", title="Gain of each")
for ax in (he, fitted):
    ax.legend(fontsize=8)

"""
A network in plain NumPy, trained in place
==========================================

Two hidden layers learn handwritten digits. Each activation overwrites its input, and each
gradient overwrites the one that came from above.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import fastact as fa

pixels, labels = load_digits(return_X_y=True)
x = ((pixels - pixels.mean()) / pixels.std()).astype(np.float32)
wanted = np.eye(10, dtype=np.float32)[labels]

# %%
# A layer keeps its input and the *context* of its activation: what the backward pass needs and
# nothing more. For ReLU that is one bit an element, for tanh the output, which exists anyway.


class Layer:
    def __init__(self, inputs, units, activation, rng):
        self.weight = rng.standard_normal((inputs, units), np.float32)
        self.weight *= np.float32(np.sqrt(2 / inputs))
        self.bias = np.zeros(units, np.float32)
        self.activation = activation

    def forward(self, x):
        self.x = x
        z = x @ self.weight + self.bias
        y, self.context = self.activation.forward(z, out=z)
        return y

    def backward(self, dy, rate):
        dz = self.context.backward(dy, out=dy)
        dx = dz @ self.weight.T
        self.weight -= rate * (self.x.T @ dz)
        self.bias -= rate * dz.sum(axis=0)
        return dx


# %%
# The output layer is linear. The gradient of the cross-entropy by its outputs is
# :math:`\mathrm{softmax}(z) - y`, and softmax works in place too.


def train(activation, epochs=8, batch=32, rate=0.1):
    rng = np.random.default_rng(0)
    widths = (64, 64, 64, 10)
    functions = (activation, activation, fa.identity)
    layers = [Layer(n, m, f, rng) for (n, m), f in zip(pairwise(widths), functions, strict=True)]
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        total = 0.0
        for rows in np.split(order, range(batch, len(order), batch)):
            h = x[rows]
            for layer in layers:
                h = layer.forward(h)
            total -= fa.log_softmax(h)[wanted[rows] == 1].sum()
            dy = (fa.softmax(h, out=h) - wanted[rows]) / len(rows)
            for layer in reversed(layers):
                dy = layer.backward(dy, rate)
        losses.append(total / len(x))
    return losses


fig, ax = plt.subplots()
for name in ("relu", "tanh", "gelu", "sigmoid"):
    ax.semilogy(train(fa.get(name)), label=name)
ax.set(xlabel="epoch", ylabel="mean loss in training", title="Four activations at the same rate")
ax.legend()

# %%
# One rate for all is no fair comparison: each activation has one that suits it. The page
# :doc:`/guide/choosing` compares them at their own rates, over ten seeds, on data held back.

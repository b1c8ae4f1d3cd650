"""Many small networks that learn side by side: one for each seed and learning rate.

All arrays have the networks as their first axis, so that NumPy and fastact compute all
networks by one call.  Networks of the same seed start from the same weights and see the
same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fastact as fa
from functions import Function, gain

Array = NDArray[np.float32]

OUTPUTS = {"classes": fa.softmax, "yes or no": fa.sigmoid, "number": fa.identity}


class Samples(NamedTuple):
    """Inputs and what the network should give, for each seed: (seeds, samples, numbers)."""

    x: Array
    target: Array


class Data(NamedTuple):
    """What to learn from, to choose the rate by, and to be judged by."""

    training: Samples
    validation: Samples
    test: Samples


@dataclass(frozen=True)
class Plan:
    """How networks are built and trained.

    ``gains`` is "fitted" where each layer's weights have variance gain^2 / inputs, the
    gain being that of the activation before it, or "glorot": 2 / (inputs + outputs).
    """

    hidden: tuple[int, ...]
    output: Literal["classes", "yes or no", "number"]
    rates: tuple[float, ...]
    epochs: int
    batch: int
    gains: Literal["fitted", "glorot"] = "fitted"
    optimizer: Literal["adam", "sgd"] = "adam"


class Linear:
    """A linear map with bias of every network."""

    def __init__(self, inputs: int, outputs: int, scale: float, rngs: Sequence[Any], copies: int):
        drawn = [rng.standard_normal((inputs, outputs), np.float32) for rng in rngs]
        self.weight = np.repeat(np.stack(drawn) * np.float32(scale), copies, axis=0)
        self.bias = np.zeros((len(self.weight), 1, outputs), np.float32)

    def forward(self, x: Array) -> Array:
        self.x = x
        z: Array = x @ self.weight
        z += self.bias
        return z

    def backward(self, dz: Array) -> tuple[Array, list[Array]]:
        dx = dz @ self.weight.swapaxes(1, 2)
        return dx, [self.x.swapaxes(1, 2) @ dz, dz.sum(axis=1, keepdims=True)]

    def parameters(self) -> list[Array]:
        return [self.weight, self.bias]


class Hidden:
    """An activation; a learned parameter is one number for each network."""

    def __init__(self, function: Function, networks: int, seed: int):
        self.function = function
        self.options: dict[str, Any] = dict(function.parameters)
        if function.learned:
            default = function.activation._defaults[function.learned]
            start = self.options.get(function.learned, default)
            self.options |= {function.learned: np.full(networks, start, np.float32), "axis": 0}
        self.noise: dict[str, Any] = {}
        if function.name == "rrelu":
            self.noise = {"training": True, "rng": np.random.default_rng(seed)}

    def forward(self, z: Array) -> Array:
        y, self.context = self.function.activation.forward(z, **self.options, **self.noise)
        return self._shifted(y)

    def predict(self, z: Array) -> Array:
        return self._shifted(self.function.activation(z, **self.options))

    def _shifted(self, y: Array) -> Array:
        if self.function.offset:
            y = y + np.float32(self.function.offset)  # the context may keep y
        return y

    def backward(self, dy: Array) -> tuple[Array, list[Array]]:
        gradient = self.context.backward(dy)
        return (gradient[0], [*gradient[1:]]) if self.function.learned else (gradient, [])

    def parameters(self) -> list[Array]:
        return [self.options[self.function.learned]] if self.function.learned else []


class Networks:
    """Networks of one plan; ``functions`` has one for each hidden layer."""

    def __init__(
        self, plan: Plan, functions: Sequence[Function], sizes: tuple[int, int], seeds: int
    ):
        self.plan, self.seeds = plan, seeds
        self.copies = len(plan.rates)
        rngs = [np.random.default_rng(seed) for seed in range(seeds)]
        inputs, outputs = sizes
        self.layers: list[Any] = []
        before = 1.0
        for units, function in zip(plan.hidden, functions, strict=True):
            into = function.inputs(units)
            self._add(inputs, into, before, rngs)
            self.layers.append(Hidden(function, seeds * self.copies, seed=len(self.layers)))
            inputs, before = units, gain(function)
        self._add(inputs, outputs, before, rngs)
        self.rates = np.tile(np.float32(plan.rates), seeds)
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters()]
        self.steps = 0

    def _add(self, inputs: int, outputs: int, before: float, rngs: Sequence[Any]) -> None:
        glorot = (2 / (inputs + outputs)) ** 0.5
        scale = glorot if self.plan.gains == "glorot" else before / inputs**0.5
        self.layers.append(Linear(inputs, outputs, scale, rngs, self.copies))

    def parameters(self) -> list[Array]:
        return [p for layer in self.layers for p in layer.parameters()]

    def predict(self, x: Array) -> Array:
        """The outputs for the samples of each seed: (networks, samples, numbers)."""
        return self.hidden_and_output(x)[-1]

    def hidden_and_output(self, x: Array) -> list[Array]:
        """The outputs of every hidden layer and those of the network."""
        found = []
        h = np.repeat(x, self.copies, axis=0)
        for layer in self.layers:
            if isinstance(layer, Hidden):
                h = layer.predict(h)
                found.append(h)
            else:
                h = layer.forward(h)
        return [*found, OUTPUTS[self.plan.output](h)]

    def learn(self, x: Array, target: Array) -> None:
        """Make one step on a batch for each seed."""
        h = np.repeat(x, self.copies, axis=0)
        for layer in self.layers:
            h = layer.forward(h)
        error = OUTPUTS[self.plan.output](h) - np.repeat(target, self.copies, axis=0)
        dy = error / np.float32(x.shape[1])  # softmax, sigmoid and identity alike
        gradients: list[list[Array]] = []
        for layer in reversed(self.layers):
            dy, own = layer.backward(dy)
            gradients.append(own)
        self._step([g for own in reversed(gradients) for g in own])

    def _step(self, gradients: Sequence[Array]) -> None:
        self.steps += 1
        for p, g, moments in zip(self.parameters(), gradients, self.moments, strict=True):
            rate = self.rates.reshape(-1, *[1] * (p.ndim - 1))
            if self.plan.optimizer == "sgd":
                p -= rate * g
            else:
                _adam(p, g, *moments, rate, self.steps)

    def train(self, samples: Samples) -> None:
        """Make all epochs, each in an order of its own."""
        for epoch in range(self.plan.epochs):
            self.train_epoch(samples, epoch)

    def train_epoch(self, samples: Samples, epoch: int) -> None:
        count = samples.x.shape[1]
        rngs = [np.random.default_rng((seed, epoch)) for seed in range(self.seeds)]
        order = np.stack([rng.permutation(count) for rng in rngs])
        each = np.arange(self.seeds)[:, None]
        with np.errstate(all="ignore"):  # a rate may be too high
            for start in range(0, count, self.plan.batch):
                batch = order[:, start : start + self.plan.batch]
                self.learn(samples.x[each, batch], samples.target[each, batch])


def _adam(p: Array, g: Array, mean: Array, square: Array, rate: Array, step: int) -> None:
    mean += np.float32(0.1) * (g - mean)
    g *= g
    square += np.float32(0.001) * (g - square)
    unbiased = np.float32((1 - 0.999**step) ** 0.5 / (1 - 0.9**step))
    np.sqrt(square, out=g)
    g += np.float32(1e-8)
    np.divide(mean, g, out=g)
    g *= rate * unbiased
    p -= g

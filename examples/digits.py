"""Train a plain NumPy network on handwritten digits with fastact activations.

The 1,797 digits that scikit-learn ships are learned by a multilayer network whose every
activation, forward and backward, is fastact in place, the softmax at the output too. Beside it
runs a twin that starts from the same weights and sees the same batches, but whose activations
are the textbook formulas in plain NumPy. A table compares the two; a figure shows the loss::

    pip install "fastact[examples]"
    python digits.py                        # every activation
    python digits.py --activation gelu      # one of them
    python digits.py --network tutorial     # 15 layers, up to 1,024 wide, one epoch

How an activation runs in place depends on what its gradient needs:

* the output is enough (relu, tanh, softmax, ...): the output replaces the input;
* the input is needed (gelu, silu, mish, prelu): the input stays, and the output goes to a
  buffer that was allocated once.

Either way the gradient is written over the one that came from the layer above.

The exit status is 1 if an activation that should reach 96 % of the test digits does not.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from scipy.special import erf

import fastact as fa

Array = NDArray[np.float32]
Labels = NDArray[np.intp]

CLASSES = 10
TRAINING_DIGITS = 1350


# --- Data ----------------------------------------------------------------------------------


class Digits(NamedTuple):
    """Pixels, scaled to mean 0 and variance 1, and the digit each picture shows."""

    pixels: Array
    labels: Labels

    def batches(self, size: int) -> Iterator[Digits]:
        """Cut into batches, the last of which may be shorter."""
        for start in range(0, len(self.labels), size):
            part = slice(start, start + size)
            yield Digits(self.pixels[part], self.labels[part])

    def shuffled(self, rng: np.random.Generator) -> Digits:
        """Return the digits in random order."""
        order = rng.permutation(len(self.labels))
        return Digits(self.pixels[order], self.labels[order])


class Data(NamedTuple):
    """The digits to learn from and those to be judged by."""

    training: Digits
    test: Digits


def load() -> Data:
    """Return the digits that scikit-learn ships, always split in the same way."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, labels = load_digits(return_X_y=True)
    pixels = ((pixels - pixels.mean()) / pixels.std()).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        pixels, labels, train_size=TRAINING_DIGITS, stratify=labels, random_state=0
    )
    return Data(Digits(train_x, train_y), Digits(test_x, test_y))


# --- Activations by fastact, in place ------------------------------------------------------


class Parameter:
    """An array that is learned by Adam, with its gradient."""

    def __init__(self, value: Array) -> None:
        self.value = value
        self.gradient = np.zeros_like(value)
        self.mean = np.zeros_like(value)
        self.square = np.zeros_like(value)

    def update(self, rate: float, step: int) -> None:
        """Make one step of Adam; steps count from 1."""
        self.mean += 0.1 * (self.gradient - self.mean)
        self.square += 0.001 * (self.gradient * self.gradient - self.square)
        rate *= math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        self.value -= rate * self.mean / (np.sqrt(self.square) + 1e-8)


class Activation(Protocol):
    """An activation as a layer; backward belongs to the latest forward."""

    def forward(self, x: Array) -> Array:
        """Return the output; the input may be overwritten."""

    def backward(self, dy: Array) -> Array:
        """Return the gradient of the input; that of the output may be overwritten."""


class FromOutput:
    """Output over input: backward needs nothing but the output."""

    def __init__(self, function: str, options: dict[str, Any]) -> None:
        self.function = getattr(fa, function)
        self.options = options

    def forward(self, x: Array) -> Array:
        """Overwrite the input with the output."""
        y: Array = self.function(x, out=x, **self.options)
        self.output = y
        return y

    def backward(self, dy: Array) -> Array:
        """Overwrite the gradient."""
        dx: Array = self.function.backward(dy, output=self.output, out=dy, **self.options)
        return dx


class FromInput:
    """Output into a buffer: backward needs the input."""

    def __init__(self, function: str, options: dict[str, Any], buffer: Array) -> None:
        self.function = getattr(fa, function)
        self.options = options
        self.buffer = buffer

    def forward(self, x: Array) -> Array:
        """Keep the input and fill the buffer."""
        self.input = x
        y: Array = self.function(x, out=self.buffer[: len(x)], **self.options)
        return y

    def backward(self, dy: Array) -> Array:
        """Overwrite the gradient."""
        dx: Array = self.function.backward(dy, self.input, out=dy, **self.options)
        return dx


class PRelu:
    """PReLU with one learned slope a unit."""

    def __init__(self, buffer: Array) -> None:
        self.slope = initial_slope(buffer.shape[1])
        self.buffer = buffer

    def forward(self, x: Array) -> Array:
        """Keep the input and fill the buffer."""
        self.input = x
        y: Array = fa.prelu(x, weight=self.slope.value, axis=-1, out=self.buffer[: len(x)])
        return y

    def backward(self, dy: Array) -> Array:
        """Overwrite the gradient, and note that of the slope."""
        dx: Array
        dx, self.slope.gradient[:] = fa.prelu.backward(
            dy, self.input, weight=self.slope.value, axis=-1, out=dy
        )
        return dx


def initial_slope(units: int) -> Parameter:
    """Return the slopes PReLU starts from."""
    return Parameter(np.full(units, 0.25, np.float32))


IN_PLACE: dict[str, tuple[str, dict[str, Any]]] = {
    "identity": ("identity", {}),
    "relu": ("relu", {}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.01}),
    "prelu": ("prelu", {}),
    "elu": ("elu", {"alpha": 1.0}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "softplus": ("softplus", {"beta": 1.0}),
    "silu": ("silu", {}),
    "gelu": ("gelu", {"approximate": "none"}),
    "gelu_tanh": ("gelu", {"approximate": "tanh"}),
    "mish": ("mish", {}),
    "softmax": ("softmax", {"axis": -1}),
}
HIDDEN = [name for name in IN_PLACE if name != "softmax"]
NEEDS_INPUT = {"silu", "gelu", "mish"}


def in_place(name: str, batch: int, units: int) -> Activation:
    """Return an activation that runs in place, for batches up to the given size."""
    function, options = IN_PLACE[name]
    buffer = np.empty((batch, units), np.float32)
    if function == "prelu":
        return PRelu(buffer)
    if function in NEEDS_INPUT:
        return FromInput(function, options, buffer)
    return FromOutput(function, options)


# --- The same activations in plain NumPy ---------------------------------------------------


def sigmoid(x: Array) -> Array:
    """Return the logistic function, in a form that does not overflow."""
    t: Array = np.tanh(0.5 * x)
    return 0.5 + 0.5 * t


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)), in a form that does not overflow."""
    y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return y


def silu_gradient(dy: Array, x: Array, y: Array) -> Array:
    """Return the gradient of x * sigmoid(x)."""
    s = sigmoid(x)
    return dy * (s + y * (1 - s))


def gelu(x: Array) -> Array:
    """Return x times the cumulative distribution of the standard normal."""
    y: Array = 0.5 * x * (1 + erf(x * math.sqrt(0.5)))
    return y


def gelu_gradient(dy: Array, x: Array, y: Array) -> Array:
    """Return the gradient of GELU."""
    cumulative: Array = 0.5 * (1 + erf(x * math.sqrt(0.5)))
    density: Array = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (cumulative + x * density)


GELU_SCALE, GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def gelu_inner(x: Array) -> Array:
    """Return the tanh in the approximation of GELU."""
    t: Array = np.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x))
    return t


def gelu_tanh_gradient(dy: Array, x: Array, y: Array) -> Array:
    """Return the gradient of the approximation of GELU by tanh."""
    t = gelu_inner(x)
    slope = GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x)
    tail: Array = x * (1 - t * t)
    return 0.5 * dy * (1 + t + tail * slope)


def mish_gradient(dy: Array, x: Array, y: Array) -> Array:
    """Return the gradient of x * tanh(softplus(x))."""
    t: Array = np.tanh(softplus(x))
    tail: Array = x * (1 - t * t)
    return dy * (t + tail * sigmoid(x))


def softmax(x: Array) -> Array:
    """Return the softmax of every row."""
    e: Array = np.exp(x - x.max(axis=-1, keepdims=True))
    y: Array = e / e.sum(axis=-1, keepdims=True)
    return y


def softmax_gradient(dy: Array, x: Array, y: Array) -> Array:
    """Return the gradient of the softmax of every row."""
    shared: Array = (dy * y).sum(axis=-1, keepdims=True)
    return y * (dy - shared)


class Textbook(NamedTuple):
    """Formulas y = forward(x) and dx = backward(dy, x, y)."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]


TEXTBOOK = {
    "identity": Textbook(lambda x: x, lambda dy, x, y: dy),
    "relu": Textbook(lambda x: np.maximum(x, 0), lambda dy, x, y: dy * (x > 0)),
    "leaky_relu": Textbook(
        lambda x: np.where(x > 0, x, 0.01 * x), lambda dy, x, y: np.where(x > 0, dy, 0.01 * dy)
    ),
    "elu": Textbook(
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda dy, x, y: np.where(x > 0, dy, dy * (y + 1)),
    ),
    "sigmoid": Textbook(sigmoid, lambda dy, x, y: dy * y * (1 - y)),
    "tanh": Textbook(np.tanh, lambda dy, x, y: dy * (1 - y * y)),
    "softplus": Textbook(softplus, lambda dy, x, y: dy * sigmoid(x)),
    "silu": Textbook(lambda x: x * sigmoid(x), silu_gradient),
    "gelu": Textbook(gelu, gelu_gradient),
    "gelu_tanh": Textbook(lambda x: 0.5 * x * (1 + gelu_inner(x)), gelu_tanh_gradient),
    "mish": Textbook(lambda x: x * np.tanh(softplus(x)), mish_gradient),
    "softmax": Textbook(softmax, softmax_gradient),
}


class Plain:
    """An activation by textbook formulas, which allocate every result."""

    def __init__(self, formula: Textbook) -> None:
        self.formula = formula

    def forward(self, x: Array) -> Array:
        """Return a new output."""
        self.input = x
        self.output = self.formula.forward(x)
        return self.output

    def backward(self, dy: Array) -> Array:
        """Return a new gradient."""
        return self.formula.backward(dy, self.input, self.output)


class PlainPRelu:
    """PReLU by textbook formulas, with one learned slope a unit."""

    def __init__(self, units: int) -> None:
        self.slope = initial_slope(units)

    def forward(self, x: Array) -> Array:
        """Return a new output."""
        self.input = x
        return np.where(x > 0, x, self.slope.value * x)

    def backward(self, dy: Array) -> Array:
        """Return a new gradient, and note that of the slope."""
        negative = self.input <= 0
        self.slope.gradient[:] = (negative * self.input * dy).sum(axis=0)
        return np.where(negative, self.slope.value * dy, dy)


def plain(name: str, batch: int, units: int) -> Activation:
    """Return an activation in plain NumPy."""
    return PlainPRelu(units) if name == "prelu" else Plain(TEXTBOOK[name])


# --- The network ---------------------------------------------------------------------------


class Stopwatch:
    """Adds up the time spent in its `with` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self.started = perf_counter()

    def __exit__(self, *error: object) -> None:
        self.seconds += perf_counter() - self.started


class Layer:
    """A dense layer and its activation."""

    def __init__(self, weight: Array, activation: Activation, batch: int) -> None:
        inputs, units = weight.shape
        self.weight = Parameter(weight)
        self.bias = Parameter(np.zeros(units, np.float32))
        self.activation = activation
        self.z = np.empty((batch, units), np.float32)
        self.dx = np.empty((batch, inputs), np.float32)

    def parameters(self) -> list[Parameter]:
        """Return all that is learned."""
        slope = getattr(self.activation, "slope", None)
        return [self.weight, self.bias] + ([slope] if slope else [])

    def forward(self, x: Array, watch: Stopwatch) -> Array:
        """Return the output; the watch runs during the activation."""
        self.x = x
        z = np.matmul(x, self.weight.value, out=self.z[: len(x)])
        z += self.bias.value
        with watch:
            return self.activation.forward(z)

    def backward(self, dy: Array, watch: Stopwatch) -> Array:
        """Return the gradient of the input, and note those of the parameters."""
        with watch:
            dz = self.activation.backward(dy)
        np.matmul(self.x.T, dz, out=self.weight.gradient)
        np.sum(dz, axis=0, out=self.bias.gradient)
        return np.matmul(dz, self.weight.value.T, out=self.dx[: len(dz)])


@dataclass(frozen=True)
class Plan:
    """A network: the widths of its hidden layers, how it is trained, what it should reach."""

    hidden: tuple[int, ...]
    epochs: int
    batch: int
    rate: float
    activation: str
    required_accuracy: float


PLANS = {
    "small": Plan((512, 256), 20, 50, 4e-3, activation="all", required_accuracy=0.96),
    "tutorial": Plan(
        (1024,) * 5 + (512,) * 9, 1, 50, 3e-4, activation="relu", required_accuracy=0.0
    ),
}
NOT_HELD = {"identity", "softplus"}


MakeActivation = Callable[[str, int, int], Activation]


class Network:
    """Dense layers with one activation between them and a softmax at the end."""

    def __init__(self, name: str, make: MakeActivation, plan: Plan, inputs: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.layers: list[Layer] = []
        self.in_activations = Stopwatch()
        self.steps = 0
        names = [name] * len(plan.hidden) + ["softmax"]
        widths = [inputs, *plan.hidden, CLASSES]
        gains = [1.0] + [initial_gain(name)] * len(plan.hidden)
        for kind, (fan_in, units), gain in zip(names, pairwise(widths), gains, strict=True):
            weight = rng.standard_normal((fan_in, units), np.float32)
            weight *= np.float32(gain / math.sqrt(fan_in))
            self.layers.append(Layer(weight, make(kind, plan.batch, units), plan.batch))

    def forward(self, x: Array) -> Array:
        """Return the probability of every class."""
        for layer in self.layers:
            x = layer.forward(x, self.in_activations)
        return x

    def learn(self, batch: Digits, rate: float) -> float:
        """Make one step of Adam, and return the loss before it."""
        loss, gradient = cross_entropy(self.forward(batch.pixels), batch.labels)
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient, self.in_activations)
        self.steps += 1
        for layer in self.layers:
            for parameter in layer.parameters():
                parameter.update(rate, self.steps)
        return loss


def initial_gain(name: str) -> float:
    """Return the scale of weights under which the signal keeps its mean square.

    The mean square is 1 / 2 for relu, which gives the factor of He et al., sqrt(2).
    """
    normal = np.random.default_rng(0).standard_normal((100_000, 1), np.float32)
    signal = in_place(name, *normal.shape).forward(normal)
    return 1 / math.sqrt(np.mean(signal * signal))


def cross_entropy(probability: Array, labels: Labels) -> tuple[float, Array]:
    """Return the mean loss and its gradient by the probabilities."""
    rows = np.arange(len(labels))
    chosen = np.maximum(probability[rows, labels], np.finfo(np.float32).tiny)
    gradient = np.zeros_like(probability)
    gradient[rows, labels] = -1 / (len(labels) * chosen)
    return float(-np.log(chosen).mean()), gradient


def accuracy(network: Network, digits: Digits, batch: int) -> float:
    """Return the share of digits that are recognised."""
    right = 0
    for part in digits.batches(batch):
        answers = network.forward(part.pixels).argmax(axis=1)
        right += int((answers == part.labels).sum())
    return right / len(digits.labels)


def dead_share(network: Network, digits: Digits, batch: int) -> float:
    """Return the share of hidden units whose gradient is zero for every digit."""
    hidden = network.layers[:-1]
    alive = [np.zeros(len(layer.bias.value), bool) for layer in hidden]
    for part in digits.batches(batch):
        network.forward(part.pixels)
        for layer, units in zip(hidden, alive, strict=True):
            slope = layer.activation.backward(np.ones((len(part.labels), len(units)), np.float32))
            units |= slope.any(axis=0)
    return 1 - float(np.concatenate(alive).mean())


# --- Runs ----------------------------------------------------------------------------------


class Run:
    """A network in training, with its losses and the time it took."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.watch = Stopwatch()
        self.losses: list[float] = []

    def epoch(self, digits: Digits, plan: Plan, tick: Callable[[], None]) -> None:
        """Learn from every digit once, at a rate that falls linearly to zero in the end."""
        steps = plan.epochs * math.ceil(len(digits.labels) / plan.batch)
        for batch in digits.batches(plan.batch):
            rate = plan.rate * (1 - len(self.losses) / steps)
            with self.watch:
                self.losses.append(self.network.learn(batch, rate))
            tick()


@dataclass(frozen=True)
class Result:
    """What a run came to; the losses have one row an epoch."""

    accuracy: float
    dead: float
    epochs_per_second: float
    activation_share: float
    losses: NDArray[np.float64]

    @property
    def activation_seconds(self) -> float:
        """Return the time in activations that an epoch takes."""
        return self.activation_share / self.epochs_per_second


def result(run: Run, plan: Plan, data: Data) -> Result:
    """Judge a finished run."""
    seconds = run.watch.seconds
    return Result(
        epochs_per_second=plan.epochs / seconds,
        activation_share=run.network.in_activations.seconds / seconds,
        losses=np.reshape(run.losses, (plan.epochs, -1)),
        accuracy=accuracy(run.network, data.test, plan.batch),
        dead=dead_share(run.network, data.training, plan.batch),
    )


class Twins(NamedTuple):
    """The results of the same training with fastact and with plain NumPy activations."""

    fastact: Result
    numpy: Result


def train(name: str, plan: Plan, data: Data, seed: int, tick: Callable[[], None]) -> Twins:
    """Train the twins, epoch by epoch in turn so that noise of the machine meets both."""
    inputs = data.training.pixels.shape[1]
    runs = [Run(Network(name, make, plan, inputs, seed)) for make in (in_place, plain)]
    rng = np.random.default_rng(seed)
    for _ in range(plan.epochs):
        shuffled = data.training.shuffled(rng)
        for run in runs:
            run.epoch(shuffled, plan, tick)
    return Twins(*(result(run, plan, data) for run in runs))


def train_each(names: list[str], plan: Plan, seed: int, quiet: bool) -> dict[str, Twins]:
    """Train with one activation after the other, under a progress bar."""
    data = load()
    steps = 2 * plan.epochs * math.ceil(len(data.training.labels) / plan.batch)
    columns = TextColumn("{task.description:10}"), BarColumn(), TaskProgressColumn()
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), disable=quiet)
    results = {}
    with bar:
        task = bar.add_task("", total=steps * len(names))
        for name in names:
            bar.update(task, description=name)
            results[name] = train(name, plan, data, seed, lambda: bar.advance(task))
        bar.update(task, description="done")
    return results


# --- Reports -------------------------------------------------------------------------------


def comparison(results: dict[str, Twins]) -> Table:
    """Return a table of the twins of every activation."""
    pair = "fastact  NumPy"
    caption = "activations: share of the time; faster: NumPy's time over fastact's"
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption)
    table.add_column("\nhidden", no_wrap=True)
    for heading in (
        f"test accuracy\n{pair}",
        f"epochs/s\n{pair}",
        "dead\nunits",
        f"activations\n{pair}",
        "\nfaster",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, (ours, numpys) in results.items():
        table.add_row(
            name,
            f"{ours.accuracy:.1%} {numpys.accuracy:6.1%}",
            f"{ours.epochs_per_second:.1f} {numpys.epochs_per_second:6.1f}",
            f"{ours.dead:.1%}",
            f"{ours.activation_share:.1%} {numpys.activation_share:6.1%}",
            f"{numpys.activation_seconds / ours.activation_seconds:.2g} x",
        )
    return table


def draw(results: dict[str, Twins], path: Path) -> None:
    """Save the loss curves, one point an epoch, or one a batch if there is a single epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    epochs = max(len(run.losses) for run, _ in results.values())
    curves = {
        f"{run.accuracy:.1%}  {name}": run.losses.mean(axis=1) if epochs > 1 else run.losses[0]
        for name, (run, _) in results.items()
    }
    # The legend lists the curves from top to bottom, as they end at its side of the figure.
    for number, (label, loss) in enumerate(sorted(curves.items(), key=lambda curve: -curve[1][-1])):
        dashes = ("-", "--", "-.")[number % 3]
        axes.plot(range(1, len(loss) + 1), loss, f"C{number % 10}", linestyle=dashes, label=label)
    axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("epoch" if epochs > 1 else "batch")
    axes.set_ylabel("training loss (cross-entropy)")
    axes.set_title("Handwritten digits, activations by fastact")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", title="test accuracy", frameon=False)
    figure.savefig(path, dpi=150)


def missed(results: dict[str, Twins], plan: Plan) -> list[str]:
    """Return the activations that fell short of the accuracy they are held to."""
    return [
        name
        for name, twins in results.items()
        if name not in NOT_HELD and twins.fastact.accuracy < plan.required_accuracy
    ]


# --- Command line --------------------------------------------------------------------------


def positive(text: str) -> int:
    """Read a whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Learn handwritten digits with fastact.")
    add = parser.add_argument
    add("--activation", choices=["all", *HIDDEN], help="default: all; relu for the tutorial")
    add("--network", choices=PLANS, default="small", help="default: small")
    add("--epochs", type=positive, help="default: 20; 1 for the tutorial")
    add("--seed", type=int, default=0, help="of the weights and of the batches")
    add("--figure", type=Path, default=Path("digits.png"), help="default: digits.png")
    add("--quiet", action="store_true", help="print neither progress nor table")
    return parser.parse_args()


def main() -> int:
    """Train, report, and return the exit status."""
    options = arguments()
    plan = PLANS[options.network]
    plan = replace(plan, epochs=options.epochs or plan.epochs)
    choice = options.activation or plan.activation
    results = train_each(HIDDEN if choice == "all" else [choice], plan, options.seed, options.quiet)
    if not options.quiet:
        Console().print(comparison(results))
    draw(results, options.figure)
    failures = missed(results, plan)
    for name in failures:
        print(f"{name}: below {plan.required_accuracy:.0%} of the test digits", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""The figures fastact is held to: each a ratio of two times with a target."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

import fastact as fa
from company import Company, sampler_of
from fastact.formulas.catalogue import CATALOGUE
from interleaved import Call, Contest, Sampler, Timing, stretch, stretches
from libraries import LIBRARIES
from races import THREADS, Case

LARGE = 1_000_000
HUGE = 16_000_000
SIZES = {LARGE: "1M", HUGE: "16M"}
IN_CACHE = 65_536  # in the second-level caches, and so many that two threads pay
CHANNELS = 1000
FUSED = "gelu"
AS_FAST_AS_TORCH = ("sigmoid", "silu")
TWICE_AS_FAST = ("tanh", "elu", "softplus", "mish", "gelu_tanh")


OF_COLUMNS = ("relu", "gelu", "softmax")


@dataclass(frozen=True)
class Aim:
    """Time ``above`` over time ``below`` in a contest, and what it should be."""

    name: str
    contest: str
    above: str
    below: str
    target: str = ""  # "at least 2" or "at most 1"
    judged_by: str = "minima"


AIMS = (
    *(Aim(f"torch / {f}", f, "torch", "fastact", "at least 1") for f in AS_FAST_AS_TORCH),
    *(Aim(f"torch / {f}", f, "torch", "fastact", "at least 2") for f in TWICE_AS_FAST),
    *(
        Aim(f"copy / {entrant}, {size}", f"copy {size}", "copy", entrant, target)
        for size in SIZES.values()
        for entrant, target in (
            ("relu", "at least 0.9"),
            ("leaky_relu", "at least 0.9"),
            ("relu in place", ""),
            ("torch's copy", ""),
        )
    ),
    *(
        Aim(f"{f}, a number in the cache / of 1M", "cache", f"{f} in cache", f, "at least 0.7")
        for f in ("sigmoid", "gelu")
    ),
    Aim("call of relu / of np.tanh", "call", "relu", "tanh", "at most 0.5"),
    Aim("call of relu.backward / of np.multiply", "call", "backward", "multiply", "at most 0.5"),
    Aim("call of torch.relu / of relu, new array", "call", "torch", "new", "at least 1"),
    Aim("gelu, 1 thread / 2", "threads", "one", "two", "at least 1.8"),
    *(
        Aim(f"{what}, two passes / one, {size}", f"{what} {size}", "two", "one", "at least 1.5")
        for what in ("bias", "bias gradient", "derivative kept")
        for size in SIZES.values()
    ),
    *(
        Aim(f"step with a bias, two passes / one, {size}", f"step {size}", "two", "one")
        for size in SIZES.values()
    ),
    *(
        Aim(f"torch / {what} in bfloat16, 1M", "half", f"torch's {what}", what, "at least 1")
        for what in ("bias", "bias gradient")
    ),
    *(
        Aim(f"torch / {what} of half the columns, 1M", "columns", f"torch's {what}", what)
        for what in OF_COLUMNS
    ),
    Aim("torch / softmax with a mask, 1M", "mask", "torch", "fastact"),
    Aim("call of torch.relu / of relu, columns of 8 rows", "call", "torch, columns", "columns"),
    Aim("call of expit / of sigmoid, one number", "call", "expit", "number"),
    Aim("import fastact / numpy", "import", "fastact", "numpy", "at most 1.3", "medians"),
)


@dataclass(frozen=True)
class Figure:
    """An aim as measured."""

    name: str
    by_minima: float
    by_medians: float
    target: str = ""
    judged_by: str = "minima"

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if not self.target:
            return None
        value = self.by_minima if self.judged_by == "minima" else self.by_medians
        bound = float(self.target.split()[-1])
        return value >= bound if self.target.startswith("at least") else value <= bound


def figures(timings: Mapping[str, Mapping[str, Timing]]) -> Iterator[Figure]:
    """Aims whose entrants are installed, and whether Numba is left alone."""
    for aim in AIMS:
        times = timings[aim.contest]
        if {aim.above, aim.below} <= times.keys():
            above, below = times[aim.above], times[aim.below]
            ratios = above.minimum / below.minimum, above.median / below.median
            yield Figure(aim.name, *ratios, aim.target, aim.judged_by)
    loaded = float(in_fresh_process("import fastact, sys; print(int('numba' in sys.modules))"))
    yield Figure("import loads numba", loaded, loaded, "at most 0")


def figure_contests(company: Company, rounds: int) -> dict[str, Contest]:
    against_torch = {
        f: partial(torch_contest, company, f) for f in AS_FAST_AS_TORCH + TWICE_AS_FAST
    }
    contests: dict[str, Callable[[], Mapping[str, Sampler]]] = {
        **against_torch,
        **{f"copy {name}": partial(copy_contest, company, size) for size, name in SIZES.items()},
        **{f"bias {name}": partial(bias_contest, size) for size, name in SIZES.items()},
        **{
            f"bias gradient {name}": partial(bias_gradient_contest, size)
            for size, name in SIZES.items()
        },
        **{f"derivative kept {name}": partial(kept_contest, size) for size, name in SIZES.items()},
        **{f"step {name}": partial(step_contest, size) for size, name in SIZES.items()},
        "half": partial(half_contest, company),
        "columns": partial(columns_contest, company),
        "mask": partial(mask_contest, company),
        "cache": cache_contest,
        "call": partial(call_contest, company),
        "threads": threads_contest,
        "import": import_contest,
    }
    return {name: Contest(prepare, rounds) for name, prepare in contests.items()}


# --- contests ---------------------------------------------------------------------


def normal_numbers(size: int = LARGE) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(size, np.float32)


def torch_contest(company: Company, formula: str) -> dict[str, Sampler]:
    activation = next(row.name for row in CATALOGUE if formula in row.formulas)
    case = Case(activation, formula, "forward", "float32", (LARGE,))
    there = [name for name in ("fastact", "torch") if name in LIBRARIES]
    return company.field({name: partial(sampler_of, name, case) for name in there})


def copy_contest(company: Company, size: int) -> dict[str, Sampler]:
    """Rectifiers beside a copy of the same bytes by as many threads."""
    x = normal_numbers(size)
    y, z = np.empty_like(x), x.copy()
    contest: dict[str, Call] = {
        "copy": partial(fa.identity, x, out=y),
        "relu": partial(fa.relu, x, out=y),
        "leaky_relu": partial(fa.leaky_relu, x, out=y),
        "relu in place": partial(fa.relu, z, out=z),
    }
    copy = Case("identity", "identity", "forward", "float32", (size,))
    return stretches(contest) | beside(
        company, "torch's copy", "torch", partial(sampler_of, case=copy)
    )


def beside(
    company: Company, entrant: str, library: str, prepare: Callable[..., Sampler | None]
) -> dict[str, Sampler]:
    """Another library in a contest that is otherwise held here; empty if not installed."""
    if library not in LIBRARIES:
        return {}
    sampler = company.sampler(library, partial(prepare, library))
    return {} if sampler is None else {entrant: sampler}


def cache_contest() -> dict[str, Sampler]:
    """What arithmetic allows on all threads, per number, beside a large array."""
    contest: dict[str, Sampler] = {}
    for f in ("sigmoid", "gelu"):
        for name, size in ((f"{f} in cache", IN_CACHE), (f, LARGE)):
            x = normal_numbers(size)
            call = partial(getattr(fa, f), x, out=np.empty_like(x))
            contest[name] = per_number(stretch(call), size)
    return contest


def per_number(sampler: Sampler, size: int) -> Sampler:
    return lambda: sampler() / size


def call_contest(company: Company) -> dict[str, Sampler]:
    """On eight elements: next to nothing but the call."""
    x, y, z, dy = np.ones((4, 8), np.float32)
    contest: dict[str, Call] = {
        "relu": partial(fa.relu, x, out=x),
        "tanh": partial(np.tanh, y, out=y),
        "backward": partial(fa.relu.backward, dy, x, out=z),
        "multiply": partial(np.multiply, dy, x, out=z),
        "new": partial(fa.relu, x),
        "columns": partial(fa.relu, np.ones((8, 16), np.float32)[:, :8]),
        "number": partial(fa.sigmoid, 0.5),
    }
    return (
        stretches(contest)
        | beside(company, "torch", "torch", torch_relu)
        | beside(company, "torch, columns", "torch", partial(torch_relu, columns=True))
        | beside(company, "expit", "scipy", expit)
    )


def torch_relu(library: str, columns: bool = False) -> Sampler:
    import torch

    x = torch.ones(8, 16)[:, :8] if columns else torch.ones(8)
    return stretch(partial(torch.relu, x))


def expit(library: str) -> Sampler:
    from scipy.special import expit as of_scipy

    return stretch(partial(of_scipy, 0.5))


def threads_contest() -> dict[str, Sampler]:
    x = normal_numbers()
    y = np.empty_like(x)

    # ``with fa.threads(n)`` would send the calls through Python.
    def gelu_on(threads: int) -> None:
        fa.set_num_threads(threads)
        fa.gelu(x, out=y)
        fa.set_num_threads(THREADS)

    return stretches({"one": partial(gelu_on, 1), "two": partial(gelu_on, 2)})


# --- one pass for what takes two ----------------------------------------------------


def bias_contest(size: int) -> dict[str, Sampler]:
    activation = getattr(fa, FUSED)
    x = normal_numbers(size).reshape(-1, CHANNELS)
    y, bias = np.empty_like(x), x[0].copy()

    def two() -> None:
        np.add(x, bias, out=y)
        activation(y, out=y)

    return stretches({"one": partial(activation, x, bias=bias, out=y), "two": two})


def bias_gradient_contest(size: int) -> dict[str, Sampler]:
    """From the input before the bias, as a forward pass in one step leaves it."""
    activation = getattr(fa, FUSED)
    x = normal_numbers(size).reshape(-1, CHANNELS)
    dx, dy, bias = np.empty_like(x), x[::-1].copy(), x[0].copy()

    def two() -> None:
        np.add(x, bias, out=dx)
        activation.backward(dy, dx, out=dx)
        dx.sum(axis=0)

    one = partial(activation.backward, dy, x, bias=bias, wrt="bias", out=dx)
    return stretches({"one": one, "two": two})


def kept_contest(size: int) -> dict[str, Sampler]:
    """The output and the derivative: 16 bits of it, or a float32 array by a call of its own."""
    activation = getattr(fa, FUSED)
    x = normal_numbers(size)
    y = np.empty_like(x)

    def two() -> None:
        activation.derivative(x)
        activation(x, out=y)

    one = partial(activation.forward, x, out=y, save="derivative")
    return stretches({"one": one, "two": two})


def step_contest(size: int) -> dict[str, Sampler]:
    """Forward, and back from the slopes that were kept to the gradients by input and bias."""
    activation = getattr(fa, FUSED)
    x = normal_numbers(size).reshape(-1, CHANNELS)
    y, dy, bias = np.empty_like(x), x[::-1].copy(), x[0].copy()
    dx = np.empty_like(x)

    def two() -> None:
        np.add(x, bias, out=y)
        _, context = activation.forward(y, out=y)
        context.backward(dy, out=dx).sum(axis=0)

    def one() -> None:
        _, context = activation.forward(x, bias=bias, out=y, save="derivative")
        context.backward(dy, out=dx, wrt="bias")

    return stretches({"one": one, "two": two})


def half_contest(company: Company) -> dict[str, Sampler]:
    """A bias in bfloat16, and the gradients by input and bias."""
    import ml_dtypes

    activation = getattr(fa, FUSED)
    x = normal_numbers().astype(ml_dtypes.bfloat16).reshape(-1, CHANNELS)
    y, dy, bias = np.empty_like(x), x[::-1].copy(), x[0].copy()
    contest = stretches(
        {
            "bias": partial(activation, x, bias=bias, out=y),
            "bias gradient": partial(
                activation.backward, dy, x, bias=bias, wrt="bias", out=np.empty_like(x)
            ),
        }
    )
    for what in tuple(contest):
        contest |= beside(company, f"torch's {what}", "torch", partial(torch_half, what=what))
    return contest


def torch_half(library: str, what: str) -> Sampler:
    import torch
    from torch._C import _nn as nn

    x = torch.from_numpy(normal_numbers()).bfloat16().reshape(-1, CHANNELS)
    dy, bias = x.flip(0).contiguous(), x[0].clone()
    y, sums = torch.empty_like(x), torch.empty_like(bias)
    gradient = torch.ops.aten.gelu_backward.grad_input

    def forward() -> None:
        nn.gelu(torch.add(x, bias, out=y), out=y)

    def backward() -> None:
        torch.add(x, bias, out=y)
        torch.sum(gradient(dy, y, grad_input=y), 0, out=sums)

    return stretch(forward if what == "bias" else backward)


# --- views and masks ------------------------------------------------------------------


def half_the_columns() -> np.ndarray:
    return normal_numbers(2 * LARGE).reshape(-1, 2 * CHANNELS)[:, :CHANNELS]


def columns_contest(company: Company) -> dict[str, Sampler]:
    """Half the columns of an array, as a slice gives them, into a new array."""
    x = half_the_columns()
    contest = stretches({what: partial(getattr(fa, what), x) for what in OF_COLUMNS})
    for what in OF_COLUMNS:
        contest |= beside(company, f"torch's {what}", "torch", partial(torch_columns, what=what))
    return contest


def torch_columns(library: str, what: str) -> Sampler:
    import torch
    from torch.nn import functional

    x = torch.from_numpy(half_the_columns())
    calls = {
        "relu": partial(torch.relu, x),
        "gelu": partial(functional.gelu, x),
        "softmax": partial(torch.softmax, x, -1),
    }
    return stretch(calls[what])


def mask_contest(company: Company) -> dict[str, Sampler]:
    """Softmax of rows of which a triangle counts, as in causal attention."""
    x = normal_numbers().reshape(-1, CHANNELS)
    mask = np.tri(*x.shape, dtype=bool)
    contest = stretches({"fastact": partial(fa.softmax, x, where=mask)})
    return contest | beside(company, "torch", "torch", torch_mask)


def torch_mask(library: str) -> Sampler:
    import torch

    x = torch.from_numpy(normal_numbers().reshape(-1, CHANNELS))
    hidden = torch.from_numpy(~np.tri(*x.shape, dtype=bool))

    def masked() -> None:
        torch.softmax(x.masked_fill(hidden, -torch.inf), -1)

    return stretch(masked)


# --- import -------------------------------------------------------------------------


def import_contest() -> dict[str, Sampler]:
    return {name: partial(import_seconds, name) for name in ("fastact", "numpy")}


def import_seconds(module: str) -> float:
    clock = "from time import perf_counter as now; start = now()"
    return float(in_fresh_process(f"{clock}; import {module}; print(now() - start)"))


def in_fresh_process(program: str) -> str:
    command = [sys.executable, "-c", program]
    # Bytecode is kept, as of an installed package.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return found.stdout

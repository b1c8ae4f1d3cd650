"""Formulas that people write in NumPy, and where they go wrong in float32.

Inputs are tried by themselves; those that tell most are shown, with the exact value of
``tools/oracle.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import fastact as fa
from fastact.formulas.catalogue import Row
from forms import form_of
from oracle import breaks_of, error_in_ulp_mp, exact

Array = np.ndarray[Any, np.dtype[Any]]

FORMULAS = {
    "identity": "x",
    "relu": "np.maximum(x, 0)",
    "relu6": "np.clip(x, 0, 6)",
    "relu2": "np.maximum(x, 0)**2",
    "leaky_relu": "np.where(x > 0, x, 0.01 * x)",
    "prelu": "np.where(x > 0, x, 0.25 * x)",
    "threshold": "np.where(x > 1, x, 0)",
    "hardtanh": "np.clip(x, -1, 1)",
    "sparse_sigmoid": "np.clip((x + 1) / 2, 0, 1)",
    "hardshrink": "np.where(np.abs(x) > 0.5, x, 0)",
    "softshrink": "np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)",
    "step": "np.where(x > 0, 1, 0)",
    "sparse_plus": "np.where(x >= 1, x, np.maximum(x + 1, 0)**2 / 4)",
    "exponential": "np.exp(x)",
    "rrelu": "np.where(x > 0, x, (1 / 8 + 1 / 3) / 2 * x)",
    "softmax": "np.exp(x) / np.sum(np.exp(x))",
    "log_softmax": "np.log(np.exp(x) / np.sum(np.exp(x)))",
    "softmin": "np.exp(-x) / np.sum(np.exp(-x))",
    "logsumexp": "np.log(np.sum(np.exp(x)))",
}

SIZES = (
    *(1e-30, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0),
    *(12.0, 15.0, 17.0, 20.0, 30.0, 50.0, 80.0, 88.0, 89.0, 95.0, 100.0, 1e4, 1e10, 1e20, 3e38),
)
ROWS_TRIED = ((1.0, 2.0, 3.0), (17.0, 0.0), (89.0, 0.0), (1000.0, 0.0), (-104.0, -105.0))
ORDINARY = 1.0
SHOWN = 5
TELLING = 1.5  # ulp beyond what the last rounding explains


@dataclass(frozen=True)
class Trial:
    """An input, its exact result, and two others with their errors in ulp."""

    x: Any
    exact: Any
    naive: float
    naive_error: float
    ours: float
    our_error: float


def formula_of(formula: str) -> str:
    return FORMULAS.get(formula, "")


def trials(row: Row, formula: str) -> list[Trial]:
    """A few inputs: an ordinary one, the first without a finite result, the worst others."""
    tried = _tried(row, formula)
    failing = [t for t in tried if math.isinf(t.naive_error)]
    wrong = [t for t in tried if TELLING < t.naive_error < math.inf]
    chosen = [t for t in tried if t.x == ORDINARY][:1]
    for side in (-1, 1):
        chosen += [t for t in failing if _sign(t.x) == side][:1]
        worst = max((t for t in wrong if _sign(t.x) == side), key=_error, default=None)
        chosen += [worst] if worst else []
    chosen += sorted(wrong, key=_error, reverse=True)[: SHOWN - len(chosen)]
    return sorted(set(chosen[:SHOWN]), key=lambda t: t.x)


def _error(trial: Trial) -> float:
    return trial.naive_error


def _sign(x: float) -> int:
    return 1 if x > 0 else -1


def _tried(row: Row, formula: str) -> list[Trial]:
    x = np.array([sign * size for size in SIZES for sign in (1, -1)], np.float32)
    x = x[~np.isin(x, np.array(breaks_of(row, formula, row.defaults), np.float32))]
    ours = getattr(fa, row.name)(x, **form_of(row, formula))
    values = exact(row, formula, x, row.defaults)
    return _compared([float(v) for v in x], _evaluated(formula, x), ours, values)


def row_trials(name: str) -> list[Trial]:
    """The same for the first result of rows."""
    found = []
    for numbers in ROWS_TRIED:
        x = np.array(numbers, np.float32)
        naive, ours = (np.atleast_1d(f)[:1] for f in (_evaluated(name, x), getattr(fa, name)(x)))
        found += _compared([numbers], naive, ours, [_EXACT[name](numbers)])
    return found


def _evaluated(formula: str, x: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(eval(FORMULAS[formula], {"np": np}, {"x": x}), np.float32)


def _compared(xs: list[Any], naive: Array, ours: Array, values: list[Any]) -> list[Trial]:
    errors = error_in_ulp_mp(naive, values), error_in_ulp_mp(ours, values)
    with np.errstate(over="ignore"):
        nearest = np.array([float(value) for value in values]).astype(np.float32)
    errors[0][~np.isfinite(naive) & np.isfinite(nearest)] = math.inf
    columns = (xs, values, naive.tolist(), errors[0].tolist(), ours.tolist(), errors[1].tolist())
    return [Trial(*cells) for cells in zip(*columns, strict=True)]


def _sum_of_exponentials(numbers: tuple[float, ...]) -> Any:
    with mpmath.workdps(900):
        return mpmath.fsum(mpmath.exp(n) for n in numbers)


def _softmax(numbers: tuple[float, ...]) -> Any:
    with mpmath.workdps(900):
        return mpmath.exp(numbers[0]) / _sum_of_exponentials(numbers)


def _logsumexp(numbers: tuple[float, ...]) -> Any:
    with mpmath.workdps(900):
        return mpmath.log(_sum_of_exponentials(numbers))


_EXACT = {
    "softmax": _softmax,
    "softmin": lambda numbers: _softmax(tuple(-n for n in numbers)),
    "log_softmax": lambda numbers: mpmath.mpf(numbers[0]) - _logsumexp(numbers),
    "logsumexp": _logsumexp,
}

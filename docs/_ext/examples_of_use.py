"""Short sessions with an activation, run by the build; the doctests run them again."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

import fastact as fa
from fastact.formulas.catalogue import Row

NUMBERS = "x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=np.float32)"
PROBABILITIES = "x = np.array([0.1, 0.25, 0.5, 0.75, 0.9], dtype=np.float32)"
ROWS = "x = np.array([[0.5, 1.0, 1.5, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=np.float32)"


def session(row: Row) -> list[str]:
    """Forward, in place and backward, as lines of a doctest."""
    known: dict[str, Any] = {"np": np, "fa": fa}
    told = []
    for line in ("import numpy as np, fastact as fa", *_lines(row)):
        told += [f">>> {line}", *_result(line, known)]
    return told


def _result(line: str, known: dict[str, Any]) -> list[str]:
    """What an interactive session shows."""
    statement, _, _ = line.partition("  #")
    if not isinstance(ast.parse(statement).body[-1], ast.Expr):
        exec(statement, known)
        return []
    value = eval(statement, known)
    return [] if value is None else repr(value).splitlines()


def _lines(row: Row) -> Sequence[str]:
    return _LINES.get(row.kind, _elementwise)(row)


def _elementwise(row: Row) -> list[str]:
    name = f"fa.{row.name}"
    lines = [NUMBERS if np.isinf(row.interval[0]) else PROBABILITIES, f"y = {name}(x)", "y"]
    lines += [f"y, context = {name}.forward(x)  # keeps what backward needs"]
    lines += ["context.save, context.nbytes", "dy = np.ones_like(x)"]
    if row.learned:
        (learned,) = row.learned
        lines += [f"dx, d_{learned.name} = context.backward(dy)", "dx", f"d_{learned.name}"]
    else:
        lines += ["context.backward(dy)", f"{name}.backward(dy, x)  # without a context"]
    if row.from_output == "always" and not row.learned:
        lines.append(f"dx = {name}.backward(dy, output=y)  # the output is enough")
    for p in row.scalars[:1]:
        if p.default is not None:
            lines.append(f"y = {name}(x, {p.name}={float(2 * p.default or 0.5):.4})")
    if row.forms:
        form = list(row.forms)[1]
        lines.append(f'{name}(x, approximate="{form}")')
    return [*lines, f"{name}(x, out=x) is x  # in place"]


def _gate(row: Row) -> list[str]:
    first, second = row.inputs
    name = f"fa.{row.name}"
    return [
        f"{first} = np.array([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=np.float32)",
        f"{second} = np.full_like({first}, 3.0)",
        f"{name}({first}, {second})",
        f"both = np.stack([{first}, {second}], axis=-1)",
        f"{name}(both, axis=-1).ravel()  # halves of one array",
        f"dy = np.ones_like({first})",
        f"d_{first}, d_{second} = {name}.backward(dy, {first}, {second})",
        f"d_{first}",
        f"d_{second}",
        f"{name}({first}, {second}, out={first}) is {first}  # in place",
    ]


def _along_axis(row: Row) -> list[str]:
    name = f"fa.{row.name}"
    lines = [ROWS, f"y = {name}(x, axis=-1)", "y"]
    if row.masked:
        lines.append(f"{name}(x, where=x != 1.5)[0]  # the third number takes no part")
    lines += [f"dx = {name}.backward(np.ones_like(y), output=y)"]
    return [*lines, f"{name}(x, out=x) is x  # in place"]


def _reduction(row: Row) -> list[str]:
    name = f"fa.{row.name}"
    return [
        ROWS,
        f"y = {name}(x, axis=-1)",
        "y",
        f"{name}.backward(np.ones_like(y), x)",
        f"{name}(x, axis=-1, keepdims=True).shape",
    ]


def _sample(row: Row) -> list[str]:
    name = f"fa.{row.name}"
    return [
        ROWS,
        f"y = {name}(x, tau=0.5, rng=1)",
        "y.round(3)",
        f"{name}(x, hard=True, rng=1)",
        f"dx = {name}.backward(np.ones_like(y), output=y, tau=0.5)",
        f"{name}(x, rng=1, out=x) is x  # in place",
    ]


def _pieces(row: Row) -> list[str]:
    return [
        ROWS,
        "y, which = fa.maxout(x, pieces=2, return_argmax=True)",
        "y",
        "fa.maxout.backward(np.ones_like(y), which=which, pieces=2)",
    ]


def _paired(row: Row) -> list[str]:
    return [
        "x = np.array([[-2.0, -0.5, 0.5]], dtype=np.float32)",
        "y = fa.crelu(x, axis=-1)",
        "y",
        "fa.crelu.backward(np.ones_like(y), output=y)",
    ]


def _random(row: Row) -> list[str]:
    return [
        NUMBERS,
        "fa.rrelu(x)  # the mean slope",
        "y, slopes = fa.rrelu(x, training=True, rng=1)",
        "slopes",
        "dx = fa.rrelu.backward(np.ones_like(x), slopes=slopes)",
    ]


_LINES = {
    "gate": _gate,
    "along axis": _along_axis,
    "reduction": _reduction,
    "sample": _sample,
    "pieces": _pieces,
    "paired": _paired,
    "random": _random,
}

"""Inputs that test a kernel: of every exponent, where it bends, and where it may go wrong.

Thresholds are read from the formulas' source and from the expressions, so that a new
formula brings its own.
"""

from __future__ import annotations

import ast
import math
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

import fastact
from fastact.formulas.primitives import CONSTANTS
from oracle import Array, breaks_of, expression, kinks_of
from roots import roots_of
from subject import Subject

FORMULAS = Path(fastact.__file__).parent / "formulas"
REACH = {"float32": 110.0, "float64": 760.0}  # beyond, exponentials are 0 or infinite

# --- floats as consecutive integers ---------------------------------------------------


def keys_of(xs: Array) -> Array:
    """Integers in the order of the floats, one apart for neighbours; 0 for both zeros."""
    signed = np.dtype(f"i{xs.dtype.itemsize}").type
    pattern = np.ascontiguousarray(xs).view(signed)
    return np.asarray(np.where(pattern < 0, np.iinfo(signed).min - pattern, pattern))


def floats_of(keys: Array) -> Array:
    low = np.iinfo(keys.dtype).min
    pattern = np.where(keys < 0, low - keys, keys).astype(keys.dtype)
    return pattern.view(f"f{keys.dtype.itemsize}")


def neighbours(points: Array, count: int) -> Array:
    """So many consecutive floats around all the points together, or a few more."""
    room = max(2, count // (2 * max(1, points.size)))
    keys = keys_of(points)[:, None] + np.arange(-room, room + 1, dtype=f"i{points.dtype.itemsize}")
    xs = floats_of(keys.ravel())
    return xs[np.isfinite(xs)]


# --- thresholds -----------------------------------------------------------------------


@cache
def _functions() -> dict[str, ast.FunctionDef]:
    files = [FORMULAS / "elementary.py", *sorted((FORMULAS / "activations").glob("*.py"))]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    return {n.name: n for tree in trees for n in tree.body if isinstance(n, ast.FunctionDef)}


def _reached_from(name: str) -> list[ast.FunctionDef]:
    """The formula and all that it calls."""
    functions, found, names = _functions(), {}, [name]
    while names:
        name = names.pop()
        if name in functions and name not in found:
            found[name] = functions[name]
            names += [n.id for n in ast.walk(found[name]) if isinstance(n, ast.Name)]
    return list(found.values())


def compared_numbers(kernel: str, dtype: str) -> set[float]:
    """Literals and constants in the conditions of a formula and of what it calls."""
    nodes = [node for f in _reached_from(kernel) for node in ast.walk(f)]
    tests = [node.test for node in nodes if isinstance(node, ast.IfExp)]
    compared = [c for test in tests for c in ast.walk(test) if isinstance(c, ast.Compare)]
    sides = [side for c in compared for side in (c.left, *c.comparators)]
    return {number for side in sides if (number := _number(side, dtype)) is not None}


def _number(node: ast.expr, dtype: str) -> float | None:
    """The value of an expression of constants."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if not names <= set(CONSTANTS[dtype]) or any(isinstance(n, ast.Call) for n in ast.walk(node)):
        return None
    code = compile(ast.Expression(node), "a condition", "eval")
    return float(eval(code, {"__builtins__": {}}, CONSTANTS[dtype]))


def _scales(subject: Subject) -> list[float]:
    """What x may be multiplied with before it is compared."""
    atoms = expression(subject.row, subject.formula).atoms()
    numbers = [float(n) for n in atoms if n.is_number and n.is_real]
    numbers += [float(p.default) for p in subject.row.parameters if p.default is not None]
    scales = {1.0, *(abs(n) for n in numbers if n and math.isfinite(n))}
    return sorted({k * scale for scale in scales for k in (1, 2)})


def thresholds(subject: Subject, dtype: str) -> Array:
    """Where a formula changes from one way of computing to another, if not only there."""
    row, formula = subject.row, subject.formula
    compared = compared_numbers(subject.name, dtype)
    compared |= {math.sqrt(abs(k * n)) for n in compared for k in (1, 2)}  # t * t, t * t / 2
    numbers = [n / s for n in compared for s in _scales(subject)]
    ends = [end for end in row.interval if math.isfinite(end)]
    numbers += [sum(ends) - n for n in numbers] if len(ends) == 2 else []
    numbers += [0.0, *ends, *kinks_of(row, row.defaults), *breaks_of(row, formula, row.defaults)]
    numbers += map(float, roots_of(row, formula, True).points)
    numbers += subject.interval(dtype)
    with np.errstate(over="ignore", under="ignore"):
        found = np.array([sign * n for n in numbers for sign in (1, -1)]).astype(dtype)
    return np.unique(found[np.isfinite(found)])


# --- edges of results and of exponent reduction ----------------------------------------


def result_edges(subject: Subject, dtype: str) -> Array:
    """Where a result enters another binade, or stops to be normal, finite, 1 or x."""
    keys = np.sort(keys_of(_anywhere(subject.interval(dtype), dtype, 1 << 14, 0)))
    before, after = keys[:-1], keys[1:]
    kind = _kind_of(subject, before)
    changed = kind != _kind_of(subject, after)
    before, after, kind = before[changed], after[changed], kind[changed]
    for _ in range(keys.dtype.itemsize * 8):
        middle = before // 2 + after // 2 + (before & after & 1)
        same = _kind_of(subject, middle) == kind
        before, after = np.where(same, middle, before), np.where(same, after, middle)
    return floats_of(before)


def _kind_of(subject: Subject, keys: Array) -> Array:
    xs = floats_of(keys)
    with np.errstate(all="ignore"):
        ys = subject(xs)
        exponents = np.frexp(ys)[1] + 10_000 * np.isinf(ys) + 20_000 * (ys == 0)
    return np.asarray(exponents + 30_000 * (ys == xs) + 60_000 * (np.abs(ys) == 1))


def reduction_switches(subject: Subject, dtype: str) -> Array:
    """Where the integer changes that an exponent is reduced by: x, 2 x or x^2 / 2 in it."""
    multiples = np.arange(1, int(2 * REACH[dtype] / math.log(2))) * (math.log(2) / 2)
    found = np.concatenate([multiples / s for s in _scales(subject)])
    found = np.concatenate([found, np.sqrt(2 * multiples)])
    return np.unique(np.concatenate([found, -found]).astype(dtype))


def powers_of_two(dtype: str) -> Array:
    """All of them, with the largest and the smallest number, of both signs."""
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp - info.nmant, info.maxexp)
    found = np.append(np.ldexp(np.ones(1, dtype), exponents), info.max)
    return np.concatenate([found, -found])


# --- samples ----------------------------------------------------------------------------


def stratified(low: float, high: float, count: int, dtype: str, seed: int = 0) -> Array:
    """One number of each of so many equal runs of floats: every exponent has its share."""
    first, last = keys_of(np.array([low, high], dtype)).astype(np.uint64)
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        step = (last - first) // np.uint64(count)
        keys = rng.integers(0, step, count, np.uint64, endpoint=True)
        keys += first + np.arange(count, dtype=np.uint64) * step
    return floats_of(keys.astype(f"i{np.dtype(dtype).itemsize}"))


def uniform(low: float, high: float, count: int, dtype: str, seed: int = 0) -> Array:
    """Numbers from the range in which functions bend: half of them where they bend most."""
    rng = np.random.default_rng(seed)
    reach = min(high, REACH[dtype])
    parts = [(max(low, -reach), reach), (max(low, -8.0), min(high, 8.0))]
    return np.concatenate([rng.uniform(*part, count // 2).astype(dtype) for part in parts])


def sample_of(subject: Subject, dtype: str, count: int, seed: int = 0) -> Array:
    """Inputs of every exponent, from the range of bends, and around all that may go wrong."""
    parts = [_anywhere(subject.interval(dtype), dtype, count, seed)]
    parts += [hard_cases(subject, dtype, count // 4)]
    xs = np.concatenate(parts)
    return np.asarray(xs[subject.judged(xs)])


@lru_cache(maxsize=8)  # most kernels have the same interval
def _anywhere(interval: tuple[float, float], dtype: str, count: int, seed: int) -> Array:
    parts = (
        stratified(*interval, count // 2, dtype, seed),
        uniform(*interval, count // 4, dtype, seed),
    )
    return np.concatenate(parts)


def hard_cases(subject: Subject, dtype: str, count: int) -> Array:
    """Half of them around thresholds, half around the many edges of exponents."""
    edges = [result_edges(subject, dtype), reduction_switches(subject, dtype), powers_of_two(dtype)]
    low, high = subject.interval(dtype)
    points = np.unique(np.concatenate(edges))
    points = points[(low <= points) & (points <= high)]
    found = [neighbours(p, count // 2) for p in (thresholds(subject, dtype), points)]
    xs = np.concatenate(found)
    return np.asarray(xs[subject.judged(xs)])

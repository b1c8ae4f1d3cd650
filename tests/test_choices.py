"""Kernels that only choose, on patterns of 16 bits: what the way by float32 gives."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import MACHINE_BACKENDS, in_backend
from fastact.backends.cython import CythonBackend
from fastact.formulas.kernels import kernel_named
from fastact.formulas.sixteen import FORMATS, LONGEST_SHORT, own_loops

HALVES = {"float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
# Zeros of both signs, numbers of both formats and between theirs, the least, and too large ones.
NUMBERS = (0.0, -0.0, 0.5, -2.0, 0.1, -1 / 3, 1e-7, -3e-8, 1e-40, 65504.0, 65519.0, 7e4, -3e38)
CASES = [
    ("relu", {}),
    ("relu6", {}),
    *(("threshold", {"threshold": a, "value": 3.0}) for a in NUMBERS),
    *(("threshold", {"threshold": 1.0, "value": a}) for a in NUMBERS),
    *(("hardtanh", {"min_val": -abs(a), "max_val": 2 * abs(a)}) for a in NUMBERS[:-1]),
    *(("hardtanh", {"min_val": a, "max_val": a}) for a in NUMBERS),
    *(("hardshrink", {"lambd": abs(a)}) for a in NUMBERS),
    *(("softshrink", {"lambd": abs(a)}) for a in NUMBERS),
]
CHOICES = {loop.kernel: loop.source for loop in own_loops() if loop.name.endswith("_choice")}
COMPILED = [backend for backend in MACHINE_BACKENDS if isinstance(backend, CythonBackend)]


def in_single(values):
    """Parameters that float32 has too: others are computed."""
    return {name: float(np.float32(value)) for name, value in values.items()}


def results(name, values, half):
    x = np.arange(1 << 16, dtype=np.uint16).view(half)
    dy = x[(np.arange(1 << 16) * 40503) % (1 << 16)]
    activation = getattr(fa, name)
    yield activation(x, **values)
    yield activation.derivative(x, **values)
    yield activation.backward(dy, x, **values)
    if name != "threshold":  # whose value may lie above it
        yield activation.backward(dy, output=x, **values)


def as_numbers(results):
    """NaN alike, zeros not."""
    with np.errstate(invalid="ignore"):
        wide = [result.astype(np.float64) for result in results]
    return [np.where(np.isnan(y), np.nan, y).view(np.uint64) for y in wide]


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("backend", COMPILED, ids=repr)
def test_all_patterns(backend, dtype):
    for name, values in CASES:
        given = in_single(values)
        with in_backend(backend):
            got = as_numbers(results(name, given, HALVES[dtype]))
        with fa.use_backend("numpy"):
            wanted = as_numbers(results(name, given, HALVES[dtype]))
        for a, b in zip(got, wanted, strict=True):
            assert np.array_equal(a, b), (name, given, np.flatnonzero(a != b)[:5])


def test_which_kernels_choose():
    chosen = ("identity", "relu_backward", "relu6", "hardtanh_backward", "softshrink_backward")
    assert all(name in CHOICES for name in chosen)
    computed = ("leaky_relu", "hardsigmoid", "softshrink", "hardtanh_derivative", "gelu")
    assert not any(name in CHOICES for name in computed)


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
@pytest.mark.parametrize("dtype", HALVES)
def test_loops_of_single_kernels_are_compiled(dtype):
    """Those that choose everywhere, short ones where there are vectors for them."""
    at = FORMATS.index(dtype)
    for backend in COMPILED:
        instruction_set = backend.instruction_set.replace("-", "_")
        loops = list(own_loops(LONGEST_SHORT.get(instruction_set, 0)))
        names = {loop.kernel for loop in loops}
        assert set(CHOICES) <= names
        assert ("leaky_relu" in names) == (instruction_set in LONGEST_SHORT)
        assert "gelu" not in names
        for loop in loops:
            assert backend.own_loop(kernel_named(loop.kernel), dtype, loop.doubts[at])


def test_a_constant_is_declared_once():
    loop = CHOICES["hardtanh"]
    assert loop.count("pattern_of(") == 2
    assert loop.count("last_up_to(") == 1


@pytest.mark.parametrize("half", HALVES.values(), ids=str)
def test_nan_become_quiet(half):
    signalling = np.full(5, 0x7C01 if half.char == "e" else 0x7F81, np.uint16).view(half)
    quiet = 0x7E01 if half.char == "e" else 0x7FC1
    assert (fa.relu(signalling).view(np.uint16) == quiet).all()
    dx = fa.relu.backward(signalling, np.ones(5, half))
    assert (dx.view(np.uint16) == quiet).all()

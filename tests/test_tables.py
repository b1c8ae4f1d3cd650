"""Functions of 16 bits that are looked up: the bits that computing gives."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy as np
import pytest

import fastact as fa
from cases import assert_same_bits, in_backend
from fastact import dispatch
from fastact.backends.cython import CythonBackend, driver
from fastact.formulas.catalogue import CATALOGUE
from fastact.formulas.doubts import compiled_doubt
from fastact.formulas.kernels import kernel_exists, kernel_named

HALVES = [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
CURVES = [row for row in CATALOGUE if row.is_elementwise and row.is_curve and not row.learned]
MANY = 1 << 19  # numbers after which there is a table


def are_looked_up():
    backend = dispatch.DEFAULT
    return isinstance(backend, CythonBackend) and any(backend.table(kernel_named("gelu"), "", 0))


pytestmark = pytest.mark.skipif(not are_looked_up(), reason="AVX-512 is as fast, or no compiler")


@pytest.fixture(params=HALVES, ids=str)
def half(request):
    return request.param


@pytest.fixture(autouse=True)
def no_tables_of_other_tests():
    """Or their number may have reached its limit, and nothing would be looked up."""
    for row in CATALOGUE:
        getattr(fa, row.name)._take_plans(None)
        getattr(fa, row.name)._forget_plans()
    assert driver.tables_made() == 0


def tables_for(row, half, endings):
    """How many such kernels have a table."""
    values = {parameter.name: parameter.default for parameter in row.parameters}
    made = 0
    names = (row.name + ending for ending in endings)
    for kernel in (kernel_named(name) for name in names if kernel_exists(name)):
        doubt, _ = compiled_doubt(row, kernel.name, values, half.name)
        made += any(dispatch.DEFAULT.table(kernel, half.name, doubt))
    return made


def patterns(half, n=1 << 16):
    return np.resize(np.arange(1 << 16, dtype=np.uint16), n).view(half)


def computed(call):
    """Without the short way, which alone looks up."""
    with in_backend(dispatch.DEFAULT):
        return call()


@pytest.mark.parametrize("row", CURVES, ids=lambda row: row.name)
def test_what_is_looked_up_is_what_is_computed(row, half):
    function, x = getattr(fa, row.name), patterns(half)
    many = patterns(half, MANY)
    function(many), function.derivative(many), function.backward(many, many)
    assert driver.tables_made() == tables_for(row, half, ("", "_derivative", "_backward"))
    assert_same_bits(function(x), computed(lambda: function(x)))
    assert_same_bits(function.derivative(x), computed(lambda: function.derivative(x)))
    with np.errstate(all="ignore"):
        normal = np.random.default_rng(0).standard_normal(x.size).astype(half)
    for dy in (np.roll(x, 12_345), np.ones_like(x), normal):
        wanted = computed(lambda dy=dy: function.backward(dy, x))
        assert_same_bits(function.backward(dy, x), wanted)


@pytest.mark.parametrize("name", ["logsigmoid", "softplus", "logit"])
def test_gradients_from_the_output_are_looked_up(name, half):
    function, many = getattr(fa, name), patterns(half, MANY)
    y = function(patterns(half))
    function.backward(many, output=many)
    assert driver.tables_made() == 1
    with np.errstate(all="ignore"):
        normal = np.random.default_rng(0).standard_normal(y.size).astype(half)
    for dy in (np.roll(y, 12_345), np.roll(y, 333), np.ones_like(y), normal):
        wanted = computed(lambda dy=dy: function.backward(dy, output=y))
        assert_same_bits(function.backward(dy, output=y), wanted)


# And how many tables their gradients have: near a root of the slope, which but with default
# parameters is right in all digits, there is none.
GATES = [
    *(("glu", {}, 2), ("geglu", {}, 2), ("swiglu", {}, 2)),
    *(("geglu", {"approximate": "tanh"}, 2), ("swiglu", {"beta": 1.5}, 1)),
]


@pytest.mark.parametrize(("name", "options", "_"), GATES, ids=str)
def test_gates_are_looked_up(name, options, _, half):
    gate = getattr(fa, name)
    first, second = patterns(half, MANY), np.roll(patterns(half, MANY), 12_345)
    gate(first, second, **options), gate(first, second, **options)
    assert driver.tables_made() == 1
    for by in (12_345, 1, 40_000):
        first, second = patterns(half), np.roll(patterns(half), by)
        wanted = computed(lambda a=first, b=second: gate(a, b, **options))
        assert_same_bits(gate(first, second, **options), wanted)
        for length in (1, 5, 301, 512, 513, 5000):
            rows = len(first) // length
            halves = [x[: rows * length].reshape(rows, length) for x in (first, second)]
            result = gate(np.concatenate(halves, axis=1), **options)
            assert_same_bits(result.ravel(), wanted[: rows * length])


@pytest.mark.parametrize(("name", "options", "tables"), GATES, ids=str)
def test_gradients_of_gates_are_looked_up(name, options, tables, half):
    gate = getattr(fa, name)
    first, second, dy = (np.roll(patterns(half, MANY), k) for k in (0, 12_345, 333))
    gate.backward(dy, first, second, **options), gate.backward(dy, first, second, **options)
    assert driver.tables_made() == tables
    for n in (1 << 16, 5001):
        pair, dy = (first[:n].copy(), second[-n:].copy()), dy[:n].copy()
        wanted = computed(lambda dy=dy, pair=pair: gate.backward(dy, *pair, **options))
        for result, expected in zip(gate.backward(dy, *pair, **options), wanted, strict=True):
            assert_same_bits(result, expected)
        halves = np.concatenate([x[: n // 2 * 2].reshape(2, -1) for x in pair], axis=1)
        short = dy[: n // 2 * 2].reshape(2, -1)
        wanted = computed(lambda a=short, b=halves: gate.backward(a, b, **options))
        assert_same_bits(gate.backward(short, halves, **options), wanted)


@pytest.mark.parametrize("n", [4095, 4096, 4097, 6143, 6145, 8191, 9001, 65_521])
def test_every_length_and_in_place(half, n):
    x = np.random.default_rng(n).standard_normal(MANY).astype(half)
    fa.mish(x), fa.mish.backward(x, x.copy())
    assert driver.tables_made() == 2
    x, dy = x[:n].copy(), x[-n:].copy()
    y, dx = computed(lambda: fa.mish(x)), computed(lambda: fa.mish.backward(dy, x))
    out = np.full(n + 40, 7, half)
    assert_same_bits(fa.mish(x, out=out[:n]), y)
    assert_same_bits(fa.mish.backward(dy, x, out=out[:n]), dx)
    assert (out[n:] == 7).all()
    assert_same_bits(fa.mish.backward(dy, x, out=dy), dx)
    assert_same_bits(fa.mish(x, out=x), y)


COUNTS = """
import numpy as np
import fastact as fa
from fastact.backends.cython import driver

quarter, many = (np.ones({many} // k, np.float16) for k in (4, 1))
fa.silu(quarter, 1.25)  # seen once: remembered from now on
for _ in range(3):
    fa.silu(quarter, 1.25)
assert driver.tables_made() == 0
fa.silu(quarter, 1.25)
assert driver.tables_made() == 1
for k in range(100):
    fa.silu(many, 2.0 + k), fa.silu(many, 2.0 + k)
assert driver.tables_made() == 64
wanted = fa.silu(many[:100], 101.0)
assert (fa.silu(many, 101.0)[:100] == wanted).all()
for k in range(300):  # more parameters than are remembered
    fa.silu(many[:10], 1000.0 + k)
assert driver.tables_made() == 0
"""


def test_tables_are_made_after_many_numbers_within_a_limit_and_given_back():
    """In a process of its own, which has none yet."""
    subprocess.run([sys.executable, "-c", COUNTS.format(many=MANY)], check=True)


def test_many_callers_at_once(half):
    x = patterns(half, MANY // 2)
    wanted = computed(lambda: fa.silu(x, 0.625))
    fa.silu(x[:10], 0.625)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fa.silu(x, 0.625), range(24)))
    assert driver.tables_made() == 1
    for result in results:
        assert_same_bits(result, wanted)


def test_what_is_computed_is_looked_up_and_choices_are_not(half):
    rows = {row.name: row for row in CATALOGUE}
    for name in ("sigmoid", "gelu", "silu", "mish", "softplus"):
        assert tables_for(rows[name], half, ("", "_derivative", "_backward")) == 3
    for name in ("relu", "hardshrink"):
        assert tables_for(rows[name], half, ("", "_backward")) == 0

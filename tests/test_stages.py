"""Kernels cut into stages, at parameters of 1 and without extremes: the bits of the formula."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from cases import MACHINE_BACKENDS
from fastact.formulas import primitives, stages
from fastact.formulas.graph import Graph
from fastact.formulas.kernels import elementwise_kernels
from fastact.formulas.loops import BLOCK as BLOCK_BYTES
from fastact.formulas.loops import ITEMS
from fastact.formulas.translate import cython_functions

KERNELS = {kernel.name: kernel for kernel in elementwise_kernels()}
FUNCTIONS = cython_functions("float64")
LONG = ("gelu", "silu_backward", "tanhshrink", "logit", "snake_backward_by_a", "swiglu")
NUMBERS = (-750.0, -30.5, -1.3, -1e-3, -0.0, 0.0, 0.25, 0.7, 2.5, 41.0, 800.0)
AT_ONE = [kernel for kernel in KERNELS.values() if 1.0 in kernel.defaults]
MODERATE = [kernel for kernel in KERNELS.values() if kernel.moderate]

# What generated lines may use, on Python's floats.
LANGUAGE = {
    **{name: getattr(primitives, name) for name in ("fma", "absolute", "copysign", "sqrt")},
    **{"to_bits": primitives.to_bits, "from_bits": primitives.from_bits},
    **{"negative": lambda x: -x, "R": float},
}


def divided(numerator, denominator):
    with np.errstate(all="ignore"):
        return float(np.float64(numerator) / np.float64(denominator))


class _Division(ast.NodeTransformer):
    """As IEEE 754 has it: Python's raises."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return ast.Call(ast.Name("divided", ast.Load()), [node.left, node.right], [])


def calculated(expression, names):
    tree = ast.fix_missing_locations(_Division().visit(ast.parse(expression, mode="eval")))
    return eval(compile(tree, "<line>", "eval"), {**LANGUAGE, "divided": divided}, names)


def result_of(cut, given):
    (result,) = results_of(cut, given)
    return result


def results_of(cut, given):
    """What the stages give; each sees what it says that it reads, and no more."""
    kept = {}
    for stage in cut.stages:
        names = {**given, **{name: kept[name] for name in stage.reads}}
        for line in stage.lines:
            names[line.name] = calculated(line.expression, names)
        kept.update({name: names[name] for name in stage.writes})
    return [calculated(result, names) for result in cut.results]


def elements(kernel, x):
    arrays = {letter: [1.5] for letter in "abc"}
    arrays["abc"[kernel.inputs - 1]] = [x]
    parameters = {f"p{k}": value for k, value in enumerate((0.75, 1.25, 1e-17, 3.0))}
    return {**arrays, "i": 0, **parameters}


def same_bits(a, b):
    return np.float64(a).tobytes() == np.float64(b).tobytes() or (a != a and b != b)


@pytest.mark.parametrize("name", LONG)
def test_any_number_of_stages_gives_the_same_bits(name):
    kernel = KERNELS[name]
    value = Graph(FUNCTIONS).of(kernel.expression)
    whole = stages.in_stages([value], 1)
    assert len(whole.stages) == 1
    for count in (2, 3, 4):
        cut = stages.in_stages([value], count)
        assert [bool(stage.writes) for stage in cut.stages] == [True] * (count - 1) + [False]
        for x in NUMBERS:
            given = elements(kernel, x)
            assert same_bits(result_of(cut, given), result_of(whole, given)), (count, x)


@pytest.mark.parametrize("name", ["gelu", "mish", "dish", "quick_gelu", "sigmoid"])
def test_two_results_together(name):
    """Each is what it is alone, of whatever stage; what both are made of is found once."""
    pair = [KERNELS[name].expression, KERNELS[f"{name}_coarse_derivative"].expression]
    graph = Graph(FUNCTIONS)
    values = [graph.of(expression) for expression in pair]
    alone = [stages.in_stages([value], 1) for value in values]
    counts = [stages.instructions(value) for value in values]
    assert stages.instructions(*values) < sum(counts)
    for count in (1, 2, 3):
        cut = stages.in_stages(values, count)
        assert not cut.stages[-1].writes
        for x in NUMBERS:
            given = elements(KERNELS[name], x)
            found = results_of(cut, given)
            for one, other in zip(found, alone, strict=True):
                assert same_bits(one, result_of(other, given)), (count, x)


@pytest.mark.parametrize("name", ["silu_derivative", "softplus", "gelu_tanh"])
def test_the_graph_is_the_formula(name):
    """With every function in its place: against the formulas, run as Python."""
    from fastact.formulas import activations

    kernel = KERNELS[name]
    whole = stages.in_stages([Graph(FUNCTIONS).of(kernel.expression)], 1)
    for x in NUMBERS:
        given = elements(kernel, x)
        numbers = [given[f"p{k}"] for k in range(kernel.parameters)]
        expected = getattr(activations, name)(x, *numbers)
        assert same_bits(result_of(whole, given), expected), x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stages_are_chosen_where_they_save_time(dtype):
    """A short kernel stays whole, a long one is cut, and no stage is left empty."""
    functions = cython_functions(dtype)
    chosen = {
        name: stages.staged([Graph(functions).of(KERNELS[name].expression)], dtype)
        for name in ("elu", "relu", "gelu_derivative", "snake_derivative")
    }
    assert [len(chosen[name].stages) for name in ("elu", "relu")] == [1, 1]
    for name in ("gelu_derivative", "snake_derivative"):
        assert len(chosen[name].stages) > 1
        assert all(stage.lines for stage in chosen[name].stages)


def test_bits_never_cross_a_cut(monkeypatch):
    """With as many stages as there can be: buffers are of numbers."""
    monkeypatch.setattr(stages, "ALIKE", 1000.0)
    kinds, counts = set(), []
    for name in ("tanhshrink_coarse_derivative", "logit", "gelu"):
        cut = stages.staged([Graph(FUNCTIONS).of(KERNELS[name].expression)], "float64")
        kind_of = {line.name: line.kind for stage in cut.stages for line in stage.lines}
        kinds |= {kind_of[name] for stage in cut.stages for name in stage.writes}
        counts.append(len(cut.stages))
    assert kinds == {"real"}
    assert max(counts) > 3


@pytest.mark.parametrize("kernel", AT_ONE, ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_of_one_are_no_other_formula(kernel, dtype):
    """The loop for them gives the bits of the general one, which Numba has alone."""
    at_one = np.ones(max(1, kernel.parameters), dtype)
    x = np.random.default_rng(0).normal(0, 3, 3001).astype(dtype)
    inputs = [np.ones_like(x)] * (kernel.inputs - 1) + [x]
    results = []
    for backend in MACHINE_BACKENDS:
        out = np.empty_like(x)
        backend.run(kernel, inputs, out, 1, at_one, 1)
        results.append(out)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0].view(np.uint8), other.view(np.uint8))


@pytest.mark.parametrize("kernel", MODERATE, ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_neighbour_beyond_changes_no_bits(kernel, dtype):
    """One extreme number makes its block take the long formula, where that is compiled."""
    backend = MACHINE_BACKENDS[0]
    count = 3 * BLOCK_BYTES // ITEMS[dtype] + 5
    x = np.random.default_rng(0).uniform(-80, 80, count).astype(dtype)
    alone = run(backend, kernel, x)
    for extreme in (1e4, -1e4, np.inf, np.nan):
        beside = x.copy()
        beside[:: BLOCK_BYTES // ITEMS[dtype]] = extreme
        others = beside == x
        assert 0 < others.sum() < count
        np.testing.assert_array_equal(run(backend, kernel, beside)[others], alone[others])


def run(backend, kernel, x):
    out = np.empty_like(x)
    inputs = [np.ones_like(x)] * (kernel.inputs - 1) + [x]
    backend.run(kernel, inputs, out, 1, np.ones(1, x.dtype), 1)
    return out

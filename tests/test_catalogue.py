"""The catalogue's rows against formulas, kernels, stubs, docs and benchmarks."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

import fastact as fa
import oracle
from fastact.backends import BACKENDS_BY_NAME
from fastact.formulas import activations, kernels, translate
from fastact.formulas.catalogue import CATALOGUE, Parameter, Row

ROOT = Path(__file__).parents[1]
ELEMENTWISE = [row for row in CATALOGUE if row.is_elementwise]
NAMES = [row.name for row in CATALOGUE]


def test_every_row_is_public():
    assert list(fa.list()) == NAMES
    assert set(NAMES) <= set(fa.__all__)


def test_every_row_has_a_stub():
    tree = ast.parse((ROOT / "src/fastact/__init__.pyi").read_text(encoding="utf-8"))
    declared = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert set(NAMES) <= declared


def test_every_row_has_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from libraries import of_fastact, of_numpy
    from races import RACED

    benchmarked = of_fastact.library().formulas.keys() & of_numpy.library().formulas
    for row in RACED:
        for formula in row.formulas:
            assert {formula, f"{formula}_backward"} <= benchmarked


def test_generated_files_are_fresh():
    import generate

    for path, text in generate.files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: python tools/generate.py"


def test_stub_signatures_are_the_objects():
    tree = ast.parse((ROOT / "src/fastact/__init__.pyi").read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for name in NAMES:
        (call,) = (
            node
            for node in classes[f"_{name}"].body
            if isinstance(node, ast.FunctionDef) and node.name == "__call__"
        )
        stub = [a.arg for a in (*call.args.posonlyargs, *call.args.args, *call.args.kwonlyargs)]
        assert stub == ["self", *inspect.signature(getattr(fa, name)).parameters]


def functions_of(row):
    """Names of all functions that belong to a row."""
    formulas = tuple(row.formulas)
    endings = ("_derivative", "_backward", "_mask")
    return [
        name
        for name in kernels.formula_names()
        for formula in formulas
        if name == formula or name.startswith(tuple(formula + ending for ending in endings))
    ]


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda r: r.name)
def test_formulas_take_the_rows_parameters(row):
    """Arrays first, then what ``Row.numbers`` gives."""
    count = len(row.numbers()) + len(row.learned)
    for name in functions_of(row):
        arrays = 2 if "_backward" in name else len(row.inputs)
        parameters = inspect.signature(getattr(activations, name)).parameters
        assert len(parameters) == arrays + count, name
        if row.kernel_numbers is None:
            assert list(parameters)[arrays:] == [p.name for p in row.parameters]


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda r: r.name)
def test_every_parameter_has_its_gradient(row):
    """Where SymPy finds that the output depends smoothly on it."""
    for formula in row.formulas:
        for p in row.parameters:
            depends = oracle.expression(row, formula, by=p.name) != 0
            assert kernels.kernel_exists(f"{formula}_backward_by_{p.name}") == depends, p.name


def test_a_new_row_makes_its_kernels(monkeypatch):
    """From a formula and a row to loops for both compilers, with nothing else."""
    row = Row("sigmoid", "Test.", "x", (Parameter("a", 1.0, "test"),), from_output="always")
    monkeypatch.setattr(kernels, "CATALOGUE", (row,))
    names = [k.name for k in kernels.elementwise_kernels.__wrapped__()]
    endings = ("", "_derivative", kernels.COARSE, "_backward", "_backward_from_output")
    assert names == ["sigmoid" + ending for ending in endings]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_translation_binds_every_number(dtype):
    """No bare float reaches a compiler, where it would be a double."""
    for source in translate.python_functions(dtype).values():
        tree = ast.parse(source)
        wrapped = {
            id(getattr(node.args[0], "operand", node.args[0]))  # the sign is inside
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "R"
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                assert id(node) in wrapped, source


def test_backends_by_name():
    assert set(BACKENDS_BY_NAME) == {"cython", "numba", "numpy"}


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel's limit is stated for Linux")
def test_extensions_are_small():
    sizes = [p.stat().st_size for p in Path(fa.__file__).parent.rglob("*.so")]
    assert sum(sizes) < 6_000_000

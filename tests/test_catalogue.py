"""The catalogue's rows against formulas, kernels, stubs, docs and benchmarks."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

import fastact as fa
from fastact.backends import BACKENDS_BY_NAME
from fastact.formulas import activations, kernels, translate
from fastact.formulas.catalogue import CATALOGUE, Parameter, Row

ROOT = Path(__file__).parents[1]
NAMES = [row.name for row in CATALOGUE]


def test_every_row_is_public():
    assert list(fa.list()) == NAMES
    assert set(NAMES) <= set(fa.__all__)


def test_every_row_has_a_stub():
    tree = ast.parse((ROOT / "src/fastact/__init__.pyi").read_text(encoding="utf-8"))
    declared = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert set(NAMES) <= declared


def test_every_row_has_a_page():
    assert sorted(path.stem for path in (ROOT / "docs/activations").glob("*.md")) == sorted(NAMES)


def test_every_row_has_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import peers

    benchmarked = peers.LIBRARIES["fastact"].formulas.keys() & peers.LIBRARIES["numpy"].formulas
    for row in CATALOGUE:
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


@pytest.mark.parametrize("row", [r for r in CATALOGUE if not r.along_axis], ids=lambda r: r.name)
def test_formulas_take_the_rows_parameters(row):
    for formula in row.formulas:
        for ending in ("", "_derivative"):
            signature = inspect.signature(getattr(activations, formula + ending))
            assert list(signature.parameters)[1:] == [p.name for p in row.parameters]


def test_every_formula_belongs_to_a_row():
    prefixes = tuple(f for row in CATALOGUE for f in row.formulas)
    tree = ast.parse(Path(activations.__file__).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert node.name.startswith(prefixes), node.name


def test_a_new_row_makes_its_kernels(monkeypatch):
    """From a formula and a row to loops for both compilers, with nothing else."""
    row = Row("relu", "Test.", "x", (Parameter("a", 1.0, "test"),), from_output="always")
    monkeypatch.setattr(kernels, "CATALOGUE", (row,))
    names = [k.name for k in kernels.elementwise_kernels.__wrapped__()]
    assert names == ["relu", "relu_derivative", "relu_backward", "relu_backward_from_output"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_translation_binds_every_number(dtype):
    """No bare float reaches a compiler, where it would be a double."""
    for source in translate.python_functions(dtype).values():
        tree = ast.parse(source)
        wrapped = {
            id(node.args[0])
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

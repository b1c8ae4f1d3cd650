"""Translate the formulas for a compiler: plain Python in, its dialect out.

The formula files are ordinary Python functions of one number.  For a dtype,
this module binds the constants, marks float literals with ``R`` (a bare 0.5
is a double to every compiler and would drag float32 along) and unrolls the
polynomials; then it prints Cython or Python.  All compilers thus see the same
operations in the same order, which is why they give the same bits.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from .coefficients import COEFFICIENTS
from .primitives import BLOCK, CONSTANTS, HELD, IN_TWO_CHAINS, LANES, ROOM

SCALAR_FILES = (
    "elementary.py",
    "activations/piecewise.py",
    "activations/sigmoidal.py",
    "activations/rectifying.py",
    "activations/gated.py",
    "near.py",
)
ALL_FILES = (*SCALAR_FILES, "reductions.py")
COLUMNS_FILE = "columns.py"

# What an annotation means in C; without one an argument is a ``real``.
C_TYPES = {"array": "real*", "index": "Py_ssize_t", "bits": "bits", "real": "real"}


class _BindDtype(ast.NodeTransformer):
    """Constants become literals, literals become R(literal), polynomials fma chains."""

    def __init__(self, dtype: str, **constants: int) -> None:
        self.dtype = dtype
        sizes = {"LANES": LANES, "ROOM": ROOM, "HELD": HELD, "BLOCK": BLOCK}
        self.constants = {**CONSTANTS[dtype], **sizes, **constants}
        self.polynomials = {name: rows[dtype] for name, rows in COEFFICIENTS.items()}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _call("R", node) if isinstance(node.value, float) else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _literal(self.constants[node.id]) if node.id in self.constants else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments = [self.visit(argument) for argument in node.args]
        name = node.func.id
        if name not in self.polynomials or (name, self.dtype) in IN_TWO_CHAINS:
            return _call(name, *arguments)
        return _chain(self.polynomials[name], *arguments)


class _Vectorise(ast.NodeTransformer):
    """``a if c else b`` becomes ``where(c, a, b)``, which NumPy can do on arrays."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return _call("where", node.test, node.body, node.orelse)


class _Rename(ast.NodeTransformer):
    """Calls of these functions get a suffix."""

    def __init__(self, names: Collection[str], suffix: str) -> None:
        self.names, self.suffix = names, suffix

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.names:
            node.func.id += self.suffix
        return node


class _NameNegation(ast.NodeTransformer):
    """``-x`` becomes ``negative(x)``: gcc makes -(a b + c) of one fma, another zero at 0.

    Not so for the sign of a literal, or of what this function has as a product or sum: the
    compiler can put that sign elsewhere, and mostly to where it costs nothing.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        values: dict[str, list[ast.AST]] = {a.arg: [a] for a in function.args.args}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                values.setdefault(node.targets[0].id, []).append(node.value)
        self.arithmetic = {
            name for name, found in values.items() if all(map(_is_arithmetic, found))
        }

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        operand = node.operand
        known = isinstance(operand, ast.Name) and operand.id in self.arithmetic
        if not isinstance(node.op, ast.USub) or known or is_literal(operand):
            return node
        return _call("negative", operand)


def _is_arithmetic(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _chain(coefficients: Sequence[float], x: ast.expr) -> ast.expr:
    value, *rest = map(_literal, reversed(coefficients))
    for coefficient in rest:
        value = _call("fma", value, x, coefficient)
    return value


def _in_two_chains(name: str, coefficients: Sequence[float]) -> ast.FunctionDef:
    (function,) = ast.parse(f"def {name}(x):\n    square = x * x\n    return x").body
    assert isinstance(function, ast.FunctionDef)
    x, square = ast.Name("x", ast.Load()), ast.Name("square", ast.Load())
    odd, even = _chain(coefficients[1::2], square), _chain(coefficients[::2], square)
    function.body[-1] = ast.Return(_call("fma", odd, x, even))
    return ast.fix_missing_locations(function)


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or ast.unparse(node).startswith("R(")


def _literal(value: float) -> ast.expr:
    if isinstance(value, int):
        return ast.Constant(value)
    return _call("R", ast.Constant(value))


def functions(dtype: str, files: tuple[str, ...]) -> Iterator[ast.FunctionDef]:
    """The formulas of these files, and the polynomials that are functions of their own."""
    for name, its_dtype in sorted(IN_TWO_CHAINS):
        if its_dtype == dtype:
            yield _in_two_chains(name, COEFFICIENTS[name][dtype])
    for file in files:
        yield from _bound(file, _BindDtype(dtype))


def _bound(file: str, bind: _BindDtype) -> Iterator[ast.FunctionDef]:
    """The functions of a file without their docstrings."""
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                node.body.pop(0)
            node.body = [bind.visit(line) for line in node.body]
            yield ast.fix_missing_locations(node)


def _c_type(annotation: ast.expr | None) -> str:
    return C_TYPES[ast.unparse(annotation) if annotation else "real"]


def python_functions(
    dtype: str, *, vectorised: bool = False, files: tuple[str, ...] = ALL_FILES
) -> dict[str, str]:
    """Each formula as Python source, by name; ``vectorised`` for arrays."""
    sources = {}
    for function in functions(dtype, files):
        if vectorised:
            function = ast.fix_missing_locations(_Vectorise().visit(function))
        for argument in function.args.args:
            argument.annotation = None
        function.returns = None
        sources[function.name] = ast.unparse(function)
    return sources


def cython_functions(dtype: str) -> dict[str, ast.FunctionDef]:
    """Each formula by name, as Cython may have it."""
    return {
        function.name: ast.fix_missing_locations(_NameNegation(function).visit(function))
        for function in functions(dtype, ALL_FILES)
    }


def column_functions(dtype: str, strip: int) -> list[ast.FunctionDef]:
    """The formulas for so many columns, in whose names that number comes last."""
    functions = list(_bound(COLUMNS_FILE, _BindDtype(dtype, STRIP=strip)))
    rename = _Rename({function.name for function in functions}, f"_{strip}")
    for function in functions:
        rename.visit(function)
        function.name += f"_{strip}"
    return [_NameNegation(function).visit(function) for function in functions]


def cython_source(function: ast.FunctionDef) -> str:
    arguments = ", ".join(f"{_c_type(a.annotation)} {a.arg}" for a in function.args.args)
    body = "\n".join(
        f"    {line}" for node in function.body for line in ast.unparse(node).split("\n")
    )
    result = _c_type(function.returns)
    return f"cdef inline {result} {function.name}({arguments}) noexcept nogil:\n{body}\n"

"""Translate the formulas for a compiler: plain Python in, its dialect out.

The formula files are ordinary Python functions of one number.  For a dtype,
this module binds the constants, marks float literals with ``R`` (a bare 0.5
is a double to every compiler and would drag float32 along) and unrolls the
polynomials; then it prints Cython or Python.  All compilers thus see the same
operations in the same order, which is why they give the same bits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from .coefficients import COEFFICIENTS
from .kernels import Kernel, NearKernel, elementwise_kernels, row_kernels
from .primitives import BLOCK, CONSTANTS, LANES, MOST_COLUMNS, ROOM
from .segments import Segments, tables

SCALAR_FILES = (
    "elementary.py",
    "activations/piecewise.py",
    "activations/sigmoidal.py",
    "activations/rectifying.py",
    "activations/gated.py",
    "near.py",
)
ALL_FILES = (*SCALAR_FILES, "reductions.py", "columns.py")

# Numbers between two looks whether one of them lies beyond a table.
NEAR_BLOCK = 512

# Bytes of each array that are fetched at once, how far ahead, and from how many on: a long run
# does not fit into the caches, and the processor's own foresight ends with each page.  On 16
# million float32 numbers relu takes 0.6 of the time, elu 0.7; blocks of 2 or 4 times the size,
# or as near as the next one, save less.  A short run would lose a fifth by it.
AHEAD_BLOCK, AHEAD, AHEAD_FROM = 1 << 10, 1 << 12, 1_600_000
LINE = 64

ITEMS = {"float32": 4, "float64": 8}  # bytes

# What an annotation means in C; without one an argument is a ``real``.
C_TYPES = {"array": "real*", "index": "Py_ssize_t", "bits": "bits", "real": "real"}


class _BindDtype(ast.NodeTransformer):
    """Constants become literals, literals become R(literal), polynomials fma chains."""

    def __init__(self, dtype: str) -> None:
        self.constants = {**CONSTANTS[dtype], "LANES": LANES, "ROOM": ROOM, "BLOCK": BLOCK}
        self.polynomials = {name: rows[dtype] for name, rows in COEFFICIENTS.items()}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _call("R", node) if isinstance(node.value, float) else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _literal(self.constants[node.id]) if node.id in self.constants else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments = [self.visit(argument) for argument in node.args]
        if node.func.id not in self.polynomials:
            return _call(node.func.id, *arguments)
        (x,) = arguments
        value, *rest = map(_literal, reversed(self.polynomials[node.func.id]))
        for coefficient in rest:
            value = _call("fma", value, x, coefficient)
        return value


class _Vectorise(ast.NodeTransformer):
    """``a if c else b`` becomes ``where(c, a, b)``, which NumPy can do on arrays."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return _call("where", node.test, node.body, node.orelse)


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
        if not isinstance(node.op, ast.USub) or known or _is_literal(operand):
            return node
        return _call("negative", operand)


def _is_arithmetic(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or ast.unparse(node).startswith("R(")


def _literal(value: float) -> ast.expr:
    if isinstance(value, int):
        return ast.Constant(value)
    return _call("R", ast.Constant(value))


def _functions(dtype: str, files: tuple[str, ...]) -> Iterator[ast.FunctionDef]:
    bind = _BindDtype(dtype)
    for file in files:
        tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                if ast.get_docstring(node) is not None:
                    node.body.pop(0)
                node.body = [bind.visit(line) for line in node.body]
                yield ast.fix_missing_locations(node)


def _c_type(annotation: ast.expr | None) -> str:
    return C_TYPES[ast.unparse(annotation) if annotation else "real"]


def has_tables(dtype: str) -> bool:
    return dtype == "float32"


def python_functions(
    dtype: str, *, vectorised: bool = False, files: tuple[str, ...] = ALL_FILES
) -> dict[str, str]:
    """Each formula as Python source, by name; ``vectorised`` for arrays."""
    sources = {}
    for function in _functions(dtype, files):
        if vectorised:
            function = ast.fix_missing_locations(_Vectorise().visit(function))
        for argument in function.args.args:
            argument.annotation = None
        function.returns = None
        sources[function.name] = ast.unparse(function)
    return sources


def cython_module(dtype: str) -> str:
    """A .pyx with every formula, a loop per kernel and the table of the loops."""
    formulas = [_cython_function(function) for function in _functions(dtype, ALL_FILES)]
    by_table = has_tables(dtype)
    loops = [
        _cython_near_loop(kernel, kernel.near)
        if kernel.near and by_table
        else _cython_loop(kernel, dtype)
        for kernel in elementwise_kernels()
    ]
    loops += [_cython_row_loop(kernel) for kernel in row_kernels()]
    loops += [_cython_column_loop(name, dtype) for name in COLUMN_KERNELS]
    names = [kernel.name for kernel in (*elementwise_kernels(), *row_kernels())]
    table = [f'    "{name}": <size_t>&{name}_loop,' for name in names]
    return "\n".join(
        [
            "# cython: language_level=3, infer_types=True, cdivision=True, boundscheck=False",
            "# cython: wraparound=False, initializedcheck=False, freethreading_compatible=True",
            f'"""{dtype} kernels: addresses of C loops by kernel name.  Generated by setup.py."""',
            'cdef extern from "primitives.h":',
            "    ctypedef double real",
            "    ctypedef long long bits",
            "    real R(double) noexcept nogil",
            '    real fma "fma_real"(real, real, real) noexcept nogil',
            '    real absolute "absolute_real"(real) noexcept nogil',
            '    real negative "negative_real"(real) noexcept nogil',
            '    real copysign "copysign_real"(real, real) noexcept nogil',
            '    real sqrt "sqrt_real"(real) noexcept nogil',
            "    void fetch_line(const void*) noexcept nogil",
            "    bits to_bits(real) noexcept nogil",
            "    real from_bits(bits) noexcept nogil",
            *(_c_tables() if by_table else []),
            "",
            *formulas,
            *loops,
            "LOOPS = {",
            *table,
            "}",
            *_support(),
            *_columns(),
            "",
        ]
    )


# Loops of support.h, by which the driver joins kernels.
SUPPORT = (
    *("plus", "carry", "pack_slopes", "times_slopes"),
    *("into_parts", "from_parts", "transpose"),
)


def _support() -> list[str]:
    """Declarations of the loops besides the formulas, and their table."""
    arguments = "const void*, const void*, const void*, void*, Py_ssize_t, Py_ssize_t, const void*"
    declared = [f"    void {name}_loop({arguments}) noexcept nogil" for name in SUPPORT]
    entries = ", ".join(f'"{name}": <size_t>&{name}_loop' for name in SUPPORT)
    return ['cdef extern from "support.h":', *declared, f"SUPPORT = {{{entries}}}"]


# Row kernels that columns.py has for many columns at once.
COLUMN_KERNELS = tuple(
    f"{name}{method}"
    for name in ("softmax", "softmin", "log_softmax")
    for method in ("", "_backward")
)


def _columns() -> list[str]:
    entries = (f'    "{name}": <size_t>&{name}_columns_loop,' for name in COLUMN_KERNELS)
    return ["COLUMNS = {", *entries, "}"]


def _cython_function(function: ast.FunctionDef) -> str:
    arguments = ", ".join(f"{_c_type(a.annotation)} {a.arg}" for a in function.args.args)
    function = ast.fix_missing_locations(_NameNegation(function).visit(function))
    body = "\n".join(
        f"    {line}" for node in function.body for line in ast.unparse(node).split("\n")
    )
    result = _c_type(function.returns)
    return f"cdef inline {result} {function.name}({arguments}) noexcept nogil:\n{body}\n"


_LOOP = """\
cdef void {name}_loop(const real* a, const real* b, const real* c, real* out,
                      Py_ssize_t n, Py_ssize_t length, const real* p) noexcept nogil:
    cdef Py_ssize_t i
"""


_ELEMENTWISE_LOOP = """\
    cdef Py_ssize_t start = 0, stop, k
    while start < n:
        stop = n
        if n > {from_}:
            stop = start + {block} if n - start > {block} else n
            for k in range(start + {ahead}, stop + {ahead}, {line}):
{fetches}
        for i in range(start, stop):
            out[i] = {expression}
        start = stop
"""


def _cython_loop(kernel: Kernel, dtype: str) -> str:
    parameters = "".join(f"    cdef real p{k} = p[{k}]\n" for k in range(kernel.parameters))
    item = ITEMS[dtype]
    arrays = (*"abc"[: kernel.inputs], "out")
    return (
        _LOOP.format(name=kernel.name)
        + parameters
        + _ELEMENTWISE_LOOP.format(
            from_=AHEAD_FROM // item,
            block=AHEAD_BLOCK // item,
            ahead=AHEAD // item,
            line=LINE // item,
            fetches="\n".join(f"                fetch_line({x} + k)" for x in arrays),
            expression=kernel.expression,
        )
    )


_NEAR_LOOP = """\
    cdef Py_ssize_t start, count
    cdef real near[{block}]
    cdef bint far
    if not ({at_defaults}):
        for i in range(n):
            out[i] = {expression}
        return
    for start in range(0, n, {block}):
        count = {block} if n - start > {block} else n - start
        far = {table}_segments({argument}, near, count, {far}, {next}, out)
        if far:
            for i in range(count):
                near[i] = {beyond} if {is_far} else {near}
            for i in range(count):
                out[i] = near[i]
        else:
            for i in range(count):
                out[i] = {near}
        a += {block}
        b += {block}
        c += {block}
        out += {block}
"""


def _cython_near_loop(kernel: Kernel, near: NearKernel) -> str:
    parameters = "".join(f"    cdef real p{k} = p[{k}]\n" for k in range(kernel.parameters))
    table = tables()[near.table]
    return (
        _LOOP.format(name=kernel.name)
        + parameters
        + _NEAR_LOOP.format(
            block=NEAR_BLOCK,
            at_defaults=at_defaults(near),
            expression=kernel.expression,
            near=near.expression,
            beyond=near.beyond,
            table=near.table,
            argument=near.argument.replace("[i]", ""),
            next="a" if near.argument != "a[i]" else f"a + {NEAR_BLOCK}",
            far=_FAR_NUMBERS[near.far],
            is_far=is_far(near, table),
        )
    )


_FAR_NUMBERS = {"none": 0, "left": 1, "right": 2, "both": 3}


def at_defaults(near: NearKernel) -> str:
    """The condition under which the table is meant."""
    conditions = [f"p{k} == R({value!r})" for k, value in enumerate(near.defaults)]
    return " and ".join(conditions) or "True"


def is_far(near: NearKernel, table: Segments) -> str:
    """The condition under which the argument lies beyond the table."""
    below, above = (
        f"{near.argument} < R({table.lowest!r})",
        f"{near.argument} > R({table.highest!r})",
    )
    return {"none": "False", "left": below, "right": above, "both": f"{below} or {above}"}[near.far]


def _c_tables() -> list[str]:
    """Declarations for Cython, and each table in C with a function that evaluates it."""
    lines = ['cdef extern from "segments.h":', "    pass", "cdef extern from *:", '    """']
    for name, table in tables().items():
        lines += [
            "    #if defined(__AVX512F__)",
            *_c_array(f"{name}_table", table.by_number()),
            "    #else",
            *_c_array(f"{name}_table", table.by_piece()),
            "    #endif",
            f"    SEGMENTS_INLINE int {name}_segments(const float *x, float *out, Py_ssize_t n,",
            "                                        int far, const float *next, float *target) {",
            f"        return segments({name}_table, {table.degree}, {table.per_unit!r}f,",
            f"                        {table.lowest!r}f, {table.highest!r}f,",
            f"                        {int(table.is_symmetric)}, far, x, out, n, next, target);",
            "    }",
        ]
    lines.append('    """')
    for name in tables():
        lines.append(
            f"    bint {name}_segments(real*, real*, Py_ssize_t, int, real*, real*) noexcept nogil"
        )
    return lines


def _c_array(name: str, rows: Iterable[Iterable[float]]) -> list[str]:
    lines = [f"    {', '.join(f'{x!r}f' for x in row)}," for row in rows]
    return [f"    static const float {name}[] = {{", *lines, "    };"]


def _cython_row_loop(kernel: Kernel) -> str:
    a, b, out = kernel.per_row
    return _LOOP.format(name=kernel.name) + (
        f"    cdef real lanes[{ROOM}]\n"
        "    for i in range(n):\n"
        f"        {kernel.expression}(<real*>a + i * {a}, <real*>b + i * {b},\n"
        f"            out + i * {out}, length, lanes)\n"
    )


def _cython_column_loop(name: str, dtype: str) -> str:
    """The loop on n columns: ``out`` holds the first input before the result."""
    most = MOST_COLUMNS[dtype]
    return _LOOP.format(name=f"{name}_columns") + (
        f"    cdef real[{LANES * most}] lanes, low, counts\n"
        f"    cdef real[{most}] first, second, third\n"
        f"    {name}_columns(out, <real*>b, length, n, lanes, low, counts, first, second, third)\n"
    )

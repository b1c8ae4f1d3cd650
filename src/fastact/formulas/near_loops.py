"""Loops by a table of polynomials (``segments.py``), and the tables in C.

A block of numbers is evaluated by ``segments.h``; what follows the table is a loop over the
block (``near.py``).  Slopes that a forward pass keeps are evaluated with the values.
"""

from __future__ import annotations

from collections.abc import Iterable

from .kernels import Kernel, NearKernel
from .segments import tables

# Numbers between two looks whether one of them lies beyond a table.
NEAR_BLOCK = 512

# Numbers beside which one beyond its table makes the general formula run.
FAR_BLOCK = 32

_NOT_AT_DEFAULTS = """\
    if not ({at_defaults}):
        for i in range(n):
            out[i] = {expression}
        return
"""

_KEPT_SLOPES = """\
        for i in range(count):
            slope[i] = {slope}
{beyond}\
"""

_KEPT_BEYOND = """\
        if far:
            for i in range(count):
                slope[i] = {beyond} if {is_far} else slope[i]
"""

_NEAR_LOOP = """\
    cdef Py_ssize_t start, count, first, last
    cdef real near[{block}]
    cdef int far
{before}\
    for start in range(0, n, {block}):
        count = {block} if n - start > {block} else n - start
        far = {table}_{what}({argument}, {places}, count, {far}, {next}, out)
{kept}\
        if far:
            first = 0
            while first < count:
                last = first + {far_block} if count - first > {far_block} else count
                far = 0
                for i in range(first, last):
                    far |= {is_far}
                if far:
                    for i in range(first, last):
                        near[i] = {beyond} if {is_far} else {near}
                else:
                    for i in range(first, last):
                        near[i] = {near}
                first = last
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


def by_table(kernel: Kernel, near: NearKernel) -> str:
    """The body of a kernel's loop."""
    before = _NOT_AT_DEFAULTS.format(at_defaults=kernel.at_defaults, expression=kernel.expression)
    what = "slopes" if near.by_slope else "values"
    return _by_table(near, before, what, "near, near")


def keeping_by_table(values: NearKernel, slopes: NearKernel, before: str, after: str) -> str:
    """That of a loop which also fills ``slope``: declared ``before``, used ``after`` each block."""
    beyond = _KEPT_BEYOND.format(beyond=slopes.beyond, is_far=slopes.is_far(tables()[slopes.table]))
    keep = _KEPT_SLOPES.format(
        slope=slopes.expression.replace("near[i]", "slope[i]"),
        beyond="" if slopes.far == "none" else beyond,
    )
    return _by_table(values, before, "values_and_slopes", "near, slope", keep + after)


def _by_table(near: NearKernel, before: str, what: str, places: str, kept: str = "") -> str:
    table = tables()[near.table]
    return _NEAR_LOOP.format(
        before=before,
        what=what,
        places=places,
        kept=kept,
        block=NEAR_BLOCK,
        far_block=FAR_BLOCK,
        near=near.expression,
        beyond=near.beyond,
        table=near.table,
        argument=near.argument.replace("[i]", ""),
        next="a" if near.argument != "a[i]" else f"a + {NEAR_BLOCK}",
        far=_FAR_NUMBERS[near.far],
        is_far=near.is_far(table),
    )


_FAR_NUMBERS = {"none": 0, "left": 1, "right": 2, "both": 3}
_WANTED = {"values": "VALUES", "slopes": "SLOPES", "values_and_slopes": "VALUES | SLOPES"}


def c_tables() -> list[str]:
    """Declarations for Cython, and each table in C with a function that evaluates it."""
    lines = ['cdef extern from "segments.h":', "    pass", "cdef extern from *:", '    """']
    for name, table in tables().items():
        lines += [
            "    #if defined(__AVX512F__)",
            *_c_array(f"{name}_table", table.by_number()),
            "    #else",
            *_c_array(f"{name}_table", table.by_piece()),
            "    #endif",
        ]
        for function, wanted in _WANTED.items():
            lines += [
                f"    SEGMENTS_INLINE int {name}_{function}(",
                "        const float *x, float *values, float *slopes, Py_ssize_t n, int far,",
                "        const float *next, float *target) {",
                f"        return segments({wanted}, {name}_table, {table.degree},",
                f"                        {table.per_unit!r}f, {table.lowest!r}f,",
                f"                        {table.highest!r}f, {int(table.is_symmetric)}, far,",
                "                        x, values, slopes, n, next, target);",
                "    }",
            ]
    lines.append('    """')
    arguments = "real*, real*, real*, Py_ssize_t, int, real*, real*"
    for name in tables():
        lines += [f"    bint {name}_{what}({arguments}) noexcept nogil" for what in _WANTED]
    return lines


def _c_array(name: str, rows: Iterable[Iterable[float]]) -> list[str]:
    lines = [f"    {', '.join(f'{x!r}f' for x in row)}," for row in rows]
    return [f"    static const float {name}[] = {{", *lines, "    };"]

"""Short kernels on arrays of 16 bits: from 16 bits to 16 bits in registers.

Longer kernels widen a block of numbers, compute it by the float32 loop and round it, in three
passes over the first cache.  Where a kernel has few operations, these passes take most of the
time.  So it is printed for a vector of numbers, and one loop does it all.  Of a product with a
slope of few digits only the slope is printed, for the loop asks how many these are.
"""

from __future__ import annotations

from .doubts import FEW_DIGITS, Doubt
from .graph import Graph, Value
from .kernels import Kernel
from .stages import Printer, in_order, instructions

# What the others doubt takes as long as another pass.
DOUBTS = {Doubt.EXACT, Doubt.NO_ROOT, Doubt.UNDERFLOW_TIMES_FIRST}

_RELATIONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}

_KERNEL = """\
cdef inline floats {name}_short_kernel(floats a, floats b, floats c, const float* p) noexcept nogil:
{lines}
    return {result}

cdef void {name}_short(const void* a, const void* b, const void* c, void* out, Py_ssize_t n,
                       Py_ssize_t kind, const recipe* r) noexcept nogil:
    short_loop({name}_short_kernel, {inputs}, {parameters}, {half}, {brain}, {few}, a, b, c, out,
               n, kind, r)
"""

DECLARED = """\
    ctypedef float floats
    ctypedef int ints
    floats R "splat"(double) noexcept nogil
    floats splat(double) noexcept nogil
    floats fma "fma_floats"(floats, floats, floats) noexcept nogil
    floats absolute "absolute_floats"(floats) noexcept nogil
    floats negative "negative_floats"(floats) noexcept nogil
    floats copysign "copysign_floats"(floats, floats) noexcept nogil
    floats sqrt "sqrt_floats"(floats) noexcept nogil
    ints to_bits "bits_of_floats"(floats) noexcept nogil
    floats from_bits "floats_of_bits"(ints) noexcept nogil
    floats chosen_if_lt(floats, floats, floats, floats) noexcept nogil
    floats chosen_if_le(floats, floats, floats, floats) noexcept nogil
    floats chosen_if_gt(floats, floats, floats, floats) noexcept nogil
    floats chosen_if_ge(floats, floats, floats, floats) noexcept nogil
    floats chosen_if_eq(floats, floats, floats, floats) noexcept nogil
    floats chosen_if_ne(floats, floats, floats, floats) noexcept nogil
    ctypedef floats (*short_kernel)(floats, floats, floats, const float*) noexcept nogil
    void short_loop(
        short_kernel, int, int, int, int, int, const void*, const void*, const void*, void*,
        Py_ssize_t, Py_ssize_t, const recipe*,
    ) noexcept nogil
"""


class _VectorPrinter(Printer):
    """The same for vectors of numbers, of which C chooses by functions alone."""

    def template(self, value: Value) -> str:
        if value.operation == "if":
            relation = _RELATIONS[value.template.split()[3]]
            return f"chosen_if_{relation}({{1}}, {{2}}, {{0}}, {{3}})"
        return value.template.removesuffix("[i]")


def short_loop(kernel: Kernel, graph: Graph, doubts: tuple[Doubt, Doubt], longest: int) -> str:
    """The loop ``NAME_short`` of a kernel, empty for one of more instructions than ``longest``."""
    few = kernel.name in FEW_DIGITS
    value = graph.of(kernel.expression.removeprefix("a[i] * ") if few else kernel.expression)
    if kernel.near or not set(doubts) <= DOUBTS or instructions(value) > longest:
        return ""
    order = in_order([value])
    printer = _VectorPrinter(order)
    lines = [f"    cdef floats p{k} = splat(p[{k}])" for k in range(kernel.parameters)]
    for line in map(printer.line, order):
        kind = {"real": "floats", "bits": "ints"}[line.kind]
        lines.append(f"    cdef {kind} {line.name} = {line.expression}")
    return _KERNEL.format(
        name=kernel.name,
        lines="\n".join(lines),
        result=printer.operand(value),
        inputs=kernel.inputs,
        parameters=kernel.parameters,
        half=int(doubts[0]),
        brain=int(doubts[1]),
        few=int(few),
    )

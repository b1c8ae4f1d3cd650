"""Kernels that only choose, on patterns of 16 bits: relu gives x or 0, its gradient dy or 0.

They need no arithmetic, so the 16 bits need not become float32 and be rounded again.  What
such a kernel says is read from its graph and printed for integers: a comparison with a
number is one of the places of both in the order of all 16-bit numbers, a constant is its
pattern.  In float16 relu takes a third of the time so, hardtanh's gradient 0.4 of it (AVX2).
"""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Graph, Value
from .kernels import Kernel

# ``x op c`` by the place of x and that of the last number that satisfies ``<=`` or ``<``.
_COMPARISONS = {
    "<=": ("is_up_to", "last_up_to"),
    "<": ("is_up_to", "last_below"),
    ">": ("is_beyond", "last_up_to"),
    ">=": ("is_beyond", "last_below"),
}

_LOOP = """\
cdef void {name}_choice(const pattern* a, const pattern* b, const pattern* c, pattern* out,
                        Py_ssize_t n, Py_ssize_t kind, const recipe* r) noexcept nogil:
    cdef const float* p = r.single_parameters
    cdef Py_ssize_t i
    cdef pattern infinity = infinity_of(<format>kind), quiet = quiet_of(<format>kind)
{declared}
    for i in range(n):
        out[i] = quieted({result}, infinity, quiet)
"""


class NotAChoiceError(Exception):
    """The kernel computes something."""


class _Choice:
    """A kernel's graph as an expression of patterns, and the constants that it names."""

    def __init__(self, kernel: Kernel, graph: Graph) -> None:
        self.constants: dict[str, str] = {}  # declaration by value
        self.tested: set[str] = set()
        value = graph.of(kernel.expression)
        self.result = self._pattern(value)
        if self.tested:
            self._check_nan(value)

    def _pattern(self, value: Value) -> str:
        match value.template, value.operands:
            case element, () if value.varies:
                return element
            case number, ():
                return self._constant("pattern", f"pattern_of(<format>kind, {_float(number)})")
            case "absolute({})", (x,):
                return f"({self._pattern(x)} & 0x7FFF)"
            case "copysign({}, {})", (x, sign):
                return f"({self._pattern(x)} & 0x7FFF | {self._pattern(sign)} & 0x8000)"
            case _, (yes, x, bound, no) if value.operation == "if" and not bound.varies:
                test = self._test(value.template.split()[3], x, bound)
                return f"chosen({test}, {self._pattern(yes)}, {self._pattern(no)})"
        raise NotAChoiceError

    def _test(self, symbol: str, x: Value, bound: Value) -> str:
        if symbol not in _COMPARISONS or not x.varies or bound.operands:
            raise NotAChoiceError
        test, place = _COMPARISONS[symbol]
        self.tested.update(_elements(x))
        last = self._constant("short", f"{place}(<format>kind, {_float(bound.template)})")
        return f"{test}({self._pattern(x)}, {last})"

    def _constant(self, kind: str, value: str) -> str:
        name = f"c{len(self.constants)}"
        declared = self.constants.setdefault(value, f"    cdef {kind} {name} = {value}")
        return declared.split()[2]

    def _check_nan(self, value: Value) -> None:
        """No comparison holds for NaN: what is chosen then has to be that NaN itself.

        So its place in the order does not matter.
        """
        while value.operation == "if":
            value = value.operands[3]
        if len(self.tested) != 1 or value.template not in self.tested:
            raise NotAChoiceError
        (element,) = self.tested
        self.result = f"chosen(is_nan({element}, infinity), {element}, {self.result})"


def _float(number: str) -> str:
    return f"p[{number[1:]}]" if number.startswith("p") else number.replace("R(", "<float>(")


def _elements(value: Value) -> Iterator[str]:
    if value.is_given:
        yield value.template
    for operand in value.operands:
        yield from _elements(operand)


DECLARED = """\
    ctypedef unsigned short pattern
    pattern infinity_of(format) noexcept nogil
    pattern quiet_of(format) noexcept nogil
    pattern pattern_of(format, float) noexcept nogil
    short last_up_to(format, float) noexcept nogil
    short last_below(format, float) noexcept nogil
    bint is_up_to(pattern, short) noexcept nogil
    bint is_beyond(pattern, short) noexcept nogil
    bint is_nan(pattern, pattern) noexcept nogil
    pattern chosen(bint, pattern, pattern) noexcept nogil
    pattern quieted(pattern, pattern, pattern) noexcept nogil
"""


def choice_loop(kernel: Kernel, graph: Graph) -> str:
    """The loop ``NAME_choice`` of a kernel, empty for one that computes."""
    try:
        choice = _Choice(kernel, graph)
    except NotAChoiceError:
        return ""
    declared = "\n".join(choice.constants.values())
    return _LOOP.format(name=kernel.name, declared=declared, result=choice.result)

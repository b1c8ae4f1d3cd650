"""The Cython module of arrays of 16 bits: what ``sixteen.pyx`` has, and loops of single kernels.

A kernel that only chooses has one on the patterns of 16 bits (``choices.py``), a short one has
one in registers (``short.py``).  Each is for one way to round, its kernel's at the default
parameters; with others the loops of ``sixteen.h`` are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from . import choices, short
from .catalogue import CATALOGUE, Row
from .choices import choice_loop
from .doubts import Doubt, compiled_doubt
from .graph import Graph
from .kernels import Kernel, kernels_of
from .short import short_loop
from .translate import cython_functions

_EXTERN = """\
cdef extern from "sixteen.h":
    ctypedef int format
    ctypedef struct recipe:
        const float* single_parameters
"""


FORMATS = "float16", "bfloat16"

# Instructions of the longest kernel that is faster in registers: with AVX2 than by a table, with
# AVX-512 than in three passes.  Other sets lack vectors to convert and choose in.
LONGEST_SHORT = {"x86_64_v3": 14, "x86_64_v4": 24}


class OwnLoop(NamedTuple):
    """The source of a kernel's loop, by which name, and the doubts in FORMATS that it is for."""

    kernel: str
    doubts: tuple[Doubt, Doubt]
    name: str
    source: str


def own_loops(longest_short: int = 0) -> Iterator[OwnLoop]:
    """``longest_short`` is how many instructions the kernels in registers have at most."""
    graph = Graph(cython_functions("float32"))
    for row in CATALOGUE:
        for kernel in kernels_of(row):
            doubts = _usual_doubts(row, kernel)
            if set(doubts) == {Doubt.EXACT} and (source := choice_loop(kernel, graph)):
                yield OwnLoop(kernel.name, doubts, f"{kernel.name}_choice", source)
            elif source := short_loop(kernel, graph, doubts, longest_short):
                yield OwnLoop(kernel.name, doubts, f"{kernel.name}_short", source)


def _usual_doubts(row: Row, kernel: Kernel) -> tuple[Doubt, Doubt]:
    values = {parameter.name: parameter.default for parameter in row.parameters}
    half, brain = (compiled_doubt(row, kernel.name, values, dtype)[0] for dtype in FORMATS)
    return half, brain


def sixteen_module(common: str, instruction_set: str) -> str:
    """A .pyx: ``common``, which all kernels use, the loops of single ones and their table."""
    longest_short = LONGEST_SHORT.get(instruction_set, 0)
    loops = list(own_loops(longest_short))
    table = (
        f'    ("{loop.kernel}", "{dtype}", {int(doubt)}): <size_t>&{loop.name},'
        for loop in loops
        for dtype, doubt in zip(FORMATS, loop.doubts, strict=True)
    )
    sources = (loop.source for loop in loops)
    declared = (_EXTERN, choices.DECLARED, short.DECLARED if longest_short else "")
    return "\n".join([common, *declared, *sources, "OWN_LOOPS = {", *table, "}", ""])

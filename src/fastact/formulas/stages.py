"""Long kernels in stages: loops over a block, one after the other.

A processor looks ahead of an operation that waits for its operands only as far as its
scheduler has room: about a hundred operations.  Where one vector of numbers takes as many,
most of them in one chain, too few vectors are under way and the units idle.  Cut in the
middle, the kernel is two loops, each with half the chain; what the second needs of the
first goes through the first cache.  The operations and their operands stay the same, and
so do the bits.

An expression, with every function put in its place, is a graph of operations, each of
which is found once; so are several of the same numbers together.  It is cut in the order in
which operands can be ready, near equal shares, where the fewest values have to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .graph import Value

# Instructions that begin in a cycle, and that wait in a scheduler.
WIDTH, ROOM = 2, 100
# Cycles in which the unit that divides begins nothing else, as far as that is felt.
BUSY = {"float32": {"/": 5, "sqrt": 8}, "float64": {"/": 10, "sqrt": 20}}
KEEPING = 0.5  # cycles for a store and a load of the first cache
LEAST_OF_A_STAGE = 15  # instructions
SLACK = 0.15  # of a share, by which stages may differ for the sake of fewer kept values
# Estimates that differ less say nothing; then more stages are taken: float64 gelu with its slope
# takes 5.3 ns a number in two, and 4.4 in four, which is estimated to take 1.007 of that.
ALIKE = 1.01
CHEAP = 2  # instructions that are rather repeated than their result kept


class Line(NamedTuple):
    """``name = expression``, real or bits."""

    name: str
    kind: str
    expression: str


class Stage(NamedTuple):
    """Its lines, and the names it has from the stages before and for those after it."""

    reads: list[str]
    lines: list[Line]
    writes: list[str]


class Stages(NamedTuple):
    """All stages, and the expressions of the results, known after the last."""

    stages: list[Stage]
    results: list[str]


def in_order(results: Iterable[Value]) -> list[Value]:
    """What varies, operands first and otherwise as soon as they can be ready."""
    found: dict[Value, None] = {}

    def visit(value: Value) -> None:
        if value.varies and not value.is_given and value not in found:
            for operand in value.operands:
                visit(operand)
            found[value] = None

    for result in results:
        visit(result)
    return sorted(found, key=lambda value: value.ready)


def _made_of(values: Iterable[Value]) -> set[Value]:
    """The operations that make values from what is given, themselves too."""
    found: set[Value] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if value not in found and value.varies and not value.is_given:
            found.add(value)
            waiting += value.operands
    return found


def _is_cheap(value: Value) -> bool:
    return sum(v.instructions for v in _made_of([value])) <= CHEAP


def _used(before: Sequence[Value], after: Sequence[Value]) -> list[Value]:
    used = {operand for value in after for operand in value.operands}
    return [value for value in before if value in used]


def _kept(before: Sequence[Value], after: Sequence[Value]) -> list[Value]:
    """What is computed before a cut, used after it, and not rather computed again."""
    return [value for value in _used(before, after) if not _is_cheap(value)]


def _repeated(before: Sequence[Value], after: Sequence[Value]) -> list[Value]:
    """What is rather computed again, and what that is made of."""
    made = _made_of(value for value in _used(before, after) if _is_cheap(value))
    return [value for value in before if value in made]


def _cost(order: Sequence[Value], cut: int) -> int:
    kept = _kept(order[:cut], order[cut:])
    # Bits would need buffers of their own; they are never far from the number they come of.
    return len(kept) + 100 * sum(value.kind == "bits" for value in kept)


def _keeps_bits(shares: Sequence[Sequence[Value]]) -> bool:
    """Whether bits cross a cut, for which there are no buffers."""
    cuts = range(1, len(shares))
    kept = (_kept([v for share in shares[:k] for v in share], shares[k]) for k in cuts)
    return any(value.kind == "bits" for values in kept for value in values)


def _shares(order: Sequence[Value], count: int) -> list[Sequence[Value]]:
    """``order`` in ``count`` parts."""
    total = sum(value.instructions for value in order)
    sums = [0, *accumulate(value.instructions for value in order)]
    cuts = [0]
    for k in range(1, count):
        share = total / count
        near = [i for i, s in enumerate(sums) if abs(s - k * share) <= SLACK * share]
        cuts.append(min(near, key=lambda i: _cost(order, i)))
    return [order[start:stop] for start, stop in pairwise([*cuts, len(order)])]


class Printer:
    """Names what varies, and writes the rest where it is used."""

    def __init__(self, order: Sequence[Value]) -> None:
        self.names = {value: f"t{k}" for k, value in enumerate(order)}

    def operand(self, value: Value) -> str:
        return self.names.get(value) or self.expression(value)

    def expression(self, value: Value) -> str:
        return self.template(value).format(*map(self.operand, value.operands))

    def template(self, value: Value) -> str:
        return value.template

    def line(self, value: Value) -> Line:
        return Line(self.names[value], value.kind, self.expression(value))


def _cycles(share: Sequence[Value], dtype: str) -> float:
    """An estimate: of a chain, half waits in the scheduler at any time."""
    count = sum(value.instructions for value in share)
    ready: dict[Value, int] = {}
    for value in share:
        ready[value] = value.latency + max(ready.get(v, 0) for v in value.operands)
    depth = max(ready.values(), default=0)
    busy = sum(BUSY[dtype].get(value.operation, 0) for value in share)
    return max(busy, count * max(1 / WIDTH, depth / (2 * ROOM)))


def _cycles_of_all(shares: Sequence[Sequence[Value]], dtype: str) -> float:
    """The same for stages."""
    kept = 0
    for k in range(1, len(shares)):
        kept += len(_kept([v for share in shares[:k] for v in share], shares[k]))
    return sum(_cycles(share, dtype) for share in shares) + KEEPING * kept


def staged(results: Sequence[Value], dtype: str) -> Stages:
    """What computes ``results``, in as many stages as are estimated to be fastest."""
    order = in_order(results)
    counts = range(max(instructions(*results) // LEAST_OF_A_STAGE, 1), 0, -1)
    cuts = {count: _shares(order, count) for count in counts}
    cycles = {n: _cycles_of_all(cut, dtype) for n, cut in cuts.items() if not _keeps_bits(cut)}
    least = min(cycles.values())
    return in_stages(results, next(n for n in cycles if cycles[n] <= ALIKE * least))


def in_stages(results: Sequence[Value], count: int) -> Stages:
    """The same in so many stages."""
    order = in_order(results)
    shares, printer = _shares(order, count), Printer(order)
    stages = []
    for k, share in enumerate(shares):
        before = [value for earlier in shares[:k] for value in earlier]
        after = [value for later in shares[k + 1 :] for value in later]
        # The last stage has all results: an output may lie over an input.
        early = [value for value in dict.fromkeys(results) if value in before] if not after else []
        reads = list(dict.fromkeys((*_kept(before, share), *early)))
        again = [value for value in _repeated(before, share) if value not in reads]
        kept = [value for value in results if value in share] if after else []
        stages.append(
            Stage(
                [printer.names[value] for value in reads],
                [printer.line(value) for value in (*again, *share)],
                [printer.names[value] for value in dict.fromkeys((*_kept(share, after), *kept))],
            )
        )
    return Stages(stages, [printer.operand(result) for result in results])


def instructions(*results: Value) -> int:
    """How many make them."""
    return sum(value.instructions for value in in_order(results))

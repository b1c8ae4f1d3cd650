"""What can be derived of a function of one number from its SymPy expression.

Between its break points, where a condition changes or an absolute value has its
corner, a function is taken to be analytic.  SymPy finds the break points, the
pieces, their derivatives and limits; the points where a derivative is zero are
found between the samples of a grid and refined by mpmath.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import mpmath
import sympy

x = sympy.Symbol("x", real=True)

DIGITS = 150  # so many survive 1 - tanh(x)**2 at the ends of the grid
SAMPLES = 400  # per piece
REACH = 100.0  # of the grid on an infinite piece
EQUAL = mpmath.mpf(10) ** -40
ORDERS = 8  # derivatives compared at a break point; if all agree, it is none


class Piece(NamedTuple):
    """An analytic expression on an open interval."""

    expression: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr

    def derivative(self, order: int) -> Piece:
        return self._replace(expression=sympy.diff(self.expression, x, order))

    def at_end(self, point: sympy.Expr) -> Any:
        """The limit at one of its ends, an mpmath number; None where there is none."""
        return limit(self.expression, point, "+" if point == self.low else "-")


class Candidate(NamedTuple):
    """A value that may be the least or the greatest; without ``where`` only a limit."""

    value: Any
    where: Any = None


class Extreme(NamedTuple):
    value: Any
    where: Any  # None where the value is approached, not taken


class Break(NamedTuple):
    """A point without a derivative: the slopes beside it and that of the expression."""

    x: Any
    left: Any
    right: Any
    slope: Any
    jump: Any


class Curve:
    """A function of ``x`` on the open interval from ``low`` to ``high``."""

    def __init__(
        self, expression: sympy.Expr, low: sympy.Expr = -sympy.oo, high: sympy.Expr = sympy.oo
    ) -> None:
        # Abs, sign, Max and Min become conditions.
        self._whole = sympy.piecewise_fold(expression.rewrite(sympy.Piecewise))
        edges = [low, *(b for b in self._borders() if low < b < high), high]
        pieces = [Piece(self._branch(_between(a, b)), a, b) for a, b in pairwise(edges)]
        self.pieces = _joined(pieces)

    def _borders(self) -> list[sympy.Expr]:
        """Where a condition changes."""
        found: set[sympy.Expr] = set()
        for relation in self._whole.atoms(sympy.core.relational.Relational):
            found.update(sympy.solveset(relation.lhs - relation.rhs, x, sympy.S.Reals))
        return sorted(found)

    def _branch(self, point: sympy.Expr) -> sympy.Expr:
        """The expression that holds at a point."""
        if not isinstance(self._whole, sympy.Piecewise):
            return self._whole
        return next(value for value, condition in self._whole.args if condition.subs(x, point))

    # --- break points --------------------------------------------------------------------

    def _breaks(self) -> Iterator[tuple[sympy.Expr, Piece, Piece]]:
        for left, right in pairwise(self.pieces):
            yield left.high, left, right

    def _value(self, point: sympy.Expr, order: int) -> Any:
        """The derivative of an order at a break point, on the side that the conditions say."""
        return _number(sympy.diff(self._branch(point), x, order).subs(x, point))

    @cached_property
    def kinks(self) -> list[Break]:
        """The points without a derivative."""
        kinks = []
        for point, left, right in self._breaks():
            jump = right.at_end(point) - left.at_end(point)
            slopes = left.derivative(1).at_end(point), right.derivative(1).at_end(point)
            if not (_same(jump, 0) and _same(*slopes)):
                kinks.append(Break(_number(point), *slopes, self._value(point, 1), _clean(jump)))
        return kinks

    @cached_property
    def continuity(self) -> str:
        """``"discontinuous"``, ``"C0"``, ``"C1"`` ... or ``"C-inf"``."""
        orders = [self._order_of_break(*b) for b in self._breaks()]
        order = min((order for order in orders if order is not None), default=None)
        if order is None:
            return "C-inf"
        return f"C{order - 1}" if order else "discontinuous"

    def _order_of_break(self, point: sympy.Expr, left: Piece, right: Piece) -> int | None:
        """Of the lowest derivative that jumps; 0 for the function itself."""
        for order in range(ORDERS):
            sides = left.derivative(order).at_end(point), right.derivative(order).at_end(point)
            if not _same(*sides):
                return order
        return None

    # --- extremes ------------------------------------------------------------------------

    def extremes(self, order: int = 0) -> tuple[Extreme, Extreme]:
        """The least and the greatest value of the function or a derivative."""
        candidates = list(self._candidates(order))
        return _extreme(candidates, min), _extreme(candidates, max)

    def _candidates(self, order: int) -> Iterator[Candidate]:
        for piece in self.pieces:
            derived = piece.derivative(order)
            if not derived.expression.has(x):
                yield Candidate(_number(derived.expression), _number(_between(*piece[1:])))
                continue
            for end in (piece.low, piece.high):
                value = derived.at_end(end)
                if value is not None:
                    yield Candidate(value)
            function = _function(derived.expression)
            for root in roots(piece.derivative(order + 1)):
                yield Candidate(_clean(function(root)), root)
        for point, _, _ in self._breaks():
            yield Candidate(_clean(self._value(point, order)), _number(point))

    @cached_property
    def monotone(self) -> bool:
        """Whether the function never decreases."""
        for point, left, right in self._breaks():
            steps = left.at_end(point), self._value(point, 0), right.at_end(point)
            if any(after < before - EQUAL for before, after in pairwise(steps)):
                return False
        return bool(self.extremes(1)[0].value >= 0)

    @cached_property
    def odd(self) -> bool:
        """Whether f(-x) = -f(x)."""
        low, high = self.pieces[0].low, self.pieces[-1].high
        if low != -high:
            return False
        function = _function(self._whole)
        borders = [abs(_number(point)) for point, _, _ in self._breaks()]
        with mpmath.workdps(DIGITS):
            points = [mpmath.mpf(0), *borders, *_grid(sympy.S.Zero, high)]
            return all(_same(function(t), -function(-t)) for t in points)

    def limits(self, order: int = 0) -> tuple[Any, Any]:
        """At both ends of the interval; None where there is none."""
        first, last = (self.pieces[k].derivative(order) for k in (0, -1))
        return first.at_end(first.low), last.at_end(last.high)


# --- numbers ---------------------------------------------------------------------------


def _number(value: Any) -> Any:
    """An mpmath number, infinities included."""
    with mpmath.workdps(DIGITS):
        if value in (sympy.oo, -sympy.oo):
            return mpmath.inf if value > 0 else -mpmath.inf
        return mpmath.mpf(sympy.N(value, DIGITS))


def _clean(value: Any) -> Any:
    return mpmath.mpf(0) if abs(value) < EQUAL else value


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or abs(a - b) <= EQUAL * max(1, abs(a)))


def _function(expression: sympy.Expr) -> Any:
    function = sympy.lambdify(x, expression, "mpmath")

    def precise(point: Any) -> Any:
        with mpmath.workdps(DIGITS):
            return function(mpmath.mpf(point))

    return precise


def value_at(expression: sympy.Expr, point: Any) -> Any:
    return _function(expression)(point)


def limit(expression: sympy.Expr, point: sympy.Expr, side: str) -> Any:
    """An mpmath number; None where there is no limit."""
    value = expression.subs(x, point) if point.is_finite else sympy.nan
    if not value.is_finite:
        try:
            value = sympy.limit(expression, x, point, side)
        except (NotImplementedError, ValueError):
            return _limit_by_numbers(_function(expression), point, side)
    if isinstance(value, sympy.AccumBounds) or value is sympy.nan:
        return None
    if value.has(sympy.Limit):
        return _limit_by_numbers(_function(expression), point, side)
    return _clean(_number(value))


def _limit_by_numbers(function: Any, point: sympy.Expr, side: str) -> Any:
    """From three points that close in on the end."""
    with mpmath.workdps(DIGITS):
        sign = 1 if side == "+" else -1
        steps = [mpmath.mpf(2) ** exponent for exponent in (50, 100, 200)]
        near = [-sign * s if not point.is_finite else _number(point) + sign / s for s in steps]
        first, second, third = map(function, near)
        if abs(third) > 2 * abs(second) > 4 * abs(first):
            return mpmath.sign(third) * mpmath.inf
        return _clean(mpmath.mpf(third)) if abs(third - second) < mpmath.mpf(10) ** -20 else None


# --- intervals ---------------------------------------------------------------------------


def _between(low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    if low.is_finite and high.is_finite:
        return (low + high) / 2
    return low + 1 if low.is_finite else high - 1 if high.is_finite else sympy.S.Zero


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours with one expression in one piece."""
    joined = pieces[:1]
    for piece in pieces[1:]:
        if piece.expression == joined[-1].expression:
            joined[-1] = joined[-1]._replace(high=piece.high)
        else:
            joined.append(piece)
    return joined


def _grid(low: sympy.Expr, high: sympy.Expr) -> list[Any]:
    """Points inside an interval, on an infinite one closest at its finite end or at 0."""
    with mpmath.workdps(DIGITS):
        if low.is_finite and high.is_finite:
            a, width = _number(low), _number(high - low)
            return [a + width * k / SAMPLES for k in range(1, SAMPLES)]
        stretch = mpmath.asinh(REACH) / SAMPLES
        if low.is_finite:
            return [_number(low) + mpmath.sinh(stretch * k) for k in range(1, SAMPLES + 1)]
        if high.is_finite:
            return [_number(high) - mpmath.sinh(stretch * k) for k in range(SAMPLES, 0, -1)]
        return [mpmath.sinh(2 * stretch * (k - SAMPLES / 2)) for k in range(SAMPLES + 1)]


def roots(piece: Piece) -> list[Any]:
    """Where the expression changes its sign inside the interval."""
    function = _function(piece.expression)
    points = _grid(piece.low, piece.high)
    values = [function(point) for point in points]
    found = []
    for k in range(1, len(points)):
        before, here = mpmath.sign(values[k - 1]), mpmath.sign(values[k])
        if before * here < 0:
            with mpmath.workdps(DIGITS):
                bracket = (points[k - 1], points[k])
                found.append(mpmath.findroot(function, bracket, solver="anderson"))
        elif here == 0 and k + 1 < len(points) and before * mpmath.sign(values[k + 1]) < 0:
            found.append(points[k])
    return found


def _extreme(candidates: list[Candidate], best: Any) -> Extreme:
    value = best(c.value for c in candidates)
    taken = [c.where for c in candidates if c.where is not None and _same(c.value, value)]
    return Extreme(value, min(taken, key=abs) if taken else None)

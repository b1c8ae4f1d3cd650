"""Fit the piecewise polynomials of the float32 kernels and write ``segments.json``.

``python tools/segments.py [TABLE ...]``, some seconds.  A table has 32 pieces of equal
width.  The polynomial of a piece is one of the distance from its centre.  The centre is
moved to a float where the function happens to be nearly a float too: the lowest coefficient
then has almost no rounding error, and the last operation is the only one whose rounding
counts in full.  Next to a root it is moved to where that is so of the slope.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

from fastact.formulas.catalogue import ROWS
from fastact.formulas.segments import SEGMENTS_COUNT as COUNT
from oracle import exact_function, exact_number

OUTPUT = Path(__file__).parents[1] / "src/fastact/formulas/segments.json"
DIGITS = 120  # exp(30^2) is left with many
CANDIDATES = 60  # floats on each side of a centre
TAIL = 0.35  # a ratio of the values at both ends
Real = Any
Array = np.ndarray[Any, np.dtype[Any]]
single = np.float32


@dataclass(frozen=True)
class Fit:
    """A function on [0, 31.5 width], or on both sides of 0 if the ``first`` piece is.

    ``of`` is what the function has for the argument t: "x" or "-x".  A root of the
    function becomes the centre of piece ``root_piece``, which gives the width.  Around 0
    ``lead`` times the argument is left to what follows the table.
    """

    activation: str
    formula: str
    derivative: bool
    degree: int
    width: float = 0.0
    of: str = "-x"
    first: int = 0
    near_root: float = 0.0
    root_piece: int = 0
    lead: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.formula}_derivative" if self.derivative else self.formula

    def function(self, t: Real) -> Real:
        row = ROWS[self.activation]
        exact = exact_function(row.name, self.formula, self.derivative)
        parameters = [exact_number(row, p.name, p.default) for p in row.parameters]
        return exact(-t if self.of == "-x" else t, *parameters)


FITS = (
    Fit("sigmoid", "sigmoid", False, 6, 0.551),
    Fit("sigmoid", "sigmoid", True, 6, 0.551),
    Fit("tanh", "tanh", False, 6, 0.288, of="x"),
    Fit("tanh", "tanh", True, 6, 0.288),
    Fit("softplus", "softplus", False, 6, 0.551),
    Fit("silu", "silu", False, 6, 0.57),
    Fit("silu", "silu", True, 7, near_root=1.278, root_piece=2),
    Fit("quick_gelu", "quick_gelu", False, 6, 0.335),
    Fit("quick_gelu", "quick_gelu", True, 7, near_root=0.751, root_piece=2),
    Fit("gelu", "gelu", False, 8, 0.25),
    Fit("gelu", "gelu", True, 8, near_root=0.752, root_piece=3),
    Fit("gelu", "gelu_tanh", False, 8, 0.19),
    Fit("gelu", "gelu_tanh", True, 8, near_root=0.752, root_piece=4),
    # By 1.5 a unit, which the edges of piece 0 in near.py rely on.
    Fit("mish", "mish", False, 8, 2 / 3, of="x", first=-16, lead=0.625),
    Fit("mish", "mish", True, 9, of="x", first=-13, near_root=-1.192, root_piece=-2),
)


def table(fit: Fit) -> tuple[dict[str, Any], float]:
    """The table, and its largest relative error before the arithmetic."""
    root = _root(fit) if fit.near_root else mpmath.nan
    width = root / fit.root_piece if fit.near_root else mpmath.mpf(fit.width)
    rows = np.zeros((fit.degree + 2, COUNT), single)
    largest = 0.0
    for k in range(fit.first, fit.first + COUNT):
        low, high = (k - mpmath.mpf("0.5")) * width, (k + mpmath.mpf("0.5")) * width
        if not fit.first:
            low = max(low, mpmath.mpf(0))
        centre = _centre(fit, low, high, root)
        coefficients, error = _polynomial(fit, low, high, centre)
        rows[:, k % COUNT] = [centre, *coefficients]
        largest = max(largest, error)
    ends = (fit.first - mpmath.mpf("0.499"), fit.first + COUNT - mpmath.mpf("0.501"))
    lowest, highest = (_text(single(float(end * width))) for end in ends)
    found = {
        "per_unit": _text(single(float(1 / width))),
        "lowest": lowest if fit.first else -highest,
        "highest": highest,
        "centres": [_text(c) for c in rows[0]],
        "coefficients": [[_text(c) for c in row] for row in rows[1:]],
    }
    return found, largest


def _root(fit: Fit) -> Real:
    return mpmath.findroot(fit.function, fit.near_root)


def _text(value: Any) -> float:
    """The float of the shortest decimal that float32 reads as ``value``."""
    return float(str(value))


def _centre(fit: Fit, low: Real, high: Real, root: Real) -> Any:
    if low < root < high:
        return min(_floats_around(single(float(root))), key=_missing(fit, slope=True))
    if low <= 0 < high and fit.function(mpmath.mpf(0)) == 0:
        return single(0)
    start, stop = (abs(fit.function(t)) for t in (low, high))
    # In a tail the centre is the end with the smaller values, so that nothing cancels.
    part = (stop < TAIL * start) - (start < TAIL * stop)
    middle = single(float((low + high + part * (high - low) / 2) / 2 if low else 0))
    return middle if middle == 0 else min(_floats_around(middle), key=_missing(fit))


def _floats_around(value: Any) -> Iterator[Any]:
    for k in range(-CANDIDATES, CANDIDATES + 1):
        yield single(value + k * np.spacing(value))


def _missing(fit: Fit, slope: bool = False) -> Callable[[Any], float]:
    """How much the function, or its slope, misses a float by, relatively."""

    def missing(centre: Any) -> float:
        at = mpmath.mpf(float(centre))
        value = mpmath.diff(fit.function, at) if slope else fit.function(at)
        return float(abs(1 - mpmath.mpf(float(single(float(value)))) / value))

    return missing


def _polynomial(fit: Fit, low: Real, high: Real, centre: Any) -> tuple[list[Any], float]:
    """Coefficients of u = t - centre, each fitted when those before it are rounded."""
    middle = mpmath.mpf(float(centre))
    start = fit.function(middle)
    lowest = single(float(start)) if start else single(-0.0)
    nodes = list(_nodes(low, high, 10 * fit.degree))
    exact = [fit.function(t) for t in nodes]
    lead = fit.lead if middle == 0 else 0
    values = [v - lead * t for v, t in zip(exact, nodes, strict=True)]
    us = np.array([float(t - middle) for t in nodes])
    rest = np.array(
        [
            np.longdouble(mpmath.nstr((v - mpmath.mpf(float(lowest))) / (t - middle), 25))
            for v, t in zip(values, nodes, strict=True)
        ]
    )
    weights = np.array([float(abs((t - middle) / v)) for v, t in zip(exact, nodes, strict=True)])
    scaled = us / max(abs(us))
    found = [lowest]
    for k in range(fit.degree):
        columns = np.array([scaled**j * weights for j in range(k, fit.degree)]).T
        solution = np.linalg.lstsq(columns, (rest * weights).astype(float), rcond=None)[0]
        found.append(single(solution[0] / max(abs(us)) ** k))
        rest = rest - np.longdouble(found[-1]) * us.astype(np.longdouble) ** k
    return found, float(max(abs(rest * weights)))


def _nodes(low: Real, high: Real, count: int) -> Iterator[Real]:
    """Chebyshev's, where least squares come close to the least maximum."""
    for k in range(count):
        yield (low + high) / 2 + (high - low) / 2 * mpmath.cos(mpmath.pi * (k + 0.5) / count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="without any, all of them")
    chosen = parser.parse_args().tables
    tables = json.loads(OUTPUT.read_text(encoding="utf-8")) if chosen else {}
    with mpmath.workdps(DIGITS):
        for fit in FITS:
            if not chosen or fit.name in chosen:
                tables[fit.name], error = table(fit)
                lowest, highest = (tables[fit.name][end] for end in ("lowest", "highest"))
                print(f"{fit.name}: {lowest:g} to {highest:g}, error 2**{math.log2(error):.2f}")
    lines = (f'  "{name}": {json.dumps(found)}' for name, found in tables.items())
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

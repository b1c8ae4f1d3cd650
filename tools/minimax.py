"""Fit the polynomials of ``fastact.formulas`` and write ``coefficients.py``.

Run ``python tools/minimax.py`` (needs mpmath and NumPy, some minutes); with names it
only prints those.  Each row of
``FITS`` names a function, the interval, the weight that turns the absolute
error into the error that matters, and the degree for each dtype.  The fit is
Remez' exchange in 60 digits; the coefficients are then rounded to the dtype
one after the other, from the lowest, and those above are fitted again, so
that a rounding error is absorbed instead of added.
"""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import mpmath as mp
import numpy as np

mp.mp.dps = 60
OUTPUT = Path(__file__).parents[1] / "src/fastact/formulas/coefficients.py"
GRID = 1200
MOVES = 15000
Real: TypeAlias = Any  # an mpmath number
Function = Callable[[Real], Real]

# The tail of the normal distribution, and the slope of gelu over what makes its root, are
# polynomials in c = (t - s) / (t + s).  Shifts s whose value, at c = 0, is by chance nearly a
# float of the dtype: the lowest coefficient is that value.  As quotients of polynomials in t,
# of degrees 4 and 5 (float64: 10 and 11), they took as many operations, and roundings added
# up to 4 ulp far out.
TAIL_MAX = {"float32": mp.mpf(15), "float64": mp.mpf(39)}
SHIFTS = {
    "TAIL": {"float32": mp.mpf("2.34375"), "float64": mp.mpf("3.5")},
    "GELU_SLOPE": {"float32": mp.mpf("4.65625"), "float64": mp.mpf("5.046875")},
}


# tanh is a polynomial below, a quotient of exponentials above.
TANH_MAX = mp.mpf(1)
TANHSHRINK_MAX = mp.mpf("1.15")

TAIL_SLOPE = {"float32": -0.4049663245677948, "float64": -0.565561816053779}
# Of the floats next to the root of mish's derivative, those with which the lowest
# coefficients happen to lose least by rounding.
MISH_CENTER = {"float32": mp.mpf(1.1923977136611938), "float64": mp.mpf(1.1924312145155334)}
MISH_NEAR = {"float32": mp.mpf("-1.93"), "float64": mp.mpf("-1.55")}


@dataclass(frozen=True)
class Fit:
    """One polynomial: what it stands for and where it has to be good."""

    name: str
    meaning: str
    dtype: str
    degree: int
    function: Function
    weight: Function
    interval: tuple[Real, Real]
    lowest: float | None = None  # the lowest coefficient, where the formula adds it itself


def round_to(value: Real, dtype: str) -> float:
    return struct.unpack("f", struct.pack("f", value))[0] if dtype == "float32" else float(value)


def _series(x: Real, exact: Function, limit: Real) -> Real:
    return exact(x) if abs(x) > mp.mpf(10) ** -25 else limit


def _scaled_tail(t: Real) -> Real:
    """Phi(-t) * exp(t^2 / 2), without cancellation or underflow."""
    return mp.exp(t * t / 2) * mp.erfc(t / mp.sqrt(2)) / 2


def _expm1(dtype: str, degree: int) -> Fit:
    half = mp.log(2) / 2 * (1 + mp.mpf(2) ** -16)
    return Fit(
        "EXPM1", "(expm1(r) - r) / r^2", dtype, degree,
        lambda r: _series(r, lambda r: (mp.expm1(r) - r) / r**2, mp.mpf(1) / 2),
        lambda r: _series(r, lambda r: r**2 / abs(mp.expm1(r)), mp.mpf(0)),
        (-half, half),
    )  # fmt: skip


def _log1p(dtype: str, degree: int) -> Fit:
    return Fit(
        "LOG1P", "(log1p(e) - e) / e^2", dtype, degree,
        lambda e: _series(e, lambda e: (mp.log1p(e) - e) / e**2, -mp.mpf(1) / 2),
        lambda e: _series(e, lambda e: e**2 / abs(mp.log1p(e)), mp.mpf(0)),
        (-mp.mpf(1) / 4, mp.mpf(1) / 2),
    )  # fmt: skip


def _tanh(dtype: str, degree: int) -> Fit:
    # Near zero the quotient loses its digits; there the series is enough.
    def rest(w: Real) -> Real:
        t = mp.sqrt(w)
        return _series(w, lambda w: (mp.tanh(t) - t) / (t * w), -mp.mpf(1) / 3)

    return Fit(
        "TANH", "(tanh(t) - t) / t^3 as a function of t^2", dtype, degree,
        rest,
        lambda w: _series(w, lambda w: w * mp.sqrt(w) / mp.tanh(mp.sqrt(w)), mp.mpf(0)),
        (mp.mpf(0), TANH_MAX**2),
    )  # fmt: skip


def _tanhshrink(dtype: str, degree: int) -> Fit:
    def shrunk(w: Real) -> Real:
        t = mp.sqrt(w)
        return _series(
            w, lambda w: ((t - mp.tanh(t)) / (t * w) - mp.mpf(1) / 3) / w, -2 / mp.mpf(15)
        )

    return Fit(
        "TANHSHRINK", "((t - tanh(t)) / t^3 - 1/3) / t^2 as a function of t^2", dtype, degree,
        shrunk,
        lambda w: w / (mp.mpf(1) / 3 + w * shrunk(w)),
        (mp.mpf(0), TANHSHRINK_MAX**2),
    )  # fmt: skip


def _sine_square(dtype: str, degree: int) -> Fit:
    third = mp.mpf(round_to(mp.mpf(1) / 3, dtype))

    def rest(w: Real) -> Real:
        return _series(
            w, lambda w: ((mp.sin(mp.sqrt(w)) ** 2 - w) / w**2 + third) / w, 2 / mp.mpf(45)
        )

    return Fit(
        "SINE_SQUARE", "((sin(r)^2 - r^2) / r^4 + 1/3) / r^2 as a function of r^2", dtype, degree,
        rest,
        lambda w: _series(w, lambda w: w**3 / mp.sin(mp.sqrt(w)) ** 2, mp.mpf(0)),
        # Half a quarter turn, and as much again: the quotient by pi / 2 is that coarse at SINE_MAX.
        (mp.mpf(0), mp.mpf("1.4") ** 2),
    )  # fmt: skip


def _celu_by_alpha(dtype: str, degree: int) -> Fit:
    def rest(v: Real) -> Real:
        return _series(v, lambda v: (mp.expm1(v) - v * mp.exp(v)) / v**2, -mp.mpf(1) / 2)

    return Fit(
        "CELU_BY_ALPHA", "(expm1(v) - v exp(v)) / v^2", dtype, degree,
        rest,
        lambda v: 1 / abs(rest(v)),
        (mp.mpf(-1), mp.mpf(0)),
    )  # fmt: skip


def _gelu_root() -> Real:
    """Where the derivative of gelu has its root: minus this."""
    return mp.findroot(lambda t: mp.ncdf(-t) - t * mp.npdf(t), mp.mpf("0.75"))


GELU_ROOT = _gelu_root()


def _gelu_slope(t: Real) -> Real:
    """gelu'(-t) exp(t^2 / 2) / (root - t)."""
    if abs(t - GELU_ROOT) < mp.mpf(10) ** -20:
        t += mp.mpf(10) ** -20
    return (_scaled_tail(t) - t / mp.sqrt(2 * mp.pi)) / (GELU_ROOT - t)


def _in_shifted(name: str, meaning: str, dtype: str, degree: int, function: Function) -> Fit:
    """(function - middle) / c in c = (t - s) / (t + s), where the middle is the value at s."""
    shift, largest = SHIFTS[name][dtype], TAIL_MAX[dtype]
    middle = round_to(function(shift), dtype)

    def of_c(c: Real) -> Real:
        return function(shift * (1 + c) / (1 - c))

    return Fit(
        name, f"({meaning} - its value at s) / c with c = (t - s) / (t + s)", dtype, degree,
        lambda c: (of_c(c) - middle) / c if abs(c) > mp.mpf(10) ** -20 else mp.diff(of_c, 0),
        lambda c: abs(c) / of_c(c),
        (mp.mpf(-1), (largest - shift) / (largest + shift)),
    )  # fmt: skip


def _tail(dtype: str, degree: int) -> Fit:
    shift = SHIFTS["TAIL"][dtype]
    meaning = "Phi(-t) exp(t^2 / 2) (t + s)"
    fit = _in_shifted("TAIL", meaning, dtype, degree, lambda t: _scaled_tail(t) * (t + shift))
    return replace(fit, meaning=f"{fit.meaning}, lowest apart", lowest=TAIL_SLOPE[dtype])


def _slope(dtype: str, degree: int) -> Fit:
    meaning = "gelu'(-t) exp(t^2 / 2) / (root - t)"
    return _in_shifted("GELU_SLOPE", meaning, dtype, degree, _gelu_slope)


def _power_of_two_less_1(dtype: str, degree: int) -> Fit:
    # The exponents of gelu_tanh are rounded before they are exact to 0.018.
    half = mp.mpf("0.52")

    def factor(r: Real) -> Real:
        return _series(r, lambda r: (2**r - 1) / r, mp.log(2))

    return Fit(
        "POWER_OF_TWO_LESS_1", "(2^r - 1) / r", dtype, degree,
        factor,
        # The error of 2^r, with something left near r = 0, where only 2^r - 1 matters.
        lambda r: (abs(r) + mp.mpf("0.2")) / 2**r,
        (-half, half),
    )  # fmt: skip


def _mish_derivative(x: Real) -> Real:
    e = mp.exp(x)
    return e * (4 * (1 + x) + e * (6 + 4 * x) + 4 * e**2 + e**3) / (e**2 + 2 * e + 2) ** 2


def _mish_slope(dtype: str, degree: int) -> Fit:
    center = MISH_CENTER[dtype]
    start = _mish_derivative(-center)
    at_center = mp.diff(_mish_derivative, -center)

    def slope(step: Real) -> Real:
        def exact(step: Real) -> Real:
            return (_mish_derivative(step - center) - start) / step

        return _series(step, exact, at_center)

    return Fit(
        "MISH_SLOPE", "(f(d - c) - f(-c)) / d, f mish's derivative, c = MISH_CENTER", dtype, degree,
        slope,
        lambda step: 1 / slope(step),
        (MISH_NEAR[dtype] + center, center),
    )  # fmt: skip


FITS = [
    _expm1("float32", 5), _expm1("float64", 10),
    _log1p("float32", 8), _log1p("float64", 20),
    _tanh("float32", 6), _tanh("float64", 14),
    _tanhshrink("float32", 8), _tanhshrink("float64", 18),
    _sine_square("float32", 3), _sine_square("float64", 8),
    _celu_by_alpha("float32", 6), _celu_by_alpha("float64", 14),
    _tail("float32", 10), _tail("float64", 25),
    _slope("float32", 8), _slope("float64", 19),
    _power_of_two_less_1("float32", 5), _power_of_two_less_1("float64", 10),
    _mish_slope("float32", 11), _mish_slope("float64", 20),
]  # fmt: skip


def remez(fit: Fit, fixed: list[float]) -> tuple[list[Real], Real]:
    """Best continuation of the ``fixed`` lowest coefficients, and its error."""
    a, b = fit.interval
    nodes = [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * k / GRID) for k in range(GRID, -1, -1)]
    weighted = [(x, fit.function(x), fit.weight(x)) for x in nodes]
    values = [(x, f - mp.polyval(fixed[::-1] or [0], x), w) for x, f, w in weighted if w != 0]
    # With the odd power x^k as the lowest that is free, the sign of all of them turns at 0.
    values = [(x, f, -w if x < 0 and len(fixed) % 2 else w) for x, f, w in values]
    powers = range(len(fixed), fit.degree + 1)
    count = len(powers) + 1
    picked = [
        values[round((1 - mp.cos(mp.pi * k / (count - 1))) / 2 * (len(values) - 1))]
        for k in range(count)
    ]
    for _ in range(30):
        rows = [[x**j for j in powers] + [(-1) ** i / w] for i, (x, _, w) in enumerate(picked)]
        solution = list(mp.lu_solve(mp.matrix(rows), mp.matrix([f for _, f, _ in picked])))
        coefficients, level = solution[:-1], abs(solution[-1])
        errors = [
            w * (sum(c * x**j for c, j in zip(coefficients, powers, strict=True)) - f)
            for x, f, w in values
        ]
        worst = max(map(abs, errors))
        if worst <= level * (1 + mp.mpf(10) ** -3):
            break
        try:
            picked = _alternation(values, errors, count)
        except ArithmeticError:  # a fixed coefficient's rounding error dominates
            break
    return coefficients, worst


def _alternation(values: list[Any], errors: list[Real], count: int) -> list[Any]:
    """The largest error of each run of equal sign, the best ``count`` in a row."""
    peaks: list[int] = []
    for i, error in enumerate(errors):
        if peaks and (errors[peaks[-1]] > 0) == (error > 0):
            if abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    while len(peaks) > count:
        least = min(range(len(peaks)), key=lambda k: abs(errors[peaks[k]]))
        if 0 < least < len(peaks) - 1 and len(peaks) >= count + 2:
            # Its neighbours have the same sign: the smaller one goes too.
            before, after = abs(errors[peaks[least - 1]]), abs(errors[peaks[least + 1]])
            del peaks[least - 1 if before < after else least + 1]
            least -= before < after
            del peaks[least]
        else:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
    if len(peaks) < count:
        raise ArithmeticError(f"only {len(peaks)} alternations, {count} wanted")
    return [values[i] for i in peaks]


def rounded_fit(fit: Fit) -> tuple[list[float], Real]:
    """Coefficients exact in the dtype, and the weighted error they leave."""
    fixed = [] if fit.lowest is None else [fit.lowest]
    # Above the first few the rounding error no longer shows in the result.
    while len(fixed) < min(4, fit.degree):
        best, _ = remez(fit, fixed)
        fixed.append(round_to(best[0], fit.dtype))
    best, _ = remez(fit, fixed)
    fixed = walked(fit, fixed + [round_to(c, fit.dtype) for c in best])
    a, b = fit.interval
    grid = [a + (b - a) * k / 4000 for k in range(4001)]
    error = max(
        abs(fit.weight(x) * (mp.polyval(fixed[::-1], x) - fit.function(x))) for x in grid if x
    )
    return fixed, error


def walked(fit: Fit, coefficients: list[float]) -> list[float]:
    """A walk through neighbouring coefficients, wherever the largest error gets less."""
    a, b = fit.interval
    points = [a + (b - a) * (mp.cos(mp.pi * k / 400) + 1) / 2 for k in range(401)]
    points = [x for x in points if fit.weight(x) != 0]
    xs, wanted, weights = (
        np.array([np.longdouble(mp.nstr(value, 30)) for value in column])
        for column in (points, map(fit.function, points), map(fit.weight, points))
    )

    def error(tried: list[float]) -> float:
        total = 0 * xs
        for c in reversed(tried):
            total = total * xs + np.longdouble(c)
        return float(np.abs(weights * (total - wanted)).max())

    least, rng, real = error(coefficients), random.Random(0), np.dtype(fit.dtype).type
    free = range(fit.lowest is not None, len(coefficients))
    for _ in range(MOVES):
        tried = list(coefficients)
        for k in rng.sample(free, rng.choice([1, 2, 2, 3])):
            tried[k] = float(np.nextafter(real(tried[k]), real(rng.choice([-9, 9]))))
        if (found := error(tried)) <= least:
            least, coefficients = found, tried
    return coefficients


def main() -> None:
    table: dict[str, list[str]] = {}

    def add(name: str, meaning: str, dtype: str, contract: str, coefficients: list[float]) -> None:
        print(name, dtype, "degree", len(coefficients) - 1, contract)
        table.setdefault(name, [f"    # {meaning}", f'    "{name}": {{'])
        table[name] += [f"        # {contract}", f'        "{dtype}": (']
        table[name] += [f"            {c!r}," for c in coefficients] + ["        ),"]

    chosen = sys.argv[1:]
    for fit in FITS:
        if chosen and fit.name not in chosen:
            continue
        coefficients, error = rounded_fit(fit)
        a, b = (mp.nstr(end, 6) for end in fit.interval)
        contract = f"on [{a}, {b}]: relative error 2**{mp.nstr(mp.log(error, 2), 4)}"
        kept = coefficients if fit.lowest is None else coefficients[1:]
        add(fit.name, fit.meaning, fit.dtype, contract, kept)
    rows = [line for lines in table.values() for line in [*lines, "    },"]]
    if chosen:
        print("\n".join(rows))
        return
    OUTPUT.write_text("\n".join([
        '"""Polynomial coefficients, lowest power first.  Written by tools/minimax.py."""',
        "",
        "COEFFICIENTS: dict[str, dict[str, tuple[float, ...]]] = {",
        *rows,
        "}",
        "",
    ]))  # fmt: skip


if __name__ == "__main__":
    main()

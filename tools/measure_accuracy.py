"""Measure the error of every kernel and write the contract beside the formulas.

Run ``python tools/measure_accuracy.py [FORMULA ...]``: a few minutes for all.  float64 is compared
with mpmath, float32 with the float64 kernels, whose own error counts 2**-29 of
a float32 ulp.  Tests and documentation read ``formulas/contract.json``; nobody
types these numbers.
"""

from __future__ import annotations

import json
import math
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import fastact
from fastact.formulas.catalogue import Row
from fastact.objects import Activation
from oracle import (
    Array,
    derivative_floor,
    elementwise_formulas,
    error_in_ulp,
    error_in_ulp_mp,
    exact,
    sample_for,
)

OUTPUT = Path(__file__).parents[1] / "src/fastact/formulas/contract.json"
# The tests repeat one of these samples, so that they can hold the contract exactly.
COUNT = {"float32": 1 << 20, "float64": 400}
SEEDS = range(16)


def parameters_of(row: Row, formula: str) -> dict[str, Any]:
    values: dict[str, Any] = {p.name: p.default for p in row.parameters}
    form = next((form for form, name in row.forms.items() if name == formula), None)
    return values if form is None else {**values, "approximate": form}


def errors(row: Row, formula: str, dtype: str, *, derivative: bool, xs: Array) -> Array:
    """Error of each element, in ulp."""
    activation: Activation = getattr(fastact, row.name)
    function = activation.derivative if derivative else activation
    given = parameters_of(row, formula)
    floor = derivative_floor(row, formula, xs) if derivative else 0.0
    result = function(xs, **given)
    if dtype == "float32":
        return error_in_ulp(result, function(xs.astype(np.float64), **given), floor)
    return error_in_ulp_mp(result, exact(row, formula, xs, given, derivative=derivative), floor)


def contract_of(row: Row, formula: str, dtype: str, *, derivative: bool) -> dict[str, Any]:
    """The worst of all samples."""
    worst, at, inputs = -1.0, 0.0, 0
    for seed in SEEDS:
        xs = sample_for(row, dtype, COUNT[dtype], seed, derivative=derivative)
        found = errors(row, formula, dtype, derivative=derivative, xs=xs)
        inputs += xs.size
        if found.max() > worst:
            worst, at = float(found.max()), float(xs[found.argmax()])
    return {
        "max_ulp": math.ceil(worst * 1000) / 1000,
        "at": at,
        "inputs": inputs,
        "interval": [float(np.finfo(dtype).min), float(np.finfo(dtype).max)],
    }


def main() -> None:
    chosen = sys.argv[1:] or [formula for _, formula in elementwise_formulas()]
    contract = json.loads(OUTPUT.read_text(encoding="utf-8")) if OUTPUT.exists() else {}
    kernels = contract.get("kernels", {})
    for row, formula in elementwise_formulas():
        if formula not in chosen:
            continue
        for dtype in ("float32", "float64"):
            for derivative in (False, True):
                name = f"{formula}_derivative" if derivative else formula
                measured = contract_of(row, formula, dtype, derivative=derivative)
                kernels.setdefault(name, {})[dtype] = measured
                print(f"{name:24} {dtype} {measured['max_ulp']:8.3f} ulp at {measured['at']!r}")
    contract = {"date": str(date.today()), "kernels": kernels}
    OUTPUT.write_text(json.dumps(contract, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The accuracy contract: the measured error of every kernel, and the bars it has to keep."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

# The largest error allowed, in ulp: by dtype, of a formula and of its derivative.
BARS: dict[str, tuple[float, float]] = {"float32": (1.0, 2.0), "float64": (1.5, 2.5)}
# By kernel and dtype, bars that are not those: the last digit would cost more than 15 % of
# the speed.  The manual's page on accuracy tells what float64 arithmetic would cost.
OTHER_BARS: dict[tuple[str, str], float] = {
    (name, "float32"): 1.5
    for name in (
        *("logsigmoid", "softplus", "stanh", "tanhshrink"),
        *("silu", "quick_gelu", "gelu", "gelu_tanh"),
    )
}


def bar(kernel: str, dtype: str) -> float:
    """Return the largest error allowed to ``"gelu"`` or ``"gelu_derivative"``, in ulp."""
    return OTHER_BARS.get((kernel, dtype), BARS[dtype][kernel.endswith("_derivative")])


@cache
def contract() -> dict[str, dict[str, dict[str, Any]]]:
    """Return by kernel and dtype the largest error found, and where.

    Returns
    -------
    dict
        ``contract()["gelu"]["float32"]`` has ``max_ulp`` (rounding included),
        ``at`` (the input), ``interval`` (where inputs were tried), ``inputs`` (how
        many: 2**32 are all), ``bits`` (a checksum of the kernel) and a date: ``swept``,
        or ``estimated`` if only samples were tried.  A sweep of a monotone function has
        ``decreases``, the number of neighbours whose results go down, and
        ``largest_decrease_ulp``.

    Examples
    --------
    >>> from fastact.accuracy import contract
    >>> contract()["tanh"]["float32"]["max_ulp"] < 2
    True
    """
    text = (files("fastact.formulas") / "contract.json").read_text(encoding="utf-8")
    kernels: dict[str, dict[str, dict[str, Any]]] = json.loads(text)["kernels"]
    return kernels

"""The accuracy contract: the measured error of every kernel."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def contract() -> dict[str, dict[str, dict[str, Any]]]:
    """Return by kernel and dtype the largest error found, and where.

    Returns
    -------
    dict
        ``contract()["gelu"]["float32"]`` has ``max_ulp`` (rounding included),
        ``at`` (the input), ``inputs`` (how many were tried) and ``interval``.

    Examples
    --------
    >>> from fastact.accuracy import contract
    >>> contract()["tanh"]["float32"]["max_ulp"] < 2
    True
    """
    text = (files("fastact.formulas") / "contract.json").read_text(encoding="utf-8")
    kernels: dict[str, dict[str, dict[str, Any]]] = json.loads(text)["kernels"]
    return kernels

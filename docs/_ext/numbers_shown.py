"""How the pages write a number."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

EXPONENT = re.compile(r"e([+-]?)0*(\d+)")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def shown(value: Any, spec: str = "") -> str:
    """A number, a text, or several numbers, as a reader expects them: −1.5 × 10⁻⁸, ∞, NaN."""
    if isinstance(value, str | bool | np.bool):
        return format(value, spec)
    if isinstance(value, tuple | list) or np.ndim(value) > 0:
        return "[" + ", ".join(shown(element, spec) for element in value) + "]"
    if isinstance(value, np.floating) and not spec:
        return _typeset(_shortest(value))
    return _typeset(format(value if isinstance(value, int) else float(value), spec))


def _shortest(value: np.floating[Any]) -> str:
    """The shortest text that tells a number from its neighbours, also those of its dtype."""
    return str(value).removesuffix(".0")


def _typeset(text: str) -> str:
    if not math.isfinite(float(text.replace(",", "").rstrip("%"))):
        return text.replace("inf", "∞").replace("-", "−").replace("nan", "NaN")
    text = EXPONENT.sub(_power_of_ten, text)
    return text.replace("-", "−")


def _power_of_ten(match: re.Match[str]) -> str:
    sign = "⁻" if match[1] == "-" else ""
    return f"\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{sign}{match[2].translate(SUPERSCRIPTS)}"

"""Files of measurements, and the check that these kernels are those that were measured.

A file is JSON with ``kernel_hash`` at its top, of ``tools/kernel_hash.py``: ``bits_hash()``
where bits were measured, ``code_hash()`` where time was, which ``"measures": "times"`` says.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from kernel_hash import bits_hash, code_hash

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent

Measurements = dict[str, Any]


class StaleError(LookupError):
    """Other kernels were measured."""


@cache
def _read(path: Path, modified: float) -> Measurements:
    found: Measurements = json.loads(path.read_text(encoding="utf-8"))
    return found


def read(path: Path) -> Measurements:
    """What the file has, whatever was measured."""
    return _read(path, path.stat().st_mtime)


def is_of_times(found: Measurements) -> bool:
    return found.get("measures") == "times"


def is_fresh(found: Measurements) -> bool:
    """Whether the kernels measured are those installed."""
    expected = _code_hash() if is_of_times(found) else _bits_hash()
    return found.get("kernel_hash") == expected


def check(found: Measurements, name: str) -> None:
    """Raise StaleError unless fresh; old times are told as such by who shows them."""
    if not is_of_times(found) and not is_fresh(found):
        raise StaleError(
            f"{name} has measurements of other kernels ({found.get('kernel_hash')}, "
            f"these are {_bits_hash()}); measure again"
        )


_bits_hash = cache(bits_hash)
_code_hash = cache(code_hash)


def lookup(found: Measurements, key: str) -> Any:
    """``gelu.gain`` as ``found["gelu"]["gain"]``; a name may have points of its own."""
    if key in found:
        return found[key]
    for at in (i for i, character in enumerate(key) if character == "."):
        inner, rest = _entry(found, key[:at]), key[at + 1 :]
        if isinstance(inner, list):
            inner = dict(zip(map(str, range(len(inner))), inner, strict=True))
        if isinstance(inner, dict):
            try:
                return lookup(inner, rest)
            except KeyError:
                continue
    raise KeyError(key)


def _entry(found: Measurements, key: str) -> Any:
    return found.get(key)


def experiment(name: str) -> Measurements:
    """The results in ``experiments/``, if they are of these kernels."""
    found = read(DOCS / f"experiments/{name}.json")
    check(found, f"experiments/{name}.json")
    return found

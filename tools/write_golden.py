"""Write the checksums of every kernel and call: ``python tools/write_golden.py``.

To be run after a change of formulas, and only then; every other difference is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import fastact
from fastact.backends import Backend
from fastact.backends.cython import CYTHON_BACKENDS
from fastact.golden import CALL_DTYPES, Check, call_checks, kernel_checks, missing

OUTPUT = Path(fastact.__file__).parent / "formulas/golden.json"


def checksums(checks: Iterable[Check], backend: Backend) -> dict[str, dict[str, str]]:
    """By name and dtype."""
    found: dict[str, dict[str, str]] = {}
    for check in checks:
        found.setdefault(check.name, {})[check.dtype] = check.checksum(backend)
    return found


def main() -> None:
    for reason in filter(None, map(missing, CALL_DTYPES)):
        raise SystemExit(f"the checksums would not be complete: {reason}")
    backend = next(b for b in CYTHON_BACKENDS if not b.unavailable)
    golden = {
        "kernels": checksums(kernel_checks(), backend),
        "calls": checksums(call_checks(), backend),
    }
    OUTPUT.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
    print(*(f"{len(found)} {kind}" for kind, found in golden.items()), f"from {backend!r}")


if __name__ == "__main__":
    main()

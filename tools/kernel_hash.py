"""Fingerprints of the kernels, by which a file of measurements says what it measured.

``bits_hash`` changes when any kernel or call gives another bit in float32 or float64, in which
errors are measured and experiments are computed: for these.
``code_hash`` changes when the code that runs changes: for times.  A page is not made from a
file of another fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from fastact.formulas.loops import cython_module
from fastact.formulas.sixteen import LONGEST_SHORT, sixteen_module

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/fastact"
GOLDEN = PACKAGE / "formulas/golden.json"
COMPILED = PACKAGE / "backends/_cython"
DTYPES = ("float32", "float64")
LENGTH = 16


def bits_hash() -> str:
    golden = json.loads(GOLDEN.read_bytes())
    sums = {
        kind: {
            name: {dtype: of[dtype] for dtype in DTYPES if dtype in of} for name, of in by.items()
        }
        for kind, by in golden.items()
    }
    return _hash(json.dumps(sums, sort_keys=True).encode())


def code_hash() -> str:
    handwritten = sorted(
        file for kind in ("h", "pxi", "pyx") for file in COMPILED.glob(f"*.{kind}")
    )
    generated = [cython_module(dtype) for dtype in DTYPES]
    generated += [sixteen_module("", instruction_set) for instruction_set in LONGEST_SHORT]
    with_flags = ROOT / "setup.py"
    return _hash(
        *(source.encode() for source in generated),
        *(path.read_bytes() for path in (with_flags, *handwritten)),
    )


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:LENGTH]

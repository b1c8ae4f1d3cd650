"""Backends: three ways to run a kernel, with the same few methods.

``cython``  compiled ahead, parallel, one variant per instruction set
``numba``   compiled on first use, parallel, from the same formulas: same bits
``numpy``   the formulas on arrays: readable, slow, within a few ulp
"""

from __future__ import annotations

from .base import Backend
from .cython import CYTHON_BACKENDS
from .numba import NumbaBackend
from .numpy import NumpyBackend

NUMBA = NumbaBackend()
NUMPY = NumpyBackend()
# The order of preference; the first Cython variant is the best for this machine.
ALL: tuple[Backend, ...] = (*CYTHON_BACKENDS, NUMBA, NUMPY)
BACKENDS_BY_NAME: dict[str, tuple[Backend, ...]] = {
    name: tuple(b for b in ALL if b.name == name) for name in ("cython", "numba", "numpy")
}

__all__ = ["ALL", "BACKENDS_BY_NAME", "CYTHON_BACKENDS", "NUMBA", "NUMPY", "Backend"]

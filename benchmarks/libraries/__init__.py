"""The field: fastact and the libraries that it is compared with, those that are installed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from races import Case, dtype_named, operands_of

from . import (
    of_fastact,
    of_jax,
    of_numexpr,
    of_numpy,
    of_onnxruntime,
    of_scipy,
    of_thinc,
    of_torch,
)
from .library import Call, Library


def _installed() -> dict[str, Library]:
    load: dict[str, Callable[[], Library]] = {
        "fastact": of_fastact.library,
        "numpy": of_numpy.library,
        "scipy": of_scipy.library,
        "numexpr": of_numexpr.library,
        "torch": of_torch.library,
        "jax": of_jax.library,
        "thinc": of_thinc.library,
        "onnxruntime": of_onnxruntime.library,
    }
    found = {}
    for name, library in load.items():
        with suppress(ImportError):
            found[name] = library()
    return found


LIBRARIES = _installed()


def entrants(case: Case) -> list[str]:
    return [name for name, library in LIBRARIES.items() if library.takes_part(case)]


def calls(case: Case) -> dict[str, Call]:
    """What each library is timed on: the same operands, each with a place of its own."""
    operands = operands_of(case)
    found = {}
    for name in entrants(case):
        place = None
        if case.direction != "new":
            place = np.empty(case.shape_of_result, dtype_named(case.dtype))
        call = LIBRARIES[name].call(case, operands, place)
        if call is not None:
            found[name] = call
    return found


def use_threads(count: int) -> None:
    """Grant ``count`` threads to every library that can be told."""
    for library in LIBRARIES.values():
        library.set_num_threads(count)

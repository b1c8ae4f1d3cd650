"""The field: fastact and the libraries that it is compared with, those that are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Field(Mapping[str, Library]):
    """The libraries that are installed, each imported when first asked for."""

    _LOAD: Mapping[str, Callable[[], Library]] = {
        "fastact": of_fastact.library,
        "numpy": of_numpy.library,
        "scipy": of_scipy.library,
        "numexpr": of_numexpr.library,
        "torch": of_torch.library,
        "jax": of_jax.library,
        "thinc": of_thinc.library,
        "onnxruntime": of_onnxruntime.library,
    }

    def __init__(self) -> None:
        self._loaded: dict[str, Library | None] = {}

    def __getitem__(self, name: str) -> Library:
        if name not in self._loaded:
            self._loaded[name] = None
            with suppress(ImportError):
                self._loaded[name] = self._LOAD[name]()
        library = self._loaded[name]
        if library is None:
            raise KeyError(name)
        return library

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._LOAD if name in self)

    def __len__(self) -> int:
        return len(list(self))


LIBRARIES = Field()


def entrants(case: Case) -> list[str]:
    return [name for name, library in LIBRARIES.items() if library.takes_part(case)]


def call_of(name: str, case: Case) -> Call | None:
    """What a library is timed on; None if it has no kernel for the dtype."""
    place = None
    if case.direction != "new":
        place = np.empty(case.shape_of_result, dtype_named(case.dtype))
    return LIBRARIES[name].call(case, operands_of(case), place)


def calls(case: Case) -> dict[str, Call]:
    """The same operands for each library, each with a place of its own."""
    made = {name: call_of(name, case) for name in entrants(case)}
    return {name: call for name, call in made.items() if call is not None}


def use_threads(count: int) -> None:
    """Grant ``count`` threads to every library that can be told."""
    for library in LIBRARIES.values():
        library.set_num_threads(count)

"""A process for each library, so that no thread pool meets another's.

In one process PyTorch's two threads often waited for turns of the scheduler: 4 or 8 ms for what
takes them 0.3 ms.  By itself that is rarer, 5 samples of 24.  ONNX Runtime's threads keep both
cores busy for 30 ms after each call.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from types import TracebackType

from interleaved import Sampler, stretch
from libraries import LIBRARIES, call_of
from races import THREADS, Case

Preparation = Callable[[], Sampler | None]  # can be pickled


class Company:
    """The workers, started when first asked for."""

    def __init__(self) -> None:
        self._workers: dict[str, ProcessPoolExecutor] = {}
        self._started = ExitStack()

    def __enter__(self) -> Company:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._started.close()

    def _worker(self, library: str) -> ProcessPoolExecutor:
        if library not in self._workers:
            worker = ProcessPoolExecutor(1, get_context("spawn"), _begin, (library,))
            self._workers[library] = self._started.enter_context(worker)
        return self._workers[library]

    def sampler(self, library: str, prepare: Preparation) -> Sampler | None:
        """What ``prepare`` makes in the library's process; it replaces the one before."""
        worker = self._worker(library)
        takes_part = worker.submit(_prepare, prepare).result()
        return (lambda: worker.submit(_sample).result()) if takes_part else None

    def field(self, preparations: dict[str, Preparation]) -> dict[str, Sampler]:
        """The samplers of the libraries that take part."""
        made = {name: self.sampler(name, prepare) for name, prepare in preparations.items()}
        return {name: sampler for name, sampler in made.items() if sampler is not None}


# --- in a worker --------------------------------------------------------------------

_sampler: Sampler | None = None


def _begin(library: str) -> None:
    LIBRARIES[library].set_num_threads(THREADS)


def _prepare(prepare: Preparation) -> bool:
    global _sampler
    _sampler = None  # its arrays are let go before others are made
    _sampler = prepare()
    return _sampler is not None


def _sample() -> float:
    assert _sampler is not None
    return _sampler()


def sampler_of(library: str, case: Case) -> Sampler | None:
    """Times a library's call of a case; None if it has no kernel for it."""
    call = call_of(library, case)
    return None if call is None else stretch(call)

"""Fixtures over the catalogue: a new row is tested without a new line."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import settings

import fastact as fa
from cases import BACKENDS, MACHINE_BACKENDS, Call, calls, in_backend
from fastact import tuning
from fastact.backends import NUMBA, NUMPY

# The same examples in every run, and nothing kept in the repository.
settings.register_profile("fastact", deadline=None, derandomize=True)
settings.load_profile("fastact")
os.environ.setdefault(
    "HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "fastact-hypothesis")
)

SUBJECTS = ("call", "row", "name", "activation")  # parameters that say what is tested


tuning.use(None)  # as it ships, whatever the user of this machine has measured


def pytest_collection_modifyitems(items):
    """What runs on Numba comes first and by activation, so that one process compiles it once.

    Workers get neighbours.  To tell xdist of groups costs more than they save.
    """
    items.sort(key=_activation_on_numba)


def _activation_on_numba(item):
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if not any(value is NUMBA for value in given.values()):
        return "~"  # after all names
    subject = next((value for name, value in given.items() if name in SUBJECTS), "")
    row = getattr(subject, "row", subject)
    return str(getattr(row, "name", row))


@pytest.fixture(params=BACKENDS, ids=repr)
def backend(request):
    """Every backend of this machine, forced for the test."""
    with in_backend(request.param):
        yield request.param


@pytest.fixture(params=MACHINE_BACKENDS, ids=repr)
def compiled_backend(request):
    """Those whose bits must be equal."""
    with in_backend(request.param):
        yield request.param


@pytest.fixture(params=[BACKENDS[0], NUMPY], ids=repr)
def formulas(request):
    """The compiled formulas, whose bits are the same everywhere, and NumPy's."""
    with in_backend(request.param):
        yield request.param


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=calls(), ids=str)
def call(request) -> Call:
    """An activation's forward, derivative or backward pass."""
    return request.param


@pytest.fixture(autouse=True)
def _settings_restored():
    threads = fa.get_num_threads()
    yield
    fa.set_num_threads(threads)

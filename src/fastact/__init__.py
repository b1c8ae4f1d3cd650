"""Fast, accurate, deterministic activation functions on NumPy arrays.

>>> import numpy as np, fastact as fa
>>> x = np.array([-1.0, 0.0, 2.0])
>>> y = fa.relu(x)
>>> fa.relu.backward(np.ones(3), x)
array([0., 0., 1.])
"""

from typing import Any

from .dispatch import backends, use_backend
from .names import get
from .objects import Activation, Context, Explanation, explain
from .objects.listing import ACTIVATIONS as _ACTIVATIONS
from .objects.listing import list
from .threads import get_num_threads, set_num_threads, threads
from .tuning import Tuning, tune
from .version import __version__ as __version__

globals().update(_ACTIVATIONS)


def __getattr__(name: str) -> Any:
    if name == "plot":  # imported when it is wanted: few programs draw
        from .plotting import plot

        return plot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Activation",
    "Context",
    "Explanation",
    "Tuning",
    "backends",
    "explain",
    "get",
    "get_num_threads",
    "list",
    "plot",
    "set_num_threads",
    "threads",
    "tune",
    "use_backend",
    *_ACTIVATIONS,
]

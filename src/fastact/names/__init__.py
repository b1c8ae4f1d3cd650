"""Names of other libraries, with their defaults: ``fastact.get``.

The tables are in ``libraries.py``; they are read when a name is first looked up.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..objects import Activation
    from .lookup import Origin

Api = Literal["torch", "keras", "tf", "jax", "onnx", "thinc", "lasagne", "mlx"]

__all__ = ["Api", "aliases", "get", "known", "refused", "served"]


def get(name: str, api: Api | None = None) -> Activation:
    """Return the activation that another library calls so, with that library's defaults.

    Parameters
    ----------
    name : str
        A function or class of the library, as ``"leaky_relu"`` or ``"LeakyReLU"``; its
        module tells two of one name apart, as in ``"ops.gelu"`` or ``"keras.ops.gelu"``.
        Without ``api`` in any case style: a name of fastact, else one that means the same
        in all libraries that have it.
    api : {"torch", "keras", "tf", "jax", "onnx", "thinc", "lasagne", "mlx"}, optional
        The library.  Without it the defaults are fastact's, which are torch's.

    Returns
    -------
    Activation
        fastact's own object where nothing differs; else one with other defaults, always
        the same for a name.  It takes the library's parameter names and fastact's.
        Parameters that do not belong to the function, such as torch's ``inplace``, are
        not taken; ``out=x`` works in place.

    Raises
    ------
    TypeError
        ``name`` is not a string.
    ValueError
        The api or the name is unknown; the name means several functions; or fastact has
        no function that is the same, and the message says why.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.get("LeakyReLU", api="keras")(-1.0), fa.get("leaky_relu", api="tf")(-1.0)
    (np.float64(-0.3), np.float64(-0.2))
    >>> fa.get("gelu", api="jax")  # doctest: +ELLIPSIS
    <fastact.gelu(x, /, approximate='tanh', ...) as fastact.get('gelu', api='jax')>
    >>> fa.get("Swish") is fa.silu
    True
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {name!r}")
    _check_api(api)
    return _get(name, api)


def _check_api(api: object) -> None:
    from .libraries import LIBRARIES

    if api is not None and not (isinstance(api, str) and api in LIBRARIES):
        raise ValueError(f"api must be None or one of {list(LIBRARIES)}, got {api!r}")


@cache
def _get(name: str, api: str | None) -> Activation:
    from .lookup import find

    found = find(name, api)
    if isinstance(found, str):
        return _own(found)
    if found.entry.is_own:
        return _own(found.entry.function)
    return _preset(found)


def _own(function: str) -> Activation:
    import fastact

    activation: Activation = getattr(fastact, function)
    return activation


_PRESETS: dict[tuple[str, str | None], Activation] = {}


def _preset(origin: Origin) -> Activation:
    """Always the same object, for every spelling of a name and in every thread."""
    from .preset import Preset

    key = origin.name, origin.api
    return _PRESETS.get(key) or _PRESETS.setdefault(key, Preset.of(origin))


def known(api: Api | None = None) -> tuple[str, ...]:
    """The names that ``get`` serves for a library; without one, those that need none."""
    from .lookup import names

    _check_api(api)
    return names(api)


def aliases(function: str) -> dict[str, tuple[str, ...]]:
    """The names of fastact's ``function`` in each library that has it."""
    found: dict[str, tuple[str, ...]] = {}
    for origin in served(function):
        if origin.api is not None:
            names = (*found.get(origin.api, ()), origin.name)
            found[origin.api] = tuple(dict.fromkeys(names))
    return found


def served(function: str) -> tuple[Origin, ...]:
    """Where fastact's ``function`` serves for one of a library; ``entry`` says how."""
    from .libraries import LIBRARIES
    from .lookup import origins

    return tuple(
        origin
        for api in (None, *LIBRARIES)
        for origin in origins(api)
        if origin.entry.function == function
    )


def refused(api: Api) -> dict[str, str]:
    """The names of a library that would be another function in fastact, and why."""
    from .lookup import origins

    _check_api(api)
    return {o.name: o.entry.note for o in origins(api) if not o.entry.function}

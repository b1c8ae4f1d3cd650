"""The type stub of the package, from the catalogue and the signatures of its objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import Parameter, signature

import fastact
from fastact.formulas.catalogue import CATALOGUE, Row
from fastact.objects import Activation
from fastact.objects.listing import FILTERS

HEAD = '''\
"""Types of the public names.  Written by tools/generate.py from the catalogue."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .dispatch import backends as backends
from .dispatch import use_backend as use_backend
from .names import Api as _Api
from .names import get as get
from .objects import Activation as Activation
from .objects import Context as Context
from .objects import Explanation as Explanation
from .objects import explain as explain
from .plotting import plot as plot
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads
from .threads import threads as threads
from .tuning import Tuning as Tuning
from .tuning import tune as tune
from .version import __version__ as __version__

# A scalar for a scalar, else an array of x's shape.
_Result: TypeAlias = Any
_Out: TypeAlias = np.ndarray[Any, np.dtype[Any]] | None
_Mask: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
'''
TAIL = """
def list(
    api: _Api | None = None,
    *,
{filters}
) -> tuple[str, ...]: ...
"""

OPTIONS = {
    "where": "ArrayLike | None",
    "bias": "ArrayLike | None",
    "keepdims": "bool",
    "hard": "bool",
    "training": "bool",
    "return_argmax": "bool",
    "pieces": "int",
    "rng": "np.random.Generator | int | None",
}
# What a backward pass takes instead of the input, besides output= and mask=.
INSTEAD = {"maxout": "which: ArrayLike | None = None", "rrelu": "slopes: ArrayLike | None = None"}


def _axis(row: Row) -> str:
    if row.kind in ("along axis", "reduction"):
        return "int | tuple[int, ...] | None"
    return "int | None" if row.learned else "int"


def _type(row: Row, name: str) -> str:
    if name == "axis":
        return _axis(row)
    if name == "approximate":
        return f"Literal[{', '.join(_quoted(row.forms))}]"
    if name in OPTIONS:
        return OPTIONS[name]
    parameter = next(p for p in row.parameters if p.name == name)
    if parameter.learned:
        return "ArrayLike"
    return "float | None" if parameter.domain == "optional" else "float"


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _default(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _parameters(row: Row, without: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """The parameters as they stand in a signature: those by position, those by keyword."""
    positional: list[str] = []
    keyword: list[str] = []
    for p in list(signature(getattr(fastact, row.name)).parameters.values())[len(row.inputs) :]:
        if p.name != "out" and p.name not in without:
            text = f"{p.name}: {_type(row, p.name)} = {_default(p.default)}"
            (keyword if p.kind is Parameter.KEYWORD_ONLY else positional).append(text)
    return positional, keyword


def _inputs(row: Row) -> list[str]:
    """The arrays of a call; the second half of a gate may be missing."""
    first, *others = row.inputs
    return [f"{first}: ArrayLike", *(f"{name}: ArrayLike | None = None" for name in others)]


def _method(name: str, arguments: Sequence[str], result: str = "_Result") -> str:
    # The base takes any parameters, an activation its own.
    body = "\n".join(f"        {argument}," for argument in ("self", *arguments))
    ignore = "" if name in ("__call__", "mask") else "  # type: ignore[override]"
    return f"    def {name}({ignore}\n{body}\n    ) -> {result}: ..."


def _ways(row: Row) -> str:
    """What ``save`` may be: ways that work for some parameters."""
    activation: Activation = getattr(fastact, row.name)
    conditions = activation.info.backward
    sometimes = {"output", "derivative"} - {
        way for way in ("output", "derivative") if getattr(conditions, way) == "never"
    }
    defaults = activation._ways(activation._defaults)
    other = {way for way in defaults if way in INSTEAD.get(row.name, "")}
    ways = [way for way, why in defaults.items() if not why or way in sometimes | other]
    return f"Literal[{', '.join(_quoted(['auto', *ways]))}]"


def _backward(row: Row) -> str:
    activation: Activation = getattr(fastact, row.name)
    positional, keyword = _parameters(row, activation._call_only)
    out, wrt = "out: _Out = None", "wrt: str | Sequence[str] | None = None"
    if row.kind == "gate":
        out = "out: _Out | tuple[_Out, _Out] = None"
        given = ["dy: ArrayLike", *_inputs(row), "/", *positional, "*", *keyword, out, wrt]
        return _method("backward", given)
    saved = ["output: ArrayLike | None = None"]
    saved += ["mask: _Mask | None = None"] if row.has_mask else []
    saved += [INSTEAD[row.name]] if row.name in INSTEAD else []
    saved += [out, *([wrt] if row.is_curve else [])]
    arrays = ["dy: ArrayLike", "input: ArrayLike | None = None"]
    return _method("backward", [*arrays, *positional, "*", *keyword, *saved])


def _class(row: Row) -> str:
    activation: Activation = getattr(fastact, row.name)
    positional, keyword = _parameters(row)
    call = [*_inputs(row), "/", *positional, "*", *keyword, "out: _Out = None"]
    save = f'save: {_ways(row)} = "auto"'
    lines = [f"class _{row.name}(Activation):", _method("__call__", call)]
    lines.append(_method("forward", [*call, save], "tuple[_Result, Context]"))
    lines.append(_backward(row))
    positional, keyword = _parameters(row, activation._call_only)
    if row.is_curve:
        out = ["*", *keyword, "out: _Out = None"]
        lines.append(_method("derivative", [*_inputs(row), "/", *positional, *out]))
    if row.has_mask:
        named = ["*", *keyword] if keyword else []
        lines.append(_method("mask", [*_inputs(row), "/", *positional, *named], "_Mask"))
    return "\n".join(lines) + f"\n\n{row.name}: _{row.name}\n"


def stub() -> str:
    filters = "\n".join(f"    {name}: bool = ...," for name in FILTERS)
    return HEAD + "\n".join(map(_class, CATALOGUE)) + TAIL.format(filters=filters)

"""An activation with the defaults and the parameter names of another library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..arguments import as_array
from ..backends.base import Array
from ..docstrings import docstring
from ..formulas.catalogue import ROWS, Row
from ..objects import CLASSES, Activation
from . import get
from .libraries import REQUIRED

if TYPE_CHECKING:
    import inspect

    from .lookup import Origin


@cache
def _class(kind: str) -> type[Preset]:
    base = CLASSES[kind]
    return type(f"Preset{base.__name__}", (Preset, base), {"__doc__": Preset.__doc__})


def with_defaults(row: Row, defaults: Mapping[str, Any]) -> Row:
    """The row of the same function with other defaults."""
    parameters = tuple(
        p._replace(default=defaults[p.name], exact="") if p.name in defaults else p
        for p in row.parameters
    )
    form = row.forms.get(defaults.get("approximate", ""), row.formulas[0])
    return _with_form_first(row._replace(parameters=parameters), form)


def _with_form_first(row: Row, form: str) -> Row:
    expressions = {formula: row.expression_of(formula) for formula in row.formulas}
    return row._replace(
        forms=dict(sorted(row.forms.items(), key=lambda item: item[1] != form)),
        form_expressions=expressions,
        expression=expressions[form],
    )


class Preset(Activation):
    """An activation with the defaults of another library, whose parameter names it knows too."""

    @staticmethod
    def of(origin: Origin) -> Preset:
        row = with_defaults(ROWS[origin.entry.function], origin.entry.defaults)
        return _class(row.kind)(row, origin)

    def __init__(self, row: Row, origin: Origin) -> None:
        self._origin = origin  # first: the base asks for the options
        self._entry = origin.entry
        super().__init__(row)
        self.__doc__ = self._docstring()

    def _options(self) -> dict[str, Any]:
        options = super()._options()
        return {
            name: self._entry.defaults.get(name, value)
            for name, value in options.items()
            if name not in self._entry.only  # which means something else there
        }

    def __repr__(self) -> str:
        return f"<fastact.{self.__name__}{self.__signature__} as {self._origin.call}>"

    def __reduce__(self) -> Any:
        return get, (self._origin.name, self._origin.api)

    # --- parameters ------------------------------------------------------------------------

    def _bind(self, args: Sequence[Any], given: dict[str, Any], method: str = "") -> dict[str, Any]:
        given = self._in_our_names(given, method)
        if args:
            given = self._by_name(args, given, method)
        given = {name: self._in_our_spelling(name, value) for name, value in given.items()}
        values = super()._bind((), given, method)
        for name, value in values.items():
            if value is REQUIRED:
                self._raise_missing(name, method)
        return values

    def _raise_missing(self, name: str, method: str) -> NoReturn:
        theirs = [k for k, ours in self._entry.renamed.items() if ours == name]
        wanted = " or ".join(f"{k}=" for k in (*theirs, name))
        raise TypeError(f"{self._origin.call}{method}() wants {wanted}. {self._entry.note}")

    def _in_our_names(self, given: dict[str, Any], method: str) -> dict[str, Any]:
        ours: dict[str, Any] = {}
        for name, value in given.items():
            renamed = self._entry.renamed.get(name, name)
            if renamed in self._entry.only and renamed not in self._defaults:
                self._check_served(name, value, self._entry.only[renamed], method)
            elif renamed in ours:
                raise TypeError(f"{self.__name__}{method}() got {renamed!r} under two names")
            else:
                ours[renamed] = value
        return ours

    def _check_served(self, name: str, value: Any, served: Any, method: str) -> None:
        if value is served or (np.ndim(value) == 0 and np.ndim(served) == 0 and value == served):
            return
        raise ValueError(
            f"{self._origin.call}{method}: {name} can only be {served!r}, got {value!r}. "
            f"{self._entry.note}".rstrip()
        )

    def _in_our_spelling(self, name: str, value: Any) -> Any:
        spelled = self._entry.spelled.get(name)
        if spelled is None or not isinstance(value, (str, bool, np.bool, type(None))):
            return value
        return spelled.get(value, value)

    def _wanted(self, wrt: Any, values: dict[str, Any]) -> tuple[str, ...]:
        if wrt is not None:
            names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
            wrt = tuple(self._entry.renamed.get(name, name) for name in names)
        return super()._wanted(wrt, values)  # type: ignore[misc, no-any-return]

    def _shaped(self, name: str, value: Any, axis: Any, x: Array, dtype: np.dtype[Any]) -> Array:
        """A single weight serves all of x, whatever axis several would belong to."""
        weight = as_array(value, name)
        if weight.size == 1 and axis == self._defaults["axis"]:
            value, axis = weight.reshape(()), None
        return super()._shaped(name, value, axis, x, dtype)  # type: ignore[misc, no-any-return]

    # --- documentation ---------------------------------------------------------------------

    def _signature(self) -> inspect.Signature:
        signature = super()._signature()
        parameters = [
            p.replace(default=p.empty) if p.default is REQUIRED else p
            for p in signature.parameters.values()
        ]
        return signature.replace(parameters=parameters)

    def _docstring(self) -> str:
        text = docstring(self._row)
        for name in self._options().keys() & self._entry.defaults.keys() - {"approximate"}:
            default = self._entry.defaults[name]
            told = "" if default is REQUIRED else f", default {default}"
            text = re.sub(rf"^({name} : \w+),.*$", rf"\1{told}", text, flags=re.MULTILINE)
        # The example has one axis, which the library's default may not be.
        other_axis = "axis" in self._entry.defaults and not self._row.learned
        axis = ", axis=-1" if other_axis else ""
        text = re.sub(rf"\bfa\.{self.__name__}\(x\b", f"{self._origin.shown}(x{axis}", text)
        heading = "Notes\n-----\n"
        return text.replace(heading, f"{heading}{self._what_differs()}\n")

    def _what_differs(self) -> str:
        entry = self._entry
        given = {k: v for k, v in entry.defaults.items() if v is not REQUIRED}
        told = [f"As ``{self._origin.qualified}``."]
        if given:
            told.append(f"Its defaults: {', '.join(f'``{k}={v!r}``' for k, v in given.items())}.")
        told += [f"``{theirs}`` is taken for ``{ours}``." for theirs, ours in entry.renamed.items()]
        told += [f"``{name}`` can only be {value!r}." for name, value in entry.only.items()]
        return "\n".join([*told, *([entry.note] if entry.note else [])])

"""Tables of names that mean another function, or another default, elsewhere.

``{same-name-table}`` lists every name on which libraries disagree; with the name of an
activation, as in ``{same-name-table} leaky_relu``, what they call that one.
``{kink-slope-table}`` lists the slopes that libraries give at kinks.
All is read from ``fastact.names`` and the catalogue, which are tested against the libraries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import fastact
from fastact.formulas.catalogue import CATALOGUE, ROWS
from fastact.names.libraries import LIBRARIES, REQUIRED, THINC_LAYER
from fastact.names.lookup import Origin, loose, origins
from numbers_shown import shown
from tables import Cell, code, table

LIBRARY_NAMES = {
    "torch": "PyTorch",
    "keras": "Keras",
    "tf": "TensorFlow",
    "jax": "JAX",
    "onnx": "ONNX",
    "thinc": "thinc",
    "lasagne": "Lasagne",
    "mlx": "MLX",
}
OWN = "fastact"
PROBES = np.linspace(-4.0, 4.0, 33)
TELLING = 1e-9  # a difference that is no rounding


class Use(NamedTuple):
    """A library's function: its name there, the same call in fastact, what differs besides."""

    library: str
    name: str
    call: str
    note: str
    values: tuple[float, ...] | None  # at PROBES; None where it is no function of one number

    @property
    def meaning(self) -> tuple[str, str]:
        """Two uses of one meaning are the same function; a layer's weights are no difference."""
        return self.call, self.note.removeprefix(THINC_LAYER).lstrip()


def _own(function: str) -> Use:
    return Use(OWN, function, f"fa.{function}(x)", "", _values(getattr(fastact, function)))


def _use(origin: Origin) -> Use:
    entry = origin.entry
    name = ".".join(part for part in (origin.module, origin.plain) if part)
    library = LIBRARY_NAMES[origin.api or ""]
    if not entry.function:
        return Use(library, name, "", entry.note, None)
    activation = fastact.get(origin.qualified)  # which begins with the library's name
    return Use(library, name, _call(origin), entry.note, _values(activation))


def _values(activation: Any) -> tuple[float, ...] | None:
    row = ROWS[activation.__name__]
    if row.kind != "elementwise" or row.interval[0] > PROBES[0]:
        return None
    return tuple(activation(PROBES).tolist())


def _call(origin: Origin) -> str:
    """The call of fastact's own function with what differs from its defaults."""
    given = ", ".join(
        f"{name}={'...' if value is REQUIRED else _argument(value)}"
        for name, value in origin.entry.defaults.items()
    )
    return f"fa.{origin.entry.function}(x{', ' if given else ''}{given})"


def _argument(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


@cache
def _uses() -> tuple[Use, ...]:
    elsewhere = (origin for api in LIBRARIES for origin in origins(api))
    # A name with an underscore at its end is the function without it, in place.
    return (*map(_own, ROWS), *(_use(o) for o in elsewhere if not o.plain.endswith("_")))


def _plain(use: Use) -> str:
    return loose(use.name.rpartition(".")[2])


def disputed() -> dict[str, list[Use]]:
    """The names on which libraries disagree, with what each makes of them."""
    groups: dict[str, list[Use]] = {}
    for use in _uses():
        groups.setdefault(_plain(use), []).append(use)
    return {name: uses for name, uses in sorted(groups.items()) if _differ(uses)}


def _differ(uses: Sequence[Use]) -> bool:
    """Whether two libraries mean something else by a name."""
    if len({use.library for use in uses}) < 2 or len({use.meaning for use in uses}) < 2:
        return False
    same_curve = all(use.values is not None for use in uses) and telling_probe(uses) is None
    return not same_curve or any(use.meaning[1] for use in uses)


def of_activation(function: str) -> list[Use]:
    """What libraries call an activation, and what else they call by those names."""
    computed = f"fa.{function}("
    names = {_plain(use) for use in _uses() if use.call.startswith(computed)}
    return [
        use
        for use in _uses()
        if use.call.startswith(computed) or (_plain(use) in names and use.library != OWN)
    ]


def telling_probe(uses: Sequence[Use]) -> int | None:
    """Which of the probes tells the uses apart best, if one does."""
    curves = np.array([use.values for use in uses if use.values is not None])
    if len(curves) < 2:
        return None
    spread = np.ptp(curves, axis=0)
    return int(spread.argmax()) if spread.max() > TELLING else None


def table_of(uses: Sequence[Use]) -> nodes.table:
    """A line for each meaning, with everybody who has it; no column without content."""
    probe = telling_probe(uses)
    meanings: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        meanings.setdefault(use.meaning, []).append(use)
    columns: list[tuple[Cell, list[Cell]]] = [
        ("in fastact", [code(call) if call else "another function" for call, _ in meanings]),
        ("called so in", [_who(same) for same in meanings.values()]),
    ]
    if probe is not None:
        values: list[Cell] = [_value(same[0], probe) for same in meanings.values()]
        columns.insert(1, (f"at\N{NO-BREAK SPACE}{shown(PROBES[probe], 'g')}", values))
    if any(note for _, note in meanings):
        columns.append(("remarks", [_sentence(note) for _, note in meanings]))
    header = [title for title, _ in columns]
    return table(header, zip(*(cells for _, cells in columns), strict=True), ["same-name"])


def _value(use: Use, probe: int) -> str:
    return "" if use.values is None else shown(use.values[probe], ".6g")


def _who(uses: Sequence[Use]) -> list[nodes.Node]:
    """A line for each library: "PyTorch nn.ReLU, relu"."""
    libraries: dict[str, list[str]] = {}
    for use in uses:
        libraries.setdefault(use.library, []).append(use.name)
    return [
        nodes.line("", "", nodes.Text(f"{library} "), *separated(names))
        for library, names in libraries.items()
    ]


def separated(names: Sequence[str]) -> list[nodes.Node]:
    """Names as code, with commas between."""
    found: list[nodes.Node] = []
    for name in dict.fromkeys(names):
        found += [nodes.Text(", "), code(name)] if found else [code(name)]
    return found


def _sentence(note: str) -> str:
    if not note:
        return ""
    is_name = note.startswith((OWN, *LIBRARY_NAMES))
    return (note if is_name else note[0].upper() + note[1:]) + ("" if note.endswith(".") else ".")


class SameNameTable(SphinxDirective):
    """One table for an activation, or one for each name that is disputed."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        if self.arguments:
            return self._of_activation(self.arguments[0])
        return [node for name, uses in disputed().items() for node in self._group(name, uses)]

    def _of_activation(self, function: str) -> list[nodes.Node]:
        uses = of_activation(function)
        if all(use.library == OWN for use in uses):
            return [nodes.paragraph("", "No other library that was read has this function.")]
        return [table_of(uses)]

    def _group(self, name: str, uses: list[Use]) -> list[nodes.Node]:
        title = separated([use.name.rpartition(".")[2] for use in uses])
        section = nodes.section(ids=[f"same-name-{name}"], names=[f"same-name-{name}"])
        section += [nodes.title("", "", *title), table_of(uses)]
        return [section]


class KinkSlopeTable(SphinxDirective):
    """The slopes at kinks, fastact's and those of libraries that take others."""

    def run(self) -> list[nodes.Node]:
        header = ["activation", "kink at x =", "slope on the left", "slope on the right"]
        return [table([*header, "fastact, PyTorch", "elsewhere"], _kink_lines(), ["kinks"])]


def _kink_lines() -> Iterator[list[Cell]]:
    for row in CATALOGUE:
        if row.kind != "elementwise":
            continue
        for kink in getattr(fastact, row.name).info.kinks:
            others = (
                f"{LIBRARY_NAMES.get(library, library)} {shown(slope, '.6g')}"
                for library, slope in kink.elsewhere.items()
            )
            numbers = (shown(n, ".6g") for n in (kink.x, kink.left, kink.right, kink.slope))
            yield [code(row.name), *numbers, ", ".join(others)]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("same-name-table", SameNameTable)
    app.add_directive("kink-slope-table", KinkSlopeTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

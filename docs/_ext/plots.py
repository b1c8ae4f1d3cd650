"""``activation-plot`` and ``activation-explorer``: f and f' side by side, drawn by the build.

The page carries the kernels' results, from which ``plots.js`` draws anew when a slider is
moved or a curve is chosen, and reads values at the cursor: no formula is computed there.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import fastact as fa
from fastact.formulas.catalogue import CATALOGUE, ROWS
from forms import form_of
from pictures import Picture, grid, picture
from svg import Axes, curve, number

Array = np.ndarray[Any, np.dtype[Any]]

KINDS = ("f", "slope")
HEADS = {"f": "f(x)", "slope": "f\N{PRIME}(x)"}
SLOTS = 8  # colours


def plot(shown: Picture, opening: Sequence[int], slots: int, keys: str = "") -> str:
    """The figure; ``opening`` are the series that it opens with."""
    values = dict(zip(KINDS, (shown.f, shown.slope), strict=True))
    panels = [
        f'<div><div class="fa-head">{HEADS[kind]}</div>{_panel(shown, kind, values, opening)}</div>'
        for kind in KINDS
    ]
    return (
        f'<figure class="fa-plot" data-slots="{slots}"><div class="fa-panels">{"".join(panels)}'
        f'</div><div class="fa-controls">{keys}{_sliders(shown)}{_cursor_slider(shown)}</div>'
        f'<figcaption class="fa-readout" aria-live="polite">{_readout(shown, opening)}</figcaption>'
        f'<script type="application/json">{_data(shown, values, opening)}</script></figure>'
    )


def _axes(shown: Picture, values: Array) -> Axes:
    ends = np.round(shown.x[[0, -1]].astype(float), 6)
    return Axes((float(ends[0]), float(ends[1])), tuple(map(float, shown.limits(values))))


def _panel(shown: Picture, kind: str, values: dict[str, Array], opening: Sequence[int]) -> str:
    axes, place = _axes(shown, values[kind]), shown.opening
    cuts = shown.cuts[KINDS.index(kind)][place]
    paths = [axes.path(shown.x, values[kind][i, place], cuts) for i in opening]
    drawn = "".join(curve(slot, path) for slot, path in enumerate(paths))
    if shown.sliders and len(shown.names) == 1:
        default = axes.path(
            shown.x, values[kind][0, shown.default], shown.cuts[KINDS.index(kind)][shown.default]
        )
        drawn = f'<path class="fa-default" d="{default}"/>' + drawn
    named = ", ".join(shown.names[i] for i in opening)
    what = {"f": "graph", "slope": "derivative"}[kind]
    return axes.panel(kind, f"{what} of {named} {shown.subject}".strip(), drawn)


def _sliders(shown: Picture) -> str:
    return "".join(
        f'<label class="fa-control" hidden><code>{slider.name}</code>'
        f'<input class="fa-parameter" type="range" min="0" max="{len(slider.values) - 1}" '
        f'value="{slider.opens_at}"><output>{slider.labels[slider.opens_at]}</output></label>'
        for slider in shown.sliders
    )


def _cursor_slider(shown: Picture) -> str:
    last = shown.x.size - 1
    return (
        '<label class="fa-control" hidden><i>x</i><input class="fa-x" type="range" '
        f'min="0" max="{last}" value="{_start(shown)}"></label>'
    )


def _start(shown: Picture) -> int:
    """Where the cursor is at first: at 1, or three quarters of the way."""
    return int(np.argmin(np.abs(shown.x - 1))) if shown.x[-1] > 1.5 else 3 * shown.x.size // 4


def _readout(shown: Picture, opening: Sequence[int]) -> str:
    """As plots.js writes it, for readers without JavaScript."""
    at = _start(shown)
    several = len(shown.names) > 1
    told = []
    for slot, i in enumerate(opening):
        y, slope = (values[i, shown.opening, at] for values in (shown.f, shown.slope))
        head = f'<span class="fa-name-{slot}">{shown.names[i]}</span> ' if several else "f(x) = "
        between = ", slope " if several else ", f\N{PRIME}(x) = "
        told.append(f"{head}<b>{number(y)}</b>{between}<b>{number(slope)}</b>")
    return f"x = <b>{number(shown.x[at])}</b>: {' · '.join(told)}"


def _data(shown: Picture, values: dict[str, Array], opening: Sequence[int]) -> str:
    data = {
        "x": _packed(shown.x),
        "names": shown.names,
        "open": list(opening),
        "sliders": [[*slider.labels] for slider in shown.sliders],
        "default": shown.default,
        **{kind: _packed(array) for kind, array in values.items()},
        "cuts": [_distinct(cuts) for cuts in shown.cuts],
    }
    return json.dumps(data, separators=(",", ":"))


def _distinct(cuts: list[list[int]]) -> list[list[int]]:
    """One entry where that of each place is the same."""
    return cuts[:1] if all(cut == cuts[0] for cut in cuts) else cuts


def _packed(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


# --- directives ----------------------------------------------------------------------------


class ActivationPlot(SphinxDirective):
    """``activation-plot`` NAME: the picture of an activation's page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        shown = picture(ROWS[self.arguments[0]])
        series = range(len(shown.names))
        keys = _keys(shown.names, list(series)) if len(shown.names) > 1 else ""
        return [nodes.raw("", plot(shown, series, len(shown.names), keys), format="html")]


class ActivationExplorer(SphinxDirective):
    """``activation-explorer`` NAME ...: all curves to choose from; it opens with those named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        shown = _all_curves()
        opening = [shown.names.index(name) for name in self.arguments[0].split()]
        return [
            nodes.raw("", plot(shown, opening, SLOTS, _keys(shown.names, opening)), format="html")
        ]


def _all_curves() -> Picture:
    """Every function of one number on the whole line, with default parameters."""
    x = grid("", 201)
    found = {}
    for row in CATALOGUE:
        if row.is_curve and np.isinf(row.interval[0]):
            activation = getattr(fa, row.name)
            for formula in row.formulas:
                form = form_of(row, formula)
                found[formula] = activation(x, **form), activation.derivative(x, **form)
    f, slope = (np.array([[curves[i]] for curves in found.values()]) for i in (0, 1))
    return Picture("all", x, tuple(found), f, slope, (), ([[]], [[]]), "")


def _keys(names: Sequence[str], opening: Sequence[int]) -> str:
    buttons = "".join(
        f'<button type="button" class="fa-key" data-series="{i}" '
        f'aria-pressed="{"true" if i in opening else "false"}"'
        + (f' data-slot="{list(opening).index(i)}"' if i in opening else "")
        + f">{html.escape(name)}</button>"
        for i, name in enumerate(names)
    )
    return f'<div class="fa-keys">{buttons}</div>'


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("activation-plot", ActivationPlot)
    app.add_directive("activation-explorer", ActivationExplorer)
    app.add_js_file("plots.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""``activation-plot`` and ``activation-explorer``: f and f' side by side, drawn by the build.

The page carries the kernels' results, from which ``plots.js`` draws anew when a slider is
moved or a curve is chosen, and reads values at the cursor: no formula is computed there.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from facts import function_of
from fastact.formulas.catalogue import CATALOGUE, ROWS
from forms import formulas_of
from pictures import Frame, Picture, grid, jumps, picture
from svg import Axes, curve, number

Array = np.ndarray[Any, np.dtype[Any]]

KINDS = ("f", "slope")
HEADS = {"f": "f(x)", "slope": "f\N{PRIME}(x)"}
SLOTS = 8  # colours
FRAMES: tuple[Frame, Frame] = (-2.2, 5.2), (-0.45, 2.2)  # for all curves together


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


def _axes(shown: Picture, kind: str) -> Axes:
    ends = np.round(shown.x[[0, -1]].astype(float), 6)
    return Axes((float(ends[0]), float(ends[1])), shown.frame(KINDS.index(kind)))


def _panel(shown: Picture, kind: str, values: dict[str, Array], opening: Sequence[int]) -> str:
    axes, place = _axes(shown, kind), shown.opening
    which = KINDS.index(kind)
    paths = [
        axes.path(shown.x, values[kind][i, place], shown.cuts_of(which, i, place)) for i in opening
    ]
    drawn = "".join(curve(slot, path) for slot, path in enumerate(paths))
    if shown.sliders and len(shown.names) == 1:
        cuts = shown.cuts_of(which, 0, shown.default)
        default = axes.path(shown.x, values[kind][0, shown.default], cuts)
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
        "sliders": [[slider.labels, slider.values] for slider in shown.sliders],
        "default": shown.default,
        **{kind: _packed(array) for kind, array in values.items()},
        "cuts": shown.cuts,
    }
    return json.dumps(data, separators=(",", ":"))


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
    """``activation-explorer`` NAME ...: all curves to choose from; it opens with those named.

    With ``:only:`` there are no others.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"only": directives.flag}

    def run(self) -> list[nodes.Node]:
        names = self.arguments[0].split()
        is_all = "only" not in self.options
        shown = _curves(_all_formulas(), FRAMES) if is_all else _curves(names, None)
        opening = [shown.names.index(name) for name in names]
        slots = SLOTS if is_all else len(names)
        return [
            nodes.raw("", plot(shown, opening, slots, _keys(shown.names, opening)), format="html")
        ]


def _all_formulas() -> list[str]:
    """Of every function of one number on the whole line."""
    rows = [row for row in CATALOGUE if row.is_curve and np.isinf(row.interval[0])]
    return [formula for row in rows for formula in row.formulas]


def _curves(formulas: Sequence[str], frames: tuple[Frame, Frame] | None) -> Picture:
    """With default parameters."""
    x = grid("", 201)
    functions = [function_of(formulas_of()[formula], formula) for formula in formulas]
    f, slope = (np.array([[pair[which](x)] for pair in functions]) for which in (0, 1))
    cuts = [jumps(formulas_of()[formula], x, {}) for formula in formulas]
    by_kind = [f for f, _ in cuts], [slope for _, slope in cuts]
    return Picture("curves", x, tuple(formulas), f, slope, (), by_kind, "", frames)


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

"""Matplotlib figures as inline SVG whose colours follow the page's theme.

``figure-inline`` runs ``make(plt)`` of a Python file; the gallery's figures take the same
way.  Figures are drawn with colours that stand for CSS variables, which ``fastact.css``
defines for light and dark, so that one drawing serves both.
"""

from __future__ import annotations

import html
import io
import re
import runpy
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import matplotlib as mpl
from cycler import cycler
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

mpl.use("Agg")
import matplotlib.pyplot as plt

logger = logging.getLogger(__name__)

SERIES = 8
TEXT, AXIS, GRID, PAGE = "#010101", "#020202", "#030303", "#040404"
CYCLE = [f"#0{i}ab0{i}" for i in range(SERIES)]
VARIABLES = {
    **{TEXT: "--fa-text", AXIS: "--fa-axis", GRID: "--fa-grid", PAGE: "--fa-page"},
    **{colour: f"--fa-series-{i}" for i, colour in enumerate(CYCLE)},
}
# The same on white, for thumbnails, which are images and know no theme.
ON_WHITE = {
    **{TEXT: "#1f2933", AXIS: "#5b6673", GRID: "#dfe4ea", PAGE: "#ffffff"},
    **dict(
        zip(
            CYCLE,
            (
                *("#0b62c4", "#c2410c", "#15803d", "#8b3fc4"),
                *("#0e7490", "#b4233c", "#7a6a00", "#475569"),
            ),
            strict=True,
        )
    ),
}


def style(salt: str) -> dict[str, Any]:
    """What Matplotlib is set to; ``salt`` makes a figure's ids the same at each build."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.titlecolor": TEXT,
        "axes.titlesize": 10.5,
        "axes.edgecolor": AXIS,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=CYCLE),
        "xtick.color": AXIS,
        "ytick.color": AXIS,
        "xtick.labelcolor": TEXT,
        "ytick.labelcolor": TEXT,
        "grid.color": GRID,
        "patch.edgecolor": PAGE,
        "hatch.color": AXIS,
        "boxplot.boxprops.color": AXIS,
        "boxplot.whiskerprops.color": AXIS,
        "boxplot.capprops.color": AXIS,
        "boxplot.flierprops.markeredgecolor": AXIS,
        "boxplot.medianprops.color": TEXT,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "figure.constrained_layout.use": True,
        "legend.facecolor": PAGE,
        "legend.edgecolor": GRID,
        "legend.framealpha": 0.9,
        "lines.linewidth": 2,
    }


def drawn(figure: Any, salt: str) -> str:
    """The figure as SVG text, without what differs from build to build, ids of its own."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'font: (?:\w+ )?([\d.]+)px [^;"]*', r"font-size: \1px", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{salt}-\1"', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{salt}-", svg)
    return re.sub(r"\s*\n\s*", "\n", svg)


def in_colours(svg: str, colours: Mapping[str, str]) -> str:
    return re.sub("|".join(colours), lambda found: colours[found[0]], svg)


def for_page(svg: str, alt: str) -> str:
    """The drawing for a page, with the words for those who cannot see it."""
    told = f'<svg class="fa-drawing" role="img" aria-label="{html.escape(alt)}" '
    return in_colours(svg, {c: f"var({v})" for c, v in VARIABLES.items()}).replace("<svg ", told, 1)


def salt_of(text: str) -> str:
    return "m" + sha256(text.encode()).hexdigest()[:8]


def _made(path: str, salt: str, alt: str) -> str:
    with mpl.rc_context(style(salt)):
        figure = runpy.run_path(path)["make"](plt)
        svg = for_page(drawn(figure, salt), alt)
        plt.close(figure)
    return svg


class FigureInline(SphinxDirective):
    """The figure that ``make(plt)`` of a Python file returns."""

    required_arguments = 1
    option_spec: ClassVar = {"alt": directives.unchanged_required, "caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        if not self.options.get("alt"):
            raise self.error("figure-inline wants :alt:, the figure in words")
        try:
            svg = _made(path, salt_of(relative), self.options["alt"])
        except Exception as error:  # whatever its Python file does
            where = self.get_location()
            logger.warning("%s: %s: %s", relative, type(error).__name__, error, location=where)
            return []
        node = nodes.figure(classes=["fa-figure"])
        node += nodes.raw("", svg, format="html")
        if "caption" in self.options:
            inline, messages = self.parse_inline(self.options["caption"])
            node += nodes.caption(self.options["caption"], "", *inline)
            node += messages
        return [node]


# --- the gallery -------------------------------------------------------------------------


def reset_style(gallery_conf: Mapping[str, Any], name: str) -> None:
    """Give each example of the gallery the same colours."""
    mpl.rcdefaults()
    mpl.use("Agg")
    mpl.rcParams.update(style(salt_of(name)))


def scrape(block: Any, block_vars: Mapping[str, Any], gallery_conf: Mapping[str, Any]) -> str:
    """Inline the open figures of an example, and save them on white for its thumbnail."""
    told = []
    for number in plt.get_fignums():
        figure = plt.figure(number)
        image = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
        salt = salt_of(image.name)
        svg = drawn(figure, salt)
        image.write_text(in_colours(_on_white(svg), ON_WHITE), encoding="utf-8")
        raw = for_page(svg, _title(figure)).replace("\n", "\n   ")
        told.append(f".. raw:: html\n\n   <div class='fa-figure'>{raw}</div>\n")
    plt.close("all")
    return "\n".join(told)


def _on_white(svg: str) -> str:
    return svg.replace("<svg ", '<svg style="background: #ffffff" ', 1)


def _title(figure: Any) -> str:
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    return next((title for title in titles if title), "figure")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("figure-inline", FigureInline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

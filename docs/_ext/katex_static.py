"""Typeset every formula with KaTeX while the site is built: readers need no JavaScript.

``node`` runs the vendored ``katex.min.js``.  What KaTeX cannot read is a warning of Sphinx.
"""

from __future__ import annotations

import html
import json
import os
import subprocess
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

# Reads a line of JSON for each formula and answers with one, until its input is closed.
SERVER = """
const katex = require(process.argv[1]);
const lines = require("readline").createInterface({input: process.stdin});
lines.on("line", line => {
  const {tex, displayMode} = JSON.parse(line);
  let answer;
  try {
    answer = {html: katex.renderToString(tex, {displayMode, throwOnError: true, strict: "error"})};
  } catch (error) {
    answer = {error: String(error.message || error)};
  }
  process.stdout.write(JSON.stringify(answer) + "\\n");
});
"""


class Typesetter:
    """A node process; each process that forks off Sphinx starts its own."""

    def __init__(self, katex: str) -> None:
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            ["node", "-e", SERVER, katex],
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def typeset(self, tex: str, display: bool) -> dict[str, str]:
        """Return ``html`` or ``error``."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"tex": tex, "displayMode": display}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        self.process.communicate(timeout=10)


_typesetters: dict[int, Typesetter] = {}


def render(katex: str, tex: str, display: bool, where: Any = None) -> str:
    """The formula in HTML with MathML beside it; after an error its source."""
    typesetter = _typesetters.get(os.getpid()) or Typesetter(katex)
    _typesetters[os.getpid()] = typesetter
    answer = typesetter.typeset(tex, display)
    if "error" in answer:
        logger.warning("KaTeX: %s in %s", answer["error"], tex, location=where, type="katex")
        return f"<code>{html.escape(tex)}</code>"
    return answer["html"]


def _visit_inline(translator: Any, node: nodes.math) -> None:
    typeset = render(translator.config.katex_js, node.astext(), False, node)
    translator.body.append(f'<span class="math notranslate nohighlight">{typeset}</span>')
    raise nodes.SkipNode


def _visit_block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    typeset = render(translator.config.katex_js, _in_lines(node.astext().strip()), True, node)
    translator.body.append(typeset + "</div>\n")
    raise nodes.SkipNode


def _in_lines(tex: str) -> str:
    r"""``a \\ b`` as two lines, as Sphinx has it."""
    is_split = r"\\" in tex and r"\begin" not in tex
    return rf"\begin{{split}}{tex}\end{{split}}" if is_split else tex


def _close(app: Sphinx, exception: Exception | None) -> None:
    typesetter = _typesetters.pop(os.getpid(), None)
    if typesetter:
        typesetter.close()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex_static", (_visit_inline, None), (_visit_block, None))
    app.add_config_value("katex_js", "", "html")
    app.add_css_file("katex/katex.min.css")
    app.connect("build-finished", _close)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Mend what the tools' HTML keeps from readers that do not see it."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

# docutils gives an entry of a bibliography a role that ARIA has withdrawn, within a list.
WITHDRAWN, LISTED = 'role="doc-biblioentry"', 'role="listitem"'

# sphinx-gallery hides the text of a thumbnail's link behind its picture.
THUMBNAIL = re.compile(
    r'(<div class="sphx-glr-thumbcontainer".*?<a class="reference internal" href="[^"]+")'
    r'(><span class="doc">([^<]+)</span>)',
    re.DOTALL,
)


def mended(body: str) -> str:
    named = THUMBNAIL.sub(
        lambda found: f'{found[1]} aria-label="{found[3].replace(chr(34), "&quot;")}"{found[2]}',
        body,
    )
    return named.replace(WITHDRAWN, LISTED)


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] = mended(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Roles for prose: a measured number, and a link to an activation's page."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

import measurements
from fastact.formulas.catalogue import ROWS
from numbers_shown import shown

logger = logging.getLogger(__name__)

Result = tuple[list[nodes.Node], list[nodes.system_message]]


class Measured(SphinxRole):
    """``{measured}`file:dotted.key|format` ``: a number of ``docs/file.json``."""

    def run(self) -> Result:
        place, _, form = self.text.partition("|")
        name, _, key = place.strip().partition(":")
        self.env.note_dependency(f"{name}.json")
        try:
            text = _measured(name, key, form.strip())
        except (LookupError, ValueError, OSError) as error:
            logger.warning("measured %s: %s", self.text, error, location=self.get_location())
            text = "?"
        return [nodes.inline(text=text, classes=["fa-measured"])], []


def _measured(name: str, key: str, form: str) -> str:
    found = measurements.read(measurements.DOCS / f"{name}.json")
    measurements.check(found, f"{name}.json")
    return shown(measurements.lookup(found, key), form)


class ActivationLink(SphinxRole):
    """``{activation}`gelu` ``: a link to the page of gelu."""

    def run(self) -> Result:
        name = self.text.strip()
        if name not in ROWS:
            where = self.get_location()
            logger.warning("there is no activation named %r", name, location=where)
            return [nodes.literal(text=name)], []
        link = addnodes.pending_xref(
            refdomain="std",
            reftype="doc",
            reftarget=f"/activations/{name}",
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        link += nodes.literal(text=name, classes=["xref"])
        return [link], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("measured", Measured())
    app.add_role("activation", ActivationLink())
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Prose about an activation that is written by hand: ``docs/activations/notes/NAME.md``."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parents[1] / "activations/notes"
HEADINGS = (
    "In one paragraph",
    "Use it when",
    "Avoid it when",
    "Numerics",
    "History",
    "Related",
)


def notes(name: str) -> dict[str, str]:
    """The text under each heading; all of them must be there, in this order."""
    path = FOLDER / f"{name}.md"
    if not path.exists():
        return dict.fromkeys(HEADINGS, "")
    _, *parts = re.split(r"^## (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))
    if tuple(found) != HEADINGS:
        logger.warning("%s must have the headings %s", path.name, ", ".join(HEADINGS))
    return {heading: found.get(heading, "") for heading in HEADINGS}

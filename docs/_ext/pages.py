"""Pages that are written before Sphinx, or an extension of it, looks for pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_pages(pages: Mapping[Path, str]) -> None:
    """Write those that have changed, so that Sphinx reads no more than it must."""
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")

"""Where the built site is, and its pages."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs/_build/html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] != "_static"
)

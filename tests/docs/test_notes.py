"""The prose written by hand: complete, and speaking of what exists."""

import re
from pathlib import Path

import pytest

from fastact.formulas.catalogue import ROWS
from notes import HEADINGS, notes

DOCS = Path(__file__).parents[2] / "docs"
PROSE = [*sorted((DOCS / "activations/notes").glob("*.md")), *sorted(DOCS.glob("*.md"))]
KEYS = set(re.findall(r"^@\w+\{(\w+),", (DOCS / "refs.bib").read_text(), flags=re.MULTILINE))


def test_every_activation_has_notes_and_no_other():
    assert {path.stem for path in (DOCS / "activations/notes").glob("*.md")} == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_every_section_is_written(name):
    written = notes(name)
    assert all(written[heading] for heading in HEADINGS)
    assert "\n\n" not in written["In one paragraph"]
    for heading in ("Use it when", "Avoid it when", "Related"):
        assert all(line.startswith("- ") for line in written[heading].splitlines())
    related = re.findall(r"\{activation\}`(\w+)`", written["Related"])
    assert name not in related
    assert set(related) <= set(ROWS)
    assert related


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.stem)
def test_citations_have_references(path):
    cited = re.findall(r"\{cite:\w\}`([\w,]+)`", path.read_text())
    assert {key for keys in cited for key in keys.split(",")} <= KEYS


def test_references_are_complete():
    entries = (DOCS / "refs.bib").read_text().split("\n@")[1:]
    assert len(entries) == len(KEYS)
    for entry in entries:
        assert all(re.search(rf"^  {field} = ", entry, re.MULTILINE) for field in ("title", "year"))
        year = re.search(r"^  year = \{(\d+)\}", entry, re.MULTILINE)[1]
        assert year in entry.split(",")[0]

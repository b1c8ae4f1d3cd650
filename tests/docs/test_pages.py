"""The built site without a browser: links, anchors, weight, and what was left undone."""

from __future__ import annotations

import gzip
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

import pytest
from built_site import PAGES, SITE

import fastact as fa

FIRST_PAGE_KB = 400
NEXT_PAGE_KB = 60


class Links(HTMLParser):
    """The anchors and the addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.addresses, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        self.addresses += [given[name] for name in ("href", "src") if given.get(name)]
        if tag == "script" and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(given["href"])


@cache
def links_of(page):
    return Links((SITE / page).read_text(encoding="utf-8"))


def target_of(page, address):
    """The file and the anchor, for an address inside the site."""
    parts = urlparse(address)
    if parts.scheme or address.startswith("//"):
        return None
    path = unquote(urlparse(urljoin(f"/{page}", address)).path).lstrip("/")
    return path + ("index.html" if path.endswith("/") or not path else ""), unquote(parts.fragment)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page, site):
    for address in links_of(page).addresses:
        target = target_of(page, address)
        if target is None:
            continue
        path, anchor = target
        assert (site / path).exists(), address
        if anchor and path.endswith(".html"):
            assert anchor in links_of(path).anchors, address


def test_every_activation_has_its_pages(site):
    for name in fa.list():
        assert (site / f"activations/{name}.html").exists()
        assert (site / f"api/generated/fastact.{name}.html").exists()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_raw(page, site):
    text = (site / page).read_text(encoding="utf-8")
    text = re.sub(r"<(script|style|pre|annotation).*?</\1>", "", text, flags=re.DOTALL)
    for raw in ("$$", "{activation}", "{value}", "{measured}", "{cite", "katex-error", "```"):
        assert raw not in text
    for unsettled in ("TODO", "FIXME", "lorem"):
        assert unsettled not in text


# --- weight ------------------------------------------------------------------------------


def weight(path):
    """Bytes on the way, compressed as servers do."""
    return len(gzip.compress(Path(path).read_bytes(), 6))


def loaded_by(page):
    """The page and what it names: the fonts of style sheets are there after the first page."""
    files = {page}
    for address in links_of(page).loaded:
        target = target_of(page, address)
        if target:
            files.add(target[0])
    return files


def test_the_first_page_is_light(browser, site, address):
    context, files = browser.new_context(), set()
    page = context.new_page()
    page.on("request", lambda request: files.add(urlparse(request.url).path.lstrip("/")))
    page.goto(f"{address}index.html", wait_until="networkidle")
    context.close()
    total = sum(weight(site / path) for path in files)
    assert len(files) > 10
    assert total <= FIRST_PAGE_KB * 1000, f"{total / 1000:.0f} kB"


@pytest.mark.parametrize("name", fa.list())
def test_the_next_page_is_lighter(name, site):
    page = f"activations/{name}.html"
    new = loaded_by(page) - loaded_by("index.html")
    total = sum(weight(site / path) for path in new)
    assert total <= NEXT_PAGE_KB * 1000, f"{total / 1000:.0f} kB"

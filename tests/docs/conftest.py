"""The documentation's extensions, importable as Sphinx imports them, and the built site."""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
import threading

import pytest
from built_site import ROOT, SITE

sys.path[:0] = [str(ROOT / "docs/_ext"), str(ROOT / "tools")]


PATIENCE = 120_000  # milliseconds: a busy machine is no failure


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    assert (SITE / "index.html").exists(), "build the site first: nox -s docs"
    return SITE


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served."""
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "these tests want Chromium: apt-get install chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    quiet += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser, address):
    """Open a page of the site; ``trouble`` of the page lists what went wrong in it."""
    contexts = []

    def opened(name, *, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.trouble = watched(page, address)
        page.goto(address + name)
        return page

    yield opened
    for context in contexts:
        context.close()


def watched(page, address):
    """A list that fills with errors, warnings, failed requests and those that leave the site."""
    trouble = []
    loud = ("error", "warning")
    page.on("console", lambda m: trouble.append(m.text) if m.type in loud else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "response", lambda r: trouble.append(f"{r.status} {r.url}") if r.status >= 400 else None
    )
    inside = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(inside) else trouble.append(r.url))
    return trouble

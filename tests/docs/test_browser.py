"""The built site in a real browser."""

from __future__ import annotations

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from test_pages import PAGES

import fastact as fa
from conftest import SITE
from fastact.formulas.catalogue import ROWS

PHONE = 390
KINDS = (
    *("index.html", "compare.html", "activations/index.html", "activations/leaky_relu.html"),
    *("activations/swiglu.html", "activations/softmax.html", "benchmarks.html", "accuracy.html"),
    *("accuracy_vs_peers.html", "memory.html", "architecture.html", "api/index.html"),
    *("api/generated/fastact.gelu.html", "same_name.html", "errors_elsewhere.html"),
    *("glossary.html", "references.html", "changelog.html", "contributing.html", "search.html"),
    *("guide/choosing.html", "gallery/index.html"),
)
ELEMENTWISE = [name for name in fa.list() if ROWS[name].kind == "elementwise"]
WITH_SLIDERS = [name for name in fa.list() if ROWS[name].parameters]


def test_kinds_of_pages_are_there():
    assert set(KINDS) <= set(PAGES)


# --- every page --------------------------------------------------------------------------

TYPESET = "[...document.querySelectorAll('.math')].every(e => e.querySelector('.katex'))"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


# Pages of the API are made alike, and are among KINDS.
DIFFERENT = [name for name in PAGES if name in KINDS or not name.startswith("api/generated/")]


@pytest.mark.parametrize("name", DIFFERENT)
def test_page_is_sound(open_page, name):
    page = open_page(name)
    assert page.evaluate(TYPESET)
    assert page.locator(".katex-error").count() == 0
    assert page.locator("h1").count() == 1
    assert page.evaluate(OVERFLOW) == 0
    page.set_viewport_size({"width": PHONE, "height": 844})
    assert page.evaluate(OVERFLOW) == 0
    assert not page.trouble


BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def violations(page, *rules):
    found = Axe().run(page, options={"runOnly": rules})
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]]


@pytest.mark.parametrize("name", KINDS)
def test_page_is_accessible(open_page, name):
    # Where the theme fades from one colour to another, contrasts are those of a moment.
    page = open_page(name, color_scheme="light", reduced_motion="reduce")
    assert not violations(page, "wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert page.evaluate(BACKGROUND) != light
    assert not violations(page, "color-contrast")  # nothing else is of colours


# --- plots -------------------------------------------------------------------------------


def paths(page):
    return page.eval_on_selector_all(
        ".fa-panel .fa-curve", "all => all.map(e => e.getAttribute('d'))"
    )


DATA = "all => all.map(e => e.dataset.value)"


def values(page, selector):
    return [
        float(v)
        for v in page.eval_on_selector_all(selector, "all => all.map(e => e.dataset.value)")
    ]


def settings(page, name):
    """The parameters that the sliders show."""
    shown = page.eval_on_selector_all(".fa-control output", DATA)
    given = zip(ROWS[name].parameters, shown, strict=True)
    return {p.name: None if v == "null" else float(v) for p, v in given}


def set_slider(slider, place):
    slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", place)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_readouts_are_results_of_the_kernel(open_page, name):
    page = open_page(f"activations/{name}.html")
    sliders = page.locator(".fa-parameter").all()
    activation = getattr(fa, name)
    forms = list(ROWS[name].forms) or [None]
    for place, at in ((0, 3), (1, 40), (4, 70)):
        for slider in sliders:
            set_slider(slider, min(place, int(slider.get_attribute("max"))))
        set_slider(page.locator(".fa-x"), at)
        x, *shown = values(page, ".fa-readout b")
        given = settings(page, name)
        wanted = []
        for form in forms:
            options = given | ({"approximate": form} if form else {})
            wanted += [activation(np.float32(x), **options)]
            wanted += [activation.derivative(np.float32(x), **options)]
        np.testing.assert_array_equal(np.float32(shown), np.float32(wanted))


@pytest.mark.parametrize("name", WITH_SLIDERS)
def test_sliders_change_the_curves(open_page, name):
    page = open_page(f"activations/{name}.html")
    sliders = page.locator(".fa-parameter").all()
    assert len(sliders) >= len(ROWS[name].parameters)
    for slider in sliders:
        before, told = paths(page), slider.locator("+ output").inner_text()
        slider.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        if slider.locator("+ output").inner_text() == told:
            page.keyboard.press("ArrowRight")
        assert slider.locator("+ output").inner_text() != told
        assert paths(page) != before


def test_the_pointer_moves_the_cursor(open_page):
    page = open_page("activations/gelu.html")
    box = page.locator(".fa-panel[data-kind=f]").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    x, y, slope, *_ = values(page, ".fa-readout b")
    assert x < -1
    assert np.float32(y) == fa.gelu(np.float32(x))
    assert np.float32(slope) == fa.gelu.derivative(np.float32(x))


def test_the_explorer_shows_up_to_eight_curves(open_page):
    page = open_page("compare.html")
    pressed = page.locator(".fa-key[aria-pressed=true]")
    free = page.locator(".fa-key[aria-pressed=false]:not(:disabled)")
    before = paths(page)
    while pressed.count() < 8:
        free.first.click()
    assert paths(page) != before
    assert free.count() == 0
    pressed.first.click()
    assert pressed.count() == 7
    assert free.count() > 0
    assert len(values(page, ".fa-readout b")) == 1 + 2 * 7


# --- the table of all functions ----------------------------------------------------------


def column(page, index):
    rows = "[...document.querySelectorAll('.fa-compare tbody tr:not([hidden])')]"
    return page.evaluate(f"{rows}.map(row => row.cells[{index}].dataset.value)")


def test_a_heading_sorts_the_table(open_page):
    page = open_page("compare.html")
    heads = page.locator(".fa-compare thead button")
    gain = heads.all_inner_texts().index("gain")
    heads.nth(gain).click()
    rising = [float(v) for v in column(page, gain) if v]
    assert rising == sorted(rising)
    heads.nth(gain).click()
    assert [float(v) for v in column(page, gain) if v] == rising[::-1]
    assert column(page, gain)[-1] == ""  # what is missing stays at the end


def test_filters_leave_what_they_say(open_page):
    page = open_page("compare.html")
    page.get_by_label("smooth", exact=True).check()
    page.get_by_label("not monotone").check()
    curves = {f for n in fa.list(smooth=True, monotone=False) for f in ROWS[n].formulas}
    assert set(column(page, 0)) == curves
    page.get_by_label("Name").fill("gelu")
    assert set(column(page, 0)) == {name for name in curves if "gelu" in name}


# --- the rest ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("activations/gelu.html", ".fa-curve"),
        ("benchmarks.html", '.fa-drawing path[style*="stroke: var(--fa-series"]'),
    ],
)
def test_dark_mode_changes_the_plots(open_page, name, selector):
    page = open_page(name, color_scheme="light")
    painted = f"getComputedStyle(document.querySelector('{selector}')).stroke"
    light = page.evaluate(painted)
    page.locator("button.theme-switch-button:visible").first.click()
    page.locator("button.theme-change-button[data-mode=dark]:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(painted) != light


def test_search_finds_a_function(open_page):
    page = open_page("search.html?q=gelu")
    page.wait_for_selector("ul.search li a")
    found = page.eval_on_selector_all("ul.search li a", "all => all.map(e => e.href)")
    assert any("activations/gelu.html" in address for address in found)


CONTROLS = ".fa-control input, .fa-key, .fa-sortable button, .fa-filters :is(input, select)"
COUNT_AND_MARK = """controls => [...document.querySelectorAll(controls)]
    .map((control, i) => { control.dataset.stop = String(i); }).length"""


@pytest.mark.parametrize("name", ["compare.html", "activations/stanh.html", "index.html"])
def test_the_keyboard_reaches_every_control(open_page, name):
    page = open_page(name)
    wanted = page.evaluate(
        "s => [...document.querySelectorAll(s)].map((e, i) => e.dataset.stop = String(i)).length",
        CONTROLS,
    )
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.dataset.stop ?? ''")
        reached |= {stop} - {""}
        if len(reached) == wanted:
            break
    assert wanted > 0
    assert len(reached) == wanted


@pytest.mark.parametrize("name", ["activations/leaky_relu.html", "compare.html", "index.html"])
def test_without_javascript_pages_are_complete(open_page, name):
    page = open_page(name, java_script_enabled=False)
    assert page.locator(".fa-panel .fa-curve").count() >= 2
    assert "x = 1: " in page.locator(".fa-readout").inner_text()
    assert page.locator(".fa-control:visible").count() == 0
    assert page.locator("h1").is_visible()
    if name != "index.html":
        assert page.locator("table tbody tr").count() > 5


def test_data_of_plots_is_no_more_than_it_must_be():
    text = (SITE / "activations/relu.html").read_text(encoding="utf-8")
    data = json.loads(text.split('<script type="application/json">')[1].split("</script>")[0])
    assert data["names"] == ["relu"]
    assert data["sliders"] == []

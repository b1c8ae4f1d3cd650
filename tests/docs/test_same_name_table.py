"""Tables of names that mean something else elsewhere."""

import pytest
from sphinx.testing.util import SphinxTestApp

import fastact as fa
import same_name_table as tables

CONF = 'extensions = ["myst_parser", "same_name_table"]\n'


def html_of(tmp_path, text):
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text(text)
    app = SphinxTestApp("html", srcdir=tmp_path)
    app.build()
    try:
        assert not app.warning.getvalue()
        return (app.outdir / "index.html").read_text()
    finally:
        app.cleanup()


def calls_of(uses, library):
    return {use.call for use in uses if use.library == library}


def test_leaky_relu_has_three_slopes():
    uses = tables.disputed()["leakyrelu"]
    assert calls_of(uses, "PyTorch") == {"fa.leaky_relu(x)"}
    assert calls_of(uses, "Keras") == {
        "fa.leaky_relu(x, negative_slope=0.2)",
        "fa.leaky_relu(x, negative_slope=0.3)",
    }


def test_names_that_mean_one_thing_are_not_disputed():
    disputed = tables.disputed()
    assert {"mish", "softsign", "quickgelu", "logit"}.isdisjoint(disputed)
    assert "multiheadattention" not in disputed  # one library's alone
    assert {"gelu", "hardsigmoid", "softplus", "step", "linear"} <= set(disputed)


def test_calls_compute_what_the_library_computes():
    for uses in tables.disputed().values():
        for use in uses:
            if use.values is not None and "axis" not in use.call:
                values = eval(use.call, {"fa": fa, "x": tables.PROBES, "inf": float("inf")})
                assert values.tolist() == pytest.approx(list(use.values), abs=1e-5)


def test_probe_is_where_the_curves_are_farthest_apart():
    uses = tables.disputed()["leakyrelu"]
    assert tables.PROBES[tables.telling_probe(uses)] == -4.0
    assert tables.telling_probe(tables.of_activation("mish")) is None


def test_table_of_an_activation_has_other_functions_of_its_names():
    uses = tables.of_activation("step")
    assert [use.call for use in uses if use.library == "MLX"] == ["", ""]


def test_page_has_an_anchor_and_a_table_for_each_name(tmp_path):
    page = html_of(tmp_path, "# A\n\n```{same-name-table}\n```\n")
    for name in tables.disputed():
        assert f'id="same-name-{name}"' in page
    assert page.count("<table") == len(tables.disputed())


def test_activation_that_nobody_else_has(tmp_path):
    page = html_of(tmp_path, "# A\n\n```{same-name-table} snake\n```\n")
    assert "No other library" in page
    assert "<table" not in page


def test_kinks_that_libraries_judge_otherwise(tmp_path):
    page = html_of(tmp_path, "# A\n\n```{kink-slope-table}\n```\n")
    assert "JAX 1" in page
    assert page.count("<tr") == 1 + sum(
        len(getattr(fa, name).info.kinks)
        for name in fa.list()
        if tables.ROWS[name].kind == "elementwise"
    )

"""Numbers in prose and in tables of the pages: computed, and typeset."""

import math
import re

import numpy as np
import pytest
from sphinx.testing.util import SphinxTestApp

import fastact as fa
from fastact.formulas.catalogue import ROWS
from numbers_shown import shown
from numerics_table import Subject
from value_role import split, value_of

CONF = 'extensions = ["myst_parser", "value_role", "numerics_table"]\n'


def built(tmp_path, text):
    """The HTML of a page, and the warnings of its build."""
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text(text)
    app = SphinxTestApp("html", srcdir=tmp_path)
    app.build()
    try:
        return (app.outdir / "index.html").read_text(), app.warning.getvalue()
    finally:
        app.cleanup()


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (-0.25, ".2f", "−0.25"),
        (1.5e-8, ".2g", "1.5 × 10⁻⁸"),
        (6.02e23, ".3g", "6.02 × 10²³"),
        (np.float32(0.1), "", "0.1"),
        (np.float32(-3), "", "−3"),
        (0.5, ".0%", "50%"),
        (3, "", "3"),
        (1234567, ",", "1,234,567"),
        (-math.inf, ".3g", "−∞"),
        (math.nan, ".3g", "NaN"),
        (np.array([-1.0, 2.0]), "g", "[−1, 2]"),
        (True, "", "True"),
    ],
)
def test_numbers_are_typeset(value, spec, text):
    assert shown(value, spec).replace("\N{NO-BREAK SPACE}", " ") == text


def test_the_format_follows_the_last_bar():
    assert split("fa.gelu(1.0)|.4f") == ("fa.gelu(1.0)", ".4f")
    assert split("3 | 4 | d") == ("3 | 4 ", "d")
    assert split("fa.gelu(1.0)") == ("fa.gelu(1.0)", "")


def test_expressions_know_the_library_and_warn_of_nothing():
    assert value_of("fa.gelu(np.float32(1))") == fa.gelu(np.float32(1))
    assert value_of("np.exp(np.float32(1000))") == math.inf
    assert value_of("x + 1", x=2) == 3


def test_means_are_those_of_a_standard_normal_number():
    assert value_of("mean(lambda z: 0.0 * z + 1.0)") == pytest.approx(1.0, abs=1e-12)
    assert value_of("mean(fa.relu)") == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-7)
    assert value_of("mean(fa.step)") == pytest.approx(0.5, abs=1e-4)


def test_ulps_are_those_of_the_results_dtype():
    assert value_of("ulps(np.float32(1) / 3, mp.mpf(1) / 3)") == pytest.approx(1 / 3, abs=1e-6)
    assert value_of("ulps(np.float32(3), mp.mpf(2))") == 2.0**22
    assert value_of("ulps(np.float64(3), mp.mpf(2))") == 2.0**51


def test_role_writes_the_value(tmp_path):
    text, warnings = built(tmp_path, "# A\n\nIt is {value}`fa.relu(-2.0) + 0.125|.2f` here.\n")
    assert ">0.12</span> here." in text
    assert not warnings


@pytest.mark.parametrize("bad", ["fa.no_such(1.0)", "1.0|nonsense", "1 +"])
def test_role_that_fails_is_a_warning(tmp_path, bad):
    _, warnings = built(tmp_path, f"# A\n\nIt is {{value}}`{bad}` here.\n")
    assert "value" in warnings
    assert "index.md:3" in warnings


@pytest.mark.parametrize("name", ["gelu", "silu", "hardsigmoid", "tanhshrink", "celu", "logit"])
@pytest.mark.parametrize("derivative", [False, True])
def test_exact_values_are_those_of_the_kernel(name, derivative):
    subject = Subject(ROWS[name], derivative)
    for x in (0.1, 0.45, 0.9375):
        assert subject.ours(x) == pytest.approx(float(subject.exact(x)), rel=1e-15)


def test_exact_values_are_those_of_the_form():
    tanh = Subject(ROWS["gelu"], form="tanh")
    assert tanh.ours(1.5) == pytest.approx(float(tanh.exact(1.5)), rel=1e-15)
    assert tanh.exact(1.5) != Subject(ROWS["gelu"]).exact(1.5)


def test_exact_values_have_lost_nothing():
    gelu, mish = Subject(ROWS["gelu"]).exact(-30.0), Subject(ROWS["mish"]).exact(-300.0)
    assert float(gelu) == pytest.approx(-30 * math.erfc(30 / math.sqrt(2)) / 2, rel=1e-14)
    assert float(mish) == pytest.approx(-300 * math.exp(-300), rel=1e-14)


TABLE = """# A

```{numerics} silu
:formula: x / (1 + np.exp(-x))
:at: -100 1
```
"""


def test_table_sets_formula_kernel_and_exact_value_side_by_side(tmp_path):
    text, warnings = built(tmp_path, TABLE)
    assert not warnings
    lines = [re.findall(r"<td><p>(.*?)</p></td>", line) for line in text.split("</tr>")]
    here = shown(fa.silu(np.float32(-100)))
    far = next(line for line in lines if line[:1] == ["−100"])
    assert far[1] == "−0"
    assert far[3] == far[5] == here != "−0"
    assert float(far[4]) <= 0.5

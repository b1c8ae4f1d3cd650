"""``fa.plot``: what is drawn is what the kernels compute."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

import fastact as fa
from fastact.formulas.catalogue import CATALOGUE

CURVES = [row.name for row in CATALOGUE if row.is_curve]
OTHERS = [row.name for row in CATALOGUE if not row.is_curve]


@pytest.fixture(autouse=True)
def _figures_closed():
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def drawn(line):
    """The points of a line, without those where the pen is lifted."""
    x, y = line.get_data()
    return x[~np.isnan(y)], y[~np.isnan(y)]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("name", CURVES)
def test_points_are_the_kernels(name):
    activation = getattr(fa, name)
    function, derivative = fa.plot(name, derivative=True).lines
    for line, f in ((function, activation), (derivative, activation.derivative)):
        x, y = drawn(line)
        assert x.size > 1000
        np.testing.assert_array_equal(y, f(x))
    assert function.get_color() == derivative.get_color()


@pytest.mark.parametrize("name", OTHERS)
def test_other_functions_are_refused(name):
    with pytest.raises(ValueError, match=f"one number; {name} is none"):
        fa.plot(name)


def test_what_describes_an_activation():
    ax = fa.plot("gelu", fa.mish, ("elu", {"alpha": 2}), (fa.get("LeakyReLU", api="keras"), {}))
    assert labels(ax) == ["gelu", "mish", "elu, alpha=2", "leaky_relu, negative_slope=0.3"]
    x, y = drawn(ax.lines[2])
    np.testing.assert_array_equal(y, fa.elu(x, alpha=2))
    x, y = drawn(ax.lines[3])
    np.testing.assert_array_equal(y, fa.leaky_relu(x, negative_slope=0.3))


def test_parameters_go_to_those_that_have_them():
    ax = fa.plot("relu", "elu", ("celu", {"alpha": 3.0}), alpha=0.5)
    assert labels(ax) == ["relu", "elu, alpha=0.5", "celu, alpha=3"]
    with pytest.raises(TypeError, match="none of relu, gelu has a parameter 'alpha'"):
        fa.plot("relu", "gelu", alpha=0.5)


def test_interval_and_points():
    (line,) = fa.plot("tanh", x=(-2, 3)).lines
    x, _ = drawn(line)
    assert (x[0], x[-1]) == (-2, 3)
    (line,) = fa.plot("tanh", x=[-1, 0, 4]).lines
    assert line.get_xdata().tolist() == [-1, 0, 4]


@pytest.mark.parametrize("x", [3.0, [1.0], [2.0, 1.0], [[0.0, 1.0]], [0.0, np.nan]])
def test_wrong_x(x):
    with pytest.raises(ValueError, match="increasing numbers"):
        fa.plot("tanh", x=x)


def test_only_the_domain_is_drawn():
    (line,) = fa.plot("logit").lines
    x, y = line.get_data()
    assert 0 < x[0] < 0.01
    assert 0.99 < x[-1] < 1
    assert np.isfinite(y).all()


@pytest.mark.parametrize(
    ("name", "parameters", "kinks"),
    [
        ("step", {}, [0.0]),
        ("hardshrink", {}, [-0.5, 0.5]),
        ("hardshrink", {"lambd": 2 / 3}, [-2 / 3, 2 / 3]),
        ("threshold", {"threshold": 1.2345, "value": -1}, [1.2345]),
        ("snake", {}, []),
        ("exponential", {}, []),
    ],
)
def test_the_curve_is_broken_where_it_jumps(name, parameters, kinks):
    (line,) = fa.plot(name, **parameters).lines
    x, y = line.get_data()
    gaps = np.flatnonzero(np.isnan(y))
    np.testing.assert_allclose(x[gaps], kinks, atol=1e-15)
    assert (x[gaps - 1] <= kinks).all()
    assert (x[gaps + 1] >= kinks).all()


def test_derivative_is_broken_at_a_kink():
    _, line = fa.plot("leaky_relu", derivative=True, negative_slope=0.5, x=(-2, 2)).lines
    y = line.get_ydata()
    (gap,) = np.flatnonzero(np.isnan(y))
    assert (y[gap - 1], y[gap + 1]) == (0.5, 1)


def test_given_axes():
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(ncols=2)
    assert fa.plot("relu", ax=right) is right
    assert not left.lines
    assert fa.plot("relu") not in (left, right)


def test_titles():
    assert fa.plot("relu").get_title() == "relu"
    ax = fa.plot("relu", "gelu", derivative=True)
    assert ax.get_title() == "Activation functions"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "f(x), f′(x)")
    assert ax.xaxis.get_gridlines()[0].get_visible()


def test_nothing_to_draw():
    with pytest.raises(TypeError, match="needs an activation"):
        fa.plot()
    with pytest.raises(TypeError, match="or their names, got <ufunc 'tanh'>"):
        fa.plot(np.tanh)


def test_a_label_marks_the_derivative():
    ax = fa.plot("leaky_relu", derivative=True, negative_slope=0.5)
    assert labels(ax) == ["leaky_relu, negative_slope=0.5", "leaky_relu′, negative_slope=0.5"]


def test_examples():
    import doctest

    examples = doctest.DocTestParser().get_doctest(fa.plot.__doc__, {}, "plot", None, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


def in_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_without_matplotlib():
    code = """
import sys
sys.modules["matplotlib"] = None
import fastact as fa
try:
    fa.plot("gelu")
except ImportError as error:
    print(error)
"""
    assert 'pip install "fastact[plot]"' in in_python(code).stdout


def test_it_is_imported_when_wanted():
    code = "import sys, fastact; print({'fastact.plotting', 'matplotlib'} & {*sys.modules})"
    assert in_python(code).stdout.strip() == "set()"
    assert "plot" in fa.__all__
    with pytest.raises(AttributeError, match="no attribute 'draw'"):
        fa.draw  # noqa: B018

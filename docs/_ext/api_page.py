"""Write ``docs/api/index.rst``: tables of all public objects, with a page for each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import fastact as fa
from activation_pages import FAMILIES
from pages import write_pages

PAGE = Path(__file__).parents[1] / "api/index.rst"

HEAD = """\
API reference
=============

.. currentmodule:: fastact

Every activation is one object, such as ``fa.gelu``. Parameters are those of the activation, by
position or by name. Each has also :doc:`a page with formula, plot and measured facts
</activations/index>`.

``f(x, *parameters, out=None)``
    The activation of ``x``.

``f.derivative(x, *parameters, out=None)``
    Its derivative at ``x``. Activations along an axis (``softmax``) have none.

``y, context = f.forward(x, *parameters, out=None, save="auto")``
    The activation and what its backward pass needs: ``context.backward(dy)`` gives the
    gradient, ``context.nbytes`` says what is kept. :doc:`Memory </memory>` tells the choices.

``f.backward(dy, input=None, *parameters, output=None, mask=None, wrt=None, out=None)``
    The gradient of the input from ``dy``, that of the output, and one of: the input of the
    forward call, its output, or its mask. What does not determine the gradient is refused.
    ``wrt="beta"`` asks for the gradient of a parameter too, or of several; the result is then
    a tuple with theirs after that of the input, as it always is for learned parameters.

``bias=``, in all of these where the activation is of each number by itself
    A bias along the last axis, or along ``axis=``, that is added to ``x`` first, in the same
    pass over memory. ``wrt="bias"`` asks for its gradient.

``f.mask(x, *parameters)``
    One bit an element, packed: what the backward pass of a function with two slopes needs.

``f.info``
    What is known about it, such as its range, kinks and derivative.

A gate, such as ``fa.swiglu(gate, value)``, takes two arrays, or the halves of one along
``axis``; its backward pass gives both gradients and takes a tuple of two arrays as ``out``.

``out`` may be the array that is read, for a call in place. float16, bfloat16 (of ml_dtypes),
float32 and float64 keep their dtype; integers and bool give a float, as with NumPy's ufuncs.
All checks are done before anything is written.
"""
TABLE = """
{title}
{line}

.. autosummary::
   :toctree: generated
   :nosignatures:{template}

{names}
"""
OTHERS = {
    "What all activations have": ("Activation", "Context", "objects.info.Info"),
    "Finding activations": ("list", "get"),
    "How a call is computed": ("explain", "Explanation"),
    "Backends": ("backends", "use_backend"),
    "Threads": ("threads", "set_num_threads", "get_num_threads"),
}


def page() -> str:
    tables = [_table(title, names) for title, names in OTHERS.items()]
    tables += [_table(family, names, "activation") for family, names in FAMILIES.items()]
    tables += [_table("Drawing", ("plot",))] if hasattr(fa, "plot") else []
    return HEAD + "".join(tables)


def _table(title: str, names: Iterable[str], template: str = "") -> str:
    option = f"\n   :template: autosummary/{template}.rst" if template else ""
    listed = "\n".join(f"   {name}" for name in names)
    return TABLE.format(title=title, line="-" * len(title), template=option, names=listed)


def write(app: Sphinx, config: Config) -> None:
    PAGE.parent.mkdir(exist_ok=True)
    write_pages({PAGE: page()})


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

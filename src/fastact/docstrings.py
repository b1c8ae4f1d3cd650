"""The numpydoc text of an activation, from its catalogue row."""

from __future__ import annotations

from .formulas.catalogue import Row

_FROM_OUTPUT = {
    "always": "``backward`` takes ``input=`` or ``output=``.",
    "never": "``backward`` needs ``input=``: the output does not determine the gradient.",
}


_AXES = (
    "axis : int, tuple of int or None, default -1",
    "    The axes whose numbers belong together; None for all.",
)
_AXIS = ("axis : int, default -1",)
_WHERE = (
    "where : array_like of bool, optional",
    "    What takes part; it broadcasts to ``x``.",
)
_RNG = (
    "rng : numpy.random.Generator or int, optional",
    "    Where the random numbers come from, or a seed; by default fresh entropy.",
)
_BIAS = (
    "bias : array_like, optional",
    "    Added to ``x`` first, in the same pass over memory: a number for each place along",
    '    ``axis``. ``backward`` with ``wrt="bias"`` returns its gradient as well.',
)
# What else a kind of activation takes, after its numbers.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "gate": (*_AXIS, "    The axis of one array that is halved."),
    "along axis": _AXES,
    "reduction": (
        *_AXES,
        "keepdims : bool, default False",
        "    Whether the axes stay, with length 1.",
    ),
    "sample": (
        "hard : bool, default False",
        "    Whether the sample is one-hot: 1 at the largest number of the soft one.",
        *_AXES,
        *_RNG,
    ),
    "pieces": (
        "pieces : int, default 2",
        "    How many consecutive numbers make one; the axis must divide into them.",
        *_AXIS,
        "    The axis of the pieces.",
        "return_argmax : bool, default False",
        "    Whether to return, too, which of its pieces each output was.",
    ),
    "paired": (*_AXIS, "    The axis along which the halves lie."),
    "random": (
        "training : bool, default False",
        "    Whether every element with x <= 0 gets a slope of its own, uniform from",
        "    ``lower`` to ``upper``; else their mean is everyone's slope.",
        *_RNG,
    ),
}
_SHAPE = "The shape of ``x``; ``out`` if that was given."
_RETURNS: dict[str, str] = {
    "reduction": "The shape of ``x`` without the axes; ``out`` if that was given.",
    "pieces": "The shape of ``x`` with a shorter axis; ``out`` if that was given. With\n"
    "    ``return_argmax`` a tuple of it and of unsigned integers, the first of equal ones.",
    "paired": "The shape of ``x`` with an axis twice as long; ``out`` if that was given.",
    "random": "The shape of ``x``; ``out`` if that was given. In training a tuple of it and of\n"
    "    the slopes, 1 where x > 0.",
}
# What takes the place of the words on the backward pass.
_BACKWARD: dict[str, str] = {
    "reduction": "``backward(dy, input)`` wants ``dy`` as the result is, with or without the axes.",
    "sample": "``backward`` takes ``output=``, the soft sample, also where a hard one was used:\n"
    "that is the straight-through gradient. ``forward`` keeps it. The noise is that of\n"
    "``rng.gumbel``, drawn row after row.",
    "pieces": "``backward`` takes ``input=``, or ``which=`` as ``return_argmax`` gives it.",
    "random": "``backward`` takes ``slopes=`` after training, else ``input=``, or ``output=``\n"
    "where lower >= 0. There is a draw of ``rng.uniform`` for every element, in C order.",
}
_NAN_ROW = "Where the {extreme} number is infinite or one is NaN, all of the row is NaN."
_KEEPS_DIGITS = (
    "The gradient keeps its digits where an output y rounds to 1, though 1 - y is then 0,\n"
    "from ``input=`` as from ``output=``."
)
_SPECIAL: dict[str, str] = {
    **dict.fromkeys(
        ("log_softmax", "sparsemax", "gumbel_softmax"),
        _NAN_ROW.format(extreme="largest"),
    ),
    "softmax": f"{_NAN_ROW.format(extreme='largest')}\n{_KEEPS_DIGITS}",
    "softmin": f"{_NAN_ROW.format(extreme='smallest')}\n{_KEEPS_DIGITS}",
    "hardmax": "A NaN makes all of its row NaN.",
    "maxout": "A NaN counts as the largest.",
}
_MASKED = "What ``where`` leaves out has no influence, not even as NaN: {effect}Its\ngradient is 0."
_EFFECT: dict[float | None, str] = {
    0.0: "its output is 0. ",
    -float("inf"): "its output is -inf. ",
    None: "without anything the\nresult is -inf. ",
}
_EXAMPLES: dict[str, str] = {
    "reduction": "fa.{name}(x, keepdims=True).round(3)\narray([2.241])",
    "pieces": "fa.{name}(x, pieces=3)\narray([2.])",
    "paired": "fa.{name}(x)\narray([0. , 0.5, 2. , 1. , 0. , 0. ])",
}


def _parameters(row: Row) -> str:
    lines = [
        f"{', '.join(row.inputs)} : array_like",
        "    Numbers; float16, bfloat16, float32 and float64 keep their dtype.",
    ]
    if row.kind == "gate":
        lines.append(f"    Without ``{row.inputs[1]}`` the two halves of one array along ``axis``.")
    for p in row.parameters:
        kind = "array_like" if p.learned else "float"
        default = "None" if p.default is None else f"{p.default:.6g}"
        meaning = p.meaning[0].upper() + p.meaning[1:]
        lines += [f"{p.name} : {kind}, default {default}", f"    {meaning}."]
    if row.learned:
        lines += [
            "axis : int, optional",
            "    Axis of ``x`` that a 1-d weight belongs to; without it the weight broadcasts.",
            "    A bias belongs to it too, or else to the last one.",
        ]
    if row.forms:
        options = ", ".join(f'"{name}"' for name in row.forms)
        lines += [f"approximate : {{{options}}}", "    Which formula; the first by default."]
    if row.kind == "elementwise":
        lines += _BIAS
        lines += () if row.learned else (*_AXIS, "    The axis of ``x`` that a bias belongs to.")
    lines += _OPTIONS.get(row.kind, ())
    lines += _WHERE if row.masked else ()
    in_place = "" if row.kind in _EXAMPLES else "; it may be ``x``"
    lines += [
        "out : ndarray, optional",
        f"    Where the result goes{in_place}. Shape and dtype must be the result's.",
    ]
    return "\n".join(lines)


def docstring(row: Row) -> str:
    """Summary, formula, parameters, errors, source and a runnable example."""
    backward = _BACKWARD.get(row.kind) or _FROM_OUTPUT.get(
        row.from_output, f"``backward`` takes ``output=`` where {row.from_output}, else ``input=``."
    )
    kinks = ", ".join(f"``{kink}``" for kink in row.kinks)
    notes = [f"Formula: ``{row.expression}``.", backward]
    if kinks:
        notes.append(f"Kinks: {kinks}; the derivative there is PyTorch's.")
    if row.has_mask:
        notes.append("``mask`` gives one bit an element, which is enough for ``backward``.")
    if row.name in _SPECIAL:
        notes.append(_SPECIAL[row.name])
    if row.masked:
        notes.append(_MASKED.format(effect=_EFFECT[row.masked[1]]))
    arrays = ", ".join(["x"] * len(row.inputs))
    in_place = f"fa.{row.name}({arrays}, out=x) is x\nTrue"
    example = _EXAMPLES.get(row.kind, in_place).format(name=row.name)
    source = f"\n\nReferences\n----------\n{row.source}." if row.source else ""
    return f"""{row.summary}

Parameters
----------
{_parameters(row)}

Returns
-------
ndarray or scalar
    {_RETURNS.get(row.kind, _SHAPE)}

Raises
------
TypeError
    Unsupported dtype, unknown parameter, or ``out`` of another dtype.
ValueError
    A parameter out of range, or ``out`` read-only or of another shape.

Notes
-----
{chr(10).join(notes)}{source}

Examples
--------
>>> import numpy as np, fastact as fa
>>> x = np.array([-1.0, 0.5, 2.0])
>>> {example}
"""

"""The page that sets fastact's errors beside those of other libraries."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from roots import NEAR, UNIT_AT_ROOT

Entry = Mapping[str, Any]
Results = Mapping[str, Mapping[str, Entry]]

ROOT_NOTE = (
    f"Within {NEAR:g} of a root of a derivative that lies between two floats, a unit is at "
    f"least that of {UNIT_AT_ROOT:g}."
)

HEAD = """\
# Accuracy beside other libraries

Largest errors found, in units in the last place (ulp) of the exact value, rounding included:
0.5 is the best possible. Below it the input x where it was found. Everybody is judged alike:

- on the same inputs: all numbers of bfloat16; of float32 {float32_sample:,} and some, half of
  them of every exponent alike, the others dense in [-110, 110], in [-8, 8], around thresholds
  of fastact and of the others, and where results enter another binade; less those outside a
  domain, and kinks for derivatives;
- with the same parameters, fastact's defaults, and against the same exact values: fastact's
  float64 kernels find the worst input, mpmath says how large its error is;
- with the same unit. {root_note}

∞ is an infinity or NaN where the exact value is a number of the dtype; the largest finite
error follows.
Inputs and exact values below the normal range are left out here, as some libraries flush them
to 0; that is counted [below](#beside-the-error). Derivatives are the libraries' own: by
autograd in PyTorch, `jax.vjp` in JAX, a gradient tape in TensorFlow and the `backprop`
functions of thinc. softmax and log_softmax are the first number of that of the row (x, 0).
"NumPy formula" is what people write, with SciPy's erf.

Measured {date} on {processor}, {cores} cores, Python {python}, backend {backend}, kernels
`{kernels}`:
{versions}.
Every call, the number of inputs and the share that is off by more than 1 ulp, and result and
exact value at the worst are in `accuracy_vs_peers.json` beside this page's source, which
`nox -s accuracy-vs-peers` writes.
"""

BESIDE = """\
## Beside the error

Of the functions and derivatives that a library has, how many

- are infinite or NaN where the exact value is a number of the dtype;
- are not the limit at an infinity, or not NaN at NaN;
- give 0 where the exact value is at least half the least normal number: results below it are
  flushed, or the formula loses them;
- give other bits for the same number at another place of an array, or in one of another
  length.

| library | dtype | functions | not finite | wrong at ∞ or NaN | lose subnormals | depend on place |
|---|---|---|---|---|---|---|
"""


def peers_page(found: Mapping[str, Any]) -> str:
    """All of the page, from ``accuracy_vs_peers.json``."""
    libraries = list(found["versions"])
    versions = _versions(found["versions"])
    told = HEAD.format(
        **{**found, **found["machine"], "versions": versions, "root_note": _root_note()}
    )
    for dtype, results in found["results"].items():
        told += f"\n## {dtype}\n\n" + "\n".join(_table(results, libraries)) + "\n"
        told += "".join(f"\n{reason}\n" for reason in _reasons(results, libraries))
    rows = [row for dtype, results in found["results"].items()
            for row in _traits(dtype, results, libraries)]  # fmt: skip
    return told + "\n" + BESIDE + "\n".join(rows) + "\n"


def _root_note() -> str:
    return textwrap.fill(ROOT_NOTE, 90, initial_indent=" " * 25, subsequent_indent="  ").strip()


def _versions(versions: Mapping[str, str | None]) -> str:
    told = [
        f"{name} {v or 'is missing'}" for name, v in versions.items() if name != "NumPy formula"
    ]
    return textwrap.fill(", ".join(told), 90)


def _table(results: Results, libraries: list[str]) -> Iterator[str]:
    """A row for each function and derivative, a column for each library with any of them."""
    there = [name for name in libraries if _measured(results, name)]
    yield f"| function | {' | '.join(there)} |"
    yield "|---" * (len(there) + 1) + "|"
    for kernel, entries in results.items():
        cells = [cell(entries[name]) if name in entries else "" for name in there]
        yield f"| {kernel} | {' | '.join(cells)} |"


def cell(entry: Entry) -> str:
    """The largest error and its input; after an infinite one the largest finite one too."""
    if "absent" in entry:
        return "–"
    told = _worst(entry)
    if "largest_finite" in entry:
        told += f"<br>else {_worst(entry['largest_finite'])}"
    return told


def _worst(entry: Entry) -> str:
    error = entry["confirmed_ulp"]
    return f"{short(error)}<br>x = {entry['at']:.9g}" if error else "0"


def short(error: float | str) -> str:
    """Three digits: 2.38, 134, 1.68e7."""
    return "∞" if error == "inf" else f"{error:.3g}".replace("e+0", "e").replace("e+", "e")


def _measured(results: Results, library: str) -> list[Entry]:
    entries = (entries.get(library, {"absent": ""}) for entries in results.values())
    return [entry for entry in entries if "absent" not in entry]


def _reasons(results: Results, libraries: list[str]) -> Iterator[str]:
    """Why a library that has a function does not have it here."""
    for name in libraries:
        absent = [entries[name]["absent"] for entries in results.values()
                  if "absent" in entries.get(name, {})]  # fmt: skip
        if absent:
            which = "some functions" if _measured(results, name) else "no function"
            yield f"{name}, {which}: {'; '.join(dict.fromkeys(absent))}."


def _traits(dtype: str, results: Results, libraries: list[str]) -> Iterator[str]:
    for name in libraries:
        if entries := _measured(results, name):
            counts = (
                sum("not_finite" in entry for entry in entries),
                sum(bool(entry["wrong_at"]) for entry in entries),
                sum(bool(entry["flushes_subnormals"]) for entry in entries),
                sum(entry["depends_on_position"] for entry in entries),
            )
            yield f"| {name} | {dtype} | {len(entries)} | {' | '.join(map(str, counts))} |"

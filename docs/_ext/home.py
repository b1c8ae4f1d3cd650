"""``measured-numbers``: what the first page promises, in three numbers."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import peers
from fastact.accuracy import contract
from fastact.golden import golden
from text import ulp

CARD = (
    '<a class="fa-number" href="{page}.html"><b>{value}</b><span>{meaning}</span>'
    "<small>{measured}</small></a>"
)


class MeasuredNumbers(SphinxDirective):
    """Speed, accuracy and determinism."""

    def run(self) -> list[nodes.Node]:
        cards = "".join(CARD.format(**card) for card in (_speed(), _accuracy(), _bits()))
        return [nodes.raw("", f'<div class="fa-numbers">{cards}</div>', format="html")]


def _speed() -> dict[str, str]:
    size = peers.large()
    mean, count = peers.mean_ratio(
        (c for c in peers.cells() if (c.size, c.dtype) == (size, "float32")), "torch"
    )
    return {
        "page": "benchmarks",
        "value": f"{mean:.1f} ×",
        "meaning": f"as fast as PyTorch: geometric mean of {count} forward and backward "
        f"passes over {size:,} float32 numbers",
        "measured": f"{peers.times()['date']}. {peers.age_of_times()}".strip(),
    }


def _accuracy() -> dict[str, str]:
    worst = max(entries["float32"]["max_ulp"] for entries in contract().values())
    theirs = [peers.errors_of(kernel).get("PyTorch", 0.0) for kernel in contract()]
    beyond = sum(error > 100 for error in theirs)
    return {
        "page": "accuracy",
        "value": f"{ulp(worst)} ulp",
        "meaning": f"the largest error of all {len(contract())} functions and derivatives in "
        f"float32; {beyond} of PyTorch's exceed 100",
        "measured": str(peers.errors()["date"]),
    }


def _bits() -> dict[str, str]:
    return {
        "page": "architecture",
        "value": f"{len(golden()['kernels']):,}",
        "meaning": "kernels whose checksums `python -m fastact selftest` compares with those of "
        "every other machine, backend and number of threads".replace(
            "`python -m fastact selftest`", "<code>python -m fastact selftest</code>"
        ),
        "measured": f"fastact {_version()}",
    }


def _version() -> str:
    import fastact

    return fastact.__version__


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("measured-numbers", MeasuredNumbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Axes and curves as SVG text, coloured by the classes of ``fastact.css``."""

from __future__ import annotations

import html
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from numbers_shown import shown

Array = np.ndarray[Any, np.dtype[Any]]

WIDTH, HEIGHT = 360, 270
LEFT, RIGHT, TOP, BOTTOM = 38, 10, 10, 26  # margins, which plots.js knows too


def number(value: float) -> str:
    """Four digits, as ``number`` of plots.js has them."""
    return shown(0.0 if value == 0 else float(value), ".4g")


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers, about as many as wanted."""
    raw = (high - low) / count
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


@dataclass(frozen=True)
class Axes:
    """What part of the plane is shown."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: Any) -> Any:
        return LEFT + (x - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def down(self, y: Any) -> Any:
        return TOP + (self.y[1] - y) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)

    def path(self, xs: Array, ys: Array, cuts: Collection[int] = ()) -> str:
        """The curve through the points, interrupted after those in ``cuts``."""
        told, is_up = [], True
        for i, (x, y) in enumerate(zip(self.across(xs), self.down(ys), strict=True)):
            if not math.isfinite(y):
                is_up = True
                continue
            told.append(f"{'M' if is_up else 'L'}{x:.1f} {y:.1f}")
            is_up = i in cuts
        return "".join(told)

    def panel(self, kind: str, title: str, curves: str) -> str:
        """A plot with grid and numbers; ``curves`` are clipped to its frame."""
        clip = f"clip-{crc32(title.encode()):08x}"
        frame = (
            f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP}" '
            f'width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"/></clipPath>'
        )
        return (
            f'<svg class="fa-panel" data-kind="{kind}" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-label="{html.escape(title)}" '
            f'data-x="{self.x[0]:.7g},{self.x[1]:.7g}" data-y="{self.y[0]:.7g},{self.y[1]:.7g}">'
            f'{frame}{"".join(self._grid())}<g clip-path="url(#{clip})">{curves}</g>'
            '<g class="fa-cursor"></g></svg>'
        )

    def _grid(self) -> Iterator[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for t in ticks(*self.x, 6):
            x = self.across(t)
            yield f'<path class="{_line(t)}" d="M{x:.1f} {TOP}V{bottom}"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{number(t)}</text>'
        for t in ticks(*self.y, 5):
            y = self.down(t)
            yield f'<path class="{_line(t)}" d="M{LEFT} {y:.1f}H{right}"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(t)}</text>'


def _line(tick: float) -> str:
    return "fa-zero" if tick == 0 else "fa-grid"


def curve(slot: int, path: str) -> str:
    return f'<path class="fa-curve fa-series-{slot}" d="{path}"/>'

"""Piecewise polynomials, by which float32 kernels compute where nearly all inputs lie.

A table has 32 polynomials for pieces of equal width; their coefficients are picked by the
low bits of an integer, on AVX-512 from two registers by one instruction.  That takes half
the time of exponentials and divisions and loses less: the last operation is the only one
whose rounding counts in full.  Beyond the table (``FAR``) the general formula is computed
as well, block by block, where there is any such number: tails that fall by exp(-x^2 / 2)
have no short polynomials.

float64 has no tables: with 16 pieces in two registers the degrees would be 14 and more.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import NamedTuple

SEGMENTS_COUNT = 32
SEGMENTS_ROUND = 12582912.0  # added, it leaves an integer in the low bits


def has_tables(dtype: str) -> bool:
    return dtype == "float32"


class Near(NamedTuple):
    """By which table, on which side it ends (left, right, both, none), and what follows it.

    ``finish`` and ``beyond`` are functions of ``near.py``; without one the formula itself
    is computed beyond the table.  ``far_slopes`` are the sides on which the slope is no
    constant beyond the table.
    """

    table: str
    far: str
    finish: str
    beyond: str = ""
    far_slopes: str = "none"


_LEFT_OR_1_LESS = ("left", "one_less_on_the_right")
NEAR = {
    "sigmoid": Near("sigmoid", *_LEFT_OR_1_LESS, "sigmoid_far"),
    "sigmoid_derivative": Near("sigmoid_derivative", "both", "as_found", "sigmoid_derivative_far"),
    "logsigmoid": Near("softplus", "right", "minus_relu_of_minus", "logsigmoid_far"),
    "logsigmoid_derivative": Near(
        "sigmoid", "right", "one_less_on_the_left", "sigmoid_of_minus_far"
    ),
    "softplus": Near("softplus", "left", "relu_and", "softplus_far"),
    "softplus_derivative": Near("sigmoid", *_LEFT_OR_1_LESS, "sigmoid_far"),
    "tanh": Near("tanh", "none", "odd"),
    "tanh_derivative": Near("tanh_derivative", "both", "as_found", "tanh_derivative_far"),
    "silu": Near("silu", "left", "relu_and", "silu_far"),
    "silu_derivative": Near("silu_derivative", *_LEFT_OR_1_LESS),
    "quick_gelu": Near("quick_gelu", "left", "relu_and", "quick_gelu_far"),
    "quick_gelu_derivative": Near("quick_gelu_derivative", *_LEFT_OR_1_LESS),
    "gelu": Near("gelu", "left", "relu_and"),
    "gelu_derivative": Near("gelu_derivative", *_LEFT_OR_1_LESS),
    "gelu_tanh": Near("gelu_tanh", "left", "relu_and"),
    "gelu_tanh_derivative": Near("gelu_tanh_derivative", *_LEFT_OR_1_LESS),
    "mish": Near("mish", "left", "mish_of_piece", "mish_far", far_slopes="left"),
    "mish_derivative": Near("mish_derivative", "left", "as_found"),
}


class Segments(NamedTuple):
    """A table for numbers from ``lowest`` to ``highest``; where these are alike, of abs(x).

    Piece k is a polynomial of the distance from ``centres[k % SEGMENTS_COUNT]``.
    """

    per_unit: float
    lowest: float
    highest: float
    centres: list[float]
    coefficients: list[list[float]]

    @property
    def is_symmetric(self) -> bool:
        return self.lowest == -self.highest

    @property
    def degree(self) -> int:
        return len(self.coefficients) - 1

    def by_number(self) -> list[list[float]]:
        """The centres and the coefficients, highest first, each of all pieces."""
        return [self.centres, *reversed(self.coefficients)]

    def by_piece(self) -> list[list[float]]:
        """The centre and the coefficients of each piece, filled up to a multiple of four."""
        rows = self.by_number()
        rows += [[0.0] * SEGMENTS_COUNT] * (-len(rows) % 4)
        return [list(piece) for piece in zip(*rows, strict=True)]


@cache
def tables() -> dict[str, Segments]:
    """Every table by name, as ``tools/segments.py`` wrote it."""
    # Without pathlib, which takes 4 ms to import.
    with open(os.path.join(os.path.dirname(__file__), "segments.json"), encoding="utf-8") as file:
        found = json.load(file)
    return {name: Segments(**table) for name, table in found.items()}

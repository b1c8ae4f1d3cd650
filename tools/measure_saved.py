"""Measure what PyTorch's autograd saves for a backward pass.

``python tools/measure_saved.py`` writes ``docs/saved_by_torch.json``: the bytes per float32
number of the tensors that it saves beside the input and the output, for each activation that
PyTorch has, into a new array and in place.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

OUTPUT = Path(__file__).parents[1] / "docs/saved_by_torch.json"
ELEMENTS = 8192

Call = Callable[[torch.Tensor], torch.Tensor]

NEW: dict[str, Call] = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "threshold": lambda x: F.threshold(x, 1.0, 0.0),
    "hardtanh": F.hardtanh,
    "hardsigmoid": F.hardsigmoid,
    "hardshrink": F.hardshrink,
    "softshrink": F.softshrink,
    "hardswish": F.hardswish,
    "elu": F.elu,
    "selu": F.selu,
    "celu": F.celu,
    "softplus": F.softplus,
    "exponential": torch.exp,
    "sigmoid": torch.sigmoid,
    "logsigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "tanhshrink": F.tanhshrink,
    "softsign": F.softsign,
    "silu": F.silu,
    "gelu": F.gelu,
    "mish": F.mish,
    "softmax": lambda x: F.softmax(x, -1),
}
IN_PLACE: dict[str, Call] = {
    "relu": lambda x: F.relu(x, inplace=True),
    "relu6": lambda x: F.relu6(x, inplace=True),
    "leaky_relu": lambda x: F.leaky_relu(x, inplace=True),
    "threshold": lambda x: F.threshold(x, 1.0, 0.0, inplace=True),
    "hardtanh": lambda x: F.hardtanh(x, inplace=True),
    "hardsigmoid": lambda x: F.hardsigmoid(x, inplace=True),
    "hardswish": lambda x: F.hardswish(x, inplace=True),
    "elu": lambda x: F.elu(x, inplace=True),
    "selu": lambda x: F.selu(x, inplace=True),
    "celu": lambda x: F.celu(x, inplace=True),
    "exponential": torch.exp_,
    "sigmoid": torch.sigmoid_,
    "tanh": torch.tanh_,
    "silu": lambda x: F.silu(x, inplace=True),
    "mish": lambda x: F.mish(x, inplace=True),
}


def bytes_saved(call: Call) -> float:
    """Per element, of saved tensors that are neither the input's nor the output's memory."""
    leaf = torch.randn(1, ELEMENTS, requires_grad=True)
    x = leaf * 1.0  # a tensor that may be overwritten
    saved: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = call(x)
    own = {x.data_ptr(), y.data_ptr()}
    extra = {t.data_ptr(): t for t in saved if t.data_ptr() not in own}
    return sum(int(t.numel() * t.element_size()) for t in extra.values()) / ELEMENTS


def report() -> dict[str, Any]:
    found: dict[str, dict[str, float]] = {name: {"new": bytes_saved(NEW[name])} for name in NEW}
    for name, call in IN_PLACE.items():
        found[name]["in place"] = bytes_saved(call)
    return {
        "date": date.today().isoformat(),
        "machine": platform.machine(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "bytes": found,
    }


def main() -> None:
    OUTPUT.write_text(json.dumps(report(), indent=1) + "\n", encoding="utf-8")
    print("wrote", OUTPUT)


if __name__ == "__main__":
    main()

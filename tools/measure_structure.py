"""Measure what the architecture page claims and write ``docs/architecture_figures.md``.

Run ``python tools/measure_structure.py`` on an idle machine, half a minute.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import fastact as fa
from fastact import dispatch
from fastact.backends import ALL, Backend
from fastact.backends.cython import driver
from fastact.formulas.kernels import kernel_named, timed_kernels
from fastact.tuning import Operands, minima, region_nanoseconds

DOCS = Path(__file__).parents[1] / "docs"
ELEMENTS = 1 << 14
SHOWN = ("relu", "sigmoid", "tanh", "elu", "softplus", "silu", "gelu", "gelu_tanh", "mish")


def usable() -> list[Backend]:
    return [backend for backend in ALL if not backend.unavailable]


def throughput() -> dict[str, dict[str, dict[str, float]]]:
    """Billions of elements per second on one thread, by dtype, kernel and backend."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for dtype in ("float32", "float64"):
        calls, operands = {}, Operands(dtype, ELEMENTS)
        for name in SHOWN:
            for backend in usable():
                call = operands.call(kernel_named(name), ELEMENTS, backend)
                call()  # Numba compiles
                calls[f"{name}|{backend!r}"] = call
        for key, seconds in minima(calls, rounds=20, repeat=2).items():
            name, backend_name = key.split("|")
            row = figures.setdefault(dtype, {}).setdefault(name, {})
            row[backend_name] = ELEMENTS / seconds / 1e9
    return figures


def kernels_with_equal_bits(count: int = 200_000) -> tuple[int, int]:
    """Kernels x dtypes of equal bits in all compiled backends, and their number."""
    kernels = timed_kernels()
    compiled = [backend for backend in usable() if backend.name != "numpy"]
    operands = {dtype: Operands(dtype, count) for dtype in ("float32", "float64")}
    equal = 0
    for kernel in kernels:
        for dtype in operands:
            results = []
            for backend in compiled:
                call = operands[dtype].call(kernel, count, backend)
                results.append(call().view(np.uint8).copy())
            equal += all(np.array_equal(results[0], other) for other in results[1:])
    return equal, 2 * len(kernels)


def call_costs() -> dict[str, float]:
    """Nanoseconds of a call on eight float32, by the way it takes."""
    x = np.ones(8, np.float32)
    memoryviews = Operands("float32", 8).call(kernel_named("relu"), 8, dispatch.DEFAULT)
    calls: dict[str, Callable[[], Any]] = {
        "np.tanh(x, out=x)": lambda: np.tanh(x, out=x),
        "fa.relu(x, out=x)": lambda: fa.relu(x, out=x),
        "fa.relu(x)": lambda: fa.relu(x),
        "fa.relu.backward(x, x, out=x)": lambda: fa.relu.backward(x, x, out=x),
        "fa.leaky_relu(x, 0.1, out=x), checked in Python": lambda: fa.leaky_relu(x, 0.1, out=x),
        "a kernel through typed memoryviews": memoryviews,
    }
    best = minima(calls, rounds=40, repeat=500)
    return {name: seconds * 1e9 for name, seconds in best.items()}


def measure() -> dict[str, Any]:
    equal, kernels = kernels_with_equal_bits()
    modules = Path(fa.__file__).parent.rglob("*.so")
    sizes = {path.name.split(".")[0]: path.stat().st_size for path in modules}
    return {
        "date": str(date.today()),
        "machine": f"{platform.machine()}-v{driver.X86_64_LEVEL}, {fa.get_num_threads()} cores",
        "equal_bits": equal,
        "kernels": kernels,
        "region_ns": region_nanoseconds(dispatch.DEFAULT, 2),
        "throughput": throughput(),
        "call_ns": call_costs(),
        "extension_bytes": dict(sorted(sizes.items())),
    }


def page(figures: dict[str, Any]) -> str:
    lines = [
        "<!-- Written by tools/measure_structure.py. -->",
        f"Measured {figures['date']} on {figures['machine']}; minima of interleaved rounds.",
        "",
        f"**Bits.** {figures['equal_bits']} of {figures['kernels']} kernels (each dtype counted) "
        "give equal bits in every compiled backend and instruction set.",
        "",
    ]
    for dtype, rows in figures["throughput"].items():
        backends = list(next(iter(rows.values())))
        lines += [f"**{dtype}, one thread, 10⁹ elements per second**", ""]
        lines += ["| kernel | " + " | ".join(backends) + " |", "|---" * (len(backends) + 1) + "|"]
        lines += [
            f"| {name} | " + " | ".join(f"{row[b]:.2f}" for b in backends) + " |"
            for name, row in rows.items()
        ]
        lines.append("")
    lines += ["**Eight elements**", "", "| call | ns |", "|---|---|"]
    lines += [f"| `{name}` | {ns:.0f} |" for name, ns in figures["call_ns"].items()]
    lines += ["", f"**A second thread** costs {figures['region_ns']:.0f} ns.", ""]
    lines += ["**Extension modules**", "", "| module | kB |", "|---|---|"]
    lines += [
        f"| {name} | {size / 1000:.0f} |" for name, size in figures["extension_bytes"].items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    figures = measure()
    (DOCS / "architecture_figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    (DOCS / "architecture_figures.md").write_text(page(figures), encoding="utf-8")
    print(page(figures))


if __name__ == "__main__":
    main()

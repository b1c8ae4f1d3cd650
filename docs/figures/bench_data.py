"""What the figures of the benchmarks draw: the newest report."""

import json
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "benchmarks/results"
NAMES = {
    "fastact": "fastact",
    "numpy": "NumPy formula",
    "scipy": "SciPy",
    "numexpr": "numexpr",
    "torch": "PyTorch",
    "jax": "JAX",
    "thinc": "thinc",
    "onnxruntime": "ONNX Runtime",
}


def report():
    """The full report, or the quick one until that has been measured."""
    files = (RESULTS / "report.json", RESULTS / "quick.json")
    return json.loads(next(file for file in files if file.exists()).read_text(encoding="utf-8"))


def of_numbers(direction, dtype):
    """Cells of activations number by number, by function and size."""
    return {
        (cell["activation"], cell["size"]): {
            name: found["minimum"] for name, found in cell["seconds"].items()
        }
        for cell in report()["cells"]
        if "shape" not in cell and (cell["direction"], cell["dtype"]) == (direction, dtype)
    }


def best_peer(seconds):
    return min((name for name in seconds if name != "fastact"), key=seconds.get)

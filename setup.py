"""Build the Cython extensions: kernels per dtype and instruction set, and a driver.

The kernels' source is generated from ``fastact.formulas``, once per dtype, and
compiled for each instruction set; so are the loops over arrays of 16 bits.  Every
extension is optional: where a compile fails, setup warns and the package works on
Numba or NumPy.

``FASTACT_BUILD_FOR=x86-64-v3`` builds for this instruction set alone; several are separated
by commas.
"""

import os
import platform
import sys
import sysconfig
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
SOURCES = Path("src/fastact/backends/_cython")
GENERATED = Path("build/generated")
sys.path.insert(0, str(ROOT / "src/fastact"))

from formulas.loops import cython_module  # noqa: E402  (standard library only)
from formulas.sixteen import sixteen_module  # noqa: E402

DTYPES = ("float32", "float64")
MSVC = sysconfig.get_platform().startswith("win")

# Same operations everywhere: contraction to fma is ours to write, never the
# compiler's.  Kernels take no notice of floating-point traps and errno.
FLOATING_POINT = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
# Threaded jumps make gcc compute a polynomial once for each outcome of a condition.
OPTIMISATION = ["-O3", "-g0", "-fno-thread-jumps"]
KERNEL_FLAGS = ["/O2", "/fp:precise"] if MSVC else [*OPTIMISATION, *FLOATING_POINT]
# What gcc puts for a loop that clears some lanes takes longer than the loop: a fifth of a short
# row.
LANE_FLAGS = [] if MSVC else ["-fno-tree-loop-distribute-patterns"]
# The short loops of 16 bits took up to 1.25 times as long where chance put them across a line.
SIXTEEN_FLAGS = [*KERNEL_FLAGS, "-falign-loops=32"]
KERNEL_LINK_FLAGS = ["-Wl,-s"] if sys.platform == "linux" and not MSVC else []
DRIVER_FLAGS = ["/O2", "/openmp"] if MSVC else ["-O2", "-g0", "-pthread", "-fopenmp"]

if platform.machine().lower() in ("x86_64", "amd64"):
    INSTRUCTION_SETS = {
        "x86_64": [],
        "x86_64_v3": ["/arch:AVX2"] if MSVC else ["-march=x86-64-v3"],
        "x86_64_v4": (
            ["/arch:AVX512"] if MSVC else ["-march=x86-64-v4", "-mprefer-vector-width=512"]
        ),
    }
else:
    INSTRUCTION_SETS = {"baseline": []}
NAMES = {name.replace("_", "-"): name for name in INSTRUCTION_SETS}
wanted = os.environ.get("FASTACT_BUILD_FOR", ",".join(NAMES)).split(",")
if unknown := set(wanted) - NAMES.keys():
    sys.exit(f"FASTACT_BUILD_FOR: want names among {', '.join(NAMES)}; got {', '.join(unknown)}")
INSTRUCTION_SETS = {NAMES[name]: INSTRUCTION_SETS[NAMES[name]] for name in wanted}


def _write(source: Path, text: str) -> None:
    """Write a source, unless that would only make it newer."""
    source.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists() or source.read_text() != text:
        source.write_text(text)


def kernel_extension(dtype: str, instruction_set: str, flags: list[str]) -> Extension:
    name = f"{dtype}_{instruction_set}"
    source = GENERATED / f"{name}.pyx"
    _write(source, cython_module(dtype))
    return Extension(
        f"fastact.backends._cython.{name}",
        [str(source)],
        include_dirs=[str(SOURCES)],
        depends=[str(SOURCES / f"{name}.h") for name in ("primitives", "segments", "support")],
        define_macros=[("REAL_IS_DOUBLE", "1")] if dtype == "float64" else [],
        extra_compile_args=KERNEL_FLAGS + LANE_FLAGS + flags,
        extra_link_args=KERNEL_LINK_FLAGS,
    )


def sixteen_extension(instruction_set: str, flags: list[str]) -> Extension:
    name = f"sixteen_{instruction_set}"
    source = GENERATED / f"{name}.pyx"  # an extension of its own needs a file of its own
    common = (SOURCES / "sixteen.pyx").read_text()
    _write(source, sixteen_module(common, instruction_set))
    return Extension(
        f"fastact.backends._cython.{name}",
        [str(source)],
        include_dirs=[str(SOURCES)],
        depends=[
            str(SOURCES / f"{name}.h")
            for name in ("sixteen", "choices", "lookup", "short", "recipe")
        ],
        extra_compile_args=SIXTEEN_FLAGS + flags,
        extra_link_args=KERNEL_LINK_FLAGS,
    )


def driver_extension() -> Extension:
    return Extension(
        "fastact.backends._cython.driver",
        [str(SOURCES / "driver.pyx")],
        include_dirs=[str(SOURCES), np.get_include()],
        depends=[
            str(SOURCES / name)
            for name in (
                *("cpu.h", "fast_calls.h", "large_arrays.h", "moves.h", "pieces.h", "pool.h"),
                *("recipe.h", "stream.h", "tables.h"),
                *(
                    "arrays.pxi",
                    "channels.pxi",
                    "columns.pxi",
                    "contexts.pxi",
                    "copies.pxi",
                    "gates.pxi",
                    "half_rows.pxi",
                    "halves.pxi",
                    "kept.pxi",
                    "operands.pxi",
                    "pieces.pxi",
                    "plain_calls.pxi",
                    "plans.pxi",
                    "regrouped.pxi",
                    "tables.pxi",
                    "view_calls.pxi",
                    "views.pxi",
                ),
            )
        ],
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
        ],
        extra_compile_args=DRIVER_FLAGS,
        extra_link_args=[] if MSVC else ["-pthread", "-fopenmp"],
    )


class BuildExtensions(build_ext):
    """Compile in parallel; do without what does not compile."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()
        for ext in self.extensions:
            ext.optional = True  # cythonize drops it when it is set before

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception:
            if "-fopenmp" not in ext.extra_compile_args:
                raise
            self.warn(f"{ext.name} is built without OpenMP, whose thread limit it then ignores")
            ext.extra_compile_args.remove("-fopenmp")
            ext.extra_link_args.remove("-fopenmp")
            super().build_extension(ext)


extensions = [
    kernel_extension(dtype, instruction_set, flags)
    for dtype in DTYPES
    for instruction_set, flags in INSTRUCTION_SETS.items()
]
if not MSVC:  # written with the vectors of gcc and clang
    extensions += [sixteen_extension(*item) for item in INSTRUCTION_SETS.items()]
# Elsewhere processes begin by running this file, which would begin others.
workers = (os.cpu_count() or 0) if sys.platform == "linux" else 0
setup(
    ext_modules=cythonize(
        [*extensions, driver_extension()],
        build_dir="build/cython",
        nthreads=workers,
        quiet=True,
    ),
    cmdclass={"build_ext": BuildExtensions},
)

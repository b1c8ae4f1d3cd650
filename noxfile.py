"""Every routine task, one command each: ``nox -s NAME``; ``nox -l`` lists them."""

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
TORCH = "torch==2.13.0"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments after ``--`` go to pytest."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and layout of Python and Cython, and that generated files are fresh."""
    session.install("ruff", "cython-lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("cython-lint", "src")
    session.install(".[test]")
    session.run("python", "tools/measure_facts.py", "--check")
    session.run("python", "tools/generate.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy."""
    session.install("mypy", ".[test,examples]")
    session.run("mypy", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print ratios to other libraries: minutes; ``-- --only gelu --size 1000`` for some races."""
    session.install(TORCH, ".[bench]")
    session.run("python", "benchmarks/report.py", *(session.posargs or ["--quick"]))


@nox.session(name="bench-report")
def bench_report(session: nox.Session) -> None:
    """Measure every race and write the report, from which the docs are made; wants quiet."""
    session.install(TORCH, ".[bench]")
    session.run("python", "benchmarks/report.py", *session.posargs)


@nox.session
def accuracy(session: nox.Session) -> None:
    """Estimate the errors of every kernel by samples and write ``contract.json``: minutes."""
    session.install(".[test]")
    session.run("python", "tools/sweep.py", "--quick", *session.posargs)


@nox.session(name="accuracy-vs-peers")
def accuracy_vs_peers(session: nox.Session) -> None:
    """Measure the errors of fastact and of other libraries and write ``accuracy_vs_peers.json``."""
    session.install(TORCH, ".[test,peers]")
    session.run("python", "tools/accuracy_vs_peers.py", *session.posargs)


@nox.session(name="saved-by-torch")
def saved_by_torch(session: nox.Session) -> None:
    """Measure what PyTorch keeps for the backward pass and write ``saved_by_torch.json``."""
    session.install(TORCH)
    session.run("python", "tools/measure_saved.py")


@nox.session
def facts(session: nox.Session) -> None:
    """Derive formulas, derivatives and properties and write ``facts.json``."""
    session.install(".[test]")
    session.run("python", "tools/measure_facts.py", *session.posargs)


@nox.session
def ways(session: nox.Session) -> None:
    """Measure the ways back of in-place passes; wants an idle machine."""
    session.install(".[test]")
    session.run("python", "tools/measure_ways.py", *session.posargs)


@nox.session
def golden(session: nox.Session) -> None:
    """Write the checksums of every kernel and call, after a change of formulas."""
    session.install(".[test]")
    session.run("python", "tools/write_golden.py", *session.posargs)


@nox.session
def old_processors(session: nox.Session) -> None:
    """Run the selftest on emulated processors without AVX and without AVX-512 (qemu-user)."""
    session.install(".[bfloat16]")
    session.run("python", "tools/old_processors.py")


@nox.session
def sweep(session: nox.Session) -> None:
    """Measure the errors, over all 2**32 inputs in float32; goes on where it stopped."""
    session.install(".[test]")
    session.run("python", "tools/sweep.py", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """Measure the figures of the architecture page; wants an idle machine."""
    session.install(".[test]")
    session.run("python", "tools/measure_structure.py", *session.posargs)


@nox.session
def coefficients(session: nox.Session) -> None:
    """Fit the polynomials and write ``coefficients.py``."""
    session.install("mpmath")
    session.run("python", "tools/minimax.py", *session.posargs)


@nox.session
def segments(session: nox.Session) -> None:
    """Fit the tables by which float32 kernels compute and write ``segments.json``."""
    session.install(".[test]")
    session.run("python", "tools/segments.py", *session.posargs)


@nox.session
def costs(session: nox.Session) -> None:
    """Measure what each kernel costs and write ``costs.json``; wants an idle machine."""
    session.install(".[test]")
    session.run("python", "tools/measure_costs.py", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Write the type stub from the catalogue."""
    session.install(".[test]")
    session.run("python", "tools/generate.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site in ``docs/_build/html`` and run its examples; a warning is an error."""
    session.install(".[docs]")
    build_docs(session, "html")
    build_docs(session, "doctest")


def build_docs(session: nox.Session, builder: str) -> None:
    strict = ["-W", "-n", "--keep-going"]
    session.run("sphinx-build", *strict, "-b", builder, "docs", f"docs/_build/{builder}")


@nox.session(name="docs-serve")
def docs_serve(session: nox.Session) -> None:
    """Build the site and serve it at http://localhost:8000."""
    session.install(".[docs]")
    session.run("sphinx-build", "-n", "docs", "docs/_build/html")
    session.run("python", "-m", "http.server", "--bind", "localhost", "-d", "docs/_build/html")


@nox.session(name="docs-check")
def docs_check(session: nox.Session) -> None:
    """Check the built site, in Chromium too; after ``nox -s docs``."""
    session.install(".[docs,docs-check]")
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def experiments(session: nox.Session) -> None:
    """Run the experiments of the guide, or those named: ten minutes on an idle core."""
    session.install(".", "scikit-learn")
    # One thread: the arrays are small.
    one_thread = {"OMP_NUM_THREADS": "1", "FASTACT_NUM_THREADS": "1"}
    session.run("python", "docs/experiments/run.py", *session.posargs, env=one_thread)


@nox.session
def no_compiler(session: nox.Session) -> None:
    """Install without a compiler and run the tests on Numba."""
    # From a copy: finished extensions in build/ would be taken as they are.
    copy = Path(session.create_tmp()) / "fastact"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("build", ".*", "*.so", "*.egg-info"))
    session.install(f"{copy}[numba,test]", env={"CC": "false"})
    session.run("pytest", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build the source distribution and the wheel in ``dist``."""
    session.install("build")
    session.run("python", "-m", "build", *session.posargs)

"""``python -m fastact COMMAND``."""

from __future__ import annotations

import argparse
import sys


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fastact")
    commands = parser.add_subparsers(required=True)

    selftest = commands.add_parser("selftest", help="check that results have the golden bits")
    selftest.add_argument(
        "--thorough", action="store_true", help="all kernels on Numba too: some minutes"
    )
    selftest.add_argument(
        "--backend", default="", metavar="NAME", help="only cython, cython:x86-64-v3, numba, ..."
    )
    selftest.set_defaults(run=run_selftest, parser=selftest)

    tune = commands.add_parser(
        "tune", help="measure what is the fastest on this machine; minutes, wants it idle"
    )
    tune.add_argument("activation", nargs="*", help="gelu, relu, ...; all by default")
    tune.add_argument(
        "--backend", action="append", metavar="NAME", help="cython or numba; both by default"
    )
    tune.set_defaults(run=run_tune, parser=tune)
    return parser


def run_selftest(given: argparse.Namespace) -> int:
    from . import selftest

    if given.backend not in ("", *selftest.names()):
        names = ", ".join(selftest.names())
        given.parser.error(f"no compiled backend {given.backend!r}; there are {names}")
    return selftest.main(thorough=given.thorough, backend=given.backend)


def run_tune(given: argparse.Namespace) -> int:
    from . import tune

    try:
        print(tune(*given.activation, backends=given.backend))
    except (ValueError, RuntimeError) as error:
        given.parser.error(str(error))
    return 0


def main() -> int:
    given = parser().parse_args()
    status: int = given.run(given)
    return status


if __name__ == "__main__":
    sys.exit(main())

"""``python -m fastact COMMAND``."""

from __future__ import annotations

import argparse
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fastact")
    commands = parser.add_subparsers(dest="command", required=True)
    selftest = commands.add_parser("selftest", help="check that results have the golden bits")
    selftest.add_argument(
        "--thorough", action="store_true", help="all kernels on Numba too: some minutes"
    )
    selftest.add_argument(
        "--backend", default="", metavar="NAME", help="only cython, cython:x86-64-v3, numba, ..."
    )
    given = parser.parse_args()
    from . import selftest as test

    if given.backend not in ("", *test.names()):
        parser.error(f"no compiled backend {given.backend!r}; there are {', '.join(test.names())}")
    return test.main(thorough=given.thorough, backend=given.backend)


if __name__ == "__main__":
    sys.exit(main())

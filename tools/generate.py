"""Write what follows from the catalogue: the type stub.

``python tools/generate.py`` writes ``src/fastact/__init__.pyi``; with ``--check`` it writes
nothing and fails if it would change.  The site's pages are made when it is built.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stub import stub

ROOT = Path(__file__).parents[1]
STUB = ROOT / "src/fastact/__init__.pyi"


def files() -> dict[Path, str]:
    return {STUB: stub()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a file is not up to date")
    check = parser.parse_args().check
    stale = []
    for path, text in files().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print("stale:" if check else "wrote", path)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())

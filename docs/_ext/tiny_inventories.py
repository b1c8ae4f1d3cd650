"""Links to other projects without a download: inventories of the few names that are linked.

A file of ``_inventories`` has the address, name and version of a project in its first line,
then ``domain:role name uri`` lines; ``$`` stands for the name.
"""

from __future__ import annotations

import zlib
from pathlib import Path

HEAD = """\
# Sphinx inventory version 2
# Project: {project}
# Version: {version}
# The remainder of this file is compressed using zlib.
"""


def build(folder: Path, built: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Write an ``.inv`` file for each text file; the result is an ``intersphinx_mapping``."""
    built.mkdir(parents=True, exist_ok=True)
    mapping: dict[str, tuple[str, tuple[str, ...]]] = {}
    for source in sorted(folder.glob("*.txt")):
        head, *lines = source.read_text(encoding="utf-8").splitlines()
        address, project, version = head.split()
        entries = [line.split() for line in lines if line.strip()]
        body = "".join(f"{name} {role} 1 {uri} -\n" for role, name, uri in entries)
        inventory = built / f"{source.stem}.inv"
        text = HEAD.format(project=project, version=version)
        inventory.write_bytes(text.encode() + zlib.compress(body.encode()))
        mapping[source.stem] = (address, (str(inventory),))
    return mapping

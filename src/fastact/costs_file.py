"""Where the table of costs of this machine is kept between processes.

A file in the user's cache folder, or in the folder that FASTACT_CACHE_DIR names.  What is
wrong with it never stops a program: without it, the table that ships with fastact is used.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import warnings

import numpy as np

from .backends.cython import driver
from .costs import Costs, checked, from_json
from .threads import available_cpus
from .version import __version__

NAME = "costs.json"


def path() -> str:
    """The file of the table."""
    folder = os.environ.get("FASTACT_CACHE_DIR") or os.path.join(_users_folder(), "fastact")
    return os.path.join(folder, NAME)


def _users_folder() -> str:
    # The rules of platformdirs, which would cost every import of fastact more than the file.
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    given = os.environ.get("XDG_CACHE_HOME", "")
    return given if os.path.isabs(given) else os.path.join(home, ".cache")


def machine() -> dict[str, str | int]:
    """What the costs of a call depend on, besides versions."""
    return {
        "processor": processor(),
        "architecture": platform.machine(),
        "level": driver.X86_64_LEVEL if driver is not None else 0,
        "cpus": available_cpus(),
    }


def processor() -> str:
    """The processor's name, as far as the system tells."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of what the costs depend on and is imported anyway."""
    return {"fastact": __version__, "numpy": np.__version__}


def load() -> Costs | None:
    """The table of this machine; None, after a warning, if the file is of no use."""
    file = path()
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        costs, reason = None, f"it cannot be read: {error}"
    else:
        costs, reason = _checked(text)
    if reason:
        warnings.warn(
            f"fastact ignores {file}: {reason}; fastact.tune() makes it anew",
            RuntimeWarning,
            stacklevel=2,
        )
    return costs


def _checked(text: str) -> tuple[Costs | None, str]:
    """The table, or the reason why it is of no use here."""
    try:
        costs = checked(from_json(text))
    except ValueError as error:
        return None, str(error)
    if costs.machine != machine():
        return None, "it was measured on another machine"
    if costs.versions != versions():
        return None, "it was measured with other versions"
    return costs, ""


def store(costs: Costs) -> str | None:
    """Write the table, whole or not at all; None, after a warning, if that is not possible."""
    file = path()
    try:
        if not os.path.isabs(file) and "FASTACT_CACHE_DIR" not in os.environ:
            raise OSError("the user has no home folder")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        _replace(file, costs.as_json())
    except OSError as error:
        warnings.warn(
            f"fastact cannot keep what it measured, it holds for this process: {error}",
            RuntimeWarning,
            stacklevel=3,
        )
        return None
    return file


def _replace(file: str, text: str) -> None:
    import tempfile  # slow to import

    folder, name = os.path.split(file)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise

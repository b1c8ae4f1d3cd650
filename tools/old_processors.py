"""Run the selftest on processors that qemu-user emulates: ``python tools/old_processors.py``.

Names of processors, such as ``Nehalem``, leave it at those.

Nehalem has no AVX and no fma instruction, Haswell no AVX-512.  Each must offer the
instruction sets that it has, no other, and its best one must give the golden bits.  Numba
is left out: its compiler would take minutes there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time

# The best instruction set of a processor, and those that it lacks.
PROCESSORS = {
    "Nehalem": ("x86-64", {"x86-64-v3", "x86-64-v4"}),
    "Haswell": ("x86-64-v3", {"x86-64-v4"}),
}


def selftest(emulator: str, processor: str, instruction_set: str) -> str:
    """What it prints; CalledProcessError if a bit differs or nothing was compared."""
    command = [emulator, "-cpu", processor, sys.executable, "-m", "fastact", "selftest"]
    command += ["--backend", f"cython:{instruction_set}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FASTACT_")}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    print(run.stdout)
    for line in run.stderr.splitlines():
        if "TCG doesn't support" not in line:  # a feature that no kernel uses
            print(line, file=sys.stderr)
    run.check_returncode()
    return run.stdout


def lacking(printed: str) -> set[str]:
    return set(re.findall(r"this machine does not run (\S+)", printed))


def main() -> None:
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        raise SystemExit("qemu-x86_64 is missing; Debian has it in the package qemu-user")
    for processor in sys.argv[1:] or PROCESSORS:
        instruction_set, wanted = PROCESSORS[processor]
        print(f"--- {processor}")
        started = time.perf_counter()
        printed = selftest(emulator, processor, instruction_set)
        if (found := lacking(printed)) != wanted:
            raise SystemExit(f"{processor} lacks {sorted(found)}, not {sorted(wanted)}")
        print(f"--- {processor}: {time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()

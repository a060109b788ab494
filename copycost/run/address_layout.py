"""Starting a program with a fixed address layout, where the system allows it.

The random layout of the address space is a cause of spread between processes (Mytkowicz et al.
2009, "Producing wrong data without doing anything obviously wrong"; Curtsinger and Berger 2013,
STABILIZER). A fixed layout repeats best; it is also one layout of many, so the choice belongs to a
run's fingerprint.

Run as a program, this file switches randomisation off for itself and becomes the program named by
its arguments: `python address_layout.py PROGRAM [ARGUMENT ...]`.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

_ADDR_NO_RANDOMIZE = 0x0040000
_QUERY = 0xFFFFFFFF


def fix() -> None:
    """Switch address randomisation off for whatever this process executes next.

    Raises:
        OSError: the system refuses, or has no such call.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(f"{sys.platform} has no personality call")
    libc = ctypes.CDLL(None, use_errno=True)
    current = libc.personality(_QUERY)
    if current == -1 or libc.personality(current | _ADDR_NO_RANDOMIZE) == -1:
        raise OSError(ctypes.get_errno(), "personality(ADDR_NO_RANDOMIZE) was refused")


def why_not_fixed() -> str | None:
    """Return why the layout cannot be fixed here, or None where it can."""
    tried = subprocess.run(
        [sys.executable, __file__, sys.executable, "-c", ""],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode == 0:
        return None
    lines = tried.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {tried.returncode}"


if __name__ == "__main__":
    fix()
    os.execv(sys.argv[1], sys.argv[1:])

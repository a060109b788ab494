"""Names of runs: such as are a file's name on Linux, macOS and Windows alike."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from copycost.errors import UsageError

LONGEST = 100
LATEST = "latest"
"""What stands for the newest run, and so for none of that name."""
#: Windows keeps these for devices, whatever the ending and the case.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(10))}


def check_name(name: str) -> None:
    """Refuse a name that is not a file name on Linux, macOS and Windows alike.

    Raises:
        UsageError: the name, and what would be one.
    """
    if not re.fullmatch(rf"[\w][\w.+-]{{0,{LONGEST - 1}}}", name, re.ASCII) or name.lower() == LATEST:
        raise UsageError(f"name {name!r} is not a file name of letters, digits, '.', '+', '-' or '_'")
    if name.endswith("."):
        raise UsageError(f"name {name!r} ends in a dot, which Windows drops")
    if is_device(name):
        raise UsageError(f"name {name!r} is a device's on Windows: choose another")


def is_device(name: str) -> bool:
    """Return whether Windows takes a name for a device's, whatever its ending."""
    return name.partition(".")[0].lower() in _DEVICES


def fitting_name(text: str) -> str:
    """Return the name nearest to a text that `check_name` takes; empty where no letter or digit is left of it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^\w.+-]+", "-", plain, flags=re.ASCII).strip(".+-")[:LONGEST].rstrip(".+-")
    if is_device(name) or name.lower() == LATEST:
        return f"run-{name}"[:LONGEST].rstrip(".+-")
    return name


def of_that_name(results: Path, name: str) -> list[Path]:
    """Return what a folder holds of a name, whatever its case: some file systems take them for one."""
    return [path for path in sorted(results.iterdir()) if path.name.lower() == name.lower()] if results.is_dir() else []


def as_unicode(name: str) -> str:
    """Return a file's name as text: what is not UTF-8 in it, and Python keeps as halves of pairs, is U+FFFD."""
    return os.fsencode(name).decode(errors="replace")

"""Names that are a file's on Linux, macOS and Windows alike: of runs, and of files that come from elsewhere."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from copycost.errors import UsageError

LONGEST = 100
LATEST = "latest"
"""The word for the newest run, and so no run's name."""
_DEEPEST = 12
"""Folders within folders in a name from elsewhere."""
# Windows keeps these for devices, whatever the ending and the case.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(10))}
_PART = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]{1,200}")


def check_name(name: str) -> None:
    """Refuse a run's name that is not a file name on Linux, macOS and Windows alike.

    Raises:
        UsageError: the name, and what would be one.
    """
    if not re.fullmatch(rf"[\w][\w.+-]{{0,{LONGEST - 1}}}", name, re.ASCII) or name.lower() == LATEST:
        raise UsageError(f"name {name!r} is not a file name of letters, digits, '.', '+', '-' or '_'")
    if name.endswith("."):
        raise UsageError(f"name {name!r} ends in a dot, which Windows drops")
    if _is_device(name):
        raise UsageError(f"name {name!r} is a device's on Windows: choose another")


def fitting_name(text: str) -> str:
    """Return the name nearest to a text that `check_name` takes; empty where no letter or digit is left of the text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^\w.+-]+", "-", plain, flags=re.ASCII).strip(".+-")[:LONGEST].rstrip(".+-")
    if _is_device(name) or name.lower() == LATEST:
        return f"run-{name}"[:LONGEST].rstrip(".+-")
    return name


def of_that_name(results: Path, name: str) -> list[Path]:
    """Return what a folder holds of a name, whatever its case: to some file systems two cases are the same name."""
    return [path for path in sorted(results.iterdir()) if path.name.lower() == name.lower()] if results.is_dir() else []


def as_unicode(name: str) -> str:
    """Return a file's name as text: bytes that are not UTF-8, which Python keeps as halves of pairs, become U+FFFD."""
    return os.fsencode(name).decode(errors="replace")


def require_safe(names: Sequence[str], address: str) -> None:
    """Refuse names with slashes, as an address has them, of which one cannot be written below a folder safely.

    Raises:
        UsageError: a name leads elsewhere, or two names are the same on some operating system.
    """
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        if len(parts) > _DEEPEST or not all(is_safe(part) for part in parts):
            raise UsageError(f"{address}: the name {name!r} is not one that can be written safely")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(f"{address}: {other!r} and {name!r} are one file where case does not count")


def is_safe(part: str) -> bool:
    """Return whether the text between two slashes is a file's name, and the same name, on every system."""
    if not _PART.fullmatch(part) or _is_device(part):
        return False
    return not part.startswith((".", "-", " ", "~")) and not part.endswith((".", " "))


def _is_device(name: str) -> bool:
    return name.partition(".")[0].lower() in _DEVICES

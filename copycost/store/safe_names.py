"""Names from elsewhere that can be written below a folder on every operating system."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copycost.errors import UsageError
from copycost.store.run_names import is_device

DEEPEST = 12
_PART = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]{1,200}")


def require_safe(names: Sequence[str], address: str) -> None:
    """Refuse names with slashes, as an address has them, of which one cannot be written safely.

    Raises:
        UsageError: one leads elsewhere, or two are one on some operating system.
    """
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        if len(parts) > DEEPEST or not all(is_safe(part) for part in parts):
            raise UsageError(f"{address}: the name {name!r} is not one that can be written safely")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(f"{address}: {other!r} and {name!r} are one file where case does not count")


def is_safe(part: str) -> bool:
    """Return whether what stands between two slashes is a file's name, and the same one, on every system."""
    if not _PART.fullmatch(part) or is_device(part):
        return False
    return not part.startswith((".", "-", " ", "~")) and not part.endswith((".", " "))

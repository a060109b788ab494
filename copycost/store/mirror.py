"""Results behind an address as a folder of this machine's, fetched as far as they have changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path, PurePosixPath

from copycost.store.transfer import pull


def mirrored(address: str) -> Path:
    """Return a folder, or a file, with what is behind an address now.

    It lies among the user's caches, with the estimates that are made from it; what the address has no longer is
    removed there.

    Raises:
        UsageError: the address cannot be read, holds no results, or names that cannot be written safely.
    """
    home = caches() / "copycost" / "mirrors" / hashlib.sha256(address.rstrip("/").encode()).hexdigest()[:16]
    names = pull(address, home, replace=True, apart=True).names
    kept = {home / name for name in names}
    for path in home.rglob("*.json"):
        if path not in kept and not any(part.startswith(".") for part in path.relative_to(home).parts):
            with contextlib.suppress(OSError):
                path.unlink()
    return home / PurePosixPath(names[0]).parts[0]


def caches() -> Path:
    """Return the folder for caches of the user's programs, as each system has it."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"])
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")

"""A folder for temporary files, where the system's own cannot be written: a container's may be read-only."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from copycost.errors import UsageError

#: Memory as files, which a container may write though its disk is read-only.
_IN_MEMORY = Path("/dev/shm")


def require_temporary(*others: Path) -> None:
    """Let temporary files of this process, and of those that it starts, lie where they can be written.

    Args:
        others: folders to take where the system's cannot be written, or the nearest above them that exists; a new
            folder in one of them is removed at the end.

    Raises:
        UsageError: none of them can be written.
    """
    try:
        tempfile.gettempdir()
        return
    except FileNotFoundError:
        pass
    for wanted in (_IN_MEMORY, *others):
        folder = next(place for place in (wanted.absolute(), *wanted.absolute().parents) if place.is_dir())
        try:
            made = tempfile.mkdtemp(prefix=".copycost-", dir=folder)
        except OSError:
            continue
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        tempfile.tempdir = os.environ["TMPDIR"] = made
        return
    raise UsageError("no folder for temporary files can be written: set TMPDIR to one that can")

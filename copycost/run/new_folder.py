"""A new run's folder: a name that every system takes, in a place that nobody else uses."""

from __future__ import annotations

import contextlib
from pathlib import Path

from copycost.errors import UsageError
from copycost.run.lock import LOCK
from copycost.store.names import check_name, of_that_name
from copycost.store.writing import SCRATCH, sync_folder


def make(out: Path, name: str) -> Path:
    """Return the new run's folder, made now: a place that cannot be written fails at once.

    A folder in which a run was killed before it wrote anything is as good as new.

    Raises:
        UsageError: the name is not valid or taken, whatever its case, or the folder cannot be made.
    """
    check_name(name)
    folder = out / name
    try:
        out.mkdir(parents=True, exist_ok=True)
        for other in of_that_name(out, name):
            if not (other.name == name and _is_blank(other)):
                raise UsageError(f"run folder {other} exists already: choose another --name")
        folder.mkdir(exist_ok=True)
        sync_folder(out)
    except OSError as error:
        raise UsageError(f"run folder {folder} cannot be made: {error.strerror}") from error
    return folder


def leave_empty(folder: Path) -> None:
    """Take a run's folder away if nothing is in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_blank(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    return {entry.name for entry in folder.iterdir()} <= {LOCK, SCRATCH}

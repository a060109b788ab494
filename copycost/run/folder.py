"""The folders of a run: made before anything is measured, and written by one runner at a time."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from copycost.errors import UsageError
from copycost.store.names import check_name, of_that_name
from copycost.store.writing import SCRATCH, sync_folder

#: The file that the system locks, and the one that stands for a lock where the file system has none.
LOCK, OWNER = ".lock", ".owner"

_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


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


def make_for_charts(folder: Path) -> Path:
    """Make a folder for charts before anything is measured, so that one that cannot be made fails at once.

    Raises:
        UsageError: the folder cannot be made.
    """
    if folder.is_symlink():
        raise UsageError(f"charts folder {folder} is a symbolic link: charts would land elsewhere")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"charts folder {folder} cannot be made: {error.strerror}") from error
    return folder


def leave_empty(folder: Path) -> None:
    """Take a folder away if nothing is in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_blank(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    return {entry.name for entry in folder.iterdir()} <= {LOCK, OWNER, SCRATCH}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other runner out of a folder; the system does so until this process ends, however it ends.

    On a file system without locks a file says which process of which host holds the folder. Nobody is kept out by it
    when that process is dead, which cannot be seen of a process on another host: its file holds until somebody
    removes it.

    Raises:
        UsageError: another process holds the folder, or it cannot be written.
    """
    lock = _acquired(folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            # While it is held, so that the file is no other's; filelock sees that a file which it waited for is gone.
            # Windows cannot remove an open file, and filelock removes it there.
            (folder / LOCK).unlink()
        lock.release()


def is_locked(folder: Path) -> bool:
    """Return whether a runner is at work in a folder."""
    if not (folder / LOCK).exists() and not (folder / OWNER).exists():
        return False
    try:
        with locked(folder):
            return False
    except UsageError:
        return True


def _acquired(folder: Path) -> BaseFileLock:
    file, hint = folder / LOCK, ""
    try:
        folder.stat()  # filelock would make a folder that is missing
        try:
            lock: BaseFileLock = FileLock(file, blocking=False, fallback_to_soft=False, on_acquired=_write_pid)
            lock.acquire()
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            file = folder / OWNER
            hint = f"; if that process is of another machine and dead, remove {file}"
            lock = SoftFileLock(file, blocking=False)
            lock.acquire()
    except Timeout:
        raise UsageError(f"{folder}: is being measured by {_holder(file)} already{hint}") from None
    except OSError as error:
        raise UsageError(f"{folder}: cannot be locked ({error.strerror})") from error
    return lock


def _write_pid(handle: int) -> None:
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())


def _holder(file: Path) -> str:
    """Return a phrase for the process whose number a lock's file begins with."""
    try:
        return f"process {int(file.read_text(encoding='ascii').split()[0])}"
    except (OSError, ValueError, IndexError):
        return "another process"

"""The lock of a run's folder: one runner at a time, and none that is dead."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from types import TracebackType

from copycost.errors import UsageError
from copycost.run.owner_file import identity, is_owned, let_go, named, take

LOCK = ".lock"

_BEYOND = 1024**2
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


class FolderLock:
    """Held while it is entered; the system lets go of it when the process ends, however it ends.

    That is `flock` on POSIX systems and `msvcrt.locking` on Windows. On a file system that has
    neither, a file made exclusively says which process holds the lock, and holds no longer when that
    process is gone or its machine was started anew. A process of another machine cannot be seen from
    here: its file holds until somebody removes it.
    """

    def __init__(self, folder: Path) -> None:
        """Lock nothing yet."""
        self._folder = folder
        self._handle: int | None = None
        self._identity = b""

    def __enter__(self) -> FolderLock:
        """Take the lock.

        Raises:
            UsageError: another process holds it, or the folder cannot be written.
        """
        path = self._folder / LOCK
        self._identity = identity()
        try:
            self._handle = self._taken(path)
        except OSError as error:
            raise UsageError(f"{self._folder}: cannot be locked ({error.strerror})") from error
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Let go and take the lock's file away."""
        with contextlib.suppress(OSError):
            let_go(self._folder, self._identity)
        if os.name == "posix":  # Windows cannot remove an open file, nor give a new one a name that is in use
            with contextlib.suppress(OSError):
                (self._folder / LOCK).unlink()
        if self._handle is not None:
            os.close(self._handle)
        if os.name != "posix":
            with contextlib.suppress(OSError):
                (self._folder / LOCK).unlink()

    def _taken(self, path: Path) -> int:
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            try:
                locked = _lock(handle)
                if locked is None:
                    take(self._folder, self._identity)
                elif not locked:
                    raise UsageError(f"{self._folder}: is being measured by {named(os.read(handle, 4096))} already")
                elif not _is(handle, path):  # the one before took it away when it ended
                    os.close(handle)
                    continue
                os.ftruncate(handle, 0)
                os.write(handle, self._identity)
                return handle
            except BaseException:
                with contextlib.suppress(OSError):
                    os.close(handle)
                raise


def is_held(folder: Path) -> bool:
    """Return whether a runner is at work in a folder, as far as that can be seen without taking the lock."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        locked = _lock(handle)
        if locked is None:
            return is_owned(folder)
        return not locked
    finally:
        os.close(handle)


def _lock(handle: int) -> bool | None:
    """Return whether the lock is ours now, or None where there are no such locks."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(handle, _BEYOND, os.SEEK_SET)  # what is locked cannot be read by others
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return True


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False

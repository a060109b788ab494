"""The lock of a run's folder: one runner at a time, and none that is dead."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any

from copycost.errors import UsageError

LOCK = ".lock"

_OWNER = ".owner"
_BEYOND = 1024**2
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


class FolderLock:
    """Held while it is entered; the system lets go of it when the process ends, however it ends.

    That is `flock` on POSIX systems and `msvcrt.locking` on Windows. On a file system that has
    neither, a file made exclusively says which process holds the lock, and holds no longer when that
    process is gone or the machine was started anew.
    """

    def __init__(self, folder: Path) -> None:
        """Lock nothing yet."""
        self._folder = folder
        self._handle: int | None = None

    def __enter__(self) -> FolderLock:
        """Take the lock.

        Raises:
            UsageError: another process holds it, or the folder cannot be written.
        """
        path = self._folder / LOCK
        try:
            self._handle = self._taken(path)
        except OSError as error:
            raise UsageError(f"{self._folder}: cannot be locked ({error.strerror})") from error
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Let go and take the lock's file away."""
        with contextlib.suppress(OSError):
            (self._folder / _OWNER).unlink(missing_ok=True)
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
                    self._take_without_locks()
                elif not locked:
                    raise UsageError(f"{self._folder}: is being measured by {_named(os.read(handle, 4096))} already")
                elif not _is(handle, path):  # the one before took it away when it ended
                    os.close(handle)
                    continue
                os.ftruncate(handle, 0)
                os.write(handle, json.dumps(_identity()).encode())
                return handle
            except BaseException:
                with contextlib.suppress(OSError):
                    os.close(handle)
                raise

    def _take_without_locks(self) -> None:
        path = self._folder / _OWNER
        for _ in range(2):
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            except FileExistsError:
                content = path.read_bytes()
                if _lives(content):
                    raise UsageError(f"{self._folder}: is being measured by {_named(content)} already") from None
                stale = path.with_name(f"{_OWNER}-{secrets.token_hex(4)}")
                os.replace(path, stale)
                stale.unlink()
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(_identity()).encode())
            return
        raise UsageError(f"{self._folder}: is being measured by another process already")


def is_held(folder: Path) -> bool:
    """Return whether a runner is at work in a folder, as far as that can be seen without taking the lock."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        locked = _lock(handle)
        if locked is None:
            owner = folder / _OWNER
            return owner.is_file() and _lives(owner.read_bytes())
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


def _identity() -> dict[str, Any]:
    return {"pid": os.getpid(), "boot": _boot(), "started": _started(os.getpid())}


def _lives(content: bytes) -> bool:
    """Return whether the process that wrote this is alive; one that wrote nothing readable counts as dead."""
    try:
        owner = json.loads(content)
        pid = int(owner["pid"])
    except (ValueError, TypeError, KeyError):
        return False
    if owner.get("boot") != _boot():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return bool(owner.get("started") == _started(pid))


def _named(content: bytes) -> str:
    try:
        return f"process {int(json.loads(content)['pid'])}"
    except (ValueError, TypeError, KeyError):
        return "another process"


def _boot() -> str | None:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks: a number may have been given to another since."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]

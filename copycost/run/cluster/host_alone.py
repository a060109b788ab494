"""One benchmark at a time on a host, whoever started it: a lock that all cluster runs of the host share."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "copycost-host.lock"


@contextlib.contextmanager
def host_alone(waits: Callable[[], None], path: Path = LOCK) -> Iterator[None]:
    """Hold the host's lock; call `waits` once if somebody else holds it, and wait.

    The system lets go of it when the process ends, however it ends. Where it cannot be had at all, as on a read-only
    disk or where another user keeps it to himself, there is no waiting.
    """
    try:
        handle = _opened(path)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.fchmod(handle, 0o666)  # whatever this user's mask is, others are to share it
        _take(handle, waits)
        yield
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    """Open the lock's file, made if need be.

    In a temporary folder that users share, Linux may let nobody open another's file in order to make it
    (fs.protected_regular), though it lets anybody open it who may write it.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
        return os.open(path, flags)


def _take(handle: int, waits: Callable[[], None]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows, where Dask seldom is
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waits()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        return

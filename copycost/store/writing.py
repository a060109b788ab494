"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
from pathlib import Path

from copycost.errors import UsageError

#: A folder within a run's for what is not to be kept, and the pattern of files that were being written.
SCRATCH = ".scratch"
LEFTOVERS = ".*.tmp"

#: The errors by which the system says that a disk is full, or cannot be written.
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}

# What some file systems answer that cannot make a folder durable; the file itself is.
_NO_SYNC = {errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF}


class CannotWrite(UsageError):
    """A file cannot be written: the disk is full, or not to be written to."""


def write_json(path: Path, content: object) -> None:
    """Write JSON, compact, whole or not at all; a float that is not finite is unknown and becomes
    null.

    Raises:
        CannotWrite: the file cannot be written; what was there before is untouched.
    """
    try:
        text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(content), separators=(",", ":"), allow_nan=False)
    write_bytes(path, text.encode() + b"\n")


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all: temporary file beside it, fsync, rename, fsync of the
    folder.

    Args:
        path: the file.
        content: what it is to hold.
        durable: whether to wait for the disk; without, a crash of the machine may leave part of the content.

    Raises:
        CannotWrite: the file cannot be written; what was there before is untouched.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written ({error.strerror})") from error


def sync_folder(folder: Path) -> None:
    """Make durable what a folder's entries are, as far as its file system can.

    Raises:
        OSError: the file system can, and has failed.
    """
    # Only POSIX systems can open a folder; elsewhere the rename is as durable as it gets.
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _finite(content: object) -> object:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content

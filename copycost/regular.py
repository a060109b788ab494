"""Reading regular files only: a pipe or a device in a file's place would be waited for, for ever perhaps."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: Path | str) -> BufferedReader:
    """Return a regular file, open for reading its bytes.

    Raises:
        OSError: it cannot be opened, or is a pipe, a device or a socket.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return open(descriptor, "rb")


def bytes_of(path: Path | str) -> bytes:
    """Return the bytes of a regular file; raises as `open_regular` does."""
    with open_regular(path) as file:
        return file.read()

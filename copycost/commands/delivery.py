"""Where a command's output goes."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from copycost.errors import UsageError

# Tables come with colours; every other control character is from a name in a file that others wrote.
_NOT_FOR_A_TERMINAL = re.compile(r"(?!\n|\x1b\[[0-9;]*m)[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def deliver(content: str | bytes, out: Path | None) -> None:
    """Write to the file, whole or not at all, or to standard output.

    What is no file, such as a pipe or a device, is written into and stays what it is.

    Raises:
        UsageError: it cannot be written, or bytes are meant for a terminal.
    """
    if out is not None and _is_standard_output(out):
        out = None
    if out is None and sys.stdout.isatty():
        if isinstance(content, bytes):
            raise UsageError("this format is not for a terminal: --out names a file, > and | lead elsewhere")
        content = _NOT_FOR_A_TERMINAL.sub("\N{REPLACEMENT CHARACTER}", content)
    # A name of a file that is not UTF-8 has halves of pairs in it, which are no text.
    data = content.encode(errors="replace") if isinstance(content, str) else content
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from copycost.store.writing import CannotWrite, write_bytes

    if not _is_special(out):
        write_bytes(out, data)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise CannotWrite(f"{out}: cannot be written ({error.strerror})") from error


def _is_standard_output(out: Path) -> bool:
    """Return whether a path, such as /dev/stdout, leads to where standard output does."""
    try:
        return os.path.samestat(out.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):  # no such path, or no descriptor behind standard output
        return False


def _is_special(out: Path) -> bool:
    """Return whether a path is something that a file must not be put in the place of."""
    try:
        mode = out.stat().st_mode
    except OSError:  # no such path, or one that whoever writes is refused too
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))

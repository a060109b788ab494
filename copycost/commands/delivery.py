"""Where a command's output goes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from copycost.errors import UsageError

# Tables come with colours; every other control character is from a name in a file that others wrote.
_NOT_FOR_A_TERMINAL = re.compile(r"(?!\n|\x1b\[[0-9;]*m)[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def deliver(content: str | bytes, out: Path | None) -> None:
    """Write to the file, whole or not at all, or to standard output."""
    if out is None and sys.stdout.isatty():
        if isinstance(content, bytes):
            raise UsageError("this format is not for a terminal: --out names a file, > and | lead elsewhere")
        content = _NOT_FOR_A_TERMINAL.sub("\N{REPLACEMENT CHARACTER}", content)
    data = content.encode() if isinstance(content, str) else content
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from copycost.store.writing import write_bytes

    write_bytes(out, data)

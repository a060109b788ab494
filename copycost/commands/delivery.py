"""Where a command's output goes."""

from __future__ import annotations

import sys
from pathlib import Path


def deliver(content: str | bytes, out: Path | None) -> None:
    """Write to the file, whole or not at all, or to standard output."""
    data = content.encode() if isinstance(content, str) else content
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from copycost.store.writing import write_bytes

    write_bytes(out, data)

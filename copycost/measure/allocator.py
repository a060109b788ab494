"""The C allocator's state: brought to the same known point before every visit.

glibc serves a large block from the heap or from a fresh mapping as earlier frees have taught it, and
from whatever hole earlier blocks have left, so the same copy is page-fault bound in one process and
not in the next. Three steps remove that history:

- `condition` moves the border between heap and mapping to its upper limit, 32 MiB, where the frees of
  a long-running program take it sooner or later;
- `apart` keeps the sources out of the heap, so that they leave no holes in it;
- `trim` gives the free heap back, so that every visit starts on fresh pages, which its warm-up calls
  fault in.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_LOWEST_BORDER = 128 * 1024
_HIGHEST_BORDER = 32 * 1024**2


def _find_glibc() -> Optional[Any]:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None


_glibc = _find_glibc()

#: What is done here, for the method fingerprint.
STATE = "heap up to 32 MiB, trimmed before each visit" if _glibc else "as found"


def condition() -> None:
    """Serve blocks of up to 32 MiB from the heap, and keep up to 64 MiB of it when they are freed."""
    if _glibc is not None:
        _glibc.mallopt(_M_MMAP_THRESHOLD, _HIGHEST_BORDER)
        _glibc.mallopt(_M_TRIM_THRESHOLD, 2 * _HIGHEST_BORDER)


@contextmanager
def apart() -> Iterator[None]:
    """Give every larger block that is made within a mapping of its own."""
    if _glibc is not None:
        _glibc.mallopt(_M_MMAP_THRESHOLD, _LOWEST_BORDER)
    try:
        yield
    finally:
        condition()


def trim() -> None:
    """Give free heap memory back to the kernel; does nothing where the allocator cannot."""
    if _glibc is not None:
        _glibc.malloc_trim(0)

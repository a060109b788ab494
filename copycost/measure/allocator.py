"""The C allocator's state: brought to the same known point before every visit.

glibc serves a large block from the heap or from a fresh mapping as earlier frees have taught it, and
from whatever hole earlier blocks have left, so the same copy is page-fault bound in one process and
not in the next. Three steps remove that history:

- `condition` moves the border between heap and mapping to its upper limit, 32 MiB, where the frees of
  a long-running program take it sooner or later;
- `apart` keeps the sources out of the heap, so that they leave no holes in it;
- `Heap.begin_visit` gives the free heap back, so that every visit starts on fresh pages, which its
  warm-up calls fault in, and begins it at another place.
"""

from __future__ import annotations

import ctypes
import random
import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_LOWEST_BORDER = 128 * 1024

#: Blocks below this size come from the heap; larger ones are mapped afresh every time.
HEAP_BYTES = 32 * 1024**2

_PAGE, _CACHE_LINE = 4096, 64
_SPACER = 96 * 1024  # larger than the holes that small objects leave, so that it comes from the end


def _find_glibc() -> Optional[Any]:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return None
    libc.malloc.restype = ctypes.c_void_p
    return libc


_glibc = _find_glibc()

#: What is done here, for the method fingerprint.
STATE = "heap up to 32 MiB, trimmed and moved before each visit" if _glibc else "as found"


def condition() -> None:
    """Serve blocks of up to 32 MiB from the heap, and keep up to 64 MiB of it when they are freed."""
    if _glibc is not None:
        _glibc.mallopt(_M_MMAP_THRESHOLD, HEAP_BYTES)
        _glibc.mallopt(_M_TRIM_THRESHOLD, 2 * HEAP_BYTES)


@contextmanager
def apart() -> Iterator[None]:
    """Give every larger block that is made within a mapping of its own."""
    if _glibc is not None:
        _glibc.mallopt(_M_MMAP_THRESHOLD, _LOWEST_BORDER)
    try:
        yield
    finally:
        condition()


class Heap:
    """The heap between visits: trimmed, and begun at another place each time.

    How a result lies to its source, modulo the 4 KiB page, decides whether loads wait for stores to
    an address that looks like theirs; copies of 128 KiB have been 7% faster or slower for it. A
    process that always began at the same place would measure that one case, so every visit draws
    its own.
    """

    def __init__(self) -> None:
        """Set the thresholds; the heap begins where it is."""
        condition()
        self._spacer: Any = None

    def begin_visit(self) -> None:
        """Give free memory back to the kernel and move the heap's end by some multiple of 64 bytes."""
        if _glibc is None:
            return
        if self._spacer is not None:
            _glibc.free(self._spacer)
        _glibc.malloc_trim(0)
        steps = random.randrange(_PAGE // _CACHE_LINE)
        self._spacer = ctypes.c_void_p(_glibc.malloc(ctypes.c_size_t(_SPACER + _CACHE_LINE * steps)))

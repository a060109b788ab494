"""The C allocator's state: made the same before every visit (steady), or left as any program finds it (found).

glibc serves a large block from the heap or from a fresh mapping as earlier frees have taught it, and
from whatever hole earlier blocks have left, so the same copy is page-fault bound in one process and
not in the next. A steady heap has no such history:

- the border between heap and mapping lies at its upper limit, 32 MiB, where the frees of a
  long-running program take it sooner or later;
- sources are made `apart` from the heap, so that they leave no holes in it;
- `begin_visit` gives the free heap back, so that every visit starts on fresh pages, and begins it at
  another place. Holes that a result, or what is to be mapped, would fit into are plugged: glibc looks
  into its holes first, whatever the border. The places at the heap's end that results will take are
  faulted in, and the thread's caches of small blocks filled: what is cut off a result's ends would be
  kept there, hold the freed result apart from the heap's end, and send the next one to a place of its
  own. One in seven visits of copies of 16 MiB met pages that no call before had used;
- `move` begins every round at another place, and by freeing a block of more than 64 KiB makes glibc
  tidy up its small free blocks. How many of them lie about depends on every call before: untidied,
  `t.clone().numpy()` of 512 B took 1.52 µs in a run of two sizes and 1.71 µs in one of all.

A found heap has the thresholds and the free memory of any program. What a call finds is then what the
calls before it have left, so a process is a fresh one and makes its visits from the smallest to the
largest: as in a program that has handled nothing larger yet.

All of this is about glibc's own allocator. Under another one, loaded in front of it (LD_PRELOAD), the word before a
block means nothing, or cannot be read at all: such a heap is not touched.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_IS_MMAPPED = 2

_LOWEST_BORDER = 128 * 1024

#: Blocks below this size come from the heap; larger ones are mapped afresh every time.
HEAP_BYTES = 32 * 1024**2

_PAGE, _CACHE_LINE = 4096, 64
_MOST_HOLES = 64
_CUT_OFF, _CACHED = range(24, 152, 16), 7  # glibc's sizes of small blocks, and how many of each a thread keeps
_PLACES = 4  # that results take turns in, at the most
_KEPT_BYTES = 8 * HEAP_BYTES  # of the heap's free end
_SPACER = 96 * 1024  # larger than the holes that small objects leave, so that it comes from the end


class _Place(ctypes.Structure):
    """What `dladdr` tells of an address: the file that is loaded there, and the nearest symbol."""

    _fields_ = [(name, ctypes.c_void_p if name.endswith("base") else ctypes.c_char_p) for name in (
        "file", "file_base", "symbol", "symbol_base",
    )]  # fmt: skip


def serving() -> str | None:
    """Return the file whose ``malloc`` serves this process, such as ``libc.so.6``; None where that cannot be told.

    An allocator that was loaded in front of the C library's (LD_PRELOAD) serves instead of it.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        process, place = ctypes.CDLL(None), _Place()
        process.dladdr.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Place)]
        found = process.dladdr(ctypes.cast(process.malloc, ctypes.c_void_p), ctypes.byref(place))
    except (AttributeError, OSError):
        return None
    return os.path.basename(os.fsdecode(place.file)) if found and place.file else None


def _find_glibc() -> Any:
    """Return the C library, or None where it is another one than glibc."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return None
    libc.malloc.restype = ctypes.c_void_p
    return libc


_glibc = _find_glibc()


def _is_mapped(block: int) -> bool:
    """Return whether a block has a mapping of its own, which the word before it says (glibc's malloc.c)."""
    return bool(ctypes.c_size_t.from_address(block - ctypes.sizeof(ctypes.c_size_t)).value & _IS_MMAPPED)


STEADY, FOUND = "steady", "found"
MODES = (STEADY, FOUND)

STEADY_STATE = "heap up to 32 MiB, trimmed, plugged and faulted in before each visit, moved before each round"


def state(mode: str) -> str:
    """Return what is done to the heap in a mode, for the method fingerprint."""
    return STEADY_STATE if mode == STEADY and _glibc is not None else "as found"


class Heap:
    """The heap between visits, steady or found; every visit begins at another place of the heap.

    How a result lies to its source, modulo the 4 KiB page, decides whether loads wait for stores to
    an address that looks like theirs; copies of 128 KiB have been 7% faster or slower for it. A
    process that always began at the same place would measure that one case, so every visit draws its
    own.
    """

    def __init__(self, mode: str = STEADY) -> None:
        """Set the thresholds of a steady heap; the heap of another allocator than glibc's is left as it is found."""
        self._glibc: Any = _glibc if str(serving()).startswith("libc.") else None
        self._steered = self._glibc is not None and mode == STEADY
        self._held: list[ctypes.c_void_p] = []
        self._condition()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Give every larger block that is made within a mapping of its own."""
        if self._steered:
            self._glibc.mallopt(_M_MMAP_THRESHOLD, _LOWEST_BORDER)
        try:
            yield
        finally:
            self._condition()

    def begin_visit(self, result_bytes: int | None = None) -> None:
        """Move the heap's end by some multiple of 64 bytes; before, give a steady heap's free memory back.

        Args:
            result_bytes: of what a call makes; None where that is not known.
        """
        if self._glibc is None:
            return
        while self._held:
            self._glibc.free(self._held.pop())
        if self._steered:
            self._fill_caches()
            self._glibc.malloc_trim(0)
            self._plug_holes(HEAP_BYTES)
            if result_bytes is not None and _LOWEST_BORDER <= result_bytes < HEAP_BYTES:
                with self.apart():
                    # The smaller ones, too: what is freed beside one begins a place where no call before has been.
                    for halvings in range((result_bytes // _LOWEST_BORDER).bit_length()):
                        self._plug_holes(result_bytes >> halvings)
                self._fault_in(result_bytes)
        self._space()

    def move(self) -> None:
        """Move a steady heap's end between two rounds of a visit."""
        if self._steered and self._held:
            self._fill_caches()
            self._glibc.free(self._held.pop())
            self._space()

    def _space(self) -> None:
        steps = random.randrange(_PAGE // _CACHE_LINE)
        self._held.append(self._malloc(_SPACER + _CACHE_LINE * steps))

    def _plug_holes(self, size: int) -> None:
        """Hold, untouched, every hole of the heap that a block of a size beyond the border would fit into."""
        for _ in range(_MOST_HOLES):
            block = self._malloc(size)
            if block.value is None:
                return
            if _is_mapped(block.value):
                self._glibc.free(block)
                return
            self._held.append(block)

    def _fill_caches(self) -> None:
        """Fill the thread's caches of small blocks: what is cut off a result's ends then joins what is free there."""
        blocks = [self._malloc(size) for size in _CUT_OFF for _ in range(_CACHED)]
        for block in blocks:
            self._glibc.free(block)

    def _fault_in(self, size: int) -> None:
        """Touch as much of the heap's end as some blocks of a size take, and what holds them apart."""
        size += _SPACER
        blocks = [block for block in (self._malloc(size) for _ in range(_PLACES)) if block.value is not None]
        for block in blocks:
            ctypes.memset(block, 0, size)
        for block in blocks:
            self._glibc.free(block)

    def _malloc(self, count: int) -> ctypes.c_void_p:
        return ctypes.c_void_p(self._glibc.malloc(ctypes.c_size_t(count)))

    def _condition(self) -> None:
        """Serve blocks of up to 32 MiB from the heap, and keep its end when they are freed."""
        if self._steered:
            self._glibc.mallopt(_M_MMAP_THRESHOLD, HEAP_BYTES)
            self._glibc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)

"""Page frames of its own for the code of each measuring process.

Where the pages of a library lie in memory decides which of them meet in a cache, and how many an entry of the TLB
holds. All processes share them, and they stay where they are until the system moves or rereads them, as it does between
runs: the figures of a whole run were 1 to 5% off another's, and steady to 0.2% within each. What a process writes to is
copied for it alone, code too. So each process has a place of its own, and what places differ by is in the interval.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

#: Numbers of pages, counted from the beginning of each file.
Pages = Mapping[str, Sequence[int]]

_PRESENT = np.uint64(1 << 63)  # of an entry in pagemap
_ENTRY = 8
_MADV_POPULATE_WRITE = 23  # since Linux 5.14
_PROTECTIONS = {"r": mmap.PROT_READ, "w": mmap.PROT_WRITE, "x": mmap.PROT_EXEC} if hasattr(mmap, "PROT_READ") else {}


class _Mapping(NamedTuple):
    """A part of a file in this process's address space; `first` is the number of its first page in the file."""

    file: str
    first: int
    start: int
    pages: int
    protection: int


def in_use(told: Pages | None = None) -> dict[str, list[int]]:
    """Return the pages of code and constants that this process has used; none where the system does not say.

    Args:
        told: pages that other processes of the same programs have used, which are among those returned.
    """
    used = {file: set(pages) for file, pages in (told or {}).items()}
    try:
        with open("/proc/self/pagemap", "rb") as pagemap:
            for part in _mappings():
                pagemap.seek(part.start // mmap.PAGESIZE * _ENTRY)
                entries = np.frombuffer(pagemap.read(part.pages * _ENTRY), dtype=np.uint64)
                used.setdefault(part.file, set()).update((part.first + np.flatnonzero(entries & _PRESENT)).tolist())
    except OSError:
        return {}
    return {file: sorted(pages) for file, pages in used.items()}


def give_own(pages: Pages) -> bool:
    """Copy pages into frames that only this process has; return whether there were any and the system did all of it.

    Args:
        pages: the pages, as `in_use` returns them.
    """
    try:
        ranges = list(_ranges(pages))
    except OSError:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(ranges) and all([_copied(libc, *found) for found in ranges])


def one_of(pages: Pages) -> Pages:
    """Return one page, to try on it whether pages can be copied."""
    return next(({file: numbers[:1]} for file, numbers in pages.items() if numbers), {})


def _copied(libc: ctypes.CDLL, start: int, count: int, protection: int) -> bool:
    place, size = ctypes.c_void_p(start), ctypes.c_size_t(count * mmap.PAGESIZE)
    if libc.mprotect(place, size, protection | mmap.PROT_WRITE) != 0:
        return False
    copied: bool = libc.madvise(place, size, _MADV_POPULATE_WRITE) == 0
    libc.mprotect(place, size, protection)
    return copied


def _ranges(pages: Pages) -> Iterator[tuple[int, int, int]]:
    """Yield where pages lie next to each other: the address, how many, and the protection."""
    for part in _mappings():
        wanted = [number - part.first for number in pages.get(part.file, ()) if 0 <= number - part.first < part.pages]
        for _, group in groupby(enumerate(wanted), lambda pair: pair[1] - pair[0]):
            run = [number for _, number in group]
            yield part.start + run[0] * mmap.PAGESIZE, len(run), part.protection


def _mappings() -> list[_Mapping]:
    """Return the parts of programs and libraries that nothing is written to.

    Raises:
        OSError: the system does not say.
    """
    found, programs = [], set()
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            addresses, permissions, offset, _, _, *rest = line.rstrip("\n").split(None, 5)
            if not rest or not rest[0].startswith("/") or "w" in permissions or not permissions.endswith("p"):
                continue
            start, end = (int(number, 16) for number in addresses.split("-"))
            protection = sum(_PROTECTIONS.get(letter, 0) for letter in permissions)
            pages, first = (end - start) // mmap.PAGESIZE, int(offset, 16) // mmap.PAGESIZE
            if protection & mmap.PROT_READ:
                found.append(_Mapping(rest[0], first, start, pages, protection))
            if protection & mmap.PROT_EXEC:
                programs.add(rest[0])
    return [part for part in found if part.file in programs]

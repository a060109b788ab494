"""What a measuring process may take: so much memory, no core file, no life beyond its parent's."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
from pathlib import Path
from typing import Dict, Optional

from copycost.units import format_bytes

_LINUX = sys.platform.startswith("linux")

#: Whether a limit on memory can be kept here.
LIMITABLE = _LINUX

_STATM = Path("/proc/self/statm")
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_PR_SET_PDEATHSIG = 1  # from the kernel's prctl.h

#: Less than this is what libraries set up at a cell's first visit.
_A_LOT = 256 * 1024**2

_OUT_OF_MEMORY = ("can't allocate memory", "cannot allocate memory", "std::bad_alloc", "not enough memory")


def die_with_parent() -> None:
    """Be killed when the parent dies, however it dies: nothing is left running that measures for nobody."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def crash_quietly() -> None:
    """Write no core file and no dump in a crash, and be the first whom the kernel ends when memory runs out."""
    faulthandler.disable()
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _OOM_SCORE.write_text("500", encoding="ascii")
    except OSError:
        return


def limit_memory(most: Optional[int]) -> None:
    """Let allocating fail beyond so many bytes of private memory; forked processes inherit it.

    The limit is RLIMIT_DATA: on Linux it counts what is private and writable. RLIMIT_AS would count
    the address space that libraries reserve and never use, tens of GiB of it with CUDA. A failed
    allocation is an exception that names its cell, where a watcher of the resident size would come
    too late or kill the process without a word.

    Raises:
        MemoryError: the process has more already.
    """
    if most is None or not LIMITABLE:
        return
    import resource

    taken = private_bytes() or 0
    if taken >= most:
        begins = f"the {format_bytes(taken)} that a measuring process begins with"
        raise MemoryError(f"memory limit {format_bytes(most)} is below {begins}")
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if highest < 0 else min(most, highest), highest))


def private_bytes() -> Optional[int]:
    """Return the bytes that the limit counts, or None where that is not known."""
    try:
        pages = int(_STATM.read_bytes().split()[5])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def is_out_of_memory(error: Optional[BaseException]) -> bool:
    """Return whether an error, or what caused it, says that memory could not be had."""
    while error is not None:
        if isinstance(error, MemoryError) or says_out_of_memory(str(error)):
            return True
        error = error.__cause__
    return False


def says_out_of_memory(text: str) -> bool:
    """Return whether an error's text says that memory could not be had."""
    lowered = text.lower()
    return "memoryerror" in lowered or any(words in lowered for words in _OUT_OF_MEMORY)


class Growth:
    """What private memory each cell's visits have left behind in this process."""

    def __init__(self) -> None:
        """Begin with what there is now."""
        self._last = private_bytes()
        self._grown: Dict[str, int] = {}

    def add(self, cell_id: str) -> None:
        """Count what has come since the last visit as this cell's."""
        now = private_bytes()
        if now is None or self._last is None:
            return
        self._grown[cell_id] = self._grown.get(cell_id, 0) + now - self._last
        self._last = now

    def culprit(self, cell_id: str) -> str:
        """Return the cell that has made memory run out in a visit of `cell_id`, which may only be the last straw.

        It is the one that holds the most, if that is the better part of all that has grown.
        """
        if not self._grown:
            return cell_id
        most = max(self._grown, key=lambda cell: self._grown[cell])
        whole = sum(bytes_ for bytes_ in self._grown.values() if bytes_ > 0)
        return most if self._grown[most] > whole / 2 and self._grown[most] > _A_LOT else cell_id

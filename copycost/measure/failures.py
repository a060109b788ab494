"""How a visit failed: the error on one line, where it came from, and which cell made memory run out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from copycost.catalogue.sandbox import private_bytes
from copycost.errors import told

_MOST_LINES = 5
_LONGEST = 240

#: Less than this is what libraries set up at a cell's first visit.
_A_LOT = 256 * 1024**2

_OUT_OF_MEMORY = ("can't allocate memory", "cannot allocate memory", "std::bad_alloc", "not enough memory")
_OURS = (Path(__file__).parent, Path(__file__).parents[1] / "catalogue")


def failure_excerpt(longrepr: Any) -> tuple[str, list[str]]:
    """Return the error on one line and the last lines of its traceback, the innermost last.

    `longrepr` is what pytest reports of a failure. Files are named without their folders.
    """
    crash = getattr(longrepr, "reprcrash", None)
    if crash is None:  # a skip, or a text
        text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        lines = [line.strip() for line in str(text).splitlines() if line.strip()]
        return _short(lines[-1] if lines else "failed without a word"), []
    places: list[str] = []
    for entry in longrepr.reprtraceback.reprentries:
        if _is_the_harness(entry):
            places.clear()  # what led here is of no interest, what was called from here is
        else:
            places.append(_place(entry))
    return _short(" ".join(str(crash.message).split())), places[-_MOST_LINES:]


def _is_the_harness(entry: Any) -> bool:
    where = getattr(entry, "reprfileloc", None)
    if where is None or where.path.startswith("<"):
        return True
    folders = Path(where.path).absolute().parents
    return any(folder in _OURS or folder.name == "pytest_benchmark" for folder in folders)


def _place(entry: Any) -> str:
    """Return the file, the number and the text of the line that an entry of a traceback is about."""
    where = entry.reprfileloc
    marked = [line[1:].strip() for line in entry.lines if line.startswith(">")]
    return _short(f"{Path(where.path).name}, line {where.lineno}" + (f": {marked[-1]}" if marked else ""))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def is_out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, says that memory could not be had."""
    while error is not None:
        text = f"{type(error).__name__}: {told(error)}"
        if isinstance(error, MemoryError) or says_out_of_memory(text) or says_device_out_of_memory(text):
            return True
        error = error.__cause__
    return False


def says_out_of_memory(text: str) -> bool:
    """Return whether an error's text says that memory could not be had."""
    lowered = text.lower()
    return "memoryerror" in lowered or any(words in lowered for words in _OUT_OF_MEMORY)


def says_device_out_of_memory(text: str) -> bool:
    """Return whether an error's text says that a device's memory could not be had, or pinned memory."""
    lowered = text.lower()
    return "outofmemoryerror" in lowered or ("out of memory" in lowered and "memoryerror" not in lowered)


class MemoryGrowth:
    """The private memory that the visits of each cell have left behind in this process."""

    def __init__(self) -> None:
        """Count from what the process holds now."""
        self._last = private_bytes()
        self._grown: dict[str, int] = {}

    def add(self, cell_id: str) -> None:
        """Count the memory that has come since the last visit as this cell's."""
        now = private_bytes()
        if now is None or self._last is None:
            return
        self._grown[cell_id] = self._grown.get(cell_id, 0) + now - self._last
        self._last = now

    def culprit(self, cell_id: str) -> str:
        """Return the cell that made memory run out in a visit of `cell_id`, which may be another cell.

        The culprit is the cell that holds the most, if that is the better part of all that has grown.
        """
        if not self._grown:
            return cell_id
        most = max(self._grown, key=lambda cell: self._grown[cell])
        whole = sum(bytes_ for bytes_ in self._grown.values() if bytes_ > 0)
        return most if self._grown[most] > whole / 2 and self._grown[most] > _A_LOT else cell_id

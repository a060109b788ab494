"""The last words of a visit that failed: the exception on one line, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Tuple

_MOST_LINES = 5
_LONGEST = 240
_OURS = (Path(__file__).parent, Path(__file__).parents[1] / "catalogue")


def last_words(longrepr: Any) -> Tuple[str, List[str]]:
    """Return the error on one line and the last lines of its traceback, the innermost last.

    `longrepr` is what pytest reports of a failure. Files are named without their folders.
    """
    crash = getattr(longrepr, "reprcrash", None)
    if crash is None:  # a skip, or a text
        text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        lines = [line.strip() for line in str(text).splitlines() if line.strip()]
        return _short(lines[-1] if lines else "failed without a word"), []
    places: List[str] = []
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
    """Return where an entry of the traceback is, and its line."""
    where = entry.reprfileloc
    marked = [line[1:].strip() for line in entry.lines if line.startswith(">")]
    return _short(f"{Path(where.path).name}, line {where.lineno}" + (f": {marked[-1]}" if marked else ""))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"

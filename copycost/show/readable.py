"""What can be read of what was typed, where the rest is to be left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from copycost.errors import UsageError
from copycost.store.bad_files import OnBad, tolerant
from copycost.store.loading import load
from copycost.store.places import find


def readable(
    typed: Sequence[str], results: Path, on_bad: OnBad | None, other: Callable[[Path], bool] | None = None
) -> list[str]:
    """Return the runs, files and arms that can be read; all of them where ``on_bad`` is None.

    Args:
        typed: as a person typed them.
        results: the folder that holds the runs.
        on_bad: as for ``load``.
        other: says of a file whether it is something else that the command reads.

    Raises:
        UsageError: nothing is left.
    """
    if on_bad is None:
        return list(typed)

    def read(word: str) -> bool:
        run = word if "@" not in word or Path(word).exists() else word.rpartition("@")[0]
        path = find(run, results)
        return (other is not None and path.is_file() and other(path)) or load(path, on_bad) is not None

    found = [word for word in typed if tolerant(read, on_bad)(word)]
    if not found:
        raise UsageError(f"nothing is left to read: {len(typed)} skipped")
    return found

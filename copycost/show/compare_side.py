"""One side of a comparison as a person typed it: a run, a folder, a file, or RUN@ARM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.grouping import group_codes
from copycost.errors import UsageError, nearest
from copycost.store.bad_files import OnBad
from copycost.store.loading import Loaded, load_alike
from copycost.store.names import as_unicode
from copycost.store.places import find, is_tree, places
from copycost.store.record import RECORD, read_record


@dataclass(frozen=True)
class SideView:
    """What was typed, its rounds, the records of the runs of ours that they are from, its arm's entry there, and what
    files tell of their machine.
    """

    name: str
    path: Path
    rounds: pd.DataFrame
    records: Sequence[Mapping[str, Any]]
    arm: Mapping[str, Any]
    told: Mapping[str, Any]

    @property
    def record(self) -> Mapping[str, Any]:
        """Return the run's record, of several the first; empty for files of other suites."""
        return self.records[0] if self.records else {}

    @property
    def methods(self) -> list[Mapping[str, Any]]:
        """Return the methods of its runs; other suites' files tell none."""
        return [record["method"] for record in self.records]

    @property
    def method(self) -> Mapping[str, Any]:
        """Return the method's fingerprint; empty where it is not known."""
        method: Mapping[str, Any] = self.record.get("method", {})
        return method

    @property
    def machine(self) -> Mapping[str, Any]:
        """Return the machine's facts, those of the arm's own interpreter where it has one."""
        facts: Mapping[str, Any] = self.arm.get("machine") or self.record.get("machine") or self.told
        return facts

    @property
    def machine_name(self) -> str | None:
        """Return the machine that the rounds were measured on."""
        names = self.rounds["machine"].dropna().unique()
        return str(names[0]) if len(names) else None

    @property
    def unfinished(self) -> str | None:
        """Return what is not complete of it: the run's status, or how many of its runs are not."""
        statuses = [str(record.get("status", "complete")) for record in self.records]
        left = [status for status in statuses if status != "complete"]
        if not left:
            return None
        return left[0] if len(statuses) == 1 else f"unfinished in {len(left)} of its {len(statuses)} runs"

    @property
    def grids(self) -> list[Any]:
        """Return the planned cells of each of its runs, None for one that tells none."""
        return [record["plan"].get("cells") for record in self.records]

    @property
    def processes(self) -> int:
        """Return how many processes, or files, the rounds come from."""
        return len(group_codes(self.rounds, ["run", "process"])[1])


def read_side(typed: str, results: Path, on_bad: OnBad | None = None) -> SideView:
    """Return what a person means by A or B.

    Args:
        typed: a run's name, 'latest', a folder, a pytest-benchmark file, or any of these with ``@``
            and the name of an arm.
        results: the folder that holds the runs.
        on_bad: as for ``load``.

    Raises:
        UsageError: there is no such run or arm, it holds no results, or it has several arms and none
            is named.
    """
    return read_sides([typed], results, on_bad)[0]


def read_sides(typed: Sequence[str], results: Path, on_bad: OnBad | None = None) -> list[SideView]:
    """Return several sides, in which the same test of another suite has the same name.

    Args:
        typed: as for ``read_side``.
        results: the folder that holds the runs.
        on_bad: as for ``load``.

    Raises:
        UsageError: as from ``read_side``.
    """
    places = [_place(one, results) for one in typed]
    paths = list(dict.fromkeys(path for path, _, _ in places))
    loaded = dict(zip(paths, load_alike([[path] for path in paths], on_bad), strict=True))
    return [_side(path, run, arm, loaded[path]) for path, run, arm in places]


def _place(typed: str, results: Path) -> tuple[Path, str, str]:
    """Return the path of what was typed, the run's part of it and the arm's."""
    run, at, arm = typed.rpartition("@")
    if not at or Path(typed).exists():
        run, arm = typed, ""
    return find(run, results), run, arm


def _side(path: Path, run: str, arm: str, loaded: Loaded) -> SideView:
    rounds = loaded.rounds
    records = _records(path)
    entries = [entry for record in records for entry in record["arms"]]
    measured = [str(name) for name in rounds["arm"].dropna().unique()]
    planned = [str(entry.get("name")) for entry in entries]
    if arm and arm not in measured:
        if arm in planned:
            raise UsageError(f"{run}@{arm}: no process of arm {arm!r} has been finished yet")
        raise UsageError(f"{run} has no arm {arm!r}: {nearest(arm, measured) if measured else 'it has none'}")
    if not arm and len(measured) > 1:
        raise UsageError(
            f"{run} has several arms, compare one of them: {', '.join(f'{run}@{one}' for one in measured)}"
        )
    if arm:
        rounds = rounds[(rounds["arm"] == arm).to_numpy(dtype=bool, na_value=False)]
    wanted = arm or (measured[0] if measured else None)
    own = [entry for entry in entries if entry.get("name") == wanted]
    name = as_unicode(path.name) + (f"@{arm}" if arm else "")
    return SideView(name, path, rounds, records, own[0] if own else {}, loaded.machine)


def _records(path: Path) -> list[Mapping[str, Any]]:
    """Return the records of the run, of the runs of a tree, or of the run that a process file of ours is of."""
    if path.is_file():
        folders = [path.parent] if path.name.startswith("process-") else []
    elif (path / RECORD).is_file() or not is_tree(path):
        folders = [path]
    else:
        folders = [place.path for place in places(path)]
    return [read_record(folder) for folder in folders if (folder / RECORD).is_file()]

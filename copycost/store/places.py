"""The places of runs on disk: what a person's word for a run stands for, and the runs below a folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from copycost.errors import UsageError, nearest
from copycost.regular import open_regular
from copycost.store.addresses import fetched, is_address
from copycost.store.facts import as_moment
from copycost.store.names import LATEST, as_unicode
from copycost.store.record import RECORD, read_record

CLUSTER = "cluster.json"
"""What a cluster's run has in its folder, beside one run folder for each machine."""
DEEPEST = 12
"""Folders within folders that are looked into; results lie no deeper."""
_MOST_NAMED = 5
_OF_A_REPORT = (b'"machine_info"', b'"benchmarks"')
_BEGINNING = 4096


@dataclass(frozen=True)
class RunPlace:
    """Where a run is, and its name: its path below the folder that was asked for, with slashes."""

    name: str
    path: Path


def find(run: str, results: Path) -> Path:
    """Return the folder (or single results file) that a person means by RUN.

    Args:
        run: a name under ``results`` or a part of one that no other has, the path of a folder or of a
            pytest-benchmark JSON file, ``latest``, ``latest~1`` for the one before and so on, or an address (``s3://…``),
            which is fetched first.
        results: the folder that holds the runs.

    Raises:
        UsageError: there is no such run; the message names the nearest. Or the system cannot look for it.
    """
    if is_address(run):
        return fetched(run)
    try:
        if back := re.fullmatch(rf"{LATEST}(?:~(\d{{1,4}}))?", run):
            return _latest(results, int(back[1] or 0))
        if run and Path(run).name == run and (results / run / RECORD).is_file():
            return results / run
        if run and Path(run).exists():
            return Path(run)
        if run and not Path(run).is_absolute() and ".." not in Path(run).parts and _holds_runs(results / run):
            return results / run
    except OSError as error:  # such as a name longer than the system's can be
        raise UsageError(f"no run {run!r}: it cannot be looked for ({error.strerror})") from error
    names = [folder.name for folder in run_folders(results)]
    having = [name for name in names if run and run in name]
    if len(having) == 1:
        return results / having[0]
    if having:
        shown = ", ".join(having[:_MOST_NAMED]) + (" …" if len(having) > _MOST_NAMED else "")
        raise UsageError(f"run {run!r} may be {len(having)} runs: {shown}")
    hint = nearest(run, [*names, LATEST]) if names else f"{results} holds no runs yet"
    raise UsageError(f"no run {run!r}: {hint}")


def run_folders(results: Path) -> list[Path]:
    """Return the run folders within a folder, by name; none where it cannot be read."""
    try:
        return sorted(folder for folder in results.iterdir() if (folder / RECORD).is_file())
    except OSError:
        return []


def _holds_runs(folder: Path) -> bool:
    """Return whether a folder is a run in a tree, or a tree itself, as a cluster's run is."""
    return (folder / RECORD).is_file() or (folder.is_dir() and next(folder.glob(f"*/{RECORD}"), None) is not None)


def _latest(results: Path, back: int) -> Path:
    """Return the run that is so many before the newest one."""
    dated = []
    for folder in run_folders(results):
        try:
            created = as_moment(read_record(folder)["created"])
        except UsageError:
            continue  # a damaged neighbour must not hide the run that was just made
        if created is not None:
            dated.append((datetime.fromisoformat(created), folder))
    if not dated:
        raise UsageError(f"no run {LATEST!r}: {results} holds no runs yet")
    if back >= len(dated):
        raise UsageError(f"no run '{LATEST}~{back}': {results} holds {len(dated)} runs")
    return sorted(dated)[-1 - back][1]


def is_run_folder(folder: Path) -> bool:
    """Return whether a folder is one run: it has a record or process files of its own."""
    return (folder / RECORD).is_file() or next(folder.glob("process-*.json"), None) is not None


def places(path: Path) -> list[RunPlace]:
    """Return the runs that a path stands for: itself, or all runs below it, by name.

    A folder that is no run is a tree. In it, run folders are runs wherever they lie, and so are
    pytest-benchmark files outside of them, as pytest-benchmark's own storage holds them. Folders whose
    names begin with a dot are not looked into, and a run of which no process has been finished yet is none.
    Links to folders are followed, and no folder is looked into twice.
    """
    if not path.is_dir() or is_run_folder(path):
        whole = path.resolve()
        return [RunPlace(as_unicode(whole.stem if path.is_file() else whole.name), path)]
    runs: list[RunPlace] = []
    seen: set[tuple[int, int]] = set()
    waiting = [(path, "", DEEPEST)]
    # Links are followed last, so that a run is named by its own place and not by that of a link to it.
    while waiting:
        waiting = _gather(waiting, seen, runs)
    return sorted(runs, key=lambda place: place.name)


def is_tree(path: Path) -> bool:
    """Return whether a path is a folder that is no run itself and has run folders below it."""
    return path.is_dir() and not is_run_folder(path) and any(place.path.is_dir() for place in places(path))


def _gather(
    waiting: list[tuple[Path, str, int]], seen: set[tuple[int, int]], runs: list[RunPlace]
) -> list[tuple[Path, str, int]]:
    """Add the runs below folders to ``runs``, and return the linked folders on the way.

    Args:
        waiting: folders to look into, each with the name of a run in its place and how many levels below are left.
        seen: device and number of each folder that was looked into.
        runs: the runs so far.
    """
    links: list[tuple[Path, str, int]] = []
    for folder, name, levels in waiting:  # the list grows meanwhile
        if not _is_new(folder, seen):
            continue
        children = [(child, _is_folder(child)) for child in _children(folder)]
        files = [child.name for child, is_folder in children if not is_folder]
        measured = any(file.startswith("process-") and file.endswith(".json") for file in files)
        if measured:
            runs.append(RunPlace(as_unicode(name), folder))
        if measured or RECORD in files:
            continue
        for child, is_folder in children:
            path = folder / child.name
            below = f"{name}/{child.name}" if name else child.name
            if is_folder and levels:
                (links if child.is_symlink() else waiting).append((path, below, levels - 1))
            elif not is_folder and child.name.endswith(".json") and _is_report(path):
                runs.append(RunPlace(as_unicode(below.removesuffix(".json")), path))
    return links


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Return whether a folder was not looked into yet, by whatever name, and note it."""
    try:
        facts = folder.stat()
    except OSError:
        return False
    key = (facts.st_dev, facts.st_ino)
    if key in seen:
        return False
    seen.add(key)
    return True


def _children(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder and not hidden, by name; nothing where it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError:
        return []  # what cannot be looked into holds no results that could be read


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that goes round, or leads where nobody may look


def _is_report(path: Path) -> bool:
    """Return whether a file begins as pytest-benchmark's do; others may lie among results."""
    try:
        with open_regular(path) as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return False
    return any(mark in beginning for mark in _OF_A_REPORT)

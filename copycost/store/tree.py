"""A tree of results: the runs below a folder, wherever they lie in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copycost.store.run_folder import RECORD
from copycost.store.run_names import as_unicode

CLUSTER = "cluster.json"
"""What a cluster's run has in its folder, beside one run folder for each machine."""
DEEPEST = 12
"""Folders within folders that are looked into; results lie no deeper."""
_OF_A_REPORT = (b'"machine_info"', b'"benchmarks"')
_BEGINNING = 4096


@dataclass(frozen=True)
class RunPlace:
    """Where a run is, and its name: its path below the folder that was asked for, with slashes."""

    name: str
    path: Path


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
    found: list[RunPlace] = []
    seen: set[tuple[int, int]] = set()
    waiting = [_Folder(path, "", DEEPEST)]
    # Links are followed last, so that a run is named by its own place and not by that of a link to it.
    while waiting:
        waiting = _gather(waiting, seen, found)
    return sorted(found, key=lambda place: place.name)


def with_clusters(found: Sequence[RunPlace]) -> list[RunPlace]:
    """Return runs and, before them, the records of the clusters that they are parts of."""
    records = {}
    for place in found:
        record = place.path.parent / CLUSTER
        name = place.name.rpartition("/")[0]
        if name and record.is_file():
            records[f"{name}/{record.stem}"] = record
    return [*(RunPlace(name, path) for name, path in records.items()), *found]


def is_tree(path: Path) -> bool:
    """Return whether a path is a folder that is no run itself and has run folders below it."""
    return path.is_dir() and not is_run_folder(path) and any(place.path.is_dir() for place in places(path))


@dataclass(frozen=True)
class _Folder:
    """A folder to look into, what stands before the names in it, and how many levels below it are looked into."""

    path: Path
    prefix: str
    depth: int


def _gather(folders: Sequence[_Folder], seen: set[tuple[int, int]], found: list[RunPlace]) -> list[_Folder]:
    """Add the runs below folders to those that were found, and return the linked folders on the way."""
    links: list[_Folder] = []
    waiting = list(folders)
    for folder in waiting:  # which grows meanwhile
        if not _is_new(folder.path, seen):
            continue
        entries = _entries(folder.path)
        names = {entry.name for entry in entries if not entry.is_folder}
        measured = any(name.startswith("process-") and name.endswith(".json") for name in names)
        if measured:
            found.append(RunPlace(as_unicode(folder.prefix.removesuffix("/")), folder.path))
        if measured or RECORD in names:
            continue
        for entry in entries:
            path = folder.path / entry.name
            if entry.is_folder and folder.depth:
                below = _Folder(path, f"{folder.prefix}{entry.name}/", folder.depth - 1)
                (links if entry.is_link else waiting).append(below)
            elif not entry.is_folder and entry.name.endswith(".json") and _is_report(path):
                found.append(RunPlace(as_unicode(folder.prefix + entry.name.removesuffix(".json")), path))
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


@dataclass(frozen=True, order=True)
class _Entry:
    name: str
    is_folder: bool
    is_link: bool


def _entries(folder: Path) -> list[_Entry]:
    """Return what is in a folder and not hidden, by name; nothing where it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            return sorted(_entry(entry) for entry in entries if not entry.name.startswith("."))
    except OSError:
        return []  # what cannot be looked into holds no results that could be read


def _entry(entry: os.DirEntry[str]) -> _Entry:
    try:
        return _Entry(entry.name, entry.is_dir(), entry.is_symlink())
    except OSError:
        return _Entry(entry.name, False, True)  # a link that goes round, or leads where nobody may look


def _is_report(path: Path) -> bool:
    """Return whether a file begins as pytest-benchmark's do; others may lie among results."""
    try:
        if not path.is_file():  # at a pipe or a device reading might wait for ever
            return False
        with open(path, "rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return False
    return any(mark in beginning for mark in _OF_A_REPORT)

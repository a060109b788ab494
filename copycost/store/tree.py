"""A tree of results: the runs below a folder, wherever they lie in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copycost.store.run_folder import RECORD

CLUSTER = "cluster.json"
"""What a cluster's run has in its folder, beside one run folder for each machine."""
DEEPEST = 12
"""Folders within folders that are looked into; results lie no deeper, and links may go round."""
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
    """
    if not path.is_dir() or is_run_folder(path):
        whole = path.resolve()
        return [RunPlace(whole.stem if path.is_file() else whole.name, path)]
    found: list[RunPlace] = []
    _gather(path, "", found, DEEPEST)
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


def _gather(folder: Path, prefix: str, found: list[RunPlace], depth: int) -> None:
    try:
        with os.scandir(folder) as entries:
            own = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return  # what cannot be looked into holds no results that could be read
    names = {name for name, is_folder in own if not is_folder}
    measured = any(name.startswith("process-") and name.endswith(".json") for name in names)
    if measured:
        found.append(RunPlace(prefix.removesuffix("/"), folder))
    if measured or RECORD in names:
        return
    for name, is_folder in own:
        if is_folder and depth:
            _gather(folder / name, f"{prefix}{name}/", found, depth - 1)
        elif not is_folder and name.endswith(".json") and _is_report(folder / name):
            found.append(RunPlace(prefix + name.removesuffix(".json"), folder / name))


def _is_report(path: Path) -> bool:
    """Return whether a file begins as pytest-benchmark's do; others may lie among results."""
    try:
        with open(path, "rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return False
    return any(mark in beginning for mark in _OF_A_REPORT)

"""Recovery: what an interrupted run has left in its folder, taken up again."""

from __future__ import annotations

import contextlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from copycost.errors import UsageError
from copycost.run.process_entry import entry_of, process_number
from copycost.run.record import Record
from copycost.run.settings import Settings
from copycost.store.json_file import Damaged, read_json
from copycost.store.record import read_record
from copycost.store.writing import LEFTOVERS, SCRATCH

_KEPT = ("method", "machine", "skipped", "failed")
_DAMAGED = "damaged-"


def recovered(settings: Settings) -> Record:
    """Return the record of an interrupted run, with every process that was finished.

    A process whose file is whole counts even if the record does not know it yet; a file that is not
    whole is set aside under a name that begins with ``damaged-``. Temporary files are removed.

    Raises:
        UsageError: the run is complete, or its folder holds what does not belong to it or cannot be read here.
    """
    content = read_record(settings.folder)
    if content["status"] == "complete":
        raise UsageError(f"{settings.folder}: this run is complete, there is nothing to resume")
    remove_leftovers(settings.folder)
    record = Record(settings, created=content["created"], **{name: content[name] for name in _KEPT})
    record.arms = {arm["name"]: arm.get("machine") or {} for arm in content["arms"] if "name" in arm}
    record.failed = [entry for entry in record.failed if entry.get("cell", "") is not None]  # not those of the run
    record.resumptions = list(content.get("resumptions") or [])
    record.spent_seconds = _number(content.get("spent_seconds"))
    record.lost_seconds = _number(content.get("lost_seconds"))
    record.wall_seconds = _number(content.get("wall_seconds"))
    record.processes = _processes(settings, content["processes"])
    known = {entry.get("file") for entry in content["processes"]}
    adopted = [entry for entry in record.processes if entry["file"] not in known]
    record.spent_seconds += sum(_number(entry["seconds"]) for entry in adopted)
    resumption = {"at": datetime.now(UTC).isoformat(), "after": content["status"], "processes": len(record.processes)}
    record.resumptions.append(resumption)
    return record


def remove_leftovers(folder: Path) -> None:
    """Remove what a runner that was killed had not finished."""
    scratch = folder / SCRATCH
    with contextlib.suppress(OSError):
        if scratch.is_symlink():
            scratch.unlink()
        elif scratch.is_dir():
            shutil.rmtree(scratch)
        for file in folder.glob(LEFTOVERS):
            file.unlink()


def _processes(settings: Settings, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of all process files in the order of their numbers."""
    known = {str(entry.get("file")): entry for entry in entries}
    found = []
    for file in sorted(settings.folder.glob("process-*.json"), key=lambda file: process_number(file.name)):
        try:
            content = read_json(file)
        except Damaged:  # any other refusal says nothing about the file, and it may be whole
            file.rename(file.with_name(_DAMAGED + file.name))
            continue
        if process_number(file.name) == 0 or not _is_of(content, settings):
            raise UsageError(f"{file}: does not belong to run {settings.name!r}; move it elsewhere")
        found.append(known.get(file.name) or entry_of(file.name, content))
    return found


def _is_of(content: object, settings: Settings) -> TypeGuard[dict[str, Any]]:
    own = content.get("copycost") if isinstance(content, dict) and isinstance(content.get("benchmarks"), list) else None
    return isinstance(own, dict) and own.get("run") == settings.name


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0

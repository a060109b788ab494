"""The record of a run: run.json and the files of processes, as they are written and as they are taken up again."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.run.arms import Arm
from copycost.run.failures import Failures
from copycost.run.privacy import arm_told
from copycost.run.settings import Settings
from copycost.store.facts import as_count, as_number, as_text
from copycost.store.json_file import Damaged, read_json
from copycost.store.record import RECORD, SCHEMA, read_record
from copycost.store.writing import LEFTOVERS, SCRATCH, write_json

#: Facts of a machine that may change between the parts of a run without changing what is measured.
_MAY_CHANGE = {"memory_bytes", "hostname"}

_DAMAGED = "damaged-"

#: What a process's entry in run.json has from the process's file.
_OF_PROCESS: dict[str, Callable[[object], Any]] = {
    "arm": as_text,
    "turn": as_count,
    "session": as_count,
    "address_layout": as_count,
    "started": as_text,
    "seconds": as_number,
}


@dataclass
class Record:
    """The record of a run; written after every process, whole or not at all.

    ``spent_seconds`` is how much of the budget is gone, ``lost_seconds`` what failures have cost
    beside it. A resumed run has one of ``resumptions`` for each time. ``clock_references`` has, by arm, the clock
    in seconds that times are given at, ``counts`` what was counted (see `counts.Counting`), ``first_calls`` what
    was called in fresh processes (see `first_calls.FirstCalls`).
    """

    settings: Settings
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    status: str = "running"
    method: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)
    resumptions: list[dict[str, Any]] = field(default_factory=list)
    wall_seconds: float | None = None
    spent_seconds: float = 0.0
    lost_seconds: float = 0.0
    clock_references: dict[str, float] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    _last_session: int = 0

    @property
    def path(self) -> Path:
        """Return the record's file."""
        return self.settings.folder / RECORD

    @property
    def timed_seconds(self) -> float:
        """Return the seconds spent inside timed rounds so far."""
        return float(sum(process["timed_seconds"] for process in self.processes))

    @property
    def failures(self) -> Failures:
        """Return the counter of failures that writes into ``failed``."""
        return Failures(self.failed, plain=self.settings.with_hostname)

    @property
    def next_number(self) -> int:
        """Return the number of the next process; none is ever given twice."""
        return max((process_number(process["file"]) for process in self.processes), default=0) + 1

    def new_session(self) -> int:
        """Return a number for a session that no other of the run has."""
        numbers = [number for entry in self.processes if isinstance(number := entry.get("session"), int)]
        self._last_session = max([self._last_session, *numbers]) + 1
        return self._last_session

    def keep_conditions(self, arm: Arm, machine: Mapping[str, Any], protocol: Mapping[str, Any]) -> None:
        """Keep on which machine and by which protocol a session of an arm measures.

        Raises:
            UsageError: earlier processes were measured under other conditions.
        """
        method = {**protocol, **self.settings.method()}
        if self.processes:
            _check_same("machine", self.arms.get(arm.name) or machine, machine)
            _check_same("method", self.method or method, method)
        self.machine = self.machine or dict(machine)
        self.method = method
        self.arms[arm.name] = dict(machine)

    def _told(self, arm: str) -> dict[str, Any]:
        return {"machine": self.arms.get(arm, {}), "clock_reference": self.clock_references.get(arm)}

    def write(self) -> None:
        """Write the record to its file."""
        arms = [{**arm.as_record(), **self._told(arm.name)} for arm in self.settings.arms]
        write_json(
            self.path,
            {
                "schema": SCHEMA,
                "name": self.settings.name,
                "created": self.created,
                "status": self.status,
                "plan": self.settings.as_record(),
                "method": self.method,
                "arms": arms if self.settings.with_hostname else [arm_told(arm) for arm in arms],
                "machine": self.machine,
                "skipped": self.skipped,
                "failed": self.failed,
                **({"counts": self.counts} if self.counts else {}),
                **({"first_calls": self.first_calls} if self.first_calls else {}),
                "processes": self.processes,
                "resumptions": self.resumptions,
                "wall_seconds": self.wall_seconds,
                "spent_seconds": round(self.spent_seconds, 3),
                "lost_seconds": round(self.lost_seconds, 3),
            },
        )


def _check_same(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in sorted({*before, *now} - _MAY_CHANGE):
        if before.get(key) != now.get(key):
            raise UsageError(
                f"this run cannot go on here: its {what} had {key} {before.get(key)!r}, now it is {now.get(key)!r}"
            )


def process_file(number: int) -> str:
    """Return the name of a process's file."""
    return f"process-{number:04d}.json"


def process_number(file: str) -> int:
    """Return the number within the name of a process's file; 0 where there is none."""
    digits = file.removeprefix("process-").removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def entry_of(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a process's entry in run.json, from the content of its file."""
    written = content["copycost"]
    entry = {"file": name, **{key: known(written.get(key)) for key, known in _OF_PROCESS.items()}}
    return {**entry, "timed_seconds": round(timed_seconds(content), 6)}


def timed_seconds(content: Mapping[str, Any]) -> float:
    """Return the seconds inside timed rounds of one process file, plain copies beside included."""
    total = 0.0
    for entry in content["benchmarks"]:
        total += sum(entry["stats"]["data"]) * entry["stats"]["iterations"]
        total += sum(entry["extra_info"].get("copy_ns", ())) * 1e-9
    return total


def visits_of(content: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each cell was visited, by the last part of its benchmark's name."""
    return {entry["param"]: len(set(entry["extra_info"]["visit"])) for entry in content["benchmarks"]}


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
    known = {str(entry.get("file")) for entry in content["processes"]}
    processes = _processes(settings)
    adopted = sum(_number(entry["seconds"]) for entry in processes if entry["file"] not in known)
    earlier = content.get("resumptions")
    resumption = {"at": datetime.now(UTC).isoformat(), "after": content["status"], "processes": len(processes)}
    return Record(
        settings,
        **{name: content[name] for name in ("created", "method", "machine", "skipped")},
        arms={arm["name"]: arm.get("machine") or {} for arm in content["arms"] if "name" in arm},
        failed=[entry for entry in content["failed"] if entry.get("cell", "") is not None],  # not those of the run
        processes=processes,
        resumptions=[*(earlier if isinstance(earlier, list) else []), resumption],
        wall_seconds=_number(content.get("wall_seconds")),
        spent_seconds=_number(content.get("spent_seconds")) + adopted,
        lost_seconds=_number(content.get("lost_seconds")),
        counts=_whole(content.get("counts") or {}, "instructions", lambda count: as_number(count) is not None),
        first_calls=_whole(content.get("first_calls") or {}, "seconds", _are_numbers),
        clock_references={arm["name"]: arm["clock_reference"] for arm in content["arms"] if arm.get("clock_reference")},
    )


def _whole(counts: Mapping[str, Any], what: str, is_whole: Callable[[object], bool]) -> dict[str, dict[str, Any]]:
    """Return what was counted or timed of arms that is as it was written; what is damaged is done again."""
    return {
        arm: found
        for arm, found in counts.items()
        if isinstance(found, dict)
        and all(isinstance(found.get(part), dict) for part in (what, "failed"))
        and all(is_whole(value) for value in found[what].values())
        and all(as_text(reason) is not None for reason in found["failed"].values())
    }


def _are_numbers(values: object) -> bool:
    return isinstance(values, list) and all(as_number(value) is not None for value in values)


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


def _processes(settings: Settings) -> list[dict[str, Any]]:
    """Return the entries of all process files in the order of their numbers."""
    entries, arms = [], [arm.name for arm in settings.arms]
    for file in sorted(settings.folder.glob("process-*.json"), key=lambda file: process_number(file.name)):
        try:
            content: Any = read_json(file)
        except Damaged:  # any other refusal says nothing about the file, and it may be whole
            file.rename(file.with_name(_DAMAGED + file.name))
            continue
        if process_number(file.name) == 0 or _run_of(content) != settings.name:
            raise UsageError(f"{file}: does not belong to run {settings.name!r}; move it elsewhere")
        try:
            entry = entry_of(file.name, content)
            visits_of(content)
        except (KeyError, TypeError, AttributeError, OverflowError):
            raise UsageError(f"{file}: is no process file of this program any more; move it elsewhere") from None
        if entry["arm"] not in arms:
            raise UsageError(f"{file}: its arm {entry['arm']!r} is not one of the run's; move it elsewhere")
        entries.append(entry)
    return entries


def _run_of(content: Any) -> object:
    """Return the name of the run that a process's file belongs to; None where it is no such file."""
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        return None
    written = content.get("copycost")
    return written.get("run") if isinstance(written, dict) else None


def _number(value: object) -> float:
    return float(as_number(value) or 0)

"""The run's record, run.json: what was planned, how it was measured, what has been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.run.arms import Arm
from copycost.run.privacy import arm_told
from copycost.run.process_entry import process_number
from copycost.run.settings import Settings
from copycost.store.record import RECORD, SCHEMA
from copycost.store.writing import write_json

#: Facts of a machine that may change between the parts of a run without changing what is measured.
_MAY_CHANGE = {"memory_bytes", "hostname"}


@dataclass
class Record:
    """One run's record; written after every process, whole or not at all.

    ``spent_seconds`` is how much of the budget is gone, ``lost_seconds`` what failures have cost
    beside it. A resumed run has one of ``resumptions`` for each time.
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

    @property
    def path(self) -> Path:
        """Return the record's file."""
        return self.settings.folder / RECORD

    @property
    def timed_seconds(self) -> float:
        """Return the seconds spent inside timed rounds so far."""
        return float(sum(process["timed_seconds"] for process in self.processes))

    @property
    def next_number(self) -> int:
        """Return the number of the next process; none is ever given twice."""
        return max((process_number(process["file"]) for process in self.processes), default=0) + 1

    def keep_conditions(self, arm: Arm, machine: Mapping[str, Any], protocol: Mapping[str, Any]) -> None:
        """Keep on which machine and by which protocol an arm is measured.

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

    def write(self) -> None:
        """Write the record to its file."""
        arms = [{**arm.as_record(), "machine": self.arms.get(arm.name, {})} for arm in self.settings.arms]
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

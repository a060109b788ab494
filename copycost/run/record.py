"""The run's record, run.json: what was planned, how it was measured, what has been done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.run.settings import Settings
from copycost.store.writing import write_json

SCHEMA = 1


@dataclass
class Record:
    """One run's record; written after every process, whole or not at all."""

    settings: Settings
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    status: str = "running"
    method: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)
    wall_seconds: float | None = None

    @property
    def path(self) -> Path:
        """Return the record's file."""
        return self.settings.folder / "run.json"

    @property
    def timed_seconds(self) -> float:
        """Return the seconds spent inside timed rounds so far."""
        return float(sum(process["timed_seconds"] for process in self.processes))

    def write(self) -> None:
        """Write the record to its file."""
        write_json(
            self.path,
            {
                "schema": SCHEMA,
                "name": self.settings.name,
                "created": self.created,
                "status": self.status,
                "plan": self.settings.as_record(),
                "method": self.method,
                "arms": [{**arm.as_record(), "machine": self.arms.get(arm.name, {})} for arm in self.settings.arms],
                "machine": self.machine,
                "skipped": self.skipped,
                "failed": self.failed,
                "processes": self.processes,
                "wall_seconds": self.wall_seconds,
            },
        )

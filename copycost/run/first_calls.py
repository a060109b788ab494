"""First calls: when an arm's times are known, each conversion is called once in fresh processes of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.measure import safe_path
from copycost.measure.plan import MeasurePlan
from copycost.run.arm_session import Watcher
from copycost.run.arms import Arm, interpreter
from copycost.run.privacy import redacted
from copycost.run.record import Record
from copycost.run.session import OpenSession, SessionEnded, Start
from copycost.run.supervision import START_SECONDS, Supervision

#: Fresh processes of each conversion, at the run's address layouts in turn. Each imports torch first.
_PROCESSES = 5


@dataclass(frozen=True)
class FirstCallStart(Start):
    """The conditions of a process that makes one call: those of a session, without pytest."""

    def _program(self, plan_file: Path) -> list[str]:
        return [self.python, safe_path.__file__, "copycost.measure.first_call", str(plan_file)]


@dataclass(eq=False)
class FirstCalls:
    """Times the first calls of every arm of a run into its record.

    Args:
        record: of the run; gets ``first_calls`` by arm.
        watcher: told what was called.
        scratch: a folder for plans.
        open_session: starts a process.
        meanwhile: called while nothing else happens.
    """

    record: Record
    watcher: Watcher
    scratch: Path
    open_session: OpenSession
    meanwhile: Callable[[], object]

    def time(self) -> None:
        """Time what was not timed before; a conversion that ends its process is left out, and said to be."""
        arms = self.record.settings.arms
        cells = {arm.name: smallest_of_each(self._cells(arm)) for arm in arms}
        planned, done = _PROCESSES * sum(map(len, cells.values())), 0
        for number in range(_PROCESSES):
            turns = [(arm, cell) for arm in arms for cell in cells[arm.name]]
            for arm, cell in random.sample(turns, len(turns)):  # whatever drifts meets all alike
                found = self.record.first_calls.setdefault(arm.name, {"seconds": {}, "failed": {}})
                if len(found["seconds"].get(cell.id, ())) <= number and cell.id not in found["failed"]:
                    self._time(arm, cell, number, found)
                done += 1
                self.watcher.called_first(cell.id, done, planned)
            self.record.write()

    def _cells(self, arm: Arm) -> list[Cell]:
        """Return the cells of an arm that can be called alone: those that were not given up, without a device."""
        failures = self.record.failures
        skipped = {(entry["arm"], Cell.from_dict(entry).id) for entry in self.record.skipped}
        return [
            arm.cell(cell)
            for cell in self.record.settings.cells
            if not failures.given_up(arm, cell) and (arm.name, cell.id) not in skipped
        ]

    def _time(self, arm: Arm, cell: Cell, number: int, found: dict[str, Any]) -> None:
        """Time one first call in one process."""
        settings = self.record.settings
        layout = settings.layouts[number % len(settings.layouts)]
        plan_file = self.scratch / "first-call.json"
        MeasurePlan(
            (cell,),
            settings.protocol,
            settings.conversions_file,
            run=settings.name,
            arm=arm.name,
            address_layout=layout,
        ).write(plan_file)
        start = FirstCallStart(interpreter(arm), dict(arm.environment), layout, node=arm.numa)
        with self.open_session(start, plan_file) as session:
            supervision = Supervision(session, settings.visit_timeout, self.meanwhile)
            try:
                for _ in supervision.events("started", START_SECONDS):
                    pass
                for event in supervision.events("ready"):
                    if event["event"] == "called":
                        found["seconds"].setdefault(cell.id, []).append(float(f"{event['seconds']:.6g}"))
                    elif event["event"] == "failed":
                        found["failed"][cell.id] = self._told(event["error"])
            except SessionEnded as error:
                found["failed"][cell.id] = self._told(supervision.failure(error.status).error)

    def _told(self, reason: str) -> str:
        return reason if self.record.settings.with_hostname else redacted(reason)


def smallest_of_each(cells: Iterable[Cell]) -> list[Cell]:
    """Return of each conversion the warm cell of the fewest threads and bytes; references have none."""
    found: dict[str, Cell] = {}
    for cell in cells:
        if cell.direction != EMPTY_CALL.direction and cell.cache == "warm":
            before = found.setdefault(cell.conversion, cell)
            found[cell.conversion] = min(before, cell, key=lambda each: (each.threads, each.bytes))
    return list(found.values())

"""What is found out beside the timing, in processes of their own when an arm's times are known: counts, first calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.measure.plan import MeasurePlan
from copycost.run.arm_session import Watcher
from copycost.run.arms import Arm
from copycost.run.privacy import redacted
from copycost.run.record import Record
from copycost.run.session import Event, OpenSession, SessionEnded, Start
from copycost.run.supervision import START_SECONDS, Supervision


@dataclass(eq=False)
class Beside:
    """Has cells of a run's arms called in processes beside those that are timed.

    Args:
        record: of the run; gets what is found.
        watcher: told how far it has come.
        scratch: a folder for plans and what a process writes beside its plan.
        open_session: starts a process.
        meanwhile: called while nothing else happens.
    """

    record: Record
    watcher: Watcher
    scratch: Path
    open_session: OpenSession
    meanwhile: Callable[[], object]

    def cells(self, arm: Arm) -> list[Cell]:
        """Return the cells with warm caches that an arm has measured, as it measures them; references are none."""
        failures = self.record.failures
        skipped = {(entry["arm"], Cell.from_dict(entry).id) for entry in self.record.skipped}
        return [
            arm.cell(cell)
            for cell in self.record.settings.cells
            if cell.direction != EMPTY_CALL.direction and cell.cache == "warm"
            if not failures.given_up(arm, cell) and (arm.name, cell.id) not in skipped
        ]

    def heard(self, arm: Arm, cells: Sequence[Cell], start: Start, file: str, slowness: float = 1.0) -> Iterator[Event]:
        """Yield what one process tells of its cells.

        The end of a process is a ``failed`` of the cell that it ended with, or of each where it came to none.

        Args:
            arm: whose cells they are.
            cells: as the arm measures them.
            start: how the process is started.
            file: the name of its plan.
            slowness: how many times as long as a visit a cell may take.
        """
        settings, plan_file = self.record.settings, self.scratch / file
        plan = MeasurePlan(tuple(cells), settings.protocol, settings.conversions_file, settings.name, arm.name)
        replace(plan, address_layout=start.layout).write(plan_file)
        with self.open_session(start, plan_file) as session:
            supervision = Supervision(session, slowness * settings.visit_timeout, self.meanwhile)
            try:
                for _ in supervision.events("started", START_SECONDS):
                    pass
                for event in supervision.events("ready"):
                    yield {**event, "error": self._told(event["error"])} if "error" in event else event
            except SessionEnded as error:
                reason = self._told(supervision.failure(error.status).error)
                for cell in [supervision.cell] if supervision.cell else [cell.id for cell in cells]:
                    yield {"event": "failed", "cell": cell, "error": reason}

    def _told(self, reason: str) -> str:
        return reason if self.record.settings.with_hostname else redacted(reason)

"""The execution of a run: sessions are started and asked, files collected, until it is precise."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from copycost.errors import UsageError
from copycost.measure.plan import MeasurePlan
from copycost.run.measuring_session import Event, MeasuringSession, SessionEnded, Start
from copycost.run.progress import Progress
from copycost.run.record import Record
from copycost.run.schedule import Schedule
from copycost.run.settings import Settings
from copycost.store.writing import write_json

_MOST_VISITS = 8
_SILENCE_SECONDS = 300.0


class Watcher(Protocol):
    """Somebody who is told how the run goes; the progress display is one."""

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """A cell's source is made, its result checked."""

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """A cell was visited in the running process."""

    def process_ended(self, progress: Progress) -> None:
        """A process's file is kept."""


def execute(
    settings: Settings,
    watcher: Watcher,
    *,
    open_session: Callable[[Start, Path], MeasuringSession] = MeasuringSession,
    clock: Callable[[], float] = time.monotonic,
) -> Record:
    """Measure what the settings ask for and return the run's record.

    Every finished process is kept at once. Ctrl-C ends the run and keeps them too: the record's
    status is then ``interrupted``.

    Raises:
        UsageError: the budget is too small, or the measuring session cannot start.
    """
    began = clock()
    record = Record(settings)
    record.write()
    try:
        with tempfile.TemporaryDirectory(prefix="copycost-") as scratch:
            run = _Run(settings, record, watcher, Path(scratch), open_session, clock)
            run.measure()
        record.status = "complete"
    except KeyboardInterrupt:
        record.status = "interrupted"
    except UsageError:
        if not record.processes:
            record.path.unlink()
            settings.folder.rmdir()
        raise
    except SessionEnded as error:
        record.status = "incomplete"
        record.failed.append({"cell": None, "error": str(error)})
    record.wall_seconds = round(clock() - began, 3)
    record.write()
    return record


class _Run:
    """What the steps of one run share."""

    def __init__(
        self,
        settings: Settings,
        record: Record,
        watcher: Watcher,
        scratch: Path,
        open_session: Callable[[Start, Path], MeasuringSession],
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.record = record
        self.watcher = watcher
        self.scratch = scratch
        self.open_session = open_session
        self.clock = clock
        self.began = clock()
        fixed = settings.address_layout == "fixed"
        self.start = Start(fixed_layout=fixed, fork=fixed)
        self.calibrations: dict[str, dict[str, Any]] = {}
        self.progress = Progress(settings)
        self.cells = {cell.id: cell for cell in settings.cells}

    def measure(self) -> None:
        """Measure process after process until the schedule has no more visits."""
        schedule: Schedule | None = None
        visits: dict[str, int] = {}
        while schedule is None or visits:
            with self._open_session() as session:
                prices = self._prepare(session)
                if schedule is None:
                    schedule = self._schedule(prices)
                    visits = self._next(schedule)
                while visits:
                    self._one_process(session, visits)
                    visits = self._next(schedule)
                    if not self.start.fork:
                        break  # this session's only process has ended; the next has another layout

    def _open_session(self) -> MeasuringSession:
        plan = MeasurePlan(
            self.settings.cells,
            conversions_file=self.settings.conversions_file,
            run=self.settings.name,
            visits=_MOST_VISITS,
            known=self.calibrations,
        )
        plan_file = self.scratch / "plan.json"
        plan.write(plan_file)
        return self.open_session(self.start, plan_file)

    def _schedule(self, prices: Mapping[str, float]) -> Schedule:
        schedule = Schedule(
            visit_seconds=prices,
            precision=self.settings.precision,
            budget=self.settings.budget,
            most_visits=_MOST_VISITS,
            most_processes=self.settings.processes,
            start_seconds=0.0 if self.start.fork else self._elapsed(),
        )
        schedule.check(self._elapsed())
        return schedule

    def _next(self, schedule: Schedule) -> dict[str, int]:
        progress = self.progress
        return schedule.next_visits(progress.half_widths, progress.processes, self._elapsed())

    def _elapsed(self) -> float:
        return self.clock() - self.began

    def _prepare(self, session: MeasuringSession) -> dict[str, float]:
        """Wait until the session is ready; return the price of a visit of each cell that works."""
        prices: dict[str, float] = {}
        try:
            for event in session.events("ready", _SILENCE_SECONDS):
                self._note(event)
                if event["event"] == "prepared":
                    prices[event["cell"]] = event["seconds"]
                    self.calibrations[event["cell"]] = event["calibration"]
                    self.watcher.prepared(event["cell"], len(prices), len(self.cells))
                elif event["event"] == "ready":
                    self.record.machine = event["machine"]
                    self.record.method = {**event["protocol"], **self.settings.method()}
        except SessionEnded as error:
            raise UsageError(f"measuring cannot start: {error}") from error
        if all(self.cells[cell].direction == "reference" for cell in prices):
            reasons = "; ".join(sorted({entry["reason"] for entry in self.record.skipped}))
            raise UsageError(f"no cell of this grid can be measured: {reasons or 'all failed'}")
        return prices

    def _one_process(self, session: MeasuringSession, visits: Mapping[str, int]) -> None:
        """Ask for one process, keep its file and take in what it says."""
        number = len(self.record.processes) + 1
        part = self.scratch / f"process-{number:04d}.json"
        started = datetime.now(UTC).isoformat()
        began = self.clock()
        seed = random.getrandbits(32)
        session.ask({"process": number, "json": str(part), "visits": visits, "seed": seed})
        done, planned = 0, sum(visits.values())
        for event in session.events("ended", _SILENCE_SECONDS):
            self._note(event)
            if event["event"] == "visited":
                done += 1
                self.watcher.visited(event["cell"], done, planned)
            elif event["event"] == "ended" and event["status"] != 0:
                raise SessionEnded(f"process {number} ended with status {event['status']}")
        content = json.loads(part.read_text(encoding="utf-8"))
        part.unlink()
        target = self.settings.folder / part.name
        write_json(target, content)
        self.record.processes.append(
            {
                "file": target.name,
                "arm": "base",
                "started": started,
                "seconds": round(self.clock() - began, 3),
                "timed_seconds": round(timed_seconds(content), 6),
            }
        )
        self.record.write()
        self.progress.add(target)
        self.progress.elapsed = self._elapsed()
        self.watcher.process_ended(self.progress)

    def _note(self, event: Event) -> None:
        """Keep what could not be measured, once a cell, with the reason."""
        kept: list[dict[str, Any]]
        if event["event"] == "skipped":
            kept = self.record.skipped
        elif event["event"] == "failed":
            kept = self.record.failed
        else:
            return
        why = {key: event[key] for key in ("reason", "error") if key in event}
        entry: dict[str, Any] = {**self.cells[event["cell"]].as_dict(), **why}
        if entry not in kept:
            kept.append(entry)


def timed_seconds(content: Mapping[str, Any]) -> float:
    """Return the seconds inside timed rounds of one process file, plain copies beside included."""
    total = 0.0
    for entry in content["benchmarks"]:
        total += sum(entry["stats"]["data"]) * entry["stats"]["iterations"]
        total += sum(entry["extra_info"].get("copy_ns", ())) * 1e-9
    return total

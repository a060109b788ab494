"""The execution of a run: sessions are started and asked, files collected, until it is precise."""

from __future__ import annotations

import contextlib
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
from copycost.run.arms import BASE, Arm, interpreter
from copycost.run.interrupt import Interrupt
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
        with Interrupt() as interrupt, tempfile.TemporaryDirectory(prefix="copycost-") as scratch:
            run = _Run(settings, record, watcher, Path(scratch), open_session, clock, interrupt)
            run.measure()
        record.status = "complete"
    except KeyboardInterrupt:
        record.status = "interrupted"
        if not record.processes:
            _undo(record)
            return record
    except UsageError:
        if not record.processes:
            _undo(record)
        raise
    except SessionEnded as error:
        record.status = "incomplete"
        record.failed.append({"cell": None, "error": str(error)})
    record.wall_seconds = round(clock() - began, 3)
    record.write()
    return record


def _undo(record: Record) -> None:
    """Take away the folder of a run that has measured nothing."""
    record.path.unlink()
    record.settings.folder.rmdir()


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
        interrupt: Interrupt,
    ) -> None:
        self.settings = settings
        self.record = record
        self.watcher = watcher
        self.scratch = scratch
        self.open_session = open_session
        self.clock = clock
        self.interrupt = interrupt
        self.began = clock()
        self.fixed = settings.address_layout == "fixed"
        self.progress = Progress(settings)
        self.prices: dict[str, dict[str, float]] = {}
        self.calibrations: dict[str, dict[str, dict[str, Any]]] = {}

    def measure(self) -> None:
        """Measure turn after turn, one process of every arm a turn, until the schedule is done."""
        with contextlib.ExitStack() as sessions:
            open_now = {arm: self._session(arm, sessions) for arm in self.settings.arms}
            schedule = self._schedule()
            while visits := self._next(schedule):
                for arm in random.sample(self.settings.arms, len(self.settings.arms)):
                    session = open_now.pop(arm, None) or self._session(arm, sessions)
                    self._one_process(arm, session, visits)
                    if self.fixed:
                        open_now[arm] = session
                    else:  # it measured its one process; the next has another layout
                        session.close()
                self.progress.turns += 1

    def _session(self, arm: Arm, sessions: contextlib.ExitStack) -> MeasuringSession:
        """Start an arm's session and wait until it has prepared its cells."""
        plan = MeasurePlan(
            tuple(arm.cell(cell) for cell in self.settings.cells),
            conversions_file=self.settings.conversions_file,
            run=self.settings.name,
            arm=arm.name,
            visits=_MOST_VISITS,
            known=self.calibrations.get(arm.name, {}),
        )
        plan_file = self.scratch / f"plan-{arm.name}.json"
        plan.write(plan_file)
        start = Start(interpreter(arm), dict(arm.environment), self.fixed, self.fixed)
        session = sessions.enter_context(self.open_session(start, plan_file))
        self._prepare(arm, session)
        return session

    def _schedule(self) -> Schedule:
        arms = self.settings.arms
        prices = {
            cell.id: sum(self.prices[arm.name].get(arm.cell(cell).id, 0.0) for arm in arms)
            for cell in self.settings.cells
            if any(arm.cell(cell).id in self.prices[arm.name] for arm in arms)
        }
        schedule = Schedule(
            visit_seconds=prices,
            precision=self.settings.precision,
            budget=self.settings.budget,
            most_visits=_MOST_VISITS,
            most_processes=self.settings.processes,
            start_seconds=0.0 if self.fixed else self._elapsed() / len(arms),
            arms=len(arms),
        )
        schedule.check(self._elapsed())
        return schedule

    def _next(self, schedule: Schedule) -> dict[str, int]:
        progress = self.progress
        return schedule.next_visits(progress.half_widths, progress.turns, self._elapsed())

    def _elapsed(self) -> float:
        return self.clock() - self.began

    def _prepare(self, arm: Arm, session: MeasuringSession) -> None:
        """Wait until the session is ready; keep the price of a visit of each cell that works."""
        prices: dict[str, float] = {}
        calibrations: dict[str, dict[str, Any]] = {}
        try:
            for event in session.events("ready", _SILENCE_SECONDS):
                self._note(arm, event)
                self.interrupt.check()
                if event["event"] == "prepared":
                    prices[event["cell"]] = event["seconds"]
                    calibrations[event["cell"]] = event["calibration"]
                    self.watcher.prepared(event["cell"], len(prices), len(self.settings.cells))
                elif event["event"] == "ready":
                    self.record.machine = self.record.machine or event["machine"]
                    self.record.method = {**event["protocol"], **self.settings.method()}
                    self.record.arms[arm.name] = event["machine"]
        except SessionEnded as error:
            raise UsageError(f"measuring cannot start{_of(arm)}: {error}") from error
        grid = {arm.cell(cell).id for cell in self.settings.cells if cell.direction != "reference"}
        if not grid & set(prices):
            kept = [*self.record.skipped, *self.record.failed]
            reasons = "; ".join(sorted({entry.get("reason") or entry["error"] for entry in kept})[:3])
            raise UsageError(f"no cell of this grid can be measured{_of(arm)}: {reasons or 'all failed'}")
        self.prices[arm.name] = prices
        self.calibrations[arm.name] = calibrations

    def _one_process(self, arm: Arm, session: MeasuringSession, visits: Mapping[str, int]) -> None:
        """Ask for one process of an arm, keep its file and take in what it says."""
        number = len(self.record.processes) + 1
        part = self.scratch / f"process-{number:04d}.json"
        started = datetime.now(UTC).isoformat()
        began = self.clock()
        wanted = self._visits_of(arm, visits)
        seed = random.getrandbits(32)
        session.ask({"process": number, "json": str(part), "visits": wanted, "seed": seed})
        done, planned = 0, sum(wanted.values())
        for event in session.events("ended", _SILENCE_SECONDS):
            self._note(arm, event)
            if event["event"] != "ended":  # what has ended is kept first
                self.interrupt.check()
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
                "arm": arm.name,
                "started": started,
                "seconds": round(self.clock() - began, 3),
                "timed_seconds": round(timed_seconds(content), 6),
            }
        )
        self.record.write()
        self.progress.add(target)
        self.progress.elapsed = self._elapsed()
        self.watcher.process_ended(self.progress)
        self.interrupt.check()

    def _visits_of(self, arm: Arm, visits: Mapping[str, int]) -> dict[str, int]:
        """Return the visits by the arm's own cell ids, without cells that do not work there."""
        own = {cell.id: arm.cell(cell).id for cell in self.settings.cells}
        works = self.prices[arm.name]
        return {own[cell]: count for cell, count in visits.items() if own[cell] in works}

    def _note(self, arm: Arm, event: Event) -> None:
        """Keep what could not be measured, once a cell, with the reason."""
        kept: list[dict[str, Any]]
        if event["event"] == "skipped":
            kept = self.record.skipped
        elif event["event"] == "failed":
            kept = self.record.failed
        else:
            return
        why: dict[str, Any] = {key: event[key] for key in ("reason", "error") if key in event}
        cells = {arm.cell(cell).id: cell for cell in self.settings.cells}
        entry: dict[str, Any] = {**cells[event["cell"]].as_dict(), "arm": arm.name, **why}
        if entry not in kept:
            kept.append(entry)


def timed_seconds(content: Mapping[str, Any]) -> float:
    """Return the seconds inside timed rounds of one process file, plain copies beside included."""
    total = 0.0
    for entry in content["benchmarks"]:
        total += sum(entry["stats"]["data"]) * entry["stats"]["iterations"]
        total += sum(entry["extra_info"].get("copy_ns", ())) * 1e-9
    return total


def _of(arm: Arm) -> str:
    return "" if arm == BASE else f" in arm {arm.name!r}"

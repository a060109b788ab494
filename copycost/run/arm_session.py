"""A session of an arm at one address layout: started, prepared, asked for processes, started again when it dies."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.errors import UsageError
from copycost.measure.plan import MeasurePlan
from copycost.run.arms import BASE, Arm, interpreter
from copycost.run.failures import EXCEPTION, Failure
from copycost.run.progress import Progress
from copycost.run.record import Record
from copycost.run.schedule import Stopwatch
from copycost.run.session import Event, OpenSession, Session, SessionEnded, Start
from copycost.run.supervision import START_SECONDS, Ending, Supervision, measure_process

_MOST_VISITS = 8
_ITEMS = 256


def most_visits(cells: int) -> int:
    """Return the most visits of one cell that a process can make: each is an item that every session collects."""
    return max(1, min(_MOST_VISITS, round(_ITEMS / cells)))


class Watcher(Protocol):
    """An observer of a run; the progress bar is one."""

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """A cell's source is made, its result checked; counted are those that were asked for, as in all visits."""

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """A cell was visited in the running process."""

    def waited(self, progress: Progress) -> None:
        """Time has gone by; told at least once a second."""

    def process_ended(self, progress: Progress) -> None:
        """A process's file is kept."""

    def counted(self, cell_id: str, done: int, planned: int) -> None:
        """A cell's instructions were counted, or could not be."""

    def called_first(self, cell_id: str, done: int, planned: int) -> None:
        """A cell was called once in a fresh process."""


@dataclass
class Prepared:
    """What the sessions of one arm have found out when they prepared its cells, by the run's ids of cells.

    ``prices`` are the seconds of one visit, ``refused`` the cells that were skipped, ``level`` is the undisturbed
    canary / clock, the lowest that any of the arm's processes has seen: some are beside a neighbour all their life.
    ``code`` has the pages of code that its sessions have used: one that prepares nothing has not used them all.
    """

    prices: dict[str, float] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    calibrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    level: float | None = None
    code: dict[str, list[int]] | None = None

    def saw(self, level: float | None) -> None:
        """Take in the undisturbed level that one more process has seen, None where it has seen none."""
        self.level = min((known for known in (self.level, level) if known is not None), default=None)


@dataclass(eq=False)
class ArmSession:
    """One session of an arm; when its process has died, another is started in its place, with another number.

    Cells are named by the run's ids, but for what is sent to the process and comes from there: an arm that sets the
    threads has other ids.

    Args:
        arm: the arm.
        layout: the number of its address layout; None leaves it to the system.
        found: what is known of the arm's cells, shared by its sessions.
        rounds: the calls in a block and the blocks in a round of each cell, as whichever arm was prepared first has
            them, shared by all sessions: all arms make the same rounds.
        record: told the conditions of every session, and what could not be measured.
        stopwatch: told what was lost.
        watcher: told what was prepared and visited.
        scratch: a folder for the plan.
        open_session: starts a session.
        meanwhile: called while nothing else happens.
    """

    arm: Arm
    layout: int | None
    found: Prepared
    rounds: dict[str, tuple[int, int]]
    record: Record
    stopwatch: Stopwatch
    watcher: Watcher
    scratch: Path
    open_session: OpenSession
    meanwhile: Callable[[], object]
    #: The number of the session that is open, or was last; no other of the run has it.
    number: int = 0
    _started: tuple[Session, float] | None = None
    _session: Session | None = None
    _has_died: bool = False
    #: Where sessions were stopped while they prepared: by chance, none is stopped twice at a cell.
    _stopped_at: set[str | None] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Name the run's cells as the session does."""
        self._settings = self.record.settings
        self._ids = {cell.id: self.arm.cell(cell).id for cell in self._settings.cells}
        self._cells = {self._ids[cell.id]: cell for cell in self._settings.cells}
        self._asked = {cell.id for cell in self._settings.cells if cell.direction != EMPTY_CALL.direction}

    @property
    def working(self) -> dict[str, float]:
        """Return the seconds of one visit of each cell that was prepared and is not given up."""
        left = {cell.id for cell in self._left}
        return {cell: seconds for cell, seconds in self.found.prices.items() if cell in left}

    @property
    def copying(self) -> set[str]:
        """Return the cells that work and were not seen to share memory."""
        return {cell for cell in self.working if not self.found.calibrations[cell].get("shares_memory")}

    def start(self) -> None:
        """Start the session's process, which imports what it needs while others do, unless that is done already."""
        if self._session is None and self._started is None:
            layout = self.layout
            environment, node = dict(self.arm.environment), self.arm.numa
            start = Start(interpreter(self.arm), environment, layout, self._settings.forks, node=node)
            self._started = self.open_session(start, self._plan_file()), self.stopwatch.now

    def open(self) -> None:
        """Start and prepare the session, unless that is done already.

        Raises:
            UsageError: no session can be started, or none of its cells can be measured.
        """
        while self._session is None:
            self._open()

    def begin(self, visits: Mapping[str, int]) -> dict[str, int]:
        """Return the visits of cells that work, for a session that is open now; empty where none works any more.

        Raises:
            UsageError: as `open` does.
        """
        while True:
            working = self.working
            left = {cell: count for cell, count in visits.items() if cell in working}
            if self._session is not None or not left:
                return left
            self._open()

    def close(self) -> None:
        """End the session, if there is one."""
        for session in (self._session, self._started and self._started[0]):
            if session is not None:
                session.close()
        self._session = self._started = None

    def measure(self, number: int, file: Path, visits: Mapping[str, int], waiting: float = 0.0) -> Ending:
        """Measure one process in the session that is open, and return how the process ended.

        Args:
            number: the process's number.
            file: where the process shall write its results.
            visits: how often to visit each cell.
            waiting: seconds that the process may wait for a quiet core.
        """
        assert self._session is not None
        counted = {self._ids[cell]: count for cell, count in visits.items() if cell in self._asked}
        done, planned = 0, sum(counted.values())

        def heard(event: Event) -> None:
            nonlocal done
            self._note(event)
            if event["event"] == "visited":
                done += event["cell"] in counted
                self.watcher.visited(event["cell"], done, planned)

        asked = {self._ids[cell]: count for cell, count in visits.items()}
        request = {"process": number, "json": str(file), "visits": asked, "seed": random.getrandbits(32)}
        request |= {"level": self.found.level, "waiting": waiting}
        ending = measure_process(
            self._session, request, timeout=self._settings.visit_timeout, heard=heard, meanwhile=self.meanwhile
        )
        if not self._settings.forks or not ending.session_lives:
            self.close()
            self._has_died = not ending.session_lives
        return ending

    def blame(self, cell_id: str, failure: Failure, final: bool = False) -> str:
        """Count a failure that has ended a process; the session's id names the cell, whose own id is returned."""
        cell = self._cells[cell_id]
        self.record.failures.add(self.arm, cell, failure, final)
        self.record.failures.give_up_hanging(self.arm, self._settings.cells)
        return cell.id

    def give_up(self, cell_id: str, failure: Failure) -> None:
        """Give a cell up for a failure; the run's id names it."""
        self.blame(self._ids[cell_id], failure, final=True)

    def run_id(self, cell_id: str | None) -> str | None:
        """Return the run's id of the cell that the session's id names."""
        return None if cell_id is None else self._cells[cell_id].id

    @property
    def _left(self) -> list[Cell]:
        return [cell for cell in self._settings.cells if not self.record.failures.given_up(self.arm, cell)]

    def _open(self) -> None:
        """Prepare a started session and keep it when it is ready, unless it dies of one of its cells."""
        self.start()
        assert self._started is not None
        session, began = self._started
        supervision = Supervision(session, self._settings.visit_timeout, self.meanwhile)
        try:
            self._prepare(session, supervision)
        except SessionEnded as error:
            failure = supervision.failure(error.status)  # from what the session has written, as long as it is open
            self.close()
            self._has_died = True
            if supervision.stopped and supervision.cell not in self._stopped_at:
                self._stopped_at.add(supervision.cell)
                self.stopwatch.lose(self.stopwatch.now - began)
                return
            if supervision.cell is None:
                raise UsageError(f"measuring cannot start{self._where}: {error}") from error
            self.blame(supervision.cell, failure)
            self.stopwatch.lose(self.stopwatch.now - began)
            return
        except BaseException:
            self.close()
            raise
        # What starting in the place of a session that has died takes is not the budget's affair.
        self.stopwatch.lose(self.stopwatch.now - began if self._has_died else supervision.lost_seconds)
        self._session, self._started, self._has_died = session, None, False
        self.number = self.record.new_session()
        self._check_that_something_works()

    def _prepare(self, session: Session, supervision: Supervision) -> None:
        """Tell a session what is known and hear it until its cells are prepared; keep what it has found out."""
        for _ in supervision.events("started", START_SECONDS):
            pass
        found = self.found
        left = [cell.id for cell in self._left if cell.id not in found.refused]
        known = {self._ids[cell]: found.calibrations[cell] for cell in left if cell in found.calibrations}
        on_trial = sorted(self._settings.user_conversions | self.record.failures.dangerous)
        rounds = {self._ids[cell]: self.rounds[cell] for cell in left if cell in self.rounds}
        cells = [self._ids[cell] for cell in left]
        session.ask({"cells": cells, "known": known, "rounds": rounds, "on_trial": on_trial, "code": found.code})
        for event in supervision.events("ready"):
            match event["event"]:
                case "crashed":
                    failure = supervision.failure(event["status"])
                    if supervision.stopped:  # nothing is known of the cell: another session prepares it
                        raise SessionEnded(failure.error, event["status"])
                    self.blame(event["cell"], failure, final=True)
                case "prepared":
                    cell_id = self._cells[event["cell"]].id
                    found.prices[cell_id] = event["seconds"]
                    calibration = found.calibrations[cell_id] = event["calibration"]
                    self.rounds.setdefault(cell_id, (calibration["block"], calibration["iterations"]))
                    self.watcher.prepared(event["cell"], len(self._asked & set(found.prices)), len(self._asked))
                case "ready":
                    found.saw(event.get("level"))
                    found.code = event.get("code")
                    self.record.keep_conditions(self.arm, event["machine"], event["protocol"])
                case "skipped" | "failed":
                    found.refused.add(self._cells[event["cell"]].id)
                    self._note(event, final=True)

    def _note(self, event: Event, final: bool = False) -> None:
        """Keep the cell of an event that says why the cell could not be measured."""
        if event["event"] not in ("skipped", "failed"):
            return
        cell = self._cells[event["cell"]]
        if event["event"] == "failed":
            self.record.failures.add(self.arm, cell, Failure.reported(event), final)
        elif cell.conversion in self._settings.user_conversions:  # given to be measured: a refusal is no excuse
            self.record.failures.add(self.arm, cell, Failure(EXCEPTION, event["reason"]), final)
        else:
            entry = {**cell.as_dict(), "arm": self.arm.name, "reason": event["reason"]}
            if entry not in self.record.skipped:
                self.record.skipped.append(entry)

    def _plan_file(self) -> Path:
        plan = MeasurePlan(
            tuple(self.arm.cell(cell) for cell in self._left),
            self._settings.protocol,
            self._settings.conversions_file,
            run=self._settings.name,
            arm=self.arm.name,
            visits=most_visits(len(self._settings.cells)),
            address_layout=self.layout,
            memory_limit=self._settings.memory_limit,
            with_hostname=self._settings.with_hostname,
            device=self._settings.device,
        )
        # By number: some file systems would take the names of two arms for one.
        file = self.scratch / f"plan-{self._settings.arms.index(self.arm) + 1}-{self.layout or 0}.json"
        plan.write(file)
        return file

    def _check_that_something_works(self) -> None:
        if self._asked & set(self.found.prices) or self.record.processes:
            return
        kept = [*self.record.skipped, *self.record.failed]
        reasons = "; ".join(sorted({str(entry.get("reason") or entry["error"]) for entry in kept})[:3])
        raise UsageError(f"no cell of this grid can be measured{self._where}: {reasons or 'all failed'}")

    @property
    def _where(self) -> str:
        return "" if self.arm == BASE else f" in arm {self.arm.name!r}"

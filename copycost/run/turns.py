"""The turns of a run: in each, one process of every arm is measured and its file kept."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from copycost.run.arms import Arm
from copycost.run.failures import Failures
from copycost.run.interrupt import Interrupt
from copycost.run.measuring_session import Event, MeasuringSession, SessionEnded
from copycost.run.one_process import Ending, ask_for_one
from copycost.run.process_entry import entry_of, process_file, visits_of
from copycost.run.progress import Progress
from copycost.run.record import Record
from copycost.run.schedule import Schedule
from copycost.run.sessions import MOST_VISITS, OpenSession, Sessions
from copycost.run.stopwatch import Stopwatch
from copycost.store.json_file import read_json
from copycost.store.writing import CannotWrite, write_json

#: A process that fails without a cell to blame is measured again so often.
_UNEXPLAINED = 2


class Watcher(Protocol):
    """Somebody who is told how the run goes; the progress display is one."""

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """A cell's source is made, its result checked."""

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """A cell was visited in the running process."""

    def process_ended(self, progress: Progress) -> None:
        """A process's file is kept."""


class Turns:
    """The turns of one run; `measure` makes them."""

    def __init__(
        self,
        record: Record,
        watcher: Watcher,
        scratch: Path,
        open_session: OpenSession,
        clock: Callable[[], float],
        interrupt: Interrupt,
    ) -> None:
        """Begin where the record stands; `scratch` is a folder for what is not to be kept."""
        self.record = record
        self.settings = record.settings
        self.watcher = watcher
        self.scratch = scratch
        self.interrupt = interrupt
        self.stopwatch = Stopwatch(clock, record.spent_seconds, record.lost_seconds)
        self.began = clock() - (record.wall_seconds or 0.0)
        self.failures = Failures(record.failed, plain=self.settings.with_hostname)
        self.sessions = Sessions(record, self.failures, self.stopwatch, watcher, scratch, open_session, interrupt.check)
        self.progress = Progress(self.settings)

    def measure(self) -> None:
        """Measure turn after turn, one process of every arm a turn, until the schedule is done."""
        with self.sessions:
            preparing = self._prepare()
            for entry in self.record.processes:
                self.progress.add(self.settings.folder / entry["file"])
            self._finish_turn()
            while visits := self._next(preparing):
                for arm in random.sample(self.settings.arms, len(self.settings.arms)):
                    self._one_turn(arm, self._visits_of(arm, visits))
                self.progress.turns += 1

    def _prepare(self) -> float:
        """Prepare a session for every arm and return how long that took, in seconds."""
        began = self.stopwatch.spent
        for arm in self.settings.arms:
            self.sessions.of(arm)
        if self.settings.protocol.upwards:  # what preparing has freed is not what a program finds
            self.sessions.close_all()
        seconds = self.stopwatch.spent - began
        if self.record.processes:  # the budget has paid for preparing already
            self.stopwatch.lose(seconds)
        else:
            self._schedule(seconds).check(self.stopwatch.spent)
        return seconds

    def _finish_turn(self) -> None:
        """Measure the arms that an interrupted turn has left out, as those that it has not."""
        entries, arms = self.record.processes, self.settings.arms
        for number, entry in enumerate(entries):
            entry["turn"] = entry.get("turn") or number // len(arms) + 1
        last = max((entry["turn"] for entry in entries), default=0)
        done = {entry["arm"]: entry for entry in entries if entry["turn"] == last}
        self.progress.turns = max(0, last - 1)
        if done and len(done) < len(arms):
            partner, entry = next((arm, done[arm.name]) for arm in arms if arm.name in done)
            content: Any = read_json(self.settings.folder / entry["file"])
            own = {partner.cell(cell).id: cell.id for cell in self.settings.cells}
            visits = {own[cell]: count for cell, count in visits_of(content).items() if cell in own}
            for arm in arms:
                if arm.name not in done:
                    self._one_turn(arm, self._visits_of(arm, visits))
        self.progress.turns = last

    def _schedule(self, preparing: float) -> Schedule:
        arms = self.settings.arms
        prices = [(arm, self.sessions.working(arm)) for arm in arms]
        of_cells = {
            cell.id: [price[arm.cell(cell).id] for arm, price in prices if arm.cell(cell).id in price]
            for cell in self.settings.cells
        }
        return Schedule(
            visit_seconds={cell: sum(found) for cell, found in of_cells.items() if found},
            precision=self.settings.precision,
            budget=self.settings.budget,
            most_visits=MOST_VISITS,
            most_processes=self.settings.processes,
            start_seconds=0.0 if self.settings.forks else preparing / len(arms),
            arms=len(arms),
        )

    def _next(self, preparing: float) -> dict[str, int]:
        progress = self.progress
        return self._schedule(preparing).next_visits(progress.half_widths, progress.turns, self.stopwatch.spent)

    def _visits_of(self, arm: Arm, visits: Mapping[str, int]) -> dict[str, int]:
        """Return the visits by the arm's own cell ids, without cells that do not work there."""
        own = {cell.id: arm.cell(cell).id for cell in self.settings.cells}
        works = self.sessions.working(arm)
        return {own[cell]: count for cell, count in visits.items() if own[cell] in works}

    def _one_turn(self, arm: Arm, visits: dict[str, int]) -> None:
        """Measure one process of an arm; again without the cell that ended it, in a fresh one."""
        unexplained = 0
        while visits:
            session = self.sessions.of(arm)
            number = self.record.next_number
            part = self.scratch / process_file(number)
            started, began = datetime.now(UTC).isoformat(), self.stopwatch.now
            ending = self._ask(arm, session, number, part, visits)
            if not self.settings.forks or not ending.session_lives:  # the next has another layout
                self.sessions.close(arm)
            if ending.whole and part.exists():
                self._keep(arm, part, started, self.stopwatch.now - began)
                return
            self.stopwatch.lose(self.stopwatch.now - began)
            part.unlink(missing_ok=True)
            if ending.culprit is None:
                unexplained += 1
                self._check_disk(ending)
                if unexplained == _UNEXPLAINED:
                    raise SessionEnded(f"process {number} was not finished: {ending.failure.error}")
                continue
            self.sessions.blame(arm, ending.culprit, ending.failure)
            self.record.lost_seconds = self.stopwatch.lost
            self.record.write()
            works = self.sessions.working(arm)
            visits = {cell: count for cell, count in visits.items() if cell in works and cell != ending.culprit}

    def _check_disk(self, ending: Ending) -> None:
        """Refuse to go on where a process could not write its file."""
        found = re.search(r"OSError: \[Errno \d+\] ([^:]+)", ending.failure.error)
        if found is not None:
            raise CannotWrite(f"{self.settings.folder}: cannot be written ({found[1]})")

    def _ask(self, arm: Arm, session: MeasuringSession, number: int, part: Path, visits: Mapping[str, int]) -> Ending:
        done, planned = 0, sum(visits.values())

        def heard(event: Event) -> None:
            nonlocal done
            self.interrupt.check()
            self.sessions.note(arm, event)
            if event["event"] == "visited":
                done += 1
                self.watcher.visited(event["cell"], done, planned)

        request = {"process": number, "json": str(part), "visits": visits, "seed": random.getrandbits(32)}
        return ask_for_one(
            session, request, timeout=self.settings.visit_timeout, heard=heard, meanwhile=self.interrupt.check
        )

    def _keep(self, arm: Arm, part: Path, started: str, seconds: float) -> None:
        """Keep a process's file and take in what it says."""
        content = json.loads(part.read_text(encoding="utf-8"))
        part.unlink()
        content["copycost"] |= {"turn": self.progress.turns + 1, "started": started, "seconds": round(seconds, 3)}
        target = self.settings.folder / part.name
        write_json(target, content)
        self.record.processes.append({**entry_of(part.name, content), "arm": arm.name})
        self.record.spent_seconds = self.progress.elapsed = self.stopwatch.spent
        self.record.lost_seconds = self.stopwatch.lost
        self.record.wall_seconds = round(self.stopwatch.now - self.began, 3)
        self.record.write()
        self.progress.add(target)
        self.watcher.process_ended(self.progress)
        self.interrupt.check()

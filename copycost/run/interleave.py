"""Interleaving: the order in which processes of all arms are measured, and what is done when one dies."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.run.arm_session import MOST_VISITS, ArmSession, Watcher
from copycost.run.failures import Failure
from copycost.run.progress import Progress
from copycost.run.record import Record, entry_of, process_file, visits_of
from copycost.run.schedule import Schedule, Stopwatch
from copycost.run.session import OpenSession, SessionEnded
from copycost.store.json_file import read_json
from copycost.store.writing import CannotWrite, write_json

#: A process that fails without a cell to blame is measured again so often.
_UNEXPLAINED = 2


class Interleave:
    """Measures one run: in every turn one process of each arm, so that whatever drifts meets all arms alike."""

    def __init__(
        self,
        record: Record,
        watcher: Watcher,
        scratch: Path,
        open_session: OpenSession,
        clock: Callable[[], float],
        check_interrupt: Callable[[], None],
    ) -> None:
        """Begin where the record stands; `scratch` is a folder for what is not to be kept."""
        self._record = record
        self._settings = record.settings
        self._watcher = watcher
        self._scratch = scratch
        self._check_interrupt = check_interrupt
        self._stopwatch = Stopwatch(clock, record.spent_seconds, record.lost_seconds)
        self._began = clock() - (record.wall_seconds or 0.0)
        self._progress = Progress(self._settings)
        self._sessions = [
            ArmSession(arm, record, self._stopwatch, watcher, scratch, open_session, check_interrupt)
            for arm in self._settings.arms
        ]

    def measure(self) -> None:
        """Measure turn after turn, until the schedule is done."""
        try:
            preparing = self._prepare()
            for entry in self._record.processes:
                self._progress.add(self._settings.folder / entry["file"])
            self._finish_turn()
            while visits := self._next_visits(preparing):
                for session in random.sample(self._sessions, len(self._sessions)):
                    self._measure_process(session, visits)
                self._progress.turns += 1
        finally:
            for session in self._sessions:
                session.close()

    def _prepare(self) -> float:
        """Prepare a session of every arm and return how long that took, in seconds."""
        began = self._stopwatch.spent
        for session in self._sessions:
            session.open()
        if self._settings.protocol.upwards:  # what preparing has freed is not what a program finds
            for session in self._sessions:
                session.close()
        seconds = self._stopwatch.spent - began
        if self._record.processes:  # the budget has paid for preparing already
            self._stopwatch.lose(seconds)
        else:
            self._schedule(seconds).check(self._stopwatch.spent)
        return seconds

    def _finish_turn(self) -> None:
        """Measure the arms that an interrupted turn has left out, with the visits of one that was measured."""
        entries, count = self._record.processes, len(self._sessions)
        for number, entry in enumerate(entries):
            entry["turn"] = entry.get("turn") or number // count + 1
        last = max((entry["turn"] for entry in entries), default=0)
        files = {entry["arm"]: entry["file"] for entry in entries if entry["turn"] == last}
        done = [session for session in self._sessions if session.arm.name in files]
        self._progress.turns = max(0, last - 1)
        if 0 < len(done) < count:
            arm = done[0].arm
            content: Any = read_json(self._settings.folder / files[arm.name])
            ids = {arm.cell(cell).id: cell.id for cell in self._settings.cells}
            visits = {ids[cell]: count for cell, count in visits_of(content).items() if cell in ids}
            for session in self._sessions:
                if session not in done:
                    self._measure_process(session, visits)
        self._progress.turns = last

    def _schedule(self, preparing: float) -> Schedule:
        prices = [session.working for session in self._sessions]
        of_cells = {cell.id: [price[cell.id] for price in prices if cell.id in price] for cell in self._settings.cells}
        return Schedule(
            visit_seconds={cell: sum(seconds) for cell, seconds in of_cells.items() if seconds},
            precision=self._settings.precision,
            budget=self._settings.budget,
            most_visits=MOST_VISITS,
            most_processes=self._settings.processes,
            start_seconds=0.0 if self._settings.forks else preparing / len(self._sessions),
            arms=len(self._sessions),
        )

    def _next_visits(self, preparing: float) -> dict[str, int]:
        progress = self._progress
        return self._schedule(preparing).next_visits(progress.half_widths, progress.turns, self._stopwatch.spent)

    def _measure_process(self, session: ArmSession, visits: Mapping[str, int]) -> None:
        """Measure one process of an arm; again without the cell that ended the process, in a fresh one."""
        unexplained = 0
        while visits := session.begin(visits):
            number = self._record.next_number
            part = self._scratch / process_file(number)
            started, began = datetime.now(UTC).isoformat(), self._stopwatch.now
            ending = session.measure(number, part, visits)
            if ending.whole and part.exists():
                self._keep(session, part, started, self._stopwatch.now - began)
                return
            self._stopwatch.lose(self._stopwatch.now - began)
            part.unlink(missing_ok=True)
            if ending.culprit is None:
                unexplained += 1
                self._check_disk(ending.failure)
                if unexplained == _UNEXPLAINED:
                    raise SessionEnded(f"process {number} was not finished: {ending.failure.error}")
                continue
            culprit = session.blame(ending.culprit, ending.failure)
            self._record.lost_seconds = self._stopwatch.lost
            self._record.write()
            visits = {cell: count for cell, count in visits.items() if cell != culprit}

    def _check_disk(self, failure: Failure) -> None:
        """Refuse to go on where a process could not write its file."""
        refused = re.search(r"OSError: \[Errno \d+\] ([^:]+)", failure.error)
        if refused is not None:
            raise CannotWrite(f"{self._settings.folder}: cannot be written ({refused[1]})")

    def _keep(self, session: ArmSession, part: Path, started: str, seconds: float) -> None:
        """Keep a process's file, note the process in the record and take in what its rounds say."""
        content = json.loads(part.read_text(encoding="utf-8"))
        part.unlink()
        content["copycost"] |= {"turn": self._progress.turns + 1, "started": started, "seconds": round(seconds, 3)}
        target = self._settings.folder / part.name
        write_json(target, content)
        self._record.processes.append({**entry_of(part.name, content), "arm": session.arm.name})
        self._record.spent_seconds = self._progress.elapsed = self._stopwatch.spent
        self._record.lost_seconds = self._stopwatch.lost
        self._record.wall_seconds = round(self._stopwatch.now - self._began, 3)
        self._record.write()
        self._progress.add(target)
        self._watcher.process_ended(self._progress)
        self._check_interrupt()

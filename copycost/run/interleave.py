"""Interleaving: the order in which processes of all arms are measured, and what is done when one dies."""

from __future__ import annotations

import json
import math
import random
import re
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL
from copycost.catalogue.references import bounded
from copycost.errors import UsageError
from copycost.run.arm_session import ArmSession, Prepared, Watcher, most_visits
from copycost.run.clock_reference import set_references
from copycost.run.failures import Failure
from copycost.run.progress import ANALYSIS, Progress
from copycost.run.record import Record, entry_of, process_file, visits_of
from copycost.run.schedule import Schedule, Stopwatch
from copycost.run.session import OpenSession, SessionEnded
from copycost.run.supervision import Ending
from copycost.store.json_file import read_json
from copycost.store.writing import DISK, CannotWrite, write_json

#: A process that fails without a cell to blame is measured again so often.
_UNEXPLAINED = 2

#: So many sessions at the most are kept waiting for their turns, at some 150 MiB each.
_MOST_WAITING = 12

#: Beyond this multiple of the budget, no turn of a pass is begun.
_MOST_OVERRUN = 1.1

#: What failures cost beyond this is the budget's, once every session has measured: with the turn that is under way
#: then, a run ends within ten seconds of its budget.
_MOST_LOST = 8.0

#: Estimates that are only told take at most this share of the time.
_TELLING = 0.02

_LEAST_SLOWNESS = 0.5


class Interleave:
    """Measures one run: in every turn one process of each arm, so that whatever drifts meets all arms alike.

    A turn is made at one address layout, by the arms' sessions there; a pass has one turn at each, in random order.
    """

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
        self._lost_before = record.lost_seconds
        self._began = clock() - (record.wall_seconds or 0.0)
        self._progress = Progress(self._settings)
        self._budget = self._settings.budget
        self._slowness: list[float] = []
        self._waits: list[float] = []
        self._waited = 0.0
        self._preparing = 0.0
        self._estimated, self._estimating = -math.inf, 0.0
        self._bounds: dict[str, set[str]] = {}
        found = {arm: Prepared() for arm in self._settings.arms}
        rounds: dict[str, tuple[int, int]] = {}
        self._sessions = [
            [
                ArmSession(
                    arm,
                    layout,
                    found[arm],
                    rounds,
                    record,
                    self._stopwatch,
                    watcher,
                    scratch,
                    open_session,
                    self._meanwhile,
                )
                for arm in self._settings.arms
            ]
            for layout in self._settings.layouts
        ]
        self._turns = [0] * len(self._sessions)
        self._stay = self._settings.forks and len(self._settings.layouts) * len(found) <= _MOST_WAITING

    def measure(self) -> None:
        """Measure pass after pass, until the schedule is done."""
        try:
            self._prepare()
            for entry in self._record.processes:
                self._progress.add(self._settings.folder / entry["file"])
            self._finish_turn()
            self._progress.estimate()
            while visits := self._next_pass():
                for place in self._places():
                    if not self._may_go_on(visits):
                        break
                    self._measure_turn(place, visits)
                    self._end_if_interrupted()
        finally:
            for session in (session for sessions in self._sessions for session in sessions):
                session.close()
            set_references(self._record, self._progress.clocks)

    def _end_if_interrupted(self) -> None:
        """Let Ctrl-C end the run, unless everything is measured: then the run is complete."""
        try:
            self._check_interrupt()
        except KeyboardInterrupt:
            if self._next_pass():
                raise

    def _meanwhile(self) -> None:
        """Show that time goes by, and let Ctrl-C end the run."""
        self._progress.elapsed = self._stopwatch.spent
        self._watcher.waited(self._progress)
        self._check_interrupt()

    def _prepare(self) -> None:
        """Start the sessions, have the first of each arm prepare its cells, and see whether the budget will do."""
        began = self._stopwatch.spent
        waiting = self._sessions if self._stay else self._sessions[:1]
        for session in (session for sessions in waiting for session in sessions):
            session.start()  # all import at the same time, while nothing is timed
        import_module(ANALYSIS)  # and so does the runner
        for session in (session for sessions in waiting for session in sessions):
            session.open()
        if not self._stay:
            self._close(self._sessions[0])
        self._bounds = self._find_bounds()
        self._preparing = self._stopwatch.spent - began
        if self._record.processes:  # the budget has paid for preparing already
            self._stopwatch.lose(self._preparing)
            self._lost_before = self._stopwatch.lost
            return
        least = self._schedule().least_budget(len(self._sessions), self._stopwatch.spent)
        if least > self._budget:
            if not self._settings.stretches:
                cells = len(self._settings.cells)
                raise UsageError(
                    f"budget {self._budget:.3g}s is too small for one visit of each of {cells} cells in each of "
                    f"{len(self._sessions)} sessions; the smallest that works is {least}s"
                )
            self._budget = self._progress.budget = least

    def _finish_turn(self) -> None:
        """Measure the arms that an interrupted turn has left out, with the visits of one that was measured."""
        entries, count = self._record.processes, len(self._settings.arms)
        for number, entry in enumerate(entries):
            entry["turn"] = entry.get("turn") or number // count + 1
        last = max((entry["turn"] for entry in entries), default=0)
        layouts = self._settings.layouts
        for turn in {entry["turn"]: entry for entry in entries}.values():
            if turn.get("address_layout") in layouts and turn["address_layout"] is not None:
                self._turns[layouts.index(turn["address_layout"])] += 1
        files = {entry["arm"]: entry["file"] for entry in entries if entry["turn"] == last}
        layout = next((entry.get("address_layout") for entry in entries if entry["turn"] == last), None)
        sessions = self._sessions[layouts.index(layout) if layout in layouts else 0]
        done = [session for session in sessions if session.arm.name in files]
        self._progress.turns = max(0, last - 1)
        if 0 < len(done) < count:
            arm = done[0].arm
            content: Any = read_json(self._settings.folder / files[arm.name])
            ids = {arm.cell(cell).id: cell.id for cell in self._settings.cells}
            visits = {ids[cell]: count for cell, count in visits_of(content).items() if cell in ids}
            for session in sessions:
                if session not in done:
                    self._measure_process(session, visits)
        self._progress.turns = last

    def _schedule(self) -> Schedule:
        sessions = self._sessions[0]
        prices = [session.working for session in sessions]
        of_cells = {cell.id: [price[cell.id] for price in prices if cell.id in price] for cell in self._settings.cells}
        return Schedule(
            visit_seconds={cell: sum(seconds) for cell, seconds in of_cells.items() if seconds},
            precision=self._settings.precision,
            budget=self._budget,
            most_visits=most_visits(len(self._settings.cells)),
            most_turns=self._settings.processes,
            start_seconds=0.0 if self._stay else self._preparing / len(sessions),
            arms=len(sessions),
            slowness=statistics.median(self._slowness) if self._slowness else 1.0,
            waiting=statistics.median(self._waits) if self._waits else 0.0,
            bounds=self._bounds,
        )

    def _find_bounds(self) -> dict[str, set[str]]:
        """Return which of the cells that were asked for each reference bounds: all the empty call, copies the others.

        A conversion that was seen to share memory moves no bytes, whatever is documented, and nothing bounds it.
        """
        references = [cell for cell in self._settings.cells if cell.direction == EMPTY_CALL.direction]
        asked = [cell for cell in self._settings.cells if cell.direction != EMPTY_CALL.direction]
        copying = set().union(*(session.copying for session in self._sessions[0]))
        copies = [cell for cell in asked if cell.id in copying]
        found = bounded([cell for cell in references if cell.size], copies)  # what has no size bounds all
        return {cell.id: {other.id for other in found.get(cell, asked)} for cell in references}

    def _next_pass(self) -> dict[str, int]:
        return self._schedule().next_pass(
            self._progress.half_widths,
            passes=min(self._turns),
            turns=len(self._places()),
            made=self._progress.turns,
            elapsed=self._elapsed,
        )

    @property
    def _elapsed(self) -> float:
        """Return how much of the budget is gone: what is spent, and what failures have cost beyond what they may."""
        beyond = max(0.0, self._stopwatch.lost - self._lost_before - _MOST_LOST)
        return self._stopwatch.spent + (beyond if min(self._turns) else 0.0)

    def _places(self) -> list[int]:
        """Return which layouts' turns the pass has yet to make, in random order."""
        left = [place for place, turns in enumerate(self._turns) if turns == min(self._turns)]
        return random.sample(left, len(left))

    def _may_go_on(self, visits: Mapping[str, int]) -> bool:
        """Return whether one more turn is allowed, and not far beyond the budget where turns took unforeseen long.

        Where the budget was not typed, every session makes its first process whatever that takes.
        """
        most = self._settings.processes
        if self._settings.stretches and min(self._turns) == 0:
            return most is None or self._progress.turns < most
        late = self._elapsed + self._schedule().turn_seconds(visits) > _MOST_OVERRUN * self._budget
        return not late and (most is None or self._progress.turns < most)

    def _measure_turn(self, place: int, visits: Mapping[str, int]) -> None:
        """Measure one process of each arm at one layout, the arms in random order."""
        sessions, planned, began, waited = self._sessions[place], self._schedule(), self._stopwatch.spent, self._waited
        waiting = planned.waiting_seconds(visits, len(self._places()), self._elapsed)
        for session in random.sample(sessions, len(sessions)):
            self._measure_process(session, visits, waiting)
        if not self._stay:
            self._close(sessions)
        self._progress.turns += 1
        self._turns[place] += 1
        waited = self._waited - waited
        foretold = planned.working_seconds(visits) / planned.slowness
        worked = self._stopwatch.spent - began - waited - planned.arms * planned.start_seconds
        self._slowness.append(max(worked / foretold, _LEAST_SLOWNESS))
        self._waits.append(waited / (self._slowness[-1] * foretold))

    @staticmethod
    def _close(sessions: list[ArmSession]) -> None:
        for session in sessions:
            session.close()

    def _measure_process(self, session: ArmSession, visits: Mapping[str, int], waiting: float = 0.0) -> None:
        """Measure one process of an arm; again without the cell that ended the process, in a fresh one."""
        unexplained = 0
        while visits := session.begin(visits):
            number = self._record.next_number
            part = self._scratch / process_file(number)
            started, began = datetime.now(UTC).isoformat(), self._stopwatch.now
            ending = session.measure(number, part, visits, waiting)
            content = _content(part) if ending.whole else None
            if content is not None:
                self._keep(session, part, content, started, self._stopwatch.now - began)
                return
            self._stopwatch.lose(self._stopwatch.now - began)
            part.unlink(missing_ok=True)
            if self._try_apart(session, visits, ending):
                continue
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

    def _try_apart(self, session: ArmSession, visits: Mapping[str, int], ending: Ending) -> bool:
        """Try a user's conversions each in a process of its own after an ending that says not for sure who is to blame.

        What a conversion does to its process, its files and limits say, may end it in another cell's visit, or when
        all visits were made; a process whose session is killed dies some visits later. Return whether one was found
        that ends its process without the others too; it is given up.
        """
        users = self._settings.user_conversions
        of_user = {cell.id: cell.conversion for cell in self._settings.cells if cell.conversion in users}
        suspects = sorted({of_user[cell] for cell in visits if cell in of_user})
        if session.run_id(ending.culprit) in of_user and (ending.session_lives or len(suspects) == 1):
            return False
        found = False
        for conversion in suspects:
            own = session.begin({cell: count for cell, count in visits.items() if of_user.get(cell) == conversion})
            if not own:
                continue
            part, began = self._scratch / "apart.json", self._stopwatch.now
            alone = session.measure(self._record.next_number, part, own)
            self._stopwatch.lose(self._stopwatch.now - began)
            if not (alone.whole and _content(part) is not None):
                found = True
                for cell in own:
                    session.give_up(cell, alone.failure)
            part.unlink(missing_ok=True)
        return found

    def _check_disk(self, failure: Failure) -> None:
        """Refuse to go on where the disk let a process not write its file."""
        refused = re.search(r"OSError: \[Errno (\d+)\] ([^:]+)", failure.error)
        if refused is not None and int(refused[1]) in DISK:
            raise CannotWrite(f"{self._settings.folder}: cannot be written ({refused[2]})")

    def _keep(self, session: ArmSession, part: Path, content: dict[str, Any], started: str, seconds: float) -> None:
        """Keep what is in a process's file, note the process in the record and take in what its rounds say."""
        part.unlink()
        session.found.saw(content["copycost"].get("level"))
        self._waited += content["copycost"].get("waited", 0.0)
        content["copycost"] |= {"turn": self._progress.turns + 1, "started": started, "seconds": round(seconds, 3)}
        content["copycost"] |= {"session": session.number, "address_layout": session.layout}
        target = self._settings.folder / part.name
        write_json(target, content)
        self._record.processes.append({**entry_of(part.name, content), "arm": session.arm.name})
        self._record.spent_seconds = self._progress.elapsed = self._stopwatch.spent
        self._record.lost_seconds = self._stopwatch.lost
        self._record.wall_seconds = round(self._stopwatch.now - self._began, 3)
        self._record.write()
        self._progress.add(target)
        # A pass is planned by what is known at its end; in its midst that is told, for a small share of the time.
        began = self._stopwatch.now
        if len(self._places()) == 1 or began - self._estimated >= self._estimating / _TELLING:
            self._progress.estimate()
            self._estimated = self._stopwatch.now
            self._estimating = self._estimated - began
        self._watcher.process_ended(self._progress)


def _content(part: Path) -> dict[str, Any] | None:
    """Return what a process has written; None where it has not, or something else has written there as well."""
    try:
        content = json.loads(part.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("copycost"), dict) else None

"""The sessions of a run, one for every arm: started, prepared, and started again when one dies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from copycost.catalogue.cell import Cell
from copycost.errors import UsageError
from copycost.measure.plan import MeasurePlan
from copycost.run.arms import BASE, Arm, interpreter
from copycost.run.failures import EXCEPTION, Failure, Failures, told
from copycost.run.measuring_session import Event, MeasuringSession, SessionEnded, Start
from copycost.run.preparation import Preparation, SessionDied
from copycost.run.record import Record
from copycost.run.settings import Settings
from copycost.run.stopwatch import Stopwatch

MOST_VISITS = 8

OpenSession = Callable[[Start, Path], MeasuringSession]


class Prepared(Protocol):
    """Whoever is told that a cell is prepared."""

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """A cell's source is made, its result checked."""


class Sessions:
    """Opens sessions; use it as a context manager, so that none outlives the run.

    Args:
        record: is told the conditions of every session, and what could not be measured.
        scratch: a folder for the plans.
        meanwhile: called while nothing else happens.

    `prices` (seconds of a visit) and `calibrations` have what preparing found out, by arm and by the arm's own
    cell ids.
    """

    def __init__(
        self,
        record: Record,
        failures: Failures,
        stopwatch: Stopwatch,
        watcher: Prepared,
        scratch: Path,
        open_session: OpenSession,
        meanwhile: Callable[[], None],
    ) -> None:
        """Open nothing yet."""
        self._settings: Settings = record.settings
        self._record = record
        self._failures = failures
        self._stopwatch = stopwatch
        self._watcher = watcher
        self._scratch = scratch
        self._open_session = open_session
        self._meanwhile = meanwhile
        self._open: dict[Arm, MeasuringSession] = {}
        self._own = self._settings.own_conversions
        self._on_trial = set(self._own)
        self.prices: dict[str, dict[str, float]] = {}
        self.calibrations: dict[str, dict[str, dict[str, Any]]] = {}

    def __enter__(self) -> Sessions:
        """Return the sessions."""
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """End every session."""
        self.close_all()

    def of(self, arm: Arm) -> MeasuringSession:
        """Return an arm's prepared session, started now where there is none.

        Raises:
            UsageError: it cannot start, or none of its cells can be measured.
        """
        while arm not in self._open:
            self._prepare(arm)
        return self._open[arm]

    def close(self, arm: Arm) -> None:
        """End an arm's session, if it has one."""
        if arm in self._open:
            self._open.pop(arm).close()

    def close_all(self) -> None:
        """End every session."""
        for arm in tuple(self._open):
            self.close(arm)

    def cells(self, arm: Arm) -> dict[str, Cell]:
        """Return the run's cells by the arm's own ids, without those that it has given up."""
        return {arm.cell(cell).id: cell for cell in self._settings.cells if not self._failures.given_up(arm, cell)}

    def working(self, arm: Arm) -> dict[str, float]:
        """Return the seconds of a visit of each cell that works in an arm, by the arm's own ids."""
        cells = self.cells(arm)
        return {cell: seconds for cell, seconds in self.prices[arm.name].items() if cell in cells}

    def note(self, arm: Arm, event: Event, final: bool = False) -> None:
        """Keep what could not be measured, with the reason."""
        if event["event"] not in ("skipped", "failed"):
            return
        cell = self._cell(arm, event["cell"])
        if event["event"] == "failed":
            self._failures.add(arm, cell, told(event), final)
        elif cell.conversion in self._own:  # it was given to be measured, a library's refusal is no excuse
            self._failures.add(arm, cell, Failure(EXCEPTION, event["reason"]), final)
        else:
            entry = {**cell.as_dict(), "arm": arm.name, "reason": event["reason"]}
            if entry not in self._record.skipped:
                self._record.skipped.append(entry)

    def blame(self, arm: Arm, cell_id: str, failure: Failure, final: bool = False) -> None:
        """Count a failure that has ended a process; the cell's conversion is on trial from now on."""
        cell = self._cell(arm, cell_id)
        self._failures.add(arm, cell, failure, final)
        self._failures.give_up_hanging(arm, self._settings.cells)
        self._on_trial.add(cell.conversion)

    def _prepare(self, arm: Arm) -> None:
        """Start an arm's session and keep it when it is ready, unless it dies of one of its cells."""
        began, again = self._stopwatch.now, arm.name in self.prices
        session = self._open_session(self._start(arm), self._plan_file(arm))
        preparation = Preparation(session, self._settings.visit_timeout, self._meanwhile)
        try:
            self._listen(arm, preparation)
        except SessionDied as death:
            session.close()
            self.blame(arm, death.cell_id, death.failure)
            self._stopwatch.lose(self._stopwatch.now - began)
            return
        except SessionEnded as error:
            session.close()
            raise UsageError(f"measuring cannot start{_of(arm)}: {error}") from error
        except BaseException:
            session.close()
            raise
        # A session that others died of is not the budget's affair; one that measures a single process is.
        unplanned = again and self._settings.forks
        self._stopwatch.lose(self._stopwatch.now - began if unplanned else preparation.lost)
        self._open[arm] = session
        self._check_that_something_works(arm)

    def _listen(self, arm: Arm, preparation: Preparation) -> None:
        prices: dict[str, float] = {}
        calibrations: dict[str, dict[str, Any]] = {}
        for event, crash in preparation.events():
            if crash is not None:
                self.blame(arm, event["cell"], crash, final=True)
            elif event["event"] == "prepared":
                prices[event["cell"]] = event["seconds"]
                calibrations[event["cell"]] = event["calibration"]
                self._watcher.prepared(event["cell"], len(prices), len(self._settings.cells))
            elif event["event"] == "ready":
                self._record.keep_conditions(arm, event["machine"], event["protocol"])
            else:
                self.note(arm, event, final=True)
        self.prices[arm.name], self.calibrations[arm.name] = prices, calibrations

    def _start(self, arm: Arm) -> Start:
        fixed_layout = self._settings.address_layout == "fixed"
        return Start(interpreter(arm), dict(arm.environment), fixed_layout, self._settings.forks)

    def _plan_file(self, arm: Arm) -> Path:
        plan = MeasurePlan(
            tuple(arm.cell(cell) for cell in self.cells(arm).values()),
            self._settings.protocol,
            self._settings.conversions_file,
            run=self._settings.name,
            arm=arm.name,
            visits=MOST_VISITS,
            known={} if self._settings.forks else self.calibrations.get(arm.name, {}),
            on_trial=tuple(sorted(self._on_trial)),
            memory_limit=self._settings.memory_limit,
            with_hostname=self._settings.with_hostname,
        )
        # By number: some file systems would take the names of two arms for one.
        file = self._scratch / f"plan-{self._settings.arms.index(arm) + 1}.json"
        plan.write(file)
        return file

    def _cell(self, arm: Arm, cell_id: str) -> Cell:
        return next(cell for cell in self._settings.cells if arm.cell(cell).id == cell_id)

    def _check_that_something_works(self, arm: Arm) -> None:
        grid = {arm.cell(cell).id for cell in self._settings.cells if cell.direction != "reference"}
        if grid & set(self.prices[arm.name]) or self._record.processes:
            return
        kept = [*self._record.skipped, *self._record.failed]
        reasons = "; ".join(sorted({str(entry.get("reason") or entry["error"]) for entry in kept})[:3])
        raise UsageError(f"no cell of this grid can be measured{_of(arm)}: {reasons or 'all failed'}")


def _of(arm: Arm) -> str:
    return "" if arm == BASE else f" in arm {arm.name!r}"

"""Counting beside timing: when an arm's times are known, its calls are counted once under valgrind's callgrind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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

TOOL = "callgrind"

_KEYS = ("instructions", "failed")

#: Each counting process that a cell has ended costs the time to import torch once more.
_TRIES = 3

#: A cell may take so many times as long as a visit: everything is 50 to 100 times slower under callgrind, but a visit
#: takes a small part of what it may.
_SLOWNESS = 20

#: The layout at which calls are counted; at another, addresses differ and with them some branches.
_LAYOUT = 1


@dataclass(frozen=True)
class CountingStart(Start):
    """The conditions of a counting process: those of a session, with callgrind in front of the interpreter."""

    def _program(self, plan_file: Path) -> list[str]:
        file = plan_file.with_suffix(f".{TOOL}")
        tool = [
            "valgrind",
            f"--tool={TOOL}",
            "-q",
            "--instr-atstart=no",
            "--collect-atstart=no",
            f"--callgrind-out-file={file}",
        ]
        return [*tool, self.python, safe_path.__file__, "copycost.measure.counting", str(plan_file), str(file)]


@dataclass(eq=False)
class Counting:
    """Counts the calls of every arm of a run into its record.

    Args:
        record: of the run; gets ``counts`` by arm.
        watcher: told what was counted.
        scratch: a folder for plans and callgrind's files.
        open_session: starts a process.
        meanwhile: called while nothing else happens.
    """

    record: Record
    watcher: Watcher
    scratch: Path
    open_session: OpenSession
    meanwhile: Callable[[], object]
    _done: int = 0

    def count(self) -> None:
        """Count what was not counted before; a cell that ends its process is left out, and said to be."""
        for arm in self.record.settings.arms:
            found = self.record.counts.setdefault(arm.name, {"by": TOOL, "instructions": {}, "failed": {}})
            for _ in range(_TRIES):
                left = [cell for cell in self._cells(arm) if not any(cell.id in found[key] for key in _KEYS)]
                if not left:
                    break
                self._count(arm, left, found)
            self.record.write()

    @cached_property
    def _planned(self) -> int:
        return sum(len(self._cells(arm)) for arm in self.record.settings.arms)

    def _cells(self, arm: Arm) -> list[Cell]:
        """Return the cells of an arm that can be counted: warm ones of one thread that were not given up."""
        failures = self.record.failures
        skipped = {(entry["arm"], Cell.from_dict(entry).id) for entry in self.record.skipped}
        return [
            there
            for cell in self.record.settings.cells
            if not failures.given_up(arm, cell) and (arm.name, cell.id) not in skipped
            if (there := arm.cell(cell)).direction != EMPTY_CALL.direction
            if there.threads == 1 and there.cache == "warm"
        ]

    def _count(self, arm: Arm, cells: list[Cell], found: dict[str, Any]) -> None:
        """Count cells in one process, as far as it comes."""
        plan_file = self.scratch / f"counting-{self.record.settings.arms.index(arm) + 1}.json"
        layout = None if None in self.record.settings.layouts else _LAYOUT
        MeasurePlan(
            tuple(cells),
            self.record.settings.protocol,
            self.record.settings.conversions_file,
            run=self.record.settings.name,
            arm=arm.name,
            address_layout=layout,
        ).write(plan_file)
        start = CountingStart(interpreter(arm), dict(arm.environment), layout)
        with self.open_session(start, plan_file) as session:
            supervision = Supervision(session, _SLOWNESS * self.record.settings.visit_timeout, self.meanwhile)
            try:
                for _ in supervision.events("started", START_SECONDS):
                    pass
                for event in supervision.events("ready"):
                    self._note(event, found)
            except SessionEnded as error:
                reason = supervision.failure(error.status).error
                for cell in [supervision.cell] if supervision.cell else [cell.id for cell in cells]:
                    found["failed"][cell] = self._told(reason)

    def _note(self, event: Mapping[str, Any], found: dict[str, Any]) -> None:
        if event["event"] == "counted":
            found["instructions"][event["cell"]] = event["instructions"]
        elif event["event"] == "failed":
            found["failed"][event["cell"]] = self._told(event["error"])
        else:
            return
        self._done += 1
        self.watcher.counted(event["cell"], self._done, self._planned)

    def _told(self, reason: str) -> str:
        return reason if self.record.settings.with_hostname else redacted(reason)


def uncounted_lines(counts: Mapping[str, Mapping[str, Any]], what: str = "not counted") -> list[str]:
    """Return a line for each arm and reason why cells could not be counted.

    Args:
        counts: of a record, by arm; first calls have the same form.
        what: how a line begins.
    """
    lines = []
    for arm, found in counts.items():
        reasons: dict[str, list[str]] = {}
        for cell, reason in found["failed"].items():
            reasons.setdefault(reason, []).append(cell)
        where = f" in arm {arm}" if len(counts) > 1 else ""
        lines += [f"{what}{where}: {_some(cells)}: {reason}" for reason, cells in reasons.items()]
    return lines


def _some(cells: list[str]) -> str:
    return cells[0] + (f" and {len(cells) - 1} more" if len(cells) > 1 else "")

"""First calls: when an arm's times are known, each conversion is called once in fresh processes of its own."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.measure import safe_path
from copycost.run.arms import Arm, interpreter
from copycost.run.beside import Beside
from copycost.run.session import Start

#: Fresh processes of each conversion, at the run's address layouts in turn. Each imports torch first.
_PROCESSES = 5


@dataclass(frozen=True)
class FirstCallStart(Start):
    """The conditions of a process that makes one call: those of a session, without pytest."""

    def _program(self, plan_file: Path) -> list[str]:
        return [self.python, safe_path.__file__, "copycost.measure.first_call", str(plan_file)]


@dataclass(eq=False)
class FirstCalls(Beside):
    """Times the first calls of every arm of a run into its record, which gets ``first_calls`` by arm."""

    def time(self) -> None:
        """Time what was not timed before; a conversion that ends its process is left out, and said to be."""
        arms = self.record.settings.arms
        cells = {arm.name: smallest_of_each(self.cells(arm)) for arm in arms}
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

    def _time(self, arm: Arm, cell: Cell, number: int, found: dict[str, Any]) -> None:
        """Time one first call in one process."""
        layouts = self.record.settings.layouts
        layout = layouts[number % len(layouts)]
        start = FirstCallStart(interpreter(arm), dict(arm.environment), layout, node=arm.numa)
        for event in self.heard(arm, [cell], start, "first-call.json"):
            if event["event"] == "called":
                found["seconds"].setdefault(cell.id, []).append(float(f"{event['seconds']:.6g}"))
            elif event["event"] == "failed":
                found["failed"][cell.id] = event["error"]


def smallest_of_each(cells: Iterable[Cell]) -> list[Cell]:
    """Return of each conversion the cell of the fewest threads and bytes."""
    found: dict[str, Cell] = {}
    for cell in cells:
        before = found.setdefault(cell.conversion, cell)
        found[cell.conversion] = min(before, cell, key=lambda each: (each.threads, each.bytes))
    return list(found.values())

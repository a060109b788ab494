"""Counting beside timing: when an arm's times are known, its calls are counted once under valgrind's callgrind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.measure import safe_path
from copycost.run.arms import Arm, interpreter
from copycost.run.beside import Beside
from copycost.run.session import Start

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
class Counting(Beside):
    """Counts the calls of every arm of a run into its record, which gets ``counts`` by arm."""

    _done: int = 0

    def count(self) -> None:
        """Count what was not counted before; a cell that ends its process is left out, and said to be."""
        for arm in self.record.settings.arms:
            found = self.record.counts.setdefault(arm.name, {"by": TOOL, "instructions": {}, "failed": {}})
            for _ in range(_TRIES):
                left = [cell for cell in self._counted(arm) if not any(cell.id in found[key] for key in _KEYS)]
                if not left:
                    break
                self._count(arm, left, found)
            self.record.write()

    @cached_property
    def _planned(self) -> int:
        return sum(len(self._counted(arm)) for arm in self.record.settings.arms)

    def _counted(self, arm: Arm) -> list[Cell]:
        """Return the cells of an arm that can be counted: those of one thread."""
        return [cell for cell in self.cells(arm) if cell.threads == 1]

    def _count(self, arm: Arm, cells: list[Cell], found: dict[str, Any]) -> None:
        """Count cells in one process, as far as it comes."""
        file = f"counting-{self.record.settings.arms.index(arm) + 1}.json"
        layout = None if None in self.record.settings.layouts else _LAYOUT
        start = CountingStart(interpreter(arm), dict(arm.environment), layout)
        for event in self.heard(arm, cells, start, file, _SLOWNESS):
            if event["event"] == "counted":
                found["instructions"][event["cell"]] = event["instructions"]
            elif event["event"] == "failed":
                found["failed"][event["cell"]] = event["error"]
            else:
                continue
            self._done += 1
            self.watcher.counted(event["cell"], self._done, self._planned)


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

"""Failures: what cells did to their processes, how often, and when a cell is given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.run.arms import BASE, Arm
from copycost.run.privacy import redacted
from copycost.run.session import Event, how_it_ended

#: A cell that has failed so often is given up; by chance, none fails twice.
TRIES = 2

#: A conversion of which so many cells have hung is given up altogether: each of them costs a whole time-out.
_HANGING_CELLS = 3

TIME_OUT, MEMORY, SIGNAL, EXIT, EXCEPTION = "time-out", "memory", "signal", "exit", "exception"


@dataclass(frozen=True)
class Failure:
    """The failure of a cell: its cause (such as ``signal``), the error on one line, the last lines of a traceback."""

    cause: str
    error: str
    lines: tuple[str, ...] = ()

    @classmethod
    def ended(cls, status: int, last_line: str) -> Failure:
        """Return the failure of a cell whose process ended, with an exit status or minus a signal's number."""
        error = f"its process {how_it_ended(status)}" + (f": {last_line}" if last_line else "")
        return cls(SIGNAL if status < 0 else EXIT, error)

    @classmethod
    def hung(cls, seconds: float) -> Failure:
        """Return the failure of a cell that did not answer within the time allowed."""
        return cls(TIME_OUT, f"no answer within {seconds:.4g} s")

    @classmethod
    def reported(cls, event: Event) -> Failure:
        """Return the failure that a process reports in an event of its own."""
        cause, error = event.get("kind", EXCEPTION), event["error"].rstrip(": ")
        return cls(cause, f"out of memory: {error}" if cause == MEMORY else error, tuple(event.get("lines", ())))


class Failures:
    """Keeps one entry of run.json for each cell and arm that failed, with the number of tries.

    Args:
        entries: run.json's list, which grows here.
        plain: whether names and folders may stay in the errors.
    """

    def __init__(self, entries: list[dict[str, Any]], plain: bool = False) -> None:
        """Begin with what earlier parts of the run have kept."""
        self._entries = entries
        self._tidy: Callable[[str], str] = str if plain else redacted

    def add(self, arm: Arm, cell: Cell, failure: Failure, final: bool = False) -> None:
        """Count one more failure of a cell; a `final` one gives the cell up at once."""
        entry = self._entry(arm, cell)
        if entry is None:
            entry = {**cell.as_dict(), "cell": cell.id, "arm": arm.name, "tries": 0, "given_up": False}
            self._entries.append(entry)
        entry["kind"], entry["error"] = failure.cause, self._tidy(failure.error)
        entry["lines"] = [self._tidy(line) for line in failure.lines]
        entry["tries"] += 1
        entry["given_up"] = final or failure.cause == TIME_OUT or entry["tries"] >= TRIES

    def given_up(self, arm: Arm, cell: Cell) -> bool:
        """Return whether a cell is not to be tried again in an arm."""
        entry = self._entry(arm, cell)
        return entry is not None and bool(entry["given_up"])

    def give_up_hanging(self, arm: Arm, cells: tuple[Cell, ...]) -> None:
        """Give up what is left of every conversion that has hung in several cells."""
        hanging: dict[str, int] = {}
        for entry in self._entries:
            if entry.get("kind") == TIME_OUT and entry["arm"] == arm.name and entry["tries"]:
                hanging[entry["conversion"]] = hanging.get(entry["conversion"], 0) + 1
        for cell in cells:
            count = hanging.get(cell.conversion, 0)
            if count >= _HANGING_CELLS and not self.given_up(arm, cell):
                self.add(arm, cell, Failure(TIME_OUT, f"not tried again: {cell.conversion} hung in {count} cells"))

    @property
    def dangerous(self) -> frozenset[str]:
        """Return the conversions that have ended a process in any arm."""
        causes = (SIGNAL, EXIT, TIME_OUT, MEMORY)
        return frozenset(entry["conversion"] for entry in self._entries if entry.get("kind") in causes)

    def _entry(self, arm: Arm, cell: Cell) -> dict[str, Any] | None:
        key = {**cell.as_dict(), "arm": arm.name}
        for entry in self._entries:
            if all(entry.get(name) == value for name, value in key.items()):
                return entry
        return None


def failure_lines(failed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines about a record's `failed` cells, one for each conversion, arm and cause."""
    cells: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in failed:
        key = (entry.get("conversion", "the run"), entry.get("arm", BASE.name), entry.get("kind", ""))
        cells.setdefault(key, []).append(entry)
    lines = []
    for (conversion, arm, _), entries in cells.items():
        where = "" if arm == BASE.name else f" in arm {arm}"
        count = f" in {len(entries)} cells" if len(entries) > 1 else ""
        since = "" if any(entry.get("given_up", True) for entry in entries) else " (once, and measured since)"
        lines.append(f"failed: {conversion}{where}{count}: {entries[-1]['error']}{since}")
    return lines

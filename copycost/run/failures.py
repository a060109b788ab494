"""Failures: what conversions did to their processes, how often, and when a cell is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.run.arms import Arm
from copycost.run.measuring_session import Event, how_it_ended
from copycost.run.privacy import redacted

#: A cell that has failed so often is given up; by chance, none fails twice.
TRIES = 2

#: A conversion of which so many cells have hung is given up altogether: each of them costs a whole time-out.
_HANGING_CELLS = 3

TIME_OUT, MEMORY, SIGNAL, EXIT, EXCEPTION = "time-out", "memory", "signal", "exit", "exception"


@dataclass(frozen=True)
class Failure:
    """What happened: its kind, the error on one line, the last lines of a traceback."""

    kind: str
    error: str
    lines: tuple[str, ...] = ()


def ended(status: int, words: str) -> Failure:
    """Return the failure of a cell that ended its process; `status` is minus a signal's number, or an exit status."""
    said = f": {words}" if words else ""
    return Failure(SIGNAL if status < 0 else EXIT, f"its process {how_it_ended(status)}{said}")


def hung(seconds: float) -> Failure:
    """Return the failure of a cell that did not answer within the time allowed."""
    return Failure(TIME_OUT, f"no answer within {seconds:.4g} s")


def told(event: Event) -> Failure:
    """Return the failure that a process has told itself."""
    kind, error = event.get("kind", EXCEPTION), event["error"].rstrip(": ")
    return Failure(kind, f"out of memory: {error}" if kind == MEMORY else error, tuple(event.get("lines", ())))


class Failures:
    """Keeps one entry of run.json for each cell and arm that failed, with the number of tries.

    Args:
        entries: run.json's list, which this adds to.
        plain: whether names and folders may stay in the errors.
    """

    def __init__(self, entries: list[dict[str, Any]], plain: bool = False) -> None:
        """Go on with what earlier parts of the run have found."""
        self._entries = entries
        self._tidy: Callable[[str], str] = str if plain else redacted

    def add(self, arm: Arm, cell: Cell, failure: Failure, final: bool = False) -> None:
        """Count one more failure of a cell; a `final` one gives it up at once."""
        entry = self._entry(arm, cell)
        if entry is None:
            entry = {**cell.as_dict(), "cell": cell.id, "arm": arm.name, "tries": 0, "given_up": False}
            self._entries.append(entry)
        entry["kind"], entry["error"] = failure.kind, self._tidy(failure.error)
        entry["lines"] = [self._tidy(line) for line in failure.lines]
        entry["tries"] += 1
        entry["given_up"] = final or failure.kind == TIME_OUT or entry["tries"] >= TRIES

    def given_up(self, arm: Arm, cell: Cell) -> bool:
        """Say whether a cell is not to be tried again in an arm."""
        entry = self._entry(arm, cell)
        return entry is not None and bool(entry["given_up"])

    def give_up_hanging(self, arm: Arm, cells: tuple[Cell, ...]) -> None:
        """Give up what is left of every conversion that has hung in several cells."""
        hanging: dict[str, int] = {}
        for entry in self._entries:
            if entry.get("kind") == TIME_OUT and entry["arm"] == arm.name and entry["tries"]:
                hanging[entry["conversion"]] = hanging.get(entry["conversion"], 0) + 1
        for cell in cells:
            if hanging.get(cell.conversion, 0) >= _HANGING_CELLS and not self.given_up(arm, cell):
                count = hanging[cell.conversion]
                self.add(arm, cell, Failure(TIME_OUT, f"not tried again: {cell.conversion} hung in {count} cells"))

    def _entry(self, arm: Arm, cell: Cell) -> dict[str, Any] | None:
        key = {**cell.as_dict(), "arm": arm.name}
        for entry in self._entries:
            if all(entry.get(name) == value for name, value in key.items()):
                return entry
        return None

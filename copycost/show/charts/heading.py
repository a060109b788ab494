"""The head of a chart: its title, and a line on the machine, the run and what all cells share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import plain, wrap
from copycost.show.charts.sheet import Sheet

_TITLE, _SUBTITLE = 15.0, 11.0
_MOST_RUNS = 3


@dataclass(frozen=True)
class Heading:
    """The lines at the head of a chart and the room that they take, in CSS pixels."""

    title: tuple[str, ...]
    subtitle: tuple[str, ...]

    @property
    def height(self) -> float:
        """How far down the page the heading reaches."""
        return 8 + 20 * len(self.title) + 16 * len(self.subtitle) + 8

    def draw(self, sheet: Sheet, left: float) -> None:
        """Write the heading at the top of the page."""
        y = 4.0
        for line in self.title:
            y += 20
            sheet.text(left, y, line, _TITLE, sheet.theme.ink, weight="bold")
        for line in self.subtitle:
            y += 16
            sheet.text(left, y + 2, line, _SUBTITLE, sheet.theme.muted)


def heading(title: str, cells: pd.DataFrame, context: Context, room: float) -> Heading:
    """Return the heading of a chart whose lines may be ``room`` CSS pixels wide."""
    # Bold text is about a tenth wider than what wrap() measures.
    titles = wrap(plain(title).split(" "), room * 0.88, _TITLE, joint=" ")
    pieces = [] if context.language_free else facts(cells, context.machine)
    return Heading(tuple(titles), tuple(wrap(pieces, room, _SUBTITLE)))


def facts(cells: pd.DataFrame, machine: Mapping[str, Any] | None) -> list[str]:
    """Return what is true of all the cells: machine, run, versions, conditions they share."""
    known = machine or {}
    machines = list(pd.unique(cells["machine"]))
    runs = [str(run) for run in pd.unique(cells["run"])]
    found: list[str] = []
    if len(machines) == 1:
        found.append(str(known.get("machine") or machines[0]))
    if len(runs) <= _MOST_RUNS:
        found.append(("run " if len(runs) == 1 else "runs ") + ", ".join(runs))
    else:
        found.append(f"{len(runs)} runs")
    for key, label in (("torch", "torch"), ("numpy", "NumPy")):
        if known.get(key):
            found.append(f"{label} {known[key]}")
    for column in ("dtype", "threads", "cache", "layout"):
        values = pd.unique(cells[column])
        if len(values) == 1 and values[0] not in ("", "contiguous", 0):
            found.append(condition(column, values[0]))
    return [piece for piece in map(plain, found) if piece]


def condition(column: str, value: Any) -> str:
    """Return how one condition of a cell reads, such as ``2 threads`` or ``arm hugepages``."""
    if column == "threads":
        if int(value) == 0:
            return "threads unknown"
        return "1 thread" if int(value) == 1 else f"{int(value)} threads"
    if column == "cache":
        return f"{value} cache"
    if column == "arm":
        return f"arm {value}"
    return plain(value)

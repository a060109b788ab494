"""The head of a chart: its title, and a line on the machine, the run and what all cells share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import plain, wrap
from copycost.show.charts.sheet import Sheet
from copycost.units import format_bytes

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


def heading(title: str, about: Sequence[str], context: Context, room: float) -> Heading:
    """Return the heading of a chart whose lines may be ``room`` CSS pixels wide."""
    # Bold text is about a tenth wider than what wrap() measures.
    titles = wrap(plain(title).split(" "), room * 0.88, _TITLE, joint=" ")
    return Heading(tuple(titles), () if context.language_free else tuple(wrap(about, room, _SUBTITLE)))


def facts(cells: pd.DataFrame, context: Context) -> list[str]:
    """Return what is true of all the cells: machine, run, versions, conditions they share."""
    found = list(context.about) if context.about else origin(cells, context.machine or {})
    for column in ("dtype", "threads", "cache", "layout"):
        values = list(pd.unique(cells[column])) if column in cells else []
        if len(values) == 1 and values[0] not in ("", "contiguous", 0):
            found.append(condition(column, values[0]))
    return [piece for piece in map(plain, found) if piece]


def origin(cells: pd.DataFrame, machine: Mapping[str, Any]) -> list[str]:
    """Return where cells are from: machine, runs and versions."""
    machines = list(pd.unique(cells["machine"]))
    runs = [str(run) for run in pd.unique(cells["run"])]
    found: list[str] = []
    if len(machines) == 1:
        found.append(str(machine.get("machine") or machines[0]))
    if len(runs) <= _MOST_RUNS:
        found.append(("run " if len(runs) == 1 else "runs ") + ", ".join(runs))
    else:
        found.append(f"{len(runs)} runs")
    for key, label in (("torch", "torch"), ("numpy", "NumPy")):
        if machine.get(key):
            found.append(f"{label} {machine[key]}")
    return found


def condition(column: str, value: Any) -> str:
    """Return how one condition of a cell reads, such as ``2 threads`` or ``arm hugepages``."""
    if column == "threads":
        if int(value) == 0:
            return "threads unknown"
        return "1 thread" if int(value) == 1 else f"{int(value)} threads"
    if column == "cache":
        return f"{value} cache"
    if column == "bytes":
        return format_bytes(float(value))
    if column == "arm":
        return f"arm {value}"
    return plain(value)

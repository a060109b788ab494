"""Panels: points split by the conditions that vary between them, and the conditions that all share, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.analyse.device import WAYS
from copycost.show.charts.chart import Context
from copycost.show.charts.labels import plain
from copycost.show.quantities import CONDITIONS, DIRECTIONS, direction_words
from copycost.units import format_bytes

# More lines than this in one panel are split by direction, where there is more than one.
_MANY_LINES = 8
_MOST_RUNS = 3
_FIRST = {"direction": tuple(DIRECTIONS), "cache": ("warm", "cold")}
"""Values of conditions in the order in which people name them."""


@dataclass(frozen=True)
class Panel:
    """The points that share one plot, titled with the conditions that tell them from other panels."""

    title: str
    points: pd.DataFrame


def split(
    points: pd.DataFrame,
    extra: tuple[str, ...] = (),
    most: int = 12,
    by: Sequence[str] = CONDITIONS,
    order: Iterable[str] = (),
) -> tuple[list[Panel], int]:
    """Return panels, one for each combination of conditions that vary, and how many are left out.

    ``extra`` names further columns that are always kept apart, ``by`` those that are where they vary; ``order`` is
    that of conversions.
    """
    columns = [column for column in by if points[column].nunique(dropna=False) > 1]
    if "machine" in columns and points.groupby("run")["machine"].nunique().max() == 1:
        columns.remove("machine")
    line = "line" if "line" in points else "conversion"
    many = not extra and "direction" in points and points[line].nunique() > _MANY_LINES
    many = many or ("direction" in points and bool(points["direction"].isin(WAYS).any()))  # two figures of a call
    if many and points["direction"].nunique() > 1:
        columns.insert(0, "direction")
    columns = [*extra, *columns]
    if not columns:
        return [Panel("", points)], 0
    panels, ordered = [], tuple(order)
    groups = sorted(points.groupby(columns, dropna=False), key=lambda group: _rank(columns, group[0], ordered))
    for values, group in groups:
        parts = [condition(column, value) for column, value in zip(columns, values, strict=True)]
        panels.append(Panel(" · ".join(part for part in parts if part), group))
    return panels[:most], max(0, len(panels) - most)


def not_shown(omitted: int, what: str = "run") -> list[str]:
    """Return a note on panels that are left out; none where all are shown."""
    return [f"{omitted} more panels are not shown: narrow the {what} down to see them"] if omitted else []


def _rank(columns: list[str], values: tuple[Any, ...], order: Sequence[str]) -> list[tuple[int, Any]]:
    """Return the place of a panel: conditions as people name them, conversions by ``order``, all else by its value."""
    first = {**_FIRST, "conversion": order}
    return [
        (first[column].index(value) if value in first.get(column, ()) else len(first.get(column, ())), value)
        for column, value in zip(columns, values, strict=True)
    ]


def facts(cells: pd.DataFrame, context: Context) -> list[str]:
    """Return the facts that hold for all the cells: machine, run, versions, conditions they share."""
    pieces = list(context.about) if context.about else origin(cells, context.machine or {})
    if "direction" in cells and cells["direction"].nunique() == 1 and cells["direction"].isin(WAYS).any():
        pieces.append(direction_words(cells["direction"].iloc[0]))  # of a call's two figures no title says which
    for column in ("dtype", "threads", "cache", "layout"):
        values = list(pd.unique(cells[column])) if column in cells else []
        if len(values) == 1 and values[0] not in ("", "contiguous", 0):
            pieces.append(condition(column, values[0]))
    return [piece for piece in map(plain, pieces) if piece]


def origin(cells: pd.DataFrame, machine: Mapping[str, Any]) -> list[str]:
    """Return where cells are from: machine, runs and versions."""
    machines = list(pd.unique(cells["machine"]))
    runs = [str(run) for run in pd.unique(cells["run"])]
    pieces = [str(machine.get("machine") or machines[0])] if len(machines) == 1 else []
    if len(runs) <= _MOST_RUNS:
        pieces.append(("run " if len(runs) == 1 else "runs ") + ", ".join(runs))
    else:
        pieces.append(f"{len(runs)} runs")
    return pieces + [
        f"{label} {machine[key]}" for key, label in (("torch", "torch"), ("numpy", "NumPy")) if machine.get(key)
    ]


def condition(column: str, value: Any) -> str:
    """Return how one condition of a cell reads, such as ``2 threads`` or ``arm hugepages``."""
    if column == "threads":
        if int(value) == 0:
            return "threads unknown"
        return "1 thread" if int(value) == 1 else f"{int(value)} threads"
    if column == "cache":
        return f"{value} cache"
    if column == "order":  # where a panel stands, which its name says in words
        return ""
    if column == "bytes":
        return format_bytes(float(value))
    if column == "arm":
        return f"arm {value}"
    if column == "direction":
        return plain(direction_words(value))
    return plain(value)

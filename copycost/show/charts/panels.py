"""Small multiples: which cells share a panel, and where the panels stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from copycost.show.charts.heading import condition
from copycost.show.charts.points import CONDITIONS
from copycost.show.charts.sheet import MARGIN

# More lines than this in one panel are split by direction, where there is more than one.
_MANY_LINES = 8

_GUTTER = 16.0
_DIRECTIONS = ("to_tensor", "to_array", "list_to_tensor")


@dataclass(frozen=True)
class Panel:
    """The points that share one plot, and what they have in common that other panels do not."""

    title: str
    points: pd.DataFrame


def split(
    points: pd.DataFrame, extra: tuple[str, ...] = (), most: int = 12, by: Sequence[str] = CONDITIONS
) -> tuple[list[Panel], int]:
    """Return panels, one for each combination of conditions that vary, and how many are left out.

    ``extra`` names further columns that are always kept apart, ``by`` those that are where they vary.
    """
    columns = [column for column in by if points[column].nunique(dropna=False) > 1]
    if "machine" in columns and points.groupby("run")["machine"].nunique().max() == 1:
        columns.remove("machine")
    line = "line" if "line" in points else "conversion"
    many = not extra and "direction" in points and points[line].nunique() > _MANY_LINES
    if many and points["direction"].nunique() > 1:
        columns.insert(0, "direction")
    columns = [*extra, *columns]
    if not columns:
        return [Panel("", points)], 0
    panels = []
    groups = sorted(points.groupby(columns, dropna=False), key=lambda item: _rank(columns, item[0]))
    for values, group in groups:
        parts = [condition(column, value) for column, value in zip(columns, values, strict=True)]
        panels.append(Panel(" · ".join(part for part in parts if part), group))
    return panels[:most], max(0, len(panels) - most)


def _rank(columns: list[str], values: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """Return the place of a panel: directions as people name them, all else in its own order."""
    return [
        (_DIRECTIONS.index(value) if column == "direction" and value in _DIRECTIONS else 9, value)
        for column, value in zip(columns, values, strict=True)
    ]


def columns_for(count: int, room: float, least: float) -> int:
    """Return in how many columns to stand ``count`` panels that are at least ``least`` wide."""
    columns = max(1, min(count, int(room // least)))
    rows = math.ceil(count / columns)
    return math.ceil(count / rows)


@dataclass(frozen=True)
class Grid:
    """Where panels stand, row by row, below ``top``; ``room`` is the width that all share."""

    count: int
    columns: int
    room: float
    top: float
    row_height: float = 0.0

    @property
    def width(self) -> float:
        """The width of one panel."""
        return (self.room - _GUTTER * (self.columns - 1)) / self.columns

    @property
    def bottom(self) -> float:
        """How far down the page the panels reach."""
        return self.top + self.row_height * math.ceil(self.count / self.columns)

    def with_rows(self, height: float) -> Grid:
        """Return the grid with rows of a height."""
        return replace(self, row_height=height)

    def corner(self, number: int) -> tuple[float, float]:
        """Return the left and the top of a panel."""
        row, column = divmod(number, self.columns)
        return MARGIN + column * (self.width + _GUTTER), self.top + row * self.row_height

    def is_last_in_column(self, number: int) -> bool:
        """Return whether no panel stands below this one."""
        return number + self.columns >= self.count

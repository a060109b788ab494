"""Text for those who cannot see a chart, written from its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from copycost.show.charts.heading import facts
from copycost.show.charts.labels import plain
from copycost.show.charts.panels import Panel
from copycost.show.charts.ticks import ValueAxis
from copycost.units import format_bytes

_MANY = 24
_KIND = {"copies": "copies", "shares": "shares memory", "unknown": "sharing unknown"}


def describe(
    title: str,
    points: pd.DataFrame,
    panels: list[Panel],
    axis: ValueAxis,
    machine: Mapping[str, Any] | None,
    notes: tuple[str, ...] = (),
) -> str:
    """Return sentences: what the chart shows, on which machine, and each line from end to end.

    Where there are many lines, each panel has the lines that end lowest and highest.
    """
    low, high = points["bytes"].min(), points["bytes"].max()
    sentences = [
        f"{plain(title)}: {axis.label}, for sources from {format_bytes(low)} "
        f"to {format_bytes(high)}, as lines on logarithmic axes.",
        ", ".join(facts(points, machine)) + ".",
    ]
    lines = sum(panel.points["conversion"].nunique() for panel in panels)
    for panel in panels:
        ends = [_line(line, axis) for line in _lines(panel)]
        if lines > _MANY and len(ends) > 2:
            ends = [ends[0], f"{len(ends) - 2} others between", ends[-1]]
        sentences.append((f"{panel.title}: " if panel.title else "") + "; ".join(ends) + ".")
    doubtful = int(points["flagged"].sum())
    if doubtful:
        sentences.append(f"{doubtful} of {len(points)} points are marked as doubtful.")
    sentences += [plain(note)[:1].upper() + plain(note)[1:] + "." for note in notes]
    return " ".join(sentences)


def _lines(panel: Panel) -> list[pd.DataFrame]:
    lines = [line.sort_values("bytes") for _, line in panel.points.groupby("conversion", sort=True)]
    return sorted(lines, key=lambda line: float(line["value"].iloc[-1]))


def _line(line: pd.DataFrame, axis: ValueAxis) -> str:
    first, last = line.iloc[0], line.iloc[-1]
    kinds = " and ".join(_KIND[kind] for kind in sorted(line["kind"].unique()))
    text = f"{plain(first['conversion'])} ({kinds})"
    text += f" {axis.format(first['value'])} at {format_bytes(first['bytes'])}"
    if len(line) > 1:
        text += f", {axis.format(last['value'])} at {format_bytes(last['bytes'])}"
    return text

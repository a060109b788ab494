"""Text for those who cannot see a chart, written from its data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from copycost.show.charts.across import Across
from copycost.show.charts.labels import plain
from copycost.show.charts.linestyle import KINDS
from copycost.show.charts.panels import Panel
from copycost.show.charts.ticks import ValueAxis

_MANY = 24


def describe(
    title: str,
    points: pd.DataFrame,
    panels: list[Panel],
    axis: ValueAxis,
    across: Across,
    about: Sequence[str],
    notes: Sequence[str] = (),
    says: Sequence[str] = (),
) -> str:
    """Return sentences: what the chart shows, of what, and each line from end to end.

    Where there are many lines, each panel has the lines that end lowest and highest; ``says`` stands
    in their place where it is given.
    """
    low, high = points["x"].min(), points["x"].max()
    scale = "logarithmic axes" if across.logarithmic else "a logarithmic axis"
    sentences = [
        f"{plain(title)}: {axis.label}, for {across.label} from {across.format(low)} "
        f"to {across.format(high)}, as lines on {scale}.",
        ", ".join(about) + "." if about else "",
        *says,
    ]
    lines = sum(panel.points["line"].nunique() for panel in panels)
    for panel in panels if not says else []:
        ends = [_line(line, axis, across) for line in _lines(panel)]
        if lines > _MANY and len(ends) > 2:
            ends = [ends[0], f"{len(ends) - 2} others between", ends[-1]]
        sentences.append((f"{panel.title}: " if panel.title else "") + "; ".join(ends) + ".")
    doubtful = int(points["flagged"].sum())
    if doubtful:
        sentences.append(f"{doubtful} of {len(points)} points are marked as doubtful.")
    sentences += [as_sentence(note) for note in notes]
    return " ".join(sentence for sentence in sentences if sentence)


def as_sentence(note: str) -> str:
    """Return a note with a capital letter and a full stop."""
    return plain(note)[:1].upper() + plain(note)[1:] + "."


def _lines(panel: Panel) -> list[pd.DataFrame]:
    lines = [line.sort_values("x") for _, line in panel.points.groupby("line", sort=True)]
    return sorted(lines, key=lambda line: float(line["value"].iloc[-1]))


def _line(line: pd.DataFrame, axis: ValueAxis, across: Across) -> str:
    first, last = line.iloc[0], line.iloc[-1]
    kinds = " and ".join(KINDS[kind].word for kind in sorted(line["kind"].unique()))
    text = plain(first["line"]) + (f" ({kinds})" if kinds else "")
    text += f" {axis.format(first['value'])} at {across.format(first['x'])}"
    if len(line) > 1:
        text += f", {axis.format(last['value'])} at {across.format(last['x'])}"
    return text

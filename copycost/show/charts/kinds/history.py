"""Chart: each cell's time over the median of its past, run by run, with the steps dated."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from copycost.analyse.grouping import KEY
from copycost.analyse.history import step_changes
from copycost.show.charts.across import dates
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import HISTORY
from copycost.show.charts.key import Entry
from copycost.show.charts.labels import plain
from copycost.show.charts.lines import Guide, Variant, draw_lines
from copycost.show.charts.marks import Mark
from copycost.show.charts.pairs import cell_text
from copycost.show.charts.palette import LineStyle, plain_styles
from copycost.show.charts.panels import Panel
from copycost.show.charts.ticks import ValueAxis, multiple_tick
from copycost.units import format_ratio

_AXIS = ValueAxis("time ÷ median of its past", multiple_tick, least=1.5)
_ONE = Guide("1×: the median of the runs before the newest", lambda panel, x: np.ones_like(x), (1.0,))
_MOST_NAMED, _MOST_DATES = 5, 4
_TOLD = 8


def _needs(series: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if series["run"].nunique() > 1 else "there is one run only, and no past"


def _draw(series: pd.DataFrame, context: Context) -> Drawing:
    found = step_changes(series)
    found = found.assign(line=[cell_text(row) for _, row in found.iterrows()])
    named = _named(found)
    shown = _relative(series, dict(zip(named["line"], named["ratio"], strict=True)))
    styles = {line: LineStyle(context.theme.guide, "None", 0.5) for line in shown["line"].unique()}
    for _, own in named.groupby("conversion", sort=True):
        styles |= plain_styles(own["line"], context.theme)
    variant = Variant(
        across=dates("date of the run (UTC)", shown["x"].to_list()),
        styles=styles,
        nameless=set(shown["line"]) - set(named["line"]),
        by=(),
        apart=("conversion",),
        narrowest=480.0,
        marks=lambda panel: _marks(panel, found),
        says=_sentences(shown, found),
        entries=(Entry("thin", "cells without a step"),) if len(named) < shown["line"].nunique() else (),
    )
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, (_ONE,), variant=variant)


def _relative(series: pd.DataFrame, steps: dict[str, float]) -> pd.DataFrame:
    """Return the points of all cells with a past: seconds over the median of all runs but the newest.

    The label of a line in ``steps`` says how large its step is.
    """
    parts = []
    for _, own in series.groupby(KEY, sort=False, dropna=False):
        if len(own) > 1:
            parts.append(own.assign(value=own["seconds"] / own["seconds"].iloc[:-1].median()))
    shown = pd.concat(parts)
    line = [cell_text(row) for _, row in shown.iterrows()]
    label = [_without_conversion(text) + (f": {format_ratio(steps[text])}" if text in steps else "") for text in line]
    return shown.assign(x=shown["at"], line=line, label=label, low=np.nan, high=np.nan, kind="plain", flagged=False)


def _without_conversion(cell: str) -> str:
    return cell.partition(", ")[2] or cell


def _named(found: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with the largest steps, a few of each conversion."""
    size = np.abs(np.log(found["ratio"].astype(float)))
    largest = found.assign(size_of_step=size).sort_values("size_of_step", ascending=False, kind="stable")
    return largest.drop_duplicates("line").groupby("conversion", sort=False).head(_MOST_NAMED)


def _marks(panel: Panel, found: pd.DataFrame) -> list[Mark]:
    """Return the dates at which most of a panel's cells took a step."""
    own = found[found["line"].isin(panel.points["line"])]
    counts = own["created"].value_counts().head(_MOST_DATES)
    times = sorted(counts.index)
    return [
        Mark(time.timestamp(), (f"{time:%Y-%m-%d %H:%M}", f"{time:%Y-%m-%d}", f"{time:%m-%d}", "")) for time in times
    ]


def _sentences(shown: pd.DataFrame, found: pd.DataFrame) -> tuple[str, ...]:
    runs, cells = shown["run"].nunique(), shown["line"].nunique()
    if not len(found):
        return (f"{runs} runs of {cells} cells: no step.",)
    sentences = [f"{runs} runs of {cells} cells: {len(found)} steps."]
    for _, step in found.head(_TOLD).iterrows():
        when = datetime.fromtimestamp(step["created"].timestamp(), UTC)
        sentences.append(
            f"{step['line']}: {format_ratio(step['ratio'])} from {when:%Y-%m-%d %H:%M}, run {plain(step['run'])}."
        )
    if len(found) > _TOLD:
        sentences.append(f"{len(found) - _TOLD} more steps.")
    return tuple(sentences)


CHART = Chart("history", "Each cell against its own past", _needs, _draw, shows=HISTORY)

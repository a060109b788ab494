"""Chart: each cell's time over the median of its past, run by run, with the steps dated."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from copycost.analyse.grouping import ARM, CELL
from copycost.analyse.history import step_changes
from copycost.show.charts.axes import ValueAxis, dates
from copycost.show.charts.captions import Entry
from copycost.show.charts.chart import Context
from copycost.show.charts.descriptions import cell_text
from copycost.show.charts.frames import HISTORY
from copycost.show.charts.guides import Mark, guide_at_one
from copycost.show.charts.labels import plain
from copycost.show.charts.lines import Variant, line_chart
from copycost.show.charts.palette import LineStyle, plain_styles
from copycost.show.charts.panels import Panel
from copycost.show.charts.ticks import multiple_tick
from copycost.units import format_ratio

_AXIS = ValueAxis("time ÷ median of its past", multiple_tick, least=1.5)
_KEY = [name for name in CELL if name not in ARM]
_MOST_NAMED, _MOST_DATES = 5, 4
_TOLD = 8


def _with_past(series: pd.DataFrame) -> pd.DataFrame:
    return series if series["run"].nunique() > 1 else series.iloc[:0]


def _lines(series: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, Variant]:
    steps = step_changes(series)
    steps = steps.assign(line=[cell_text(row) for _, row in steps.iterrows()])
    named = _named(steps)
    notes: tuple[str, ...] = ("each label tells the size of its step",)
    shown = _relative(series)
    sized = bool((shown["bytes"] > 0).any())
    apart = sized and len(steps) > 0
    if apart:
        still = shown[~shown["conversion"].isin(steps["conversion"])]
        shown = shown.drop(still.index)
        names = ", ".join(plain(name) for name in context.styles if (still["conversion"] == name).any())
        notes += (f"no step in {still['line'].nunique()} cells of {names}",) if names else ()
    elif not len(steps):
        named, notes = _furthest(shown), ("no step: the cells that ended furthest from their past are named",)
    sizes = dict(zip(named["line"], named["ratio"], strict=True))
    shown = shown.assign(label=[_label(line, sizes, conversion=not apart) for line in shown["line"]])
    styles = {line: LineStyle(context.theme.guide, "None", 0.5) for line in shown["line"].unique()}
    groups = [of_one for _, of_one in named.groupby("conversion", sort=True)]
    if not sized:
        named = named.head(_MOST_NAMED)
        groups = [named]
    for of_panel in groups:
        styles |= plain_styles(of_panel["line"], context.theme)
    return shown, Variant(
        _AXIS,
        guides=(guide_at_one(_AXIS, "the median of the runs before the newest"),),
        notes=notes,
        across=dates("date of the run (UTC)", shown["x"].to_list()),
        styles=styles,
        nameless=set(shown["line"]) - set(named["line"]),
        by=(),
        # Another suite's tests, which have no sizes, stand together: of hundreds only those with a step are named.
        apart=("conversion",) if apart else (),
        narrowest=480.0,
        marks=lambda panel: _marks(panel, steps),
        says=_sentences(shown, steps),
        entries=(Entry("thin", "cells without a step"),) if len(named) < shown["line"].nunique() else (),
    )


def _relative(series: pd.DataFrame) -> pd.DataFrame:
    """Return the points of all cells with a past: seconds over the median of all runs but the newest."""
    parts = []
    for _, cell in series.groupby(_KEY, sort=False, dropna=False):
        if len(cell) > 1:
            parts.append(cell.assign(value=cell["seconds"] / cell["seconds"].iloc[:-1].median()))
    shown = pd.concat(parts, ignore_index=True)
    line = [cell_text(row) for _, row in shown.iterrows()]
    return shown.assign(x=shown["at"], line=line, low=np.nan, high=np.nan, look="plain", flagged=False)


def _label(cell: str, sizes: dict[str, float], *, conversion: bool) -> str:
    """Return the name of a line, with or without its conversion, and by how much it moved where that is known."""
    name = cell if conversion else cell.partition(", ")[2] or cell
    return name + (f": {format_ratio(sizes[cell])}" if cell in sizes else "")


def _furthest(shown: pd.DataFrame) -> pd.DataFrame:
    """Return the cells whose newest values are furthest from their past, as ``_named`` does those with steps."""
    newest = shown.sort_values("at", kind="stable").drop_duplicates("line", keep="last")
    far = newest["value"].astype(float).map(np.log).abs().sort_values(ascending=False, kind="stable")
    return newest.loc[far.index[:_MOST_NAMED]].assign(ratio=lambda cells: cells["value"])


def _named(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with the largest steps, a few of each conversion."""
    size = np.abs(np.log(steps["ratio"].astype(float)))
    largest = steps.assign(size_of_step=size).sort_values("size_of_step", ascending=False, kind="stable")
    return largest.drop_duplicates("line").groupby("conversion", sort=False).head(_MOST_NAMED)


def _marks(panel: Panel, steps: pd.DataFrame) -> list[Mark]:
    """Return the dates at which most of a panel's cells took a step."""
    of_panel = steps[steps["line"].isin(panel.points["line"])]
    times = sorted(of_panel["created"].value_counts().head(_MOST_DATES).index)
    # The time of day tells runs of one day apart, and nothing else.
    days = panel.points["at"] // 86400
    of_days = days.nunique() == panel.points["at"].nunique()
    forms = ("%Y-%m-%d", "%m-%d") if of_days else ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%m-%d")
    return [Mark(time.timestamp(), (*(f"{time:{form}}" for form in forms), "")) for time in times]


def _sentences(shown: pd.DataFrame, steps: pd.DataFrame) -> tuple[str, ...]:
    counts = f"{shown['run'].nunique()} runs of {shown['line'].nunique()} cells"
    if not len(steps):
        return (f"{counts}: no step.",)
    sentences = [f"{counts}: {len(steps)} steps."]
    for _, step in steps.head(_TOLD).iterrows():
        when = datetime.fromtimestamp(step["created"].timestamp(), UTC)
        size = format_ratio(step["ratio"])
        sentences.append(f"{step['line']}: {size} from {when:%Y-%m-%d %H:%M}, run {plain(step['run'])}.")
    if len(steps) > _TOLD:
        sentences.append(f"{len(steps) - _TOLD} more steps.")
    return tuple(sentences)


CHART = line_chart(
    *("history", "Each cell against its own past", "there is one run only, and no past", _with_past, _lines),
    shows=HISTORY,
)

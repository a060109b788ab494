"""Many runs on one chart: a line for each, or bands where lines could not be told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Context, Drawing
from copycost.show.charts.heading import origin
from copycost.show.charts.key import Entry
from copycost.show.charts.lines import Guide, Variant, draw_lines
from copycost.show.charts.palette import plain_styles
from copycost.show.charts.points import CONDITIONS, points
from copycost.show.charts.ticks import ValueAxis

MOST_LINES = 6
"""Runs that have a line each; more are shown as bands."""
_BANDS = {"lowest": 0.05, "low": 0.25, "value": 0.5, "high": 0.75, "highest": 0.95}
_SIDE = ("run", "machine", "arm")
_BY = tuple(column for column in CONDITIONS if column not in _SIDE)
_CELL = [*_BY, "direction", "conversion", "bytes"]
_SHAPE: dict[str, Any] = {"by": _BY, "apart": ("conversion",), "most": 18, "narrowest": 300.0}


def several(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that more than one run has."""
    timed = cells[cells["seconds"] > 0]
    runs = timed.groupby(_CELL, dropna=False)["run"].transform("nunique")
    return timed[runs > 1]


def over_median(cells: pd.DataFrame) -> pd.Series:
    """Return each cell's time over the median of all runs in that cell."""
    return cells["seconds"] / cells.groupby(_CELL, dropna=False)["seconds"].transform("median")


def draw_many(
    name: str,
    title: str,
    cells: pd.DataFrame,
    value: pd.Series,
    axis: ValueAxis,
    context: Context,
    guides: tuple[Guide, ...] = (),
) -> Drawing:
    """Draw a value of each cell of several runs: a panel for each conversion, runs as lines or bands.

    Intervals are scaled like the value.
    """
    factor = value / cells["seconds"]
    shown = points(cells, value, cells["ci_low"] * factor, cells["ci_high"] * factor)
    runs = sorted(shown["run"].unique())
    if len(runs) <= MOST_LINES:
        shown = shown.assign(line=shown["run"], label=shown["run"])
        variant = Variant(styles=plain_styles(runs, context.theme), **_SHAPE)
        return draw_lines(name, title, shown, axis, context, guides, variant=variant)
    line = f"median of {len(runs)} runs"
    variant = Variant(
        styles=plain_styles([line], context.theme),
        nameless=(line,),
        interval="the middle half of them",
        outer="nine of ten of them",
        entries=(Entry("plain", line),),
        **_SHAPE,
    )
    # A row of the bands stands for all runs, but holds the facts of one.
    context = replace(context, about=tuple(origin(cells, context.machine or {})))
    return draw_lines(name, title, _bands(shown, line), axis, context, guides, variant=variant)


def _bands(shown: pd.DataFrame, line: str) -> pd.DataFrame:
    """Return one point per cell: quantiles over the runs."""
    groups = shown.groupby(_CELL, sort=False, dropna=False)
    bands = groups.first().reset_index()
    for column, share in _BANDS.items():
        bands[column] = groups["value"].quantile(share).to_numpy()
    flagged = groups["flagged"].mean().to_numpy() > 0.5
    alike = groups["kind"].nunique().to_numpy() == 1
    kind = np.where(alike, bands["kind"], "unknown")
    return bands.assign(x=bands["bytes"], line=line, label=line, flagged=flagged, kind=kind)

"""Several runs on one chart: a line for each, or bands where lines could not be told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from copycost.show.charts.axes import names
from copycost.show.charts.captions import Entry
from copycost.show.charts.chart import Context
from copycost.show.charts.lines import Variant, points
from copycost.show.charts.palette import LineStyle, plain_styles
from copycost.show.charts.panels import origin
from copycost.show.quantities import CONDITIONS

MOST_LINES = 6
"""Runs that have a line each; more are shown as bands."""
MOST_TESTS = 8
"""Tests of another suite that are named where they stand in one panel."""
_BANDS = {"lowest": 0.05, "low": 0.25, "value": 0.5, "high": 0.75, "highest": 0.95}
_BY = tuple(column for column in CONDITIONS if column not in ("run", "machine", "arm"))
_CELL = [*_BY, "direction", "conversion", "bytes"]


def several(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that more than one run has."""
    timed = cells[cells["seconds"] > 0]
    runs = timed.groupby(_CELL, dropna=False)["run"].transform("nunique")
    return timed[runs > 1]


def over_median(cells: pd.DataFrame) -> pd.Series:
    """Return each cell's time over the median of all runs in that cell."""
    return cells["seconds"] / cells.groupby(_CELL, dropna=False)["seconds"].transform("median")


def lines_of_runs(
    cells: pd.DataFrame, value: pd.Series, variant: Variant, context: Context
) -> tuple[pd.DataFrame, Variant]:
    """Return a value of each cell of several runs as points in a panel for each conversion, and how they are drawn.

    Intervals are scaled like the value.
    """
    variant = replace(variant, by=_BY, apart=("conversion",), most=18, narrowest=300.0)
    if not (cells["bytes"] > 0).any():
        return _over_runs(cells, value, variant, context)
    factor = value / cells["seconds"]
    shown = points(cells, value, cells["ci_low"] * factor, cells["ci_high"] * factor)
    runs = sorted(shown["run"].unique())
    if len(runs) <= MOST_LINES:
        shown = shown.assign(line=shown["run"], label=shown["run"])
        return shown, replace(variant, styles=plain_styles(runs, context.theme))
    line = f"median of {len(runs)} runs"
    return _bands(shown, line), replace(
        variant,
        # A row of the bands stands for all runs, but holds the facts of one.
        about=tuple(origin(cells, context.machine or {})),
        styles=plain_styles([line], context.theme),
        nameless=(line,),
        interval="the middle half of them",
        outer="nine of ten of them",
        entries=(Entry("plain", line),),
    )


def _over_runs(
    cells: pd.DataFrame, value: pd.Series, variant: Variant, context: Context
) -> tuple[pd.DataFrame, Variant]:
    """Return another suite's tests, which have no sizes, as lines over the runs; those that change most are named."""
    runs = sorted(cells["run"].unique())
    place = dict(zip(runs, map(float, range(len(runs))), strict=True))
    factor = value / cells["seconds"]
    shown = points(cells, value, cells["ci_low"] * factor, cells["ci_high"] * factor)
    shown = shown.assign(x=shown["run"].map(place), label=shown["line"], look="plain", flagged=False)
    spread = shown.groupby("line")["value"].agg(lambda values: values.max() / values.min())
    named = list(spread.sort_values(ascending=False, kind="stable").index[:MOST_TESTS])
    others = set(shown["line"]) - set(named)
    styles = {line: LineStyle(context.theme.guide, "None", 0.5) for line in others}
    return shown, replace(
        variant,
        across=names("run", runs),
        styles=styles | plain_styles(named, context.theme),
        nameless=others,
        by=(),
        apart=(),
        narrowest=370.0,
        entries=(Entry("thin", f"{len(others)} tests that change less"),) if others else (),
    )


def _bands(shown: pd.DataFrame, line: str) -> pd.DataFrame:
    """Return one point per cell: quantiles over the runs."""
    groups = shown.groupby(_CELL, sort=False, dropna=False)
    bands = groups.first().reset_index()
    for column, share in _BANDS.items():
        bands[column] = groups["value"].quantile(share).to_numpy()
    flagged = groups["flagged"].mean().to_numpy() > 0.5
    alike = groups["look"].nunique().to_numpy() == 1
    look = np.where(alike, bands["look"], "unknown")
    return bands.assign(x=bands["bytes"], line=line, label=line, flagged=flagged, look=look)

"""Chart: how the benchmarks of any parametrised suite scale with a number among their parameters."""

from __future__ import annotations

import pandas as pd

from copycost.show.charts.across import numbers
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import PARAMETERS
from copycost.show.charts.labels import plain
from copycost.show.charts.lines import Variant, draw_lines
from copycost.show.charts.palette import plain_styles
from copycost.show.charts.ticks import ValueAxis, seconds_tick

_AXIS = ValueAxis("time per call", seconds_tick)


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["seconds"] > 0) & frame["x"].notna()]


def _needs(frame: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_timed(frame)) else "no benchmark has a time and a number on the horizontal axis"


def _draw(frame: pd.DataFrame, context: Context) -> Drawing:
    timed = _timed(frame)
    known = (timed["low"] > 0) & (timed["high"] > 0)
    shown = timed.assign(
        value=timed["seconds"],
        low=timed["low"].where(known),
        high=timed["high"].where(known),
        label=timed["line"],
        kind="plain",
        flagged=False,
    )
    across, along = plain(timed["across"].iloc[0]), plain(timed["along"].iloc[0])
    lines = sorted(shown["line"].unique())
    variant = Variant(
        across=numbers(across, shown["x"].to_list()),
        styles=plain_styles(lines, context.theme),
        by=("panel",),
        interval="the middle half of the rounds",
    )
    notes = (f"each line is one {along}",) if along and len(lines) > 1 else ()
    title = f"Time per call against {across}"
    return draw_lines(CHART.name, title, shown, _AXIS, context, notes=notes, variant=variant)


CHART = Chart("parameters", "Time per call against a parameter", _needs, _draw, shows=PARAMETERS)

"""Chart: what one call costs against the bytes it converts."""

from __future__ import annotations

import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.ticks import ValueAxis, seconds_tick

_AXIS = ValueAxis("time per call", seconds_tick)


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if (cells["seconds"] > 0).any() else "no cell has a time"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    timed = cells[cells["seconds"] > 0]
    shown = points(timed, timed["seconds"], timed["ci_low"], timed["ci_high"])
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context)


CHART = Chart("cost", "Time per call against bytes", _needs, _draw)

"""Chart: what calls cost in many runs, against bytes, a panel for each conversion."""

from __future__ import annotations

import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import RUNS
from copycost.show.charts.many import draw_many, several
from copycost.show.charts.ticks import ValueAxis, seconds_tick

_AXIS = ValueAxis("time per call", seconds_tick)


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(several(cells)) else "no cell was measured in more than one run"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    shown = several(cells)
    return draw_many(CHART.name, CHART.title, shown, shown["seconds"], _AXIS, context)


CHART = Chart("runs", "Time per call in several runs", _needs, _draw, shows=RUNS)

"""Chart: how many times faster a conversion is with more torch threads than with one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import CONDITIONS, points, ratio
from copycost.show.charts.ticks import ValueAxis, multiple_tick

_AXIS = ValueAxis("speed-up over one thread", multiple_tick)
_ALIKE = [
    *(column for column in CONDITIONS if column != "threads"),
    "direction",
    "conversion",
    "bytes",
]
_TIMES = ["seconds", "ci_low", "ci_high"]
_ONE = Guide("1×: as fast as one thread", lambda panel, x: np.ones_like(x), (1.0,))


def _pairs(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells of more than one thread joined with their cell of one thread."""
    timed = cells[cells["seconds"] > 0]
    single = timed[timed["threads"] == 1][[*_ALIKE, *_TIMES]]
    return timed[timed["threads"] > 1].merge(single, on=_ALIKE, suffixes=("", "_single"))


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    if not len(_pairs(cells)):
        return "no cell was measured with one thread and with more"
    return None


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    pairs = _pairs(cells)
    single = pairs[[f"{time}_single" for time in _TIMES]].set_axis(_TIMES, axis="columns")
    shown = points(pairs, *ratio(single, pairs[_TIMES]))
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, (_ONE,))


CHART = Chart("threads", "Speed-up over one thread against bytes", _needs, _draw)

"""Chart: how far many runs are from each other: each one's time over the median of all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import RUNS
from copycost.show.charts.lines import Guide
from copycost.show.charts.many import draw_many, over_median, several
from copycost.show.charts.ticks import ValueAxis, multiple_tick

_AXIS = ValueAxis("time ÷ median of the runs", multiple_tick, least=1.5)
_ONE = Guide("1×: the median of the runs", lambda panel, x: np.ones_like(x), (1.0,))


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(several(cells)) else "no cell was measured in more than one run"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    shown = several(cells)
    return draw_many(CHART.name, CHART.title, shown, over_median(shown), _AXIS, context, (_ONE,))


CHART = Chart("runs-relative", "Several runs, relative to their median", _needs, _draw, shows=RUNS)

"""Chart: the ratio of two runs' times with its interval, cell by cell, against bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.verdicts import VERDICTS
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import PAIR
from copycost.show.charts.lines import Guide, Variant, draw_lines
from copycost.show.charts.pairs import NO_BYTES, counted, extremes, one_sided, time_ratio, with_bytes
from copycost.show.charts.points import points
from copycost.show.charts.ticks import ValueAxis, multiple_tick

_ONE = Guide("1×: as long", lambda panel, x: np.ones_like(x), (1.0,))


def _needs(comparison: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(with_bytes(comparison)) else NO_BYTES


def _draw(comparison: pd.DataFrame, context: Context) -> Drawing:
    both = with_bytes(comparison)
    shown = points(both, both["ratio"], both["ci_low"], both["ci_high"])
    axis = ValueAxis(time_ratio(context.names), multiple_tick, least=1.5)
    says = (counted(both["verdict"], VERDICTS), *extremes(both))
    variant = Variant(says=says)
    return draw_lines(CHART.name, CHART.title, shown, axis, context, (_ONE,), one_sided(comparison), variant)


CHART = Chart("ratio", "Ratio of times, cell by cell", _needs, _draw, shows=PAIR)

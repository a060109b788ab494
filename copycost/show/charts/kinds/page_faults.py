"""Chart: minor page faults per call, the price of memory that is not mapped yet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.ticks import ValueAxis, number_tick

_AXIS = ValueAxis("minor page faults per call", number_tick, holds_zero=True)
_PAGE = Guide("one fault per 4 KiB", lambda panel, x: np.where(x >= 4096, x / 4096, np.nan))


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if cells["page_faults"].notna().any() else "page faults were not counted"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    return draw_lines(
        CHART.name,
        CHART.title,
        points(cells, cells["page_faults"], None, None),
        _AXIS,
        context,
        (_PAGE,),
    )


CHART = Chart("page-faults", "Minor page faults per call against bytes", _needs, _draw, by_itself=False)

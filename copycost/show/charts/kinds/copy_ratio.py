"""Chart: a conversion's time as a multiple of a plain copy of the same bytes beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.ticks import ValueAxis, multiple_tick

_AXIS = ValueAxis("multiple of a plain copy", multiple_tick)
_ONE = Guide("1×: np.copyto of the same bytes into mapped memory", lambda panel, x: np.ones_like(x), (1.0,))


def _known(cells: pd.DataFrame) -> pd.DataFrame:
    """Return copying cells whose ratio to a plain copy is known; zero-copy cells copy nothing."""
    if "copy_ratio" not in cells:
        return cells.iloc[:0]
    return cells[(cells["copy_ratio"] > 0) & (cells["kind"] == "copies")]


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_known(cells)) else "no plain copy was timed beside a copying cell"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    known = _known(cells)
    shown = points(known, known["copy_ratio"], known["copy_ratio_low"], known["copy_ratio_high"])
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, (_ONE,))


CHART = Chart("copy-ratio", "Copying as a multiple of a plain copy", _needs, _draw, by_itself=False)

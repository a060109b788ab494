"""Chart: the cost of copying as a multiple of the zero-copy conversion in the same direction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.labels import plain
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import CONDITIONS, points, ratio
from copycost.show.charts.ticks import ValueAxis, multiple_tick

_AXIS = ValueAxis("multiple of zero-copy", multiple_tick)
_ALIKE = [*CONDITIONS, "direction", "bytes"]
_TIMES = ["seconds", "ci_low", "ci_high"]


def _pairs(cells: pd.DataFrame) -> pd.DataFrame:
    """Return copying cells joined with the cheapest zero-copy cell of the same kind and size."""
    timed = cells[cells["seconds"] > 0]
    zero_copy = timed[timed["kind"] == "shares"].sort_values(["seconds", "conversion"])
    cheapest = zero_copy.drop_duplicates(_ALIKE)[[*_ALIKE, "conversion", *_TIMES]]
    copies = timed[timed["kind"] == "copies"]
    return copies.merge(cheapest, on=_ALIKE, how="inner", suffixes=("", "_reference"))


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    if not len(_pairs(cells)):
        return "no copying cell has a zero-copy cell of the same direction, dtype and size beside it"
    return None


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    pairs = _pairs(cells)
    reference = pairs[[f"{time}_reference" for time in _TIMES]].set_axis(_TIMES, axis="columns")
    shown = points(pairs, *ratio(pairs[_TIMES], reference))
    used = pairs.groupby("direction")["conversion_reference"].unique()
    notes = tuple(
        f"{plain(direction)}: 1× is {' or '.join(sorted(map(plain, names)))}" for direction, names in used.items()
    )
    one = Guide("1×: the cheapest zero-copy call of that size", lambda panel, x: np.ones_like(x), (1.0,))
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, (one,), notes)


CHART = Chart("multiple", "Copying as a multiple of zero-copy", _needs, _draw)

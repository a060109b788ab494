"""Chart: which share of a plain copy's bandwidth each copying conversion reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.ceilings import FRESH
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import SHARES
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.references import fresh_share, has
from copycost.show.charts.ticks import ValueAxis, percent_tick

_AXIS = ValueAxis("share of a plain copy's bandwidth", percent_tick)
_CEILING = Guide("100%: a plain copy into memory that is mapped", lambda panel, x: np.ones_like(x), (1.0,))


def _known(cells: pd.DataFrame) -> pd.DataFrame:
    """Return copying cells whose share of the ceiling is known."""
    if SHARES[0] not in cells:
        return cells.iloc[:0]
    return cells[(cells["kind"] == "copies") & (cells[SHARES[0]] > 0)]


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_known(cells)) else "no plain copy was measured beside a copying cell"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    known = _known(cells)
    shown = points(known, *(known[name] for name in SHARES))
    guides = [_CEILING]
    if has(context.references, FRESH):
        fresh = fresh_share(context.references)
        guides.append(Guide("what a plain copy into fresh memory reaches, where that is less", fresh, (), "guide-2"))
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, tuple(guides))


CHART = Chart("share", "Share of the ceiling that copies reach", _needs, _draw, uses_references=True, by_itself=False)

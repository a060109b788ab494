"""Chart: how many gigabytes a second the copying conversions move."""

from __future__ import annotations

import pandas as pd

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.ticks import ValueAxis, number_tick

_AXIS = ValueAxis("GB/s of the source", number_tick)


def _copying(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[(cells["kind"] == "copies") & (cells["gb_per_s"] > 0)]


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_copying(cells)) else "no cell copies with a known throughput"


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    copying = _copying(cells)
    speed, seconds = copying["gb_per_s"], copying["seconds"]
    shown = points(copying, speed, speed * seconds / copying["ci_high"], speed * seconds / copying["ci_low"])
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context)


CHART = Chart("throughput", "Throughput of copies against bytes", _needs, _draw)

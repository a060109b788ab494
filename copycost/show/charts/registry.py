"""All charts there are, by name."""

from __future__ import annotations

from collections.abc import Iterable

from copycost.errors import UsageError, nearest
from copycost.show.charts import bars, dumbbells, heat_map, history, rounds
from copycost.show.charts.chart import Chart
from copycost.show.charts.line_charts import LINE_CHARTS


def collect(charts: Iterable[Chart]) -> dict[str, Chart]:
    """Return charts by name, in alphabetical order.

    Raises:
        ValueError: two charts have the same name.
    """
    named: dict[str, Chart] = {}
    for chart in sorted(charts, key=lambda chart: chart.name):
        if chart.name in named:
            raise ValueError(f"two charts are named {chart.name!r}")
        named[chart.name] = chart
    return named


CHARTS = collect((*LINE_CHARTS, bars.CHART, heat_map.CHART, dumbbells.CHART, rounds.CHART, history.CHART))


def chart_named(name: str) -> Chart:
    """Return a chart by its name.

    Raises:
        UsageError: there is no such chart.
    """
    if name not in CHARTS:
        raise UsageError(f"unknown chart {name!r}: {nearest(name, list(CHARTS))}")
    return CHARTS[name]

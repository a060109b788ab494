"""All charts there are, by name: one for each module in ``kinds``."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from copycost.errors import UsageError, nearest
from copycost.show.charts import kinds
from copycost.show.charts.chart import Chart


def collect(charts: Iterable[Chart]) -> dict[str, Chart]:
    """Return charts by name, in the order given.

    Raises:
        ValueError: two charts have the same name.
    """
    found: dict[str, Chart] = {}
    for chart in charts:
        if chart.name in found:
            raise ValueError(f"two charts are named {chart.name!r}")
        found[chart.name] = chart
    return found


CHARTS: dict[str, Chart] = collect(
    import_module(f"{kinds.__name__}.{name}").CHART
    for name in sorted(module.name for module in iter_modules(kinds.__path__))
)


def chart_named(name: str) -> Chart:
    """Return a chart by its name.

    Raises:
        UsageError: there is no such chart.
    """
    if name not in CHARTS:
        raise UsageError(f"unknown chart {name!r}: {nearest(name, list(CHARTS))}")
    return CHARTS[name]

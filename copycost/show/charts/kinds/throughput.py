"""Chart: how many gigabytes a second the copying conversions move, below the machine's own copies."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.ceilings import FRESH, MAPPED
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.lines import Guide, draw_lines
from copycost.show.charts.points import points
from copycost.show.charts.references import has, of_reference
from copycost.show.charts.ticks import ValueAxis, number_tick

_AXIS = ValueAxis("GB/s of the source", number_tick)
_CEILINGS = (
    (MAPPED, "a plain copy into memory that is mapped", "guide"),
    (FRESH, "a plain copy into fresh memory", "guide-2"),
)


def _copying(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[(cells["kind"] == "copies") & (cells["gb_per_s"] > 0)]


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_copying(cells)) else "no cell copies with a known throughput"


def _speed(copies: pd.DataFrame) -> pd.Series:
    return copies["bytes"] / copies["seconds"] / 1e9


def _highest(references: pd.DataFrame | None, name: str, shown: pd.DataFrame) -> tuple[float, ...]:
    """Return the most that a plain copy reaches at the sizes that are shown, for the axis to hold it."""
    if references is None:
        return ()
    near = references["bytes"].between(shown["bytes"].min(), shown["bytes"].max())
    speeds = _speed(references[near & (references["conversion"] == name) & (references["seconds"] > 0)])
    return (float(speeds.max()),) if len(speeds) else ()


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    copying = _copying(cells)
    speed, seconds = copying["gb_per_s"], copying["seconds"]
    shown = points(copying, speed, speed * seconds / copying["ci_high"], speed * seconds / copying["ci_low"])
    guides = tuple(
        Guide(text, of_reference(context.references, name, _speed), _highest(context.references, name, shown), sign)
        for name, text, sign in _CEILINGS
        if has(context.references, name)
    )
    return draw_lines(CHART.name, CHART.title, shown, _AXIS, context, guides)


CHART = Chart("throughput", "Throughput of copies against bytes", _needs, _draw, uses_references=True)

"""The charts of lines over bytes or over another number: what stands on which axis, and what can be switched."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.analyse.device import of_device
from copycost.analyse.grouping import floats
from copycost.show.charts.frames import doubtful
from copycost.show.charts.palette import THEMES, line_styles
from copycost.show.document import Chart
from copycost.show.quantities import Quantity, quantities_in
from copycost.show.sections.figures import NAME, varies

MOST_PANELS_AT_FIRST = 3
MANY_LINES = 8
"""Lines from which directions stand in panels of their own."""
FAR_APART = 20.0
_FACETS = {
    "run": "run",
    "machine": "machine",
    "arm": "arm",
    "direction": "direction",
    "dtype": "dtype",
    "threads": "threads",
    "cache": "cache",
    "layout": "layout",
}
_SYMBOLS = {
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "^": "triangle-up",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "p": "pentagon",
    "<": "triangle-left",
    ">": "triangle-right",
    "h": "hexagon",
}
_OF_A_QUANTITY = ("column", "low", "high", "title", "axis", "unit", "baseline")
_DETAILS = ("shares_memory", "copy_ratio", "page_faults", "rounds", "processes", "quiet_share", "flags")


@dataclass(frozen=True)
class Across:
    """What can stand on the horizontal axis, and which line each row is on when it does; None is on none."""

    column: str
    title: str
    unit: str
    logarithmic: bool
    lines: Sequence[str | None]


def cells_chart(cells: pd.DataFrame, caches: Sequence[tuple[int, int]] = ()) -> Chart | None:
    """Return the chart of all quantities over bytes; None where no cell has bytes.

    Args:
        cells: estimates with their quantities, in the order of the table of cells.
        caches: (level, bytes) of the machine's data caches.
    """
    sized = floats(cells["bytes"]) > 0
    if not sized.any():
        return None
    lines = [str(name) if drawn else None for name, drawn in zip(cells["conversion"], sized, strict=True)]
    drawn = cells[sized]
    facets = [name for name in _FACETS if name != "direction" and varies(drawn[name])]
    if "machine" in facets and drawn.groupby("run")["machine"].nunique(dropna=False).max() == 1:
        facets.remove("machine")
    many = drawn["conversion"].nunique() > MANY_LINES or of_device(drawn).any()
    if many and varies(drawn["direction"]):
        facets.insert(0, "direction")
    settings = chart_settings(
        drawn,
        [Across("bytes", "bytes of the source", "bytes", True, lines)],
        quantities_in(drawn),
        {name: _FACETS[name] for name in facets},
        details=[name for name in _DETAILS if drawn[name].notna().any()],
        interval="95% interval",
    )
    marked = [number for number, flags in enumerate(cells["flags"]) if doubtful(flags)]
    return Chart((), "curves", NAME, {**settings, "marked": marked, "caches": [list(cache) for cache in caches]})


def names_chart(cells: pd.DataFrame) -> Chart:
    """Return the chart of benchmarks that have no size, one below the other."""
    names = [str(name) for name in cells["conversion"]]
    facets = {name: _FACETS[name] for name in ("run",) if varies(cells[name])}
    settings = chart_settings(
        cells,
        [Across("", "", "text", False, names)],
        [one for one in quantities_in(cells) if one.column == "seconds"],
        facets,
        details=[name for name in ("rounds", "flags") if cells[name].notna().any()],
        interval="95% interval",
    )
    return Chart((), "bars", NAME, settings)


def chart_settings(
    rows: pd.DataFrame,
    across: Sequence[Across],
    quantities: Sequence[Quantity],
    facets: Mapping[str, str],
    *,
    details: Sequence[str],
    interval: str,
    lines: str = "conversions",
) -> dict[str, Any]:
    """Return what the script of a chart of lines reads.

    Args:
        rows: of the table that it draws from, those that are drawn.
        across: the choices for the horizontal axis.
        quantities: the choices for the vertical axis.
        facets: columns whose values have panels of their own, and their titles.
        details: columns that are told of a point beside its figure.
        interval: what the ends of a quantity's interval are.
        lines: what the lines are.
    """
    names = list(dict.fromkeys(name for one in across for name in one.lines if name is not None))
    styles = {theme: line_styles(names, THEMES[theme]) for theme in THEMES}
    return {
        "across": [_across(one) for one in across],
        "quantities": [{name: getattr(quantity, name) for name in _OF_A_QUANTITY} for quantity in quantities],
        "facets": _facets(rows, facets),
        "styles": [
            {"name": name, "symbol": _SYMBOLS[styles["light"][name].marker]}
            | {theme: styles[theme][name].colour for theme in THEMES}
            for name in names
        ],
        "details": list(details),
        "interval": interval,
        "lines": lines,
        "marked": [],
        "caches": [],
    }


def far_apart(values: Sequence[float]) -> bool:
    """Return whether numbers want a logarithmic axis."""
    low, high = min(values), max(values)
    return low > 0 and high / low >= FAR_APART


def _across(one: Across) -> dict[str, Any]:
    names = list(dict.fromkeys(name for name in one.lines if name is not None))
    codes = {name: code for code, name in enumerate(names)}
    own = {"column": one.column, "title": one.title, "unit": one.unit, "logarithmic": one.logarithmic}
    return {**own, "names": names, "codes": [-1 if name is None else codes[name] for name in one.lines]}


def _facets(rows: pd.DataFrame, facets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what can be switched, and what is on at first: few enough panels to look at."""
    found: list[dict[str, Any]] = []
    for name, title in facets.items():
        values = list(pd.unique(rows[name].astype(object)))
        found.append({"column": name, "title": title, "values": values, "on": len(values)})
    # The first facets, runs and arms, are those that are looked at side by side.
    for place in reversed(range(len(found))):
        others = math.prod(one["on"] for one in found[:place] + found[place + 1 :])
        found[place]["on"] = min(found[place]["on"], max(1, MOST_PANELS_AT_FIRST // others))
    return found

"""Benchmarks of other suites: their table, and a chart over a parameter, or one beside the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from copycost.analyse.grouping import floats
from copycost.show.document import Chart, Column, Table
from copycost.show.quantities import SECONDS
from copycost.show.sections.curves import Across, chart_settings, far_apart
from copycost.show.sections.figures import varies
from copycost.store.parametrised import params_of

NAME = "benchmarks"
_RUN, _PARAM = "run:", "param:"
_TIME = replace(SECONDS, low="low", high="high")
_FIXED = {
    "group": ("group", "text"),
    "seconds": ("median", "seconds"),
    "low": ("lower quartile", "seconds"),
    "high": ("upper quartile", "seconds"),
    "rounds": ("rounds", "count"),
    "fullname": ("full name", "name"),
}
_INTERVAL = "the quartiles"
MOST_LINES = 8


def benchmark_blocks(benchmarks: Mapping[str, pd.DataFrame]) -> tuple[list[Chart], list[Table]]:
    """Return charts and table of the benchmarks of each run; nothing where there are none.

    Args:
        benchmarks: frames of ``read_parametrised``.
    """
    if not benchmarks:
        return [], []
    rows, params = _together(benchmarks)
    own = [name for name in (_RUN, "test", *(_PARAM + param for param in params)) if varies(rows[name])]
    shown = [("test", "test", "name")] + ([(_RUN, "run", "name")] if _RUN in own else [])
    shown += [(_PARAM + param, param, _unit(rows[_PARAM + param])) for param in params]
    shown += [(name, heading, unit) for name, (heading, unit) in _FIXED.items() if rows[name].notna().any()]
    columns = [Column(name, heading, unit, shown=name != "fullname") for name, heading, unit in shown]
    return _charts(rows, own), [Table(NAME, rows, tuple(columns), caption=f"All {len(rows)} benchmarks")]


def _together(benchmarks: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Return all rows, and the parameters; their columns have a prefix, so that no name is another's."""
    params = list(dict.fromkeys(param for frame in benchmarks.values() for param in params_of(frame)))
    frames = []
    for run, frame in benchmarks.items():
        renamed = frame.rename(columns={param: _PARAM + param for param in params_of(frame)})
        frames.append(renamed.assign(**{_RUN: run}))
    return pd.concat(frames, ignore_index=True), params


def _charts(rows: pd.DataFrame, varying: list[str]) -> list[Chart]:
    """Return the chart over the numeric parameters, and that of the benchmarks that have none of them."""
    numeric = [name for name in varying if name.startswith(_PARAM) and _scales(rows[name])]
    numeric.sort(key=lambda name: -rows[name].nunique())
    scaling = rows[numeric].notna().any(axis=1).to_numpy(dtype=bool)
    details = [name for name in (*varying, "group", "rounds") if rows[name].notna().any()]
    charts = [_over_numbers(rows, scaling, numeric, varying, details)] if numeric else []
    return charts + ([] if scaling.all() else [_beside(rows, ~scaling, varying, details)])


def _over_numbers(
    rows: pd.DataFrame, scaling: np.ndarray, numeric: list[str], varying: list[str], details: list[str]
) -> Chart:
    facets: dict[str, str] = {}
    across = []
    for name in numeric:
        others = [other for other in varying if other != name and varies(rows.loc[scaling, other])]
        known = floats(rows[name])
        lines = [line if told else None for line, told in zip(_lines(rows, others), np.isfinite(known), strict=True)]
        if len(set(lines)) > MOST_LINES:
            facets |= {own: title for own, title in ((_RUN, "run"), ("test", "test")) if own in others}
        title = name.removeprefix(_PARAM)
        across.append(Across(name, title, "number", far_apart(known[np.isfinite(known)].tolist()), lines))
    settings = chart_settings(
        rows[scaling], across, [_TIME], facets, details=details, interval=_INTERVAL, lines="benchmarks"
    )
    return Chart((), "curves", NAME, settings)


def _beside(rows: pd.DataFrame, drawn: np.ndarray, varying: list[str], details: list[str]) -> Chart:
    names = [line if own else None for line, own in zip(_lines(rows, varying), drawn, strict=True)]
    across = [Across("", "", "text", False, names)]
    return Chart((), "bars", NAME, chart_settings(rows, across, [_TIME], {}, details=details, interval=_INTERVAL))


def _scales(column: pd.Series) -> bool:
    """Return whether a parameter is a number that takes several values."""
    return is_numeric_dtype(column) and column.nunique() > 1


def _lines(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    """Return for each row what its line is called: what varies beside the horizontal axis."""
    if not columns:
        return [str(test) for test in rows["test"]]
    parts = [[_said(name, value) for value in rows[name].astype(object)] for name in columns]
    return [" · ".join(part for part in row if part) or "–" for row in zip(*parts, strict=True)]


def _said(column: str, value: Any) -> str:
    if pd.isna(value):
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{column.removeprefix(_PARAM)}={text}" if column.startswith(_PARAM) else text


def _unit(column: pd.Series) -> str:
    return "number" if is_numeric_dtype(column) else "text"

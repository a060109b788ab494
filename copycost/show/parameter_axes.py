"""Which parameter of a suite stands on which axis of its chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd

from copycost.errors import UsageError, nearest
from copycost.show.chart_data import ChartData
from copycost.show.charts.frames import PARAMETERS
from copycost.show.charts.labels import plain
from copycost.show.charts.ticks import number
from copycost.store.parametrised import params_of

TEST = "test"
MOST_LINES = 8
"""Values of a parameter that still make lines, where it is not said what does."""


def parameters_data(
    frame: pd.DataFrame, file: str, *, x: str | None = None, line: str | None = None, panel: str | None = None
) -> ChartData:
    """Return the benchmarks of any suite, ready to be drawn against one of their parameters.

    Args:
        frame: of ``copycost.store.parametrised.read_parametrised``.
        file: the name of the file that the benchmarks are from.
        x: the parameter on the horizontal axis; by default the numeric one with the most values.
        line: the parameter whose values are lines, or ``test``; by default the tests, where all of them have
            the same parameters, else the first parameter of at most eight values.
        panel: the parameter whose values are panels, or ``test``; by default all others are.

    Raises:
        UsageError: there is no numeric parameter, or none of that name.
    """
    params = params_of(frame)
    numbers = {name: _numbers(frame[name]) for name in params}
    numeric = [name for name in params if numbers[name].notna().any()]
    if not numeric:
        has = f"its parameters are {', '.join(params)}" if params else "its benchmarks have no parameters"
        raise UsageError(f"{file}: no parameter with numbers to stand on the horizontal axis; {has}")
    chosen = _known("--x", x, numeric) if x else max(numeric, key=lambda name: numbers[name].nunique())
    places = numbers[chosen]
    shown = frame[places.notna()]
    others = [name for name in (TEST, *params) if name != chosen]
    for option, name in (("--line", line), ("--panel", panel)):
        if name:
            _known(option, name, others)
    varying = [name for name in others if _texts(shown[name]).nunique() > 1]
    along = line or _usual_line(shown, [name for name in varying if name != panel])
    panels = [panel] if panel else [name for name in varying if name != along]
    lines = [name for name in dict.fromkeys((along, *varying)) if name and name not in panels]
    columns = shown.assign(
        x=places,
        across=chosen,
        along=along if along != TEST else "",
        line=_joined(shown, lines).where(lambda text: text != "", shown[TEST]),
        panel=_joined(shown, panels).where(lambda text: text != "", f"no {panels[0]}" if panels else ""),
        run=PurePath(file).stem,
        machine="",
    )
    left_out = len(frame) - len(shown)
    about = (file, *([f"{left_out} benchmarks without {chosen} are left out"] if left_out else []))
    choice = {name: value for name, value in (("x", x), ("line", line), ("panel", panel)) if value}
    return ChartData(PARAMETERS, columns, (file,), choice, about=about)


def _known(option: str, name: str, valid: Sequence[str]) -> str:
    if name not in valid:
        raise UsageError(f"{option} {name!r} is not among this file's: {nearest(name, list(valid))}")
    return name


def _usual_line(frame: pd.DataFrame, varying: Sequence[str]) -> str:
    """Return what makes lines where it is not said: the tests, where they have all parameters, else a parameter.

    "" where nothing has few enough values.
    """
    alike = all((_texts(frame[name]) != "").all() for name in varying)
    params = [name for name in varying if name != TEST]
    wanted = [*(name for name in varying if name == TEST and (alike or not params)), *params]
    return next((name for name in wanted if _texts(frame[name]).nunique() <= MOST_LINES), "")


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column as floats; NaN where it holds no number."""
    if not pd.api.types.is_numeric_dtype(column):
        return pd.Series(float("nan"), index=column.index)
    return column.astype("Float64").astype(float)


def _texts(column: pd.Series) -> pd.Series:
    """Return a column as people read its values; "" where a benchmark has none."""
    numeric = pd.api.types.is_numeric_dtype(column)
    texts = [
        "" if pd.isna(value) else number(float(value)) if numeric else plain(value) for value in column.astype(object)
    ]
    return pd.Series(texts, index=column.index, dtype=object)


def _joined(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Return for each row the values of some columns as one text, where there are several each with its name."""
    columns = {name: _texts(frame[name]).to_list() for name in names}
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(frame)
    named = [[(name, value) for name, value in zip(columns, row, strict=True) if value] for row in rows]
    texts = [
        " · ".join(value if len(columns) == 1 or name == TEST else f"{name} {value}" for name, value in row)
        for row in named
    ]
    return pd.Series(texts, index=frame.index, dtype=object)

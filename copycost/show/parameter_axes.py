"""Which parameter of a suite stands on which axis of its chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import pandas as pd

from copycost.errors import UsageError, nearest
from copycost.show.chart_data import ChartData
from copycost.show.charts.frames import PARAMETERS
from copycost.show.charts.labels import plain
from copycost.show.charts.ticks import number
from copycost.store.parametrised import params_of

TEST = "test"
FILE = "result file"
"""The column that tells several files apart."""
MOST_LINES = 8
"""Values of a parameter that still make lines, where it is not said what does."""


def parameters_data(
    frames: Mapping[str, pd.DataFrame],
    *,
    x: str | None = None,
    y: str | None = None,
    line: str | None = None,
    panel: str | None = None,
) -> ChartData:
    """Return the benchmarks of any suite, ready to be drawn against one of their parameters.

    Args:
        frames: of ``copycost.store.parametrised.read_parametrised``, by the names of their files.
        x: the parameter on the horizontal axis; by default the numeric one with the most values. Without one that has
            several values the benchmarks stand beside each other.
        y: the numbers on the vertical axis, by default the time per call.
        line: the parameter whose values are lines, or ``test``; by default the files, where there are several, or
            the tests, where all of them have the same parameters, else the first parameter of at most eight values.
        panel: the parameter whose values are panels, or ``test``; by default all others are.

    Raises:
        UsageError: there is no numeric parameter of that name.
    """
    if len(frames) > 1:
        frame = pd.concat([own.assign(**{FILE: PurePath(name).stem}) for name, own in frames.items()])
        frame = frame.reset_index(drop=True)
    else:
        (frame,) = frames.values()
    params = params_of(frame)
    numbers = {name: _numbers(frame[name]) for name in params}
    numeric = [name for name in params if numbers[name].notna().any()]
    usable = [name for name in numeric if numbers[name].nunique() > 1]
    if x:
        chosen = _known("--x", x, numeric)
    else:
        chosen = max(usable, key=lambda name: numbers[name].nunique(), default="")
    places = numbers[chosen] if chosen else pd.Series(0.0, index=frame.index)
    values = numbers[_known("--y", y, numeric)] if y else frame["seconds"]
    shown = frame[places.notna() & values.notna()]
    if y:
        shown = shown.assign(seconds=values, low=float("nan"), high=float("nan"))
    others = [name for name in (TEST, *params) if name not in (chosen, y)]
    for option, name in (("--line", line), ("--panel", panel)):
        if name:
            _known(option, name, others)
    varying = [name for name in others if _texts(shown[name]).nunique() > 1]
    if chosen:
        along = line or (FILE if FILE in varying else _usual_line(shown, [name for name in varying if name != panel]))
        panels = [panel] if panel else [name for name in varying if name != along]
    else:
        along, panels = "", [panel] if panel else []
    lines = [name for name in dict.fromkeys((along, *varying)) if name and name not in panels]
    order = shown[panels].rank(method="dense") if panels and all(name in numeric for name in panels) else None
    columns = shown.assign(
        x=places,
        across=chosen,
        up=y or "",
        along=along if along not in (TEST, FILE) else "",
        line=_joined(shown, lines).where(lambda text: text != "", shown[TEST]),
        panel=_joined(shown, panels, named=True).where(lambda text: text != "", f"no {panels[0]}" if panels else ""),
        order=0.0 if order is None else order.to_numpy(float) @ [1e6**-place for place in range(len(panels))],
        run=" and ".join(PurePath(name).stem for name in frames),
        machine="",
    )
    left_out = len(frame) - len(shown)
    lacking = " or ".join(name for name in (chosen, y) if name)
    about = (*frames, *([f"{left_out} benchmarks without {lacking} are left out"] if left_out else []))
    choice = {name: value for name, value in (("x", x), ("y", y), ("line", line), ("panel", panel)) if value}
    return ChartData(PARAMETERS, columns, tuple(frames), choice, about=about)


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


def _joined(frame: pd.DataFrame, names: Sequence[str], *, named: bool = False) -> pd.Series:
    """Return for each row the values of some columns as one text, where there are several each with its name.

    ``named`` has the name beside a single one too, as ``workers = 2``.
    """
    columns = {name: _texts(frame[name]).to_list() for name in names}
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(frame)
    told = [[(name, value) for name, value in zip(columns, row, strict=True) if value] for row in rows]
    texts = [" · ".join(_said(name, value, named, len(columns)) for name, value in row) for row in told]
    return pd.Series(texts, index=frame.index, dtype=object)


def _said(name: str, value: str, named: bool, count: int) -> str:
    """Return a value as a label, with its parameter's name where that is needed."""
    if name in (TEST, FILE):
        return value
    return f"{plain(name)} = {value}" if named else value if count == 1 else f"{plain(name)} {value}"

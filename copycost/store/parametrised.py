"""Benchmarks of any suite with their parameters as columns: what a chart over a parameter needs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.store.benchmarks import benchmark_name, benchmark_stats, params_of_item
from copycost.store.facts import as_text
from copycost.store.reports import read_reports

FIXED = ("fullname", "test", "group", "seconds", "low", "high", "rounds")
MOST_VALUES = 4 * 1024**2
"""Benchmarks times parameters: each parameter is a column, however few benchmarks have it."""


def read_parametrised(path: Path, fields: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row for each benchmark of a pytest-benchmark file, with a column for each parameter.

    Args:
        path: the file.
        fields: numbers of ``extra_info`` that are taken as parameters too, where no parameter has that name.

    Returns:
        ``fullname``; ``test``, the name without its bracket; ``group`` (missing where unknown);
        ``seconds``, the median per call; ``low`` and ``high``, the quartiles per call (NaN where
        unknown); ``rounds`` (Int64); then the parameters in the file's order, named as the suite
        names them, and numeric (float64 or Int64) where all known values are numbers. A list or an
        object becomes its JSON text, a value that could not be written its id. A benchmark that has
        not got a parameter has NA or NaN there. Where a file does not say its parameters, ``param``
        is what stands in the bracket. A parameter with the name of a column above has `` (param)``
        after it. ``params_of`` lists the parameters.

    Raises:
        UsageError: the file cannot be read, is not pytest-benchmark's, holds several reports, or more parameters
            than fit into memory as columns.
    """
    reports = read_reports(path)
    if len(reports) > 1:
        raise UsageError(f"{path}: holds {len(reports)} reports; one is needed here")
    rows: list[dict[str, Any]] = []
    params: dict[str, list[object]] = {}
    items = reports[0]["benchmarks"] if reports else []
    for number, item in enumerate(items, 1):
        name = benchmark_name(path, number, item)
        stats = benchmark_stats(path, name, item["stats"])
        rows.append(
            {
                "fullname": name if (fullname := as_text(item.get("fullname"))) is None else fullname,
                "test": name.partition("[")[0],
                "group": as_text(item.get("group")),
                "seconds": stats.median,
                "low": stats.low,
                "high": stats.high,
                "rounds": stats.count,
            }
        )
        info = item.get("extra_info")
        told = {key: info[key] for key in fields if is_number(info.get(key))} if isinstance(info, dict) else {}
        for key, value in (told | params_of_item(name, item)).items():
            column = f"{key} (param)" if key in FIXED else key
            values = params.setdefault(column, [])
            values += [None] * (number - 1 - len(values))
            values[number - 1 :] = [value]
        if len(params) * len(items) > MOST_VALUES:
            raise UsageError(
                f"{path}: more than {len(params) - 1} parameters of {len(items)} benchmarks: "
                f"a table of more than the {MOST_VALUES // 1024**2} Mi values that are read"
            )
    frame = pd.DataFrame(rows, columns=list(FIXED)).astype(
        {"seconds": "float64", "low": "float64", "high": "float64", "rounds": "Int64"}
    )
    columns = {name: _column(values + [None] * (len(rows) - len(values))) for name, values in params.items()}
    # All at once: pandas warns where a frame gets some hundred columns one by one.
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)


def params_of(frame: pd.DataFrame) -> list[str]:
    """Return the columns of ``read_parametrised`` that are parameters, in the file's order."""
    return [str(name) for name in frame.columns if name not in FIXED]


def _column(values: Sequence[object]) -> pd.Series:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int) and abs(value) < 2**63 for value in known):
        return pd.Series(values, dtype="Int64")
    if known and all(is_number(value) for value in known):
        return pd.Series(values, dtype="float64")
    return pd.Series([None if value is None else str(value) for value in values], dtype="object")


def is_number(value: object) -> bool:
    """Return whether a value can be one of an axis: neither beyond the floats nor infinite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max

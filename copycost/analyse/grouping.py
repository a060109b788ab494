"""Groups of rows as integer codes, and statistics per group, fast enough for a live run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

CELL = [
    "run",
    "machine",
    "arm",
    "conversion",
    "direction",
    "dtype",
    "size",
    "threads",
    "cache",
    "layout",
]
ARM = ["run", "machine", "arm"]
RUN = ["run", "machine"]
CELL_ID = ("conversion", "dtype", "size", "threads", "cache", "layout")
"""What the id of a cell is made of, in a run's record and in its files."""
KEY = [name for name in CELL if name not in ARM]
"""What makes cells of two runs the same cell."""


def group_codes(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, Codes]:
    """Return each row's group number, and for each group the position of its first row.

    Groups are numbered in order of appearance; unknown values are equal to each other.
    """
    changing, begins = [], np.zeros(len(frame), dtype=bool)
    begins[:1] = True
    for column in columns:
        for own in _comparable(frame[column]):
            change = own[1:] != own[:-1]
            if change.any():
                begins[1:] |= change
                changing.append(own)
    # Rows of one group mostly stand together: only the first of each such stretch is looked up.
    starts = np.flatnonzero(begins)
    codes = np.zeros(len(starts), dtype=np.int64)
    for own in changing:
        numbers, values = pd.factorize(own[starts])
        # Numbering afresh after each column keeps the product of the counts far from overflow.
        codes = pd.factorize(codes * (len(values) + 1) + numbers + 1)[0].astype(np.int64)
    first = np.full(int(codes.max()) + 1 if len(codes) else 0, -1, dtype=np.int64)
    first[codes[::-1]] = starts[::-1]
    return np.repeat(codes, np.diff(starts, append=len(frame))), first


def group_median(values: Floats, codes: Codes, count: int) -> Floats:
    """Return the median of each group's known values; NaN for a group that has none."""
    if np.isnan(values).all():  # another suite's file has no clock, no canary and no page faults
        return np.full(count, np.nan)
    return _spread(pd.Series(values).groupby(codes).median(), count)


def group_quantile(values: Floats, codes: Codes, count: int, share: float) -> Floats:
    """Return a quantile of each group's known values; NaN for a group that has none."""
    if np.isnan(values).all():
        return np.full(count, np.nan)
    return _spread(pd.Series(values).groupby(codes).quantile(share), count)


def group_sum(values: NDArray[np.generic], codes: Codes, count: int) -> Floats:
    """Return the sum of each group's values."""
    sums = np.bincount(codes, weights=values.astype(np.float64), minlength=count)
    return sums.astype(np.float64)


def group_mean(values: Floats, codes: Codes, count: int) -> Floats:
    """Return the mean of each group's known values; NaN for a group that has none."""
    known = ~np.isnan(values)
    if not known.any():
        return np.full(count, np.nan)
    number = group_sum(known, codes, count)
    total = group_sum(np.where(known, values, 0.0), codes, count)
    mean: Floats = np.divide(total, number, out=np.full(count, np.nan), where=number > 0)
    return mean


def floats(column: pd.Series) -> Floats:
    """Return a column as floats, unknown as NaN."""
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def text_keys(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return each row's values as text: the same one may be a category, a string or a nullable number in two frames."""
    return list(zip(*(frame[name].astype(str) for name in columns), strict=True))


def _comparable(column: pd.Series) -> list[NDArray[Any]]:
    """Return a column as arrays that are equal where its values are, unknown ones to each other (but for NaN)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [column.cat.codes.to_numpy()]
    if isinstance(column.array, pd.arrays.IntegerArray | pd.arrays.BooleanArray):
        unknown = column.isna().to_numpy()
        known = column.to_numpy(dtype=np.int64, na_value=0)
        return [known, unknown] if unknown.any() else [known]
    if column.dtype.kind in "biuf":
        return [column.to_numpy()]
    return [pd.factorize(column)[0]]


def _spread(by_group: pd.Series, count: int) -> Floats:
    result = np.full(count, np.nan)
    result[by_group.index.to_numpy()] = by_group.to_numpy(dtype=np.float64)
    return result

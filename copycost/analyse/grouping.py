"""Groups of rows as integer codes, and statistics per group, fast enough for a live run."""

from __future__ import annotations

from collections.abc import Sequence

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


def group_codes(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, Codes]:
    """Return each row's group number, and for each group the position of its first row.

    Groups are numbered in order of appearance; unknown values are equal to each other.
    """
    known = [_column_codes(frame[column]) for column in columns]
    varied = [(own, count) for own, count in known if len(own) and (own != own[0]).any()]
    # Rows of one group mostly stand together: only the first of each such stretch is looked up.
    starts = _stretches([own for own, _ in varied], len(frame))
    codes = np.zeros(len(starts), dtype=np.int64)
    for own, count in varied:
        # Numbering afresh after each column keeps the product of the counts far from overflow.
        codes = pd.factorize(codes * (count + 1) + own[starts] + 1)[0].astype(np.int64)
    first = np.full(int(codes.max()) + 1 if len(codes) else 0, -1, dtype=np.int64)
    first[codes[::-1]] = starts[::-1]
    return np.repeat(codes, np.diff(starts, append=len(frame))), first


def _stretches(columns: Sequence[Codes], length: int) -> Codes:
    """Return where a row begins that differs from the one before it in any column."""
    begins = np.zeros(length, dtype=bool)
    begins[:1] = True
    for own in columns:
        begins[1:] |= own[1:] != own[:-1]
    return np.flatnonzero(begins)


def group_median(values: Floats, codes: Codes, count: int) -> Floats:
    """Return the median of each group's known values; NaN for a group that has none."""
    return _spread(pd.Series(values).groupby(codes).median(), count)


def group_quantile(values: Floats, codes: Codes, count: int, share: float) -> Floats:
    """Return a quantile of each group's known values; NaN for a group that has none."""
    return _spread(pd.Series(values).groupby(codes).quantile(share), count)


def group_sum(values: NDArray[np.generic], codes: Codes, count: int) -> Floats:
    """Return the sum of each group's values."""
    sums = np.bincount(codes, weights=values.astype(np.float64), minlength=count)
    return sums.astype(np.float64)


def group_mean(values: Floats, codes: Codes, count: int) -> Floats:
    """Return the mean of each group's known values; NaN for a group that has none."""
    known = ~np.isnan(values)
    number = group_sum(known, codes, count)
    total = group_sum(np.where(known, values, 0.0), codes, count)
    mean: Floats = np.divide(total, number, out=np.full(count, np.nan), where=number > 0)
    return mean


def floats(column: pd.Series) -> Floats:
    """Return a column as floats, unknown as NaN."""
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _column_codes(column: pd.Series) -> tuple[Codes, int]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64), len(column.cat.categories)
    codes, values = pd.factorize(column)
    return codes.astype(np.int64), len(values)


def _spread(by_group: pd.Series, count: int) -> Floats:
    result = np.full(count, np.nan)
    result[by_group.index.to_numpy()] = by_group.to_numpy(dtype=np.float64)
    return result

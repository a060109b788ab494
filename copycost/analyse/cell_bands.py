"""Cells of one conversion in bands of size: few enough to read, alike enough to average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import Codes, Floats, floats, group_codes
from copycost.units import format_bytes

BORDERS = (16 * 1024, 4 * 1024**2)
"""Source bytes: up to the first a call is what a copy costs, up to the second it stays in a core's caches."""
EVERY_SIZE = "every size"
COLUMNS = ("conversion", "direction", "sizes")


def bands(cells: pd.DataFrame) -> tuple[Codes, pd.DataFrame]:
    """Return each cell's band, and the bands: ``conversion``, ``direction`` and ``sizes`` in words.

    What shares memory costs the same at every size and is one band, as are benchmarks without a size.
    """
    sizes = floats(cells["bytes"])
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    low, high = (format_bytes(border) for border in BORDERS)
    words = np.array([f"up to {low}", f"{low} to {high}", f"above {high}", EVERY_SIZE], dtype=object)
    number = np.where(shares | np.isnan(sizes), 3, np.searchsorted(BORDERS, np.nan_to_num(sizes)))
    own = cells[["conversion", "direction"]].astype(object).assign(sizes=words[number])
    codes, first = group_codes(own, COLUMNS)
    return codes, own.iloc[first].reset_index(drop=True)


def band_means(values: Floats, codes: Codes, count: int) -> Floats:
    """Return the mean of each row's known values in each band, shape (rows, bands); NaN where it has none."""
    known = np.isfinite(values)
    member = (codes[:, None] == np.arange(count)).astype(np.float64)
    number = known.astype(np.float64) @ member
    total = np.where(known, values, 0.0) @ member
    means: Floats = np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0)
    return means

"""The quantities that charts and the report show of a cell: each one's columns, titles, unit and formula, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from copycost.analyse.ceilings import moved_bytes
from copycost.analyse.device import WAYS, of_device
from copycost.analyse.grouping import ARM, CELL, Codes, Floats, floats, group_codes

CONDITIONS = [*ARM, "dtype", "threads", "cache", "layout"]
"""Cells that differ in one of these columns are never on one line, nor compared with each other."""

DIRECTIONS = {
    "to_tensor": "NumPy → PyTorch",
    "to_array": "PyTorch → NumPy",
    "list_to_tensor": "list of arrays → PyTorch",
    **WAYS,
}
"""Directions as people read them, in the order that they stand in."""

Values = tuple[Floats, Floats, Floats]
"""A quantity of each cell and the two ends of its interval, NaN where unknown."""

_TIMES = ["seconds", "ci_low", "ci_high"]


@dataclass(frozen=True)
class Quantity:
    """A figure of a cell: the columns that hold it, its titles, and how it is computed.

    Attributes:
        column: of the value; ``low`` and ``high`` are the ends of the interval, None without one.
        title: in a list of quantities to choose from.
        axis: beside the axis.
        unit: as of a table's column.
        baseline: what the value 1 stands for, where a line at 1 helps.
        compute: the values from a frame of cells; None where the frame has the columns already.
    """

    column: str
    low: str | None
    high: str | None
    title: str
    axis: str
    unit: str
    baseline: str | None = None
    compute: Callable[[pd.DataFrame], Values] | None = None

    def values(self, cells: pd.DataFrame) -> Values:
        """Return the quantity of each cell with its interval; NaN where a column is missing."""
        if self.compute is not None:
            return self.compute(cells)
        value, low, high = (
            floats(cells[name]) if name in cells else np.full(len(cells), np.nan)
            for name in (self.column, self.low, self.high)
        )
        return value, low, high


def ratio(top: pd.DataFrame, bottom: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the ratio of two times and its interval, row by row (same index in both frames).

    Both frames have seconds, ci_low and ci_high. The half-widths of the logarithms are added in
    quadrature, as for independent estimates; NaN where either interval is unknown.
    """
    value = top["seconds"] / bottom["seconds"]
    below = np.hypot(np.log(top["seconds"] / top["ci_low"]), np.log(bottom["ci_high"] / bottom["seconds"]))
    above = np.hypot(np.log(top["ci_high"] / top["seconds"]), np.log(bottom["seconds"] / bottom["ci_low"]))
    return value, value * np.exp(-below), value * np.exp(above)


def cheapest_zero_copy(cells: pd.DataFrame) -> Codes:
    """Return for each cell that copies the position of the cheapest zero-copy cell of its conditions, direction
    and bytes; -1 for a cell that does not copy, or has none.
    """
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True)
    sized = floats(cells["bytes"]) > 0
    return np.where(copies & sized, _cheapest(cells, [*CONDITIONS, "direction", "bytes"], shares & sized), -1)


def _multiple(cells: pd.DataFrame) -> Values:
    return _relative(cells, cheapest_zero_copy(cells))


def _speed_up(cells: pd.DataFrame) -> Values:
    """Return how much faster more threads are; NaN where either side is of a single process: it may be an odd one."""
    threads = floats(cells["threads"])
    repeated = floats(cells["processes"]) > 1
    single = _cheapest(cells, [name for name in CELL if name != "threads"], repeated & (threads == 1))
    return _relative(cells, np.where(repeated & (threads > 1), single, -1), inverted=True)


def _against_first(cells: pd.DataFrame) -> Values:
    arms, _ = group_codes(cells, ARM)
    first = arms == 0
    return _relative(cells, np.where(first, -1, _cheapest(cells, [name for name in CELL if name not in ARM], first)))


def _throughput(cells: pd.DataFrame) -> Values:
    """Return the bytes that copies read and write in a second: a cast writes fewer or more than it reads.

    To a device and back it is the bytes of the source, which go over the link once.
    """
    over_link = of_device(cells).to_numpy(dtype=bool, na_value=False)
    moved = np.where(over_link, floats(cells["bytes"]), moved_bytes(cells))
    moved = np.where(np.isnan(floats(cells["gb_per_s"])), np.nan, moved) / 1e9
    value, low, high = (moved / floats(cells[name]) for name in ("seconds", "ci_high", "ci_low"))
    return value, low, high


def _cheapest(cells: pd.DataFrame, alike: list[str], among: np.ndarray) -> Codes:
    """Return for each cell the position of the cheapest of some cells that are like it, -1 without one."""
    codes, groups = group_codes(cells, alike)
    seconds = floats(cells["seconds"])
    rows = np.flatnonzero(among & (seconds > 0))
    best = np.full(len(groups), -1, dtype=np.int64)
    # Of cells that are as cheap, the first.
    order = rows[np.argsort(seconds[rows], kind="stable")][::-1]
    best[codes[order]] = order
    cheapest: Codes = best[codes]
    return cheapest


def _relative(cells: pd.DataFrame, bases: Codes, *, inverted: bool = False) -> Values:
    """Return each cell's time over that of the cell at a position, or the inverse; NaN where that is -1.

    The interval takes the two times as independent.
    """
    times = pd.DataFrame({name: floats(cells[name]) for name in _TIMES})
    rows = np.flatnonzero((bases >= 0) & (times["seconds"] > 0).to_numpy())
    top, bottom = times.iloc[rows].reset_index(drop=True), times.iloc[bases[rows]].reset_index(drop=True)
    values = np.full((3, len(cells)), np.nan)
    values[:, rows] = ratio(bottom, top) if inverted else ratio(top, bottom)
    return values[0], values[1], values[2]


def _with_interval(column: str, *names: str, **more: object) -> Quantity:
    return Quantity(column, f"{column}_low", f"{column}_high", *names, **more)  # type: ignore[arg-type]


SECONDS = Quantity("seconds", "ci_low", "ci_high", "Time per call", "time per call", "seconds")
MULTIPLE = _with_interval(
    *("multiple", "Multiple of zero-copy", "multiple of zero-copy", "multiple"),
    baseline="the cheapest zero-copy call of that size",
    compute=_multiple,
)
THROUGHPUT = _with_interval(
    *("moved_gb_per_s", "Throughput of copies", "GB/s read and written", "speed"), compute=_throughput
)
THROUGHPUT_OF_LINK = replace(THROUGHPUT, axis="GB/s over the link")
SHARE_OF_MAPPED = _with_interval(
    *("share_of_mapped", "Share of a plain copy's bandwidth", "share of a plain copy's bandwidth", "share"),
    baseline="a plain copy into memory that is mapped",
)
SHARE_OF_FRESH = _with_interval(
    *("share_of_fresh", "Share of a plain copy into fresh memory", "share of a plain copy's bandwidth", "share"),
    baseline="a plain copy into fresh memory",
)
COPY_RATIO = _with_interval(
    *("copy_ratio", "Multiple of a plain copy timed beside it", "multiple of a plain copy", "multiple"),
    baseline="np.copyto of the same bytes into mapped memory",
)
PAGE_FAULTS = Quantity("page_faults", None, None, "Minor page faults per call", "minor page faults per call", "number")
SPEED_UP = _with_interval(
    *("speed_up", "Speed-up over one thread", "speed-up over one thread", "multiple"),
    baseline="as fast as one thread",
    compute=_speed_up,
)
AGAINST_FIRST = _with_interval(
    *("against_first", "Time as a multiple of the first run's", "multiple of the first run", "multiple"),
    baseline="as fast as the first",
    compute=_against_first,
)
RATIO = Quantity("ratio", "ci_low", "ci_high", "B / A", "B / A", "ratio", baseline="as fast as A")
"""Of a comparison: the time of B over that of A."""

QUANTITIES = (
    *(SECONDS, MULTIPLE, THROUGHPUT, SHARE_OF_MAPPED, SHARE_OF_FRESH, COPY_RATIO, PAGE_FAULTS),
    *(SPEED_UP, AGAINST_FIRST),
)


def with_quantities(cells: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with a column for each quantity and for the ends of its interval, NaN where unknown.

    Args:
        cells: estimates with ``share_of_mapped`` and ``share_of_fresh``, of one run or several.
    """
    cells = cells.reset_index(drop=True)
    columns: dict[str, Floats] = {}
    for quantity in QUANTITIES:
        if quantity.compute is not None:
            names = (quantity.column, quantity.low or "", quantity.high or "")
            columns |= zip(names, quantity.compute(cells), strict=True)
    return cells.assign(**columns)


def quantities_in(cells: pd.DataFrame) -> list[Quantity]:
    """Return the quantities that are known of some cell, without an interval where none is known of any."""

    def known(column: str | None) -> bool:
        return column in cells and bool(np.isfinite(floats(cells[column])).any())

    return [
        quantity if known(quantity.low) and known(quantity.high) else replace(quantity, low=None, high=None)
        for quantity in QUANTITIES
        if known(quantity.column)
    ]


def direction_words(direction: object) -> str:
    """Return a direction as people read it."""
    return DIRECTIONS.get(str(direction), str(direction))

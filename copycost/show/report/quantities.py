"""What a chart can show of a cell: each quantity with the ends of its interval, as columns beside the estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import KEY, Codes, Floats, floats, group_codes
from copycost.show.charts.points import CONDITIONS, ratio

_TIMES = ["seconds", "ci_low", "ci_high"]
_ARM = ("run", "machine", "arm")


@dataclass(frozen=True)
class Quantity:
    """A quantity: its columns, how it is called, and how its values are written.

    Attributes:
        column: of the value; ``low`` and ``high`` are the ends of the interval, None without one.
        title: in the list to choose from.
        axis: beside the axis.
        unit: as of a table's column.
        one: what 1 means, where a line at 1 helps.
    """

    column: str
    low: str | None
    high: str | None
    title: str
    axis: str
    unit: str
    one: str | None = None


QUANTITIES = (
    Quantity("seconds", "ci_low", "ci_high", "Time per call", "time per call", "seconds"),
    Quantity(
        *("multiple", "multiple_low", "multiple_high", "Multiple of zero-copy", "multiple of zero-copy", "multiple"),
        one="the cheapest zero-copy call of that size",
    ),
    Quantity("gb_per_s", "gb_per_s_low", "gb_per_s_high", "Throughput of copies", "GB/s of the source", "speed"),
    Quantity(
        *("share_of_mapped", None, None, "Share of a plain copy's bandwidth", "share of a plain copy", "share"),
        one="np.copyto into mapped memory",
    ),
    Quantity(
        *("share_of_fresh", None, None, "Share of a plain copy into fresh memory", "share of a plain copy", "share"),
        one="np.copyto into fresh memory",
    ),
    Quantity(
        *("copy_ratio", "copy_ratio_low", "copy_ratio_high"),
        *("Multiple of a plain copy beside it", "multiple of a plain copy", "multiple"),
        one="np.copyto of the same bytes into mapped memory, timed right after each round",
    ),
    Quantity("page_faults", None, None, "Minor page faults per call", "minor page faults per call", "number"),
    Quantity(
        *("speed_up", "speed_up_low", "speed_up_high", "Speed-up over one thread", "speed-up", "multiple"),
        one="as fast as one thread",
    ),
    Quantity(
        *("against_first", "against_first_low", "against_first_high"),
        *("Time as a multiple of the first run's", "multiple of the first run", "multiple"),
        one="as fast as the first",
    ),
)


def with_quantities(cells: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with a column for each quantity and for the ends of its interval, NaN where unknown.

    A ratio's interval takes the two times as independent.

    Args:
        cells: estimates with ``share_of_mapped`` and ``share_of_fresh``, of one run or several.
    """
    cells = cells.reset_index(drop=True)
    times = pd.DataFrame({name: floats(cells[name]) for name in _TIMES})
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True)
    threads = floats(cells["threads"])
    first = np.ones(len(cells), dtype=bool)
    for name in _ARM:
        first &= _is(cells[name], cells[name].iloc[0])
    bytes_alike = [*CONDITIONS, "direction", "bytes"]
    other_threads = [name for name in CONDITIONS if name != "threads"]
    sized = floats(cells["bytes"]) > 0
    found = {
        "multiple": (copies & sized, _cheapest(cells, bytes_alike, shares & sized), False),
        "speed_up": (threads > 1, _cheapest(cells, [*other_threads, *KEY[:4]], threads == 1), True),
        "against_first": (~first, _cheapest(cells, KEY, first), False),
    }
    speed, seconds = floats(cells["gb_per_s"]), floats(cells["seconds"])
    columns = {"gb_per_s_low": speed * seconds / floats(cells["ci_high"])}
    columns["gb_per_s_high"] = speed * seconds / floats(cells["ci_low"])
    for name, (wanted, at, inverted) in found.items():
        rows = np.flatnonzero(wanted & (at >= 0))
        own, other = times.iloc[rows].reset_index(drop=True), times.iloc[at[rows]].reset_index(drop=True)
        for column, values in zip(
            ("", "_low", "_high"), ratio(*((other, own) if inverted else (own, other))), strict=True
        ):
            columns[name + column] = np.full(len(cells), np.nan)
            columns[name + column][rows] = values.to_numpy(dtype=np.float64)
    return cells.assign(**columns)


def quantities_in(cells: pd.DataFrame) -> list[Quantity]:
    """Return the quantities that are known of some cell."""
    return [one for one in QUANTITIES if np.isfinite(floats(cells[one.column])).any()]


def _cheapest(cells: pd.DataFrame, alike: list[str], among: np.ndarray) -> Codes:
    """Return for each cell the position of the cheapest of some cells that are like it, -1 without one."""
    codes, groups = group_codes(cells, alike)
    seconds: Floats = floats(cells["seconds"])
    rows = np.flatnonzero(among & (seconds > 0))
    best = np.full(len(groups), -1, dtype=np.int64)
    order = rows[np.argsort(-seconds[rows], kind="stable")]
    best[codes[order]] = order
    result: Codes = best[codes]
    return result


def _is(column: pd.Series, value: Any) -> np.ndarray:
    own = column.astype(object)
    same = own.isna() if pd.isna(value) else own == value
    result: np.ndarray = same.to_numpy(dtype=bool)
    return result

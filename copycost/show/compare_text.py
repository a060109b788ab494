"""The words of a comparison: numbers, headings and choices that every format shares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED, VERDICTS
from copycost.units import format_bytes, format_seconds

NOTHING = "\N{EN DASH}"
MARKS = {SLOWER: "▲", FASTER: "▼", SAME: "·", UNDECIDED: "?"}
_USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}
GROUP = ["conversion", "direction", "dtype", "threads", "cache", "layout"]


def ratio_text(ratio: float) -> str:
    """Return a ratio with as many digits as a comparison can know, such as ``1.052`` or ``13.2``."""
    if not math.isfinite(ratio):
        return NOTHING
    return f"{ratio:.{3 if ratio < 2 else 2 if ratio < 10 else 1}f}"


def interval_text(low: float, high: float) -> str:
    """Return an interval, such as ``1.048 to 1.056``; empty where there is none."""
    return f"{ratio_text(low)} to {ratio_text(high)}" if math.isfinite(low) and math.isfinite(high) else ""


def verdict_text(verdict: str) -> str:
    """Return a verdict with its mark, which tells changes apart without colour."""
    return f"{MARKS.get(verdict, NOTHING)} {verdict}"


def counts_text(row: pd.Series) -> str:
    """Return a summary row's verdicts, such as ``2 slower, 1 faster, 50 same of 53 cells``."""
    parts = [f"{row[verdict]} {verdict}" for verdict in VERDICTS if row[verdict]]
    total = sum(int(row[verdict]) for verdict in VERDICTS)
    return f"{', '.join(parts)} of {total} cells"


def mean_text(row: pd.Series) -> str:
    """Return a summary row's geometric mean with its interval."""
    interval = interval_text(row["ci_low"], row["ci_high"])
    return ratio_text(row["ratio"]) + (f" (95% interval {interval})" if interval else "")


def worth_a_row(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a summary without its conversions where none of them has several cells: each would stand there twice."""
    return summary if (summary["cells"].iloc[:-1] > 1).any() else summary.iloc[-1:]


def size_text(row: pd.Series) -> str:
    """Return a cell's size in bytes, or in elements where the bytes are not known."""
    if not pd.isna(row["bytes"]):
        return format_bytes(row["bytes"])
    return NOTHING if pd.isna(row["size"]) else f"{row['size']} elements"


def seconds_text(seconds: float) -> str:
    """Return a time; a dash where it is not known."""
    return format_seconds(seconds)


def groups(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield a title and its cells, sizes ascending, for each conversion, dtype and other condition."""
    for _, own in cells.groupby(GROUP, sort=False, dropna=False, observed=True):
        yield condition_text(own.iloc[0]), own.sort_values("bytes", kind="stable")


def condition_text(row: pd.Series) -> str:
    """Return a cell's conversion and conditions without its size; the usual ones are not named."""
    parts = [str(row["conversion"])]
    if not pd.isna(row["dtype"]):
        parts.append(str(row["dtype"]))
    parts += [
        f"{row[name]} {name}" for name, usual in _USUAL.items() if not pd.isna(row[name]) and str(row[name]) != usual
    ]
    return ", ".join(parts)


def shared_flags(cells: pd.DataFrame) -> list[str]:
    """Return the flags that every row has: said once, they need not stand in each.

    Not among them are those that mark every row of what was compared in spite of other methods or grids.
    """
    own = [flags.split(";") for flags in cells["flags"]]
    everywhere = [name for name in own[0] if name and all(name in names for names in own)] if own else []
    return [name for name in everywhere if not name.endswith(("-differs", "-differ"))]


def shared_note(shared: list[str]) -> list[str]:
    """Return the line that says the flags of every row, none where there are none."""
    return [f"every cell is {', '.join(shared)}"] if shared else []


def own_flags(row: pd.Series, shared: list[str]) -> str:
    """Return a row's flags but for those that every row has."""
    return " ".join(name for name in row["flags"].split(";") if name and name not in shared)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain Python values, None where unknown."""
    plain = frame.astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]

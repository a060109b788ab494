"""What charts of a comparison say about it in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from copycost.analyse.verdicts import FASTER, SLOWER
from copycost.show.charts.heading import condition
from copycost.show.charts.labels import plain
from copycost.units import format_bytes, format_ratio

_LONGEST = 40


NOT_BOTH = "no cell was measured on both sides"
NO_BYTES = "no cell with a number of bytes was measured on both sides"


def both_sides(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that have a ratio."""
    return comparison[comparison["ratio"] > 0]


def with_bytes(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that have a ratio and a number of bytes."""
    return comparison[(comparison["ratio"] > 0) & (comparison["bytes"] > 0)]


def side_name(name: str) -> str:
    """Return the name of a side, short enough to stand in a label."""
    cleaned = plain(name)
    return cleaned if len(cleaned) <= _LONGEST else cleaned[: _LONGEST - 1] + "…"


def time_ratio(names: tuple[str, str]) -> str:
    """Return the label of an axis of ratios."""
    a, b = map(side_name, names)
    return f"time of {b} ÷ time of {a}"


def counted(verdicts: pd.Series, order: Sequence[str]) -> str:
    """Return a sentence with how many cells have which verdict."""
    counts = verdicts.value_counts()
    parts = [f"{counts[name]} {name}" for name in order if counts.get(name, 0)]
    return f"Of {len(verdicts)} cells: {', '.join(parts)}."


def extremes(cells: pd.DataFrame) -> list[str]:
    """Return sentences with the largest change in each direction."""
    found = []
    for verdict, word in ((SLOWER, "slower"), (FASTER, "faster")):
        own = cells[cells["verdict"] == verdict]
        if len(own):
            row = own.sort_values("ratio", ascending=verdict == FASTER, kind="stable").iloc[0]
            found.append(f"Most of all {word}: {cell_text(row)}, {format_ratio(row['ratio'])}.")
    return found


def cell_text(row: pd.Series) -> str:
    """Return a cell in words, such as ``torch.tensor, float64, 2 MiB, 2 threads``."""
    parts = [plain(row["conversion"]), plain(row["dtype"]), format_bytes(row["bytes"])]
    if row["threads"] > 1:
        parts.append(condition("threads", row["threads"]))
    parts += [condition("cache", row["cache"])] if row["cache"] not in ("", "warm") else []
    parts += [condition("layout", row["layout"])] if row["layout"] not in ("", "contiguous") else []
    return ", ".join(part for part in parts if part)


def one_sided(comparison: pd.DataFrame) -> tuple[str, ...]:
    """Return a note on cells without a ratio; none where all have one."""
    missing = len(comparison) - len(both_sides(comparison))
    return (f"{missing} cells were measured on one side only",) if missing else ()

"""What each conversion costs: estimates as tables, sizes down and conversions across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.doubts import half_width
from copycost.analyse.grouping import Floats, floats
from copycost.analyse.robust_mean import FEWEST
from copycost.analyse.robust_mean import half_width as half_of
from copycost.show.document import Block, Column, Line, Lines, Name, Table
from copycost.show.quantities import cheapest_zero_copy, direction_words
from copycost.show.render.figures import half_width as plus_minus
from copycost.show.render.figures import written

SHARES, UNKNOWN = "=", "?"
SET_UP = "[set up"
"""How a mark in an expression begins that says that each call was set up."""
USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}
"""Conditions that need not be told, because most figures are of them."""
UNSEEN_BY_COUNTS = "they see neither the kernel, and so no page faults, nor caches and memory"
LANDMARKS = (1024, 16 * 1024, 256 * 1024, 4 * 1024**2, 32 * 1024**2)
"""Source bytes beside which a table of telling sizes has a column, with the smallest and the largest size."""
_CONDITIONS = ("dtype", "threads", "cache", "layout", "run", "machine", "arm")
_SECONDS = Column("seconds", "time", "seconds", half="half_width", mark="mark", multiple="multiple", doubts="flags")


def cost_tables(cells: pd.DataFrame) -> list[Table]:
    """Return the time per call: a table for each dtype and other condition, and a list of what has no size.

    Args:
        cells: estimates without references.
    """
    shares = cells["shares_memory"]
    sized = cells["size"].notna().to_numpy(dtype=bool)
    marks = np.select([shares.isna().to_numpy(bool), shares.fillna(False).to_numpy(bool)], [UNKNOWN, SHARES], "")
    rows = cells.assign(half_width=half_width(cells), mark=np.where(sized, marks, ""), multiple=multiples(cells))
    tables = []
    if sized.any():
        grid = _titled(rows[sized])
        columns: tuple[Column, ...] = (Column("bytes", "bytes", "bytes"), _SECONDS)
        tables.append(Table("cells", grid, columns, titles="title", across=Column("conversion", "conversion", "name")))
    if not sized.all():
        named = rows[~sized].assign(flags=rows[~sized]["flags"].fillna(""))
        which = [Column("run", "run", "name")] if named["run"].nunique() > 1 else []
        which.append(Column("conversion", "benchmark", "name"))
        tables.append(Table("benchmarks", named, (*which, _SECONDS, Column("rounds", "rounds", "count"))))
    return tables


def instruction_tables(cells: pd.DataFrame) -> list[Block]:
    """Return the instructions of a call, and what they do not tell; nothing where they were not counted."""
    known = cells[cells["instructions"].notna() & cells["size"].notna()]
    if known.empty:
        return []
    columns = (Column("bytes", "bytes", "bytes"), Column("instructions", "instructions", "count"))
    across = Column("conversion", "conversion", "name")
    table = Table("instructions", _titled(known), columns, titles="title", across=across)
    return [Lines((f"instructions of a call, counted by callgrind: {UNSEEN_BY_COUNTS}",)), table]


def telling_costs(cells: pd.DataFrame) -> Table:
    """Return the time per call at the smallest and largest size and at landmarks between: sizes stand across.

    Args:
        cells: estimates of one dtype and otherwise equal conditions.
    """
    shares = cells["shares_memory"]
    by_conversion = shares.groupby(cells["conversion"].astype(str))
    alike = by_conversion.nunique(dropna=False).eq(1) & by_conversion.count().gt(0)
    memory = {name: bool(by_conversion.get_group(name).iloc[0]) if alike[name] else None for name in alike.index}
    rows = cells[np.isin(floats(cells["bytes"]), telling_sizes(cells))]
    rows = rows.assign(
        half_width=half_width(rows),
        memory=pd.Series([memory[str(name)] for name in rows["conversion"]], index=rows.index, dtype=object),
        conversion=_as_they_come(rows["conversion"]),
    )
    columns = (
        Column("conversion", "conversion", "name"),
        Column("memory", "memory", "sharing"),
        Column("seconds", "time", "seconds", half="half_width", doubts="flags"),
    )
    across = Column("bytes", "bytes", "bytes")
    return Table("costs", rows.sort_values("bytes", kind="stable"), columns, across=across)


def telling_sizes(cells: pd.DataFrame) -> list[float]:
    """Return the smallest and the largest size, and those nearest to the landmarks, ascending."""
    sizes = np.unique(floats(cells["bytes"]))
    near = [sizes[np.abs(np.log(sizes / mark)).argmin()] for mark in LANDMARKS if sizes[0] < mark < sizes[-1]]
    return sorted({float(sizes[0]), *map(float, near), float(sizes[-1])})


def legend(cells: pd.DataFrame) -> Lines:
    """Return the lines that say how to read a value of the tables, and at which clock times are given."""
    parts = ["time per call"]
    if cells["ci_low"].notna().any():
        parts.append("± half of the 95% interval")
    if cells["shares_memory"].eq(True).fillna(False).any():
        parts.append(f"{SHARES} shares memory (zero-copy), the others copy")
    if np.isfinite(multiples(cells)).any():
        parts.append("× times the cheapest zero-copy call")
    if (cells["size"].notna() & cells["shares_memory"].isna()).any():
        parts.append(f"{UNKNOWN} not known whether it shares memory")
    clocks = np.unique(floats(cells["clock"].dropna()))
    told = [f"times are given at a clock of {written(clocks[0], 'seconds')}"] if len(clocks) == 1 else []
    return Lines(("; ".join(parts), *_set_up(cells), *told))


def _set_up(cells: pd.DataFrame) -> list[Line]:
    """Return the line that names the conversions whose every call is set up; nothing where there are none."""
    marked = cells["expression"].astype(str).str.contains(SET_UP, regex=False)
    names = list(dict.fromkeys(cells["conversion"][marked].astype(str)))
    told = [part for name in names for part in (", ", Name(name))][1:]
    return [(*told, ": each call is given what was set up for it, which is not timed")] if names else []


def any_layout(cells: pd.DataFrame) -> list[Lines]:
    """Return the line that says how much wider intervals are for programs that lie at other addresses.

    Intervals of layouts that were not chosen, or had one process each, are of that kind already. Nothing where sessions
    are not told, or there are too few of them.
    """
    half = half_of(floats(cells["layout_error"]), floats(cells["layout_degrees"]))
    known = cells.assign(half=half)[floats(cells["sessions"]) >= FEWEST].dropna(subset=["half"])
    if known.empty:
        return []
    if np.array_equal(floats(known["error"]), floats(known["layout_error"])):
        return [Lines(("± holds for a program at any address layout",))]
    of_conversions = known.groupby("conversion", sort=False, observed=True)["half"].median()
    told = ", ".join(f"{name}{plus_minus(half)}" for name, half in of_conversions.items())
    return [Lines((f"± holds for another run at these address layouts; for a program at any, typically: {told}",))]


def conditions(row: pd.Series, varied: Sequence[str] = ()) -> str:
    """Return a cell's dtype and other conditions; the usual ones are told only where they vary."""
    parts = [] if pd.isna(row["dtype"]) else [str(row["dtype"])]
    for name, usual in USUAL.items():
        if not pd.isna(row[name]) and (name in varied or str(row[name]) != usual):
            parts.append(condition(name, row[name]))
    parts += [condition(name, row[name]) for name in ("run", "machine", "arm") if name in varied]
    return ", ".join(parts)


def condition(name: str, value: Any) -> str:
    """Return how one condition of a cell reads, such as ``2 threads`` or ``arm hugepages``."""
    if name == "layout":
        return str(value)
    if name in ("threads", "cache"):
        return f"{value} {'thread' if str(value) == '1' else name}"
    return f"{name} {value}"


def multiples(cells: pd.DataFrame) -> Floats:
    """Return how many times the cheapest zero-copy call a copy costs; NaN where there is no copy, or no such call."""
    cheapest, seconds = cheapest_zero_copy(cells), floats(cells["seconds"])
    times: Floats = np.where(cheapest >= 0, seconds / seconds[cheapest], np.nan)
    return times


def _titled(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with the ``title`` of their table, both tables and conversions in the run's order."""
    varied = [name for name in _CONDITIONS if cells[name].nunique(dropna=False) > 1]
    titles = [conditions(row, varied) for _, row in cells[list(_CONDITIONS)].iterrows()]
    if cells["direction"].nunique() > 1:
        titles = [
            ", ".join(filter(None, (title, direction_words(direction))))
            for title, direction in zip(titles, cells["direction"], strict=True)
        ]
    cells = cells.assign(title=_as_they_come(titles), conversion=_as_they_come(cells["conversion"]))
    return cells.sort_values(["title", "bytes"], kind="stable")


def _as_they_come(values: Iterable[object]) -> pd.Categorical:
    """Return texts as categories in order of appearance, by which they sort."""
    texts: list[object] = [str(value) for value in values]
    return pd.Categorical(texts, categories=list(dict.fromkeys(texts)), ordered=True)

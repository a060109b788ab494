"""What was measured and what came out of it, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.doubts import half_width
from copycost.analyse.grouping import floats
from copycost.show.charts.panels import condition
from copycost.show.report.document import Lines, Section
from copycost.show.report.source import Source
from copycost.units import format_bytes, format_seconds

_Line = str | tuple[str, ...]
MOST_CONVERSIONS = 16
MOST_RUNS = 3
"""Runs that are told of conversion by conversion."""
_CONDITIONS = ("run", "arm", "threads", "cache", "layout")
_STEADY = 1.1
"""Largest over smallest figure up to which a conversion costs the same at every size."""
_KINDS: dict[str, Callable[[Any], bool]] = {
    "shares memory": lambda shares: not pd.isna(shares) and bool(shares),
    "copies": lambda shares: not pd.isna(shares) and not shares,
    "shares memory or copies, which is not known,": pd.isna,
}


def summary_section(sources: Sequence[Source]) -> Section:
    """Return the section: of each run what was measured, of a few runs also what it costs."""
    blocks = []
    for source in sources[:MOST_RUNS]:
        blocks.append(Lines(((source.name, " ".join([_scope(source), *_confidence(source)])),), bullets=False))
        usual, told = _usual(source.cells)
        blocks += [Lines((f"Below, the figures of {told}.",), bullets=False)] if told else []
        blocks.append(Lines(tuple(_findings(usual))))
    rest = sources[MOST_RUNS:]
    if rest:
        named = [part for source in rest[:MOST_CONVERSIONS] for part in (", ", source.name)][1:]
        more = f" and {len(rest) - MOST_CONVERSIONS} more" if len(rest) > MOST_CONVERSIONS else ""
        blocks.append(Lines(((f"And {_counted(len(rest), 'more run')}: ", *named, f"{more}."),), bullets=False))
    return Section("summary", "Summary", tuple(blocks))


def _scope(source: Source) -> str:
    cells = source.cells
    sizes = floats(cells["bytes"])
    sizes = sizes[sizes > 0]
    machine = str(cells["machine"].dropna().iloc[0]) if cells["machine"].notna().any() else "an unknown machine"
    facts = source.machine
    versions = [f"{label} {facts[key]}" for key, label in (("torch", "torch"), ("numpy", "NumPy")) if facts.get(key)]
    measured = f"{_counted(len(cells), 'cell')} from {_counted(source.measured, 'round')}"
    if not len(sizes):
        return f" holds {measured}, measured on {machine}."
    grid = [_counted(cells["conversion"].nunique(), "conversion"), _counted(cells["dtype"].nunique(), "dtype")]
    span = f"sources of {format_bytes(sizes.min())} to {format_bytes(sizes.max())}"
    text = f" measured {' of '.join(grid)} with {span} on {machine}"
    text += f" ({', '.join(versions)})" if versions else ""
    return f"{text}: {measured} in {_counted(_processes(source), 'process', 'processes')}."


def _processes(source: Source) -> int:
    return len((source.record or {}).get("processes", [])) or int(floats(source.cells["processes"]).max())


def _confidence(source: Source) -> list[str]:
    cells = source.cells
    said = []
    share, rounds = floats(cells["quiet_share"]), floats(cells["rounds"])
    known = np.isfinite(share)
    if known.any() and rounds[known].sum() > 0:
        quiet = float((share[known] * rounds[known]).sum() / rounds[known].sum())
        said.append(f"{quiet:.0%} of the rounds were quiet.")
    half = half_width(cells)
    half = half[np.isfinite(half)]
    if len(half):
        said.append(f"Half of the figures are known to ±{100 * float(np.median(half)):.2g}% or better.")
    return said


def _usual(cells: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the cells of one arm, one number of threads and so on, the first of each; and which these are."""
    told = []
    for name in _CONDITIONS:
        values = cells[name].dropna().unique()
        if len(values) > 1:
            cells = cells[(cells[name].astype(object) == values[0]).to_numpy(dtype=bool, na_value=False)]
            told.append(condition(name, values[0]))
    return cells, ", ".join(told)


def _findings(cells: pd.DataFrame) -> list[_Line]:
    sized = cells[floats(cells["bytes"]) > 0]
    if sized.empty:
        return _extremes(cells)
    names = list(dict.fromkeys(sized["conversion"]))
    lines: list[_Line] = [_finding(sized[sized["conversion"] == name]) for name in names[:MOST_CONVERSIONS]]
    if len(names) > MOST_CONVERSIONS:
        lines.append(f"{len(names) - MOST_CONVERSIONS} more conversions stand in the table.")
    return lines + _largest_multiple(sized)


def _extremes(cells: pd.DataFrame) -> list[_Line]:
    timed = cells[floats(cells["seconds"]) > 0].sort_values("seconds")
    if timed.empty:
        return []
    first, last = timed.iloc[0], timed.iloc[-1]
    said = ("The fastest is ", str(first["conversion"]), f" with {format_seconds(first['seconds'])}")
    if len(timed) == 1:
        return [(*said, ".")]
    return [(*said, ", the slowest is ", str(last["conversion"]), f" with {format_seconds(last['seconds'])}.")]


def _finding(cells: pd.DataFrame) -> _Line:
    """Return what one conversion does and costs, from its smallest to its largest source."""
    expression = cells["expression"].iloc[0]
    name = str(cells["conversion"].iloc[0] if pd.isna(expression) else expression)
    times = cells[floats(cells["seconds"]) > 0].sort_values("bytes", kind="stable")
    said = []
    for words, among in _KINDS.items():
        own = times[times["shares_memory"].astype(object).map(among).astype(bool)]
        if len(own):
            dtypes = "" if len(own) == len(times) else f" for {', '.join(dict.fromkeys(own['dtype'].astype(str)))}"
            said.append(f"{words}{dtypes} and takes {_cost(own)}")
    return (name, f" {'; it '.join(said)}." if said else " has no figure.")


def _cost(times: pd.DataFrame) -> str:
    low, high = float(times["seconds"].min()), float(times["seconds"].max())
    if high <= _STEADY * low:
        ends = dict.fromkeys((format_seconds(low), format_seconds(high)))
        return f"{' to '.join(ends)}, whatever the size"
    first, last = times.iloc[0], times.iloc[-1]
    return (
        f"from {format_seconds(first['seconds'])} for {format_bytes(first['bytes'])} "
        f"to {format_seconds(last['seconds'])}{_spread(last)} for {format_bytes(last['bytes'])}"
    )


def _largest_multiple(cells: pd.DataFrame) -> list[_Line]:
    known = cells[np.isfinite(floats(cells["multiple"]))]
    if known.empty:
        return []
    row = known.iloc[int(np.argmax(floats(known["multiple"])))]
    return [
        (
            f"Copying costs up to {row['multiple']:,.0f} times as much as sharing: ",
            str(row["conversion"]),
            f" of {format_bytes(row['bytes'])} of {row['dtype']}.",
        )
    ]


def _spread(row: pd.Series) -> str:
    half = half_width(row.to_frame().T)[0]
    return f" (±{100 * half:.2g}%)" if np.isfinite(half) else ""


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"

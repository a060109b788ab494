"""A run in a few sentences: what was measured, how surely, and what each conversion does and costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.breakdown import ADDS_UP
from copycost.analyse.crossovers import AT_ONCE
from copycost.analyse.doubts import half_width
from copycost.analyse.grouping import floats
from copycost.analyse.run import Run
from copycost.analyse.scaling import Caches, cache_sizes
from copycost.show.document import Block, Line, Lines, Name
from copycost.show.quantities import direction_words
from copycost.show.render.figures import counted, listed, share, with_ends, written
from copycost.show.render.figures import half_width as plus_minus
from copycost.show.render.layout import parts_of
from copycost.show.sections.costs import condition

MOST_CONVERSIONS = 16
_VARIED = ("run", "arm", "threads", "cache", "layout")
_OF_AN_ANSWER = (
    *("direction", "conversion", "expression", "dtype", "bytes", "shares_memory", *_VARIED),
    *("seconds", "ci_low", "ci_high", "multiple", "bound", "result_bytes"),
)
_STEADY = 1.1
"""Largest over smallest figure up to which a conversion costs the same at every size."""
_MULTIPLE = 10.0
COPIES = "copies"
_COPYING = "copying"
_BOUNDS = {
    "calling": "the call",
    "copying": _COPYING,
    "page_faults": "page faults",
    "allocating": "allocating",
    "freeing": "freeing",
}
_MEMORY: dict[str, Callable[[Any], bool]] = {
    "shares memory": lambda shares: not pd.isna(shares) and bool(shares),
    COPIES: lambda shares: not pd.isna(shares) and not shares,
    "shares memory or copies, which is not known,": pd.isna,
}


def summary_blocks(run: Run, cells: pd.DataFrame, *, explained: bool) -> list[Block]:
    """Return what a run measured and found, in sentences.

    Args:
        run: any.
        cells: its estimates with their quantities.
        explained: whether its crossovers and breakdown are told too, which take a second to make.
    """
    usual, told = _usual(cells)
    blocks: list[Block] = [Lines(((Name(run.name), " ".join([_scope(run), *_confidence(cells)])),))]
    blocks += [Lines((f"Below, the figures of {told}.",))] if told else []
    found = _findings(usual, run.multiples if explained else None)
    blocks += [Lines(tuple(found), bullets=True)] if found else []
    faults = _page_faults(run.breakdown) if explained else []
    return [*blocks, *([Lines(tuple(faults))] if faults else [])]


def answer(cells: pd.DataFrame, caches: Caches = ()) -> list[Block]:
    """Return what a run has found, in a few sentences for each direction.

    Args:
        cells: its estimates.
        caches: the machine's, which tell copies within them from those in memory.
    """
    largest = max((size for _, size in cache_sizes(caches)), default=float("nan"))
    usual, told = _usual(cells[[*_OF_AN_ANSWER]])  # a frame of all columns takes its time at each selection
    sized = usual[floats(usual["bytes"]) > 0]
    if sized.empty:
        return []
    blocks: list[Block] = [Lines((f"The figures of {told}:",))] if told else []
    left = MOST_CONVERSIONS
    for direction, own in sized.groupby("direction", sort=False, observed=True):
        calls = _calls(own)
        lines = tuple(_answer(rows, largest) for rows in calls[:left])
        more = len(calls) - len(lines)
        left -= len(lines)
        blocks.append(Lines((f"{direction_words(direction)}:",)))
        blocks.append(Lines((*lines, *([f"{more} more conversions stand in the table"] if more else [])), bullets=True))
    return blocks


def _calls(cells: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the cells of each call: of a conversion whose call is typed otherwise for a dtype, those apart."""
    groups = cells.groupby(["conversion", "expression"], sort=False, observed=True, dropna=False)
    return [rows for _, rows in groups]


def _answer(own: pd.DataFrame, cache_bytes: float) -> Line:
    """Return what a call does and costs, between which sizes it comes to cost ten times sharing, and what bounds it."""
    line: Line = (*parts_of(_finding(own, None)), _bounds(own, cache_bytes))
    dtypes: dict[str, list[str]] = {}
    for dtype, rows in own.groupby("dtype", sort=False, observed=True):
        dtypes.setdefault(_from_ten_times(rows), []).append(str(dtype))
    dtypes.pop("", None)
    if not dtypes:
        return line
    alike = len(dtypes) == 1 and own["dtype"].nunique() == len(next(iter(dtypes.values())))
    starts = [start if alike else f"{start} ({', '.join(names)})" for start, names in dtypes.items()]
    finding, bound = parts_of(line)[:-1], parts_of(line)[-1]
    return (*finding, f" Ten times a zero-copy call {listed(starts)}.", bound)


def _bounds(cells: pd.DataFrame, cache_bytes: float) -> str:
    """Return what takes most of the time of copies, over which sizes; empty where that is known of none.

    Sizes at which dtypes differ, or at which nothing takes most of the time, are left out; what comes back at larger
    sizes once something else took over is not told as if it had a place.

    Args:
        cells: of one conversion.
        cache_bytes: of the machine's largest cache, NaN where unknown.
    """
    footprint = floats(cells["bytes"]) + floats(cells["result_bytes"])
    words = cells["bound"].astype(object).map(_BOUNDS).where(cells["bound"].notna(), None)
    copying = (words == _COPYING).to_numpy()
    # What fills more than half of a cache may be in it or not: other data, and neighbours, have a part of it.
    words = words.mask(copying & (footprint <= cache_bytes / 2), "copying within the caches")
    words = words.mask(copying & (footprint > cache_bytes / 2), None)
    words = words.mask(copying & (footprint > cache_bytes), "copying in memory")
    copies = cells["shares_memory"].eq(False).fillna(False).to_numpy(dtype=bool)
    phases: list[tuple[str, float, float]] = []
    sizes = floats(cells["bytes"])
    for size in np.unique(sizes[copies]):
        own = words[copies & (sizes == size)]
        if own.isna().any() or own.nunique() > 1:
            continue
        word = str(own.iloc[0])
        if phases and phases[-1][0] == word:
            phases[-1] = (word, phases[-1][1], float(size))
        else:
            phases.append((word, float(size), float(size)))
    if not phases or len({word for word, _, _ in phases}) < len(phases):
        return ""
    smallest, largest = float(sizes[copies].min()), float(sizes[copies].max())
    return f" Most of the time goes into {listed([_phase(*phase, smallest, largest) for phase in phases])}."


def _phase(word: str, low: float, high: float, smallest: float, largest: float) -> str:
    low_said, high_said = written(low, "bytes"), written(high, "bytes")
    if low == high:
        return f"{word} at {low_said}"
    if low == smallest:
        return f"{word} at every size measured" if high == largest else f"{word} up to {high_said}"
    return f"{word} from {low_said} on" if high == largest else f"{word} from {low_said} to {high_said}"


def _from_ten_times(rows: pd.DataFrame) -> str:
    """Return between which measured sizes copies come to cost ten times sharing; empty where they do not."""
    rows = rows[np.isfinite(floats(rows["multiple"]))].sort_values("bytes")
    many = floats(rows["multiple"]) >= _MULTIPLE
    if not len(rows) or not many[-1]:
        return ""
    first = len(many) - int(np.argmin(many[::-1])) if not many.all() else 0
    if first == 0:
        return "at every size measured"
    low, high = (written(rows["bytes"].iloc[place], "bytes") for place in (first - 1, first))
    return f"from between {low} and {high} on"


def _scope(run: Run) -> str:
    cells = run.estimates
    sizes = floats(cells["bytes"])
    sizes = sizes[sizes > 0]
    machine = run.machine.get("machine") or "an unknown machine"
    measured = f"{counted(len(cells), 'cell')} from {counted(int(cells['rounds'].sum()), 'round')}"
    if not len(sizes):
        return f" holds {measured}, measured on {machine}."
    names = (("torch", "torch"), ("numpy", "NumPy"))
    versions = [f"{label} {run.machine[key]}" for key, label in names if run.machine.get(key)]
    grid = [counted(cells["conversion"].nunique(), "conversion"), counted(cells["dtype"].nunique(), "dtype")]
    span = f"sources of {written(sizes.min(), 'bytes')} to {written(sizes.max(), 'bytes')}"
    text = f" measured {' of '.join(grid)} with {span} on {machine}"
    text += f" ({', '.join(versions)})" if versions else ""
    text += f": {measured} in {counted(run.process_count, 'process', 'processes')}"
    seconds = run.facts.get("wall_seconds")
    return text + (f" and {written(seconds, 'seconds')}." if isinstance(seconds, int | float) else ".")


def _confidence(cells: pd.DataFrame) -> list[str]:
    said = []
    quiet, rounds = floats(cells["quiet_share"]), floats(cells["rounds"])
    known = np.isfinite(quiet)
    if known.any() and rounds[known].sum() > 0:
        said.append(f"{share(float(np.average(quiet[known], weights=rounds[known])))} of the rounds were quiet.")
    half = half_width(cells)
    half = half[np.isfinite(half)]
    if len(half):
        said.append(f"Half of the figures are known to{plus_minus(float(np.median(half)))} or better.")
    return said


def _usual(cells: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the cells of one arm, one number of threads and so on, the first of each; and which these are."""
    told = []
    for name in _VARIED:
        values = cells[name].dropna().unique()
        if len(values) > 1:
            cells = cells[(cells[name].astype(object) == values[0]).to_numpy(dtype=bool, na_value=False)]
            told.append(condition(name, values[0]))
    return cells, ", ".join(told)


def _findings(cells: pd.DataFrame, multiples: pd.DataFrame | None) -> list[Line]:
    sized = cells[floats(cells["bytes"]) > 0]
    if sized.empty:
        return _extremes(cells)
    calls = _calls(sized)
    lines: list[Line] = [_finding(rows, multiples) for rows in calls[:MOST_CONVERSIONS]]
    if len(calls) > MOST_CONVERSIONS:
        lines.append(f"{len(calls) - MOST_CONVERSIONS} more conversions stand in the table.")
    return lines + _largest_multiple(sized)


def _extremes(cells: pd.DataFrame) -> list[Line]:
    timed = cells[floats(cells["seconds"]) > 0].sort_values("seconds")
    if timed.empty:
        return []
    first, last = timed.iloc[0], timed.iloc[-1]
    said = ("The fastest is ", Name(str(first["conversion"])), f" with {written(first['seconds'], 'seconds')}")
    if len(timed) == 1:
        return [(*said, ".")]
    slowest = Name(str(last["conversion"]))
    return [(*said, ", the slowest is ", slowest, f" with {written(last['seconds'], 'seconds')}.")]


def _finding(cells: pd.DataFrame, multiples: pd.DataFrame | None) -> Line:
    """Return what one conversion does and costs, from its smallest to its largest source."""
    expression = cells["expression"].iloc[0]
    name = Name(str(cells["conversion"].iloc[0] if pd.isna(expression) else expression))
    times = cells[floats(cells["seconds"]) > 0].sort_values("bytes", kind="stable")
    said = []
    for words, among in _MEMORY.items():
        alike = times[times["shares_memory"].astype(object).map(among).astype(bool)]
        if len(alike):
            dtypes = "" if len(alike) == len(times) else f" for {', '.join(dict.fromkeys(alike['dtype'].astype(str)))}"
            said.append(f"{words}{dtypes} and takes {_cost(alike, words != COPIES)}")
    text = f" {'; it '.join(said)}." if said else " has no figure."
    return (name, text, *(_ten_times(cells, multiples) if multiples is not None else ()))


def _cost(times: pd.DataFrame, shares: bool) -> str:
    """Return what a conversion takes; that a copy costs the same at all sizes is true of no more than were measured."""
    low, high = float(times["seconds"].min()), float(times["seconds"].max())
    if times["bytes"].nunique() == 1:
        ends = dict.fromkeys((written(low, "seconds"), written(high, "seconds")))
        return f"{' to '.join(ends)} for {written(times['bytes'].iloc[0], 'bytes')}"
    if high <= _STEADY * low:
        ends = dict.fromkeys((written(low, "seconds"), written(high, "seconds")))
        return f"{' to '.join(ends)}, {'whatever the size' if shares else 'at every size measured'}"
    first, last = times.iloc[0], times.iloc[-1]
    if max(first["seconds"], last["seconds"]) <= _STEADY * min(first["seconds"], last["seconds"]):
        return f"{written(low, 'seconds')} to {written(high, 'seconds')}, and does not grow with the size"
    half = plus_minus(half_width(last.to_frame().T)[0])
    return (
        f"from {written(first['seconds'], 'seconds')} for {written(first['bytes'], 'bytes')} "
        f"to {written(last['seconds'], 'seconds')}{half} for {written(last['bytes'], 'bytes')}"
    )


def _ten_times(cells: pd.DataFrame, multiples: pd.DataFrame) -> Sequence[str | Name]:
    """Return from which size on a conversion costs ten times a zero-copy one, by dtype."""
    first = cells.iloc[0]
    rows = multiples[multiples["factor"] == _MULTIPLE]
    for name in ("conversion", "arm", "threads", "cache", "layout"):
        values = rows[name].astype(object)
        same = values.isna() if pd.isna(first[name]) else values == first[name]
        rows = rows[same.to_numpy(dtype=bool, na_value=False)]
    rows = rows[(rows["answer"] == AT_ONCE) | rows["bytes"].notna()]
    starts = [
        "at every size measured" if row["answer"] == AT_ONCE else f"from {with_ends(row, 'bytes', 'bytes')} on"
        for _, row in rows.iterrows()
    ]
    sizes = [f"{dtype} {start}" for dtype, start in zip(rows["dtype"], starts, strict=True)]
    return (" It costs ten times ", Name(str(rows["other"].iloc[0])), f": {', '.join(sizes)}.") if sizes else ()


def _largest_multiple(cells: pd.DataFrame) -> list[Line]:
    known = cells[np.isfinite(floats(cells["multiple"]))]
    if known.empty:
        return []
    row = known.iloc[int(np.argmax(floats(known["multiple"])))]
    return [
        (
            f"Copying costs up to {row['multiple']:,.0f} times as much as sharing: ",
            Name(str(row["conversion"])),
            f" of {written(row['bytes'], 'bytes')} of {row['dtype']}.",
        )
    ]


def _page_faults(parts: pd.DataFrame) -> list[Line]:
    """Return what page faults cost at the largest size of the copy that takes most of them."""
    # Fewer than one a call are what the pool of small results takes now and then, and have no price of their own.
    known = parts[["page_faults_share", "fault_seconds"]].notna().all(axis=1).to_numpy()
    known = known & ~(parts["sum_share"] > 1 + ADDS_UP).to_numpy()  # more than the whole explains nothing
    faulting = parts[(parts["faults"] >= 1).to_numpy(dtype=bool) & known]
    if faulting.empty:
        return []
    largest = faulting[faulting["bytes"] == faulting["bytes"].max()]
    row = largest.loc[largest["page_faults_share"].idxmax()]
    return [
        (
            f"At {written(row['bytes'], 'bytes')}, ",
            Name(str(row["conversion"])),
            f" takes {row['faults']:,.0f} page faults of {written(row['fault_seconds'], 'seconds')} each: "
            f"{with_ends(row, 'page_faults_share', 'share')} of its time goes into fresh pages, not into copying.",
        )
    ]

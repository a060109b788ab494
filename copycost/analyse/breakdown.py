"""Where the time of a copying conversion goes: the call, copying, allocating, freeing, page faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import interval
from copycost.analyse.ceilings import FRESH, MAPPED, SAME, matching, moved_bytes
from copycost.analyse.device import of_device
from copycost.analyse.grouping import ARM, CELL, Codes, Floats, floats, group_codes
from copycost.units import PAGE_BYTES, format_bytes

ALLOCATE = "allocate"
TOUCH = "allocate and touch"
FREE = "allocate, touch and free"
TORCH_COPY = "torch copy"
PARTS = ("page_faults", "allocating", "copying", "freeing", "calling")
COLUMNS = (
    *CELL,
    "bytes",
    "seconds",
    "faults",
    "fault_seconds",
    *(f"{part}_seconds" for part in PARTS),
    *(f"{part}_share{end}" for part in PARTS for end in ("", "_low", "_high")),
    "sum_share",
)
FEWEST_FAULTS = 16
"""Faults a call from which their cost can be told from what else the call does."""
ADDS_UP = 0.1
SMALL = 4096
"""Source bytes up to which the smallest size of a curve tells what its call costs."""
MOST_OF_THE_TIME = 0.5
"""Share of a call's time from which a part of it bounds the call."""


@dataclass(frozen=True)
class _Times:
    """Seconds of cells: first as estimated, then in each replicate; shape (cells, 1 + replicates)."""

    seconds: Floats

    def at(self, rows: Codes) -> Floats:
        """Return the seconds of some cells; NaN for rows below zero."""
        return np.where(rows[:, None] >= 0, self.seconds[rows], np.nan)


def breakdown(cells: pd.DataFrame, replicates: Floats | None = None) -> pd.DataFrame:
    """Return where the time of each copying cell goes.

    The parts are measured beside the whole, not derived from it. Calling is the conversion at its
    smallest size. Copying is a copy into memory that is there already, made by the library that
    makes the conversion's result: torch's, with the same cast, or NumPy's (in proportion to the bytes
    read and written where this very cast was not measured). Allocating is a buffer of the result's
    bytes that nobody touches, freed when the timing is over; freeing is what a buffer that was
    touched costs more when it is freed as well. Of all of these, only what they cost above their own
    smallest size counts; where a curve does not begin small, its call, and what others cost above theirs, is not
    known. Page faults are the cell's own, at what one costs when a buffer of the same
    bytes is touched page by page (where that was not measured: what a fresh plain copy costs above a
    mapped one, for each fault).

    Args:
        cells: estimates with the references, ``copycost.estimate(rounds, references=True)``.
        replicates: their bootstrap, shape (cells, replicates), for intervals.

    Returns:
        One row for each cell that copies: its key, ``bytes``, ``seconds``, ``faults`` (per call),
        ``fault_seconds`` (for one), seconds of each part, its share of the whole with the ends of
        its 95% interval, and ``sum_share``, all parts together. NaN where a part was not measured.
    """
    seconds = floats(cells["seconds"])[:, None]
    times = _Times(seconds if replicates is None else np.hstack([seconds, np.exp(replicates)]))
    rows = _copying(cells)
    faults = floats(cells["page_faults"])

    smallest = _smallest(cells)
    calls = np.where(floats(cells["bytes"])[smallest] <= SMALL, smallest, -1)
    results = cells.assign(bytes=cells["result_bytes"])
    allocate = matching(cells, ALLOCATE, SAME, results)[rows]
    touch = matching(cells, TOUCH, SAME, results)[rows]
    free = matching(cells, FREE, SAME, results)[rows]
    mapped = matching(cells, MAPPED, SAME)[rows]
    fresh = matching(cells, FRESH, SAME)[rows]

    fault = _fault_seconds(cells, times, rows, touch, mapped, fresh)
    per_call = np.where(faults[rows] * PAGE_BYTES < 1024, 0.0, faults[rows])[:, None]
    paging = np.where(per_call > 0, per_call * fault, 0.0)

    def grown(reference: Codes) -> Floats:
        return times.at(reference) - times.at(_first(reference, calls))

    allocating = np.maximum(grown(allocate), 0.0)
    freeing = np.maximum(grown(free) - grown(touch), 0.0)
    copy = _copies(cells, rows, mapped)
    moved = moved_bytes(cells)
    copying = np.maximum(grown(copy), 0.0) * (moved[rows] / moved[copy])[:, None]
    calling = np.minimum(times.at(calls[rows]), times.at(rows))
    parts = dict(zip(PARTS, (paging, allocating, copying, freeing, calling), strict=True))
    return _frame(cells, rows, parts, times.at(rows), fault, replicates is not None)


def bounds(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with ``page_faults_share``, the share of their time, and ``bound``, the part that is most of it.

    Both are missing of a cell that does not copy, of which not enough was measured, or whose parts add up to more than
    the whole: they then explain nothing.

    Args:
        cells: estimates with the references, without flags.
    """
    rows = _copying(cells)
    paging, bound = np.full(len(cells), np.nan), np.full(len(cells), None, dtype=object)
    if not len(rows):  # another suite's file may have a million cells
        return cells.assign(page_faults_share=paging, bound=bound)
    parts = breakdown(cells)
    shares = np.column_stack([floats(parts[f"{part}_share"]) for part in PARTS])
    explained = ~(np.nansum(shares, axis=1) > 1 + ADDS_UP)
    most = np.where(explained[:, None] & (shares >= MOST_OF_THE_TIME), shares, 0.0)
    paging[rows] = np.where(explained, shares[:, PARTS.index("page_faults")], np.nan)
    bound[rows] = [PARTS[row.argmax()] if row.any() else None for row in most]
    return cells.assign(page_faults_share=paging, bound=bound)


def sentence(row: pd.Series) -> str:
    """Return the largest part of a cell, such as ``64 MiB torch.tensor: 78% page faults``."""
    shares = {part: row[f"{part}_share"] for part in PARTS if np.isfinite(row[f"{part}_share"])}
    what = f"{format_bytes(row['bytes'])} {row['conversion']}"
    if not shares:
        return f"{what}: not measured"
    part = max(shares, key=lambda name: shares[name])
    return f"{what}: {100 * shares[part]:.0f}% {part.replace('_', ' ')}"


def _copying(cells: pd.DataFrame) -> Codes:
    """Return the positions of the cells that copy, references left out."""
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True) & (floats(cells["bytes"]) > 0)
    copies &= (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=False)
    copies &= ~of_device(cells).to_numpy(dtype=bool)  # whose time goes into other parts
    return np.flatnonzero(copies)


def _copies(cells: pd.DataFrame, rows: Codes, mapped: Codes) -> Codes:
    """Return the reference that copies as each row's conversion does: torch's copy or cast, or else NumPy's."""
    by_numpy = cells["expression"].astype(str).str.contains("np.", regex=False).to_numpy(dtype=bool)[rows]
    results = cells["result_dtype"].astype(str).str.removeprefix("torch.").to_numpy()
    cast = (results != cells["dtype"].astype(str).to_numpy()) & cells["result_dtype"].notna().to_numpy()
    found = matching(cells, TORCH_COPY, SAME)[rows]
    for dtype in np.unique(results[rows][cast[rows]]):
        casts = matching(cells, f"{TORCH_COPY} to {dtype}", [*SAME, "dtype"])[rows]
        found = np.where(cast[rows] & (results[rows] == dtype), casts, found)
    return np.where(by_numpy | (found < 0), mapped, found)


def _smallest(cells: pd.DataFrame) -> Codes:
    """Return for each cell the position of the smallest size of its curve, for a reference of any dtype."""
    reference = (cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
    curve = cells[[name for name in CELL if name != "size"]].astype({"dtype": object})
    curve.loc[reference, "dtype"] = None
    codes, first = group_codes(curve, [str(name) for name in curve])
    order = np.lexsort((floats(cells["bytes"]), codes))
    start = np.searchsorted(codes[order], np.arange(len(first)))
    smallest: Codes = order[start][codes]
    return smallest


def _first(rows: Codes, smallest: Codes) -> Codes:
    return np.where(rows >= 0, smallest[rows], -1)


def _fault_seconds(
    cells: pd.DataFrame, times: _Times, rows: Codes, touch: Codes, mapped: Codes, fresh: Codes
) -> Floats:
    """Return what one fault costs at each row, from a buffer's or else from a fresh copy's faults."""
    faults = floats(cells["page_faults"])
    touched = _touch_seconds(cells, times, touch)

    def for_each(seconds: Floats, rows: Codes) -> Floats:
        number = np.where(rows >= 0, faults[rows], np.nan)
        number = np.where(number >= FEWEST_FAULTS, number, np.nan)
        return np.maximum(seconds, 0.0) / number[:, None]

    buffer = for_each(times.at(touch) - touched, touch)
    copy = for_each(times.at(fresh) - times.at(mapped), fresh)
    own = np.where(np.isfinite(buffer), buffer, copy)
    arm, _ = group_codes(cells.iloc[rows], [*ARM, "threads", "cache"])
    for number in np.unique(arm):
        known = own[(arm == number) & np.isfinite(own[:, 0])]
        if len(known):  # where the buffer took no faults, one costs what it costs elsewhere
            missing = (arm == number)[:, None] & ~np.isfinite(own)
            own = np.where(missing, np.median(known, axis=0), own)
    return own


def _touch_seconds(cells: pd.DataFrame, times: _Times, touch: Codes) -> Floats:
    """Return what a buffer would cost without faults: in proportion to the largest one that took none."""
    faults, sizes = floats(cells["page_faults"]), floats(cells["bytes"])
    codes, _ = group_codes(cells, [*ARM, "threads", "cache", "conversion"])
    result = np.zeros((len(touch), times.seconds.shape[1]))
    for place, row in enumerate(touch):
        if row >= 0:
            calm = np.flatnonzero((codes == codes[row]) & (faults < 1) & (sizes > 0))
            if len(calm):
                largest = calm[np.argmax(sizes[calm])]
                result[place] = times.seconds[largest] * sizes[row] / sizes[largest]
    return result


def _frame(
    cells: pd.DataFrame, rows: Codes, parts: dict[str, Floats], whole: Floats, fault: Floats, with_ends: bool
) -> pd.DataFrame:
    own = cells.iloc[rows].reset_index(drop=True)
    columns = {
        "bytes": floats(own["bytes"]),
        "seconds": whole[:, 0],
        "faults": floats(own["page_faults"]),
        "fault_seconds": fault[:, 0],
    }
    processes = floats(own["processes"])
    for part, seconds in parts.items():
        shares = seconds / whole
        columns[f"{part}_seconds"] = seconds[:, 0]
        columns[f"{part}_share"] = shares[:, 0]
        low, high = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        sure = np.isfinite(shares).all(axis=1) & (shares > 0).all(axis=1)
        if with_ends and sure.any():
            low[sure], high[sure] = interval(shares[sure, 1:].T, processes[sure])
        columns[f"{part}_share_low"], columns[f"{part}_share_high"] = low, high
    columns["sum_share"] = sum(seconds[:, 0] for seconds in parts.values()) / whole[:, 0]
    return own[CELL].assign(**columns)[list(COLUMNS)]

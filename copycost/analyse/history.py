"""One machine's runs in the order of time: each cell's series and the steps in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from copycost.analyse.comparison import INTERRUPTION_COST
from copycost.analyse.doubts import interrupted_share
from copycost.analyse.grouping import KEY, Floats, floats, group_codes

SMALLEST = 0.02
"""A step of less than this share is not reported: the code's own layout moves figures by as much."""
CONTENDED = 0.6
"""The standard deviation, in log units, of a figure that rests on rounds that were not quiet: a neighbour on the
same core makes everything 1.5 to 2 times slower."""
SHORTEST = 2
"""Values at a level before it is one: a single odd value is no step."""
ODD = 3.0
"""Standard deviations from the median of its neighbourhood at which a single value is held back."""
PENALTY = 3.0
"""Times log n for each step: the leading term of Zhang and Siegmund's modified BIC."""
_NORMAL = 1.4826
_FOR_DIFFERENCES = float(np.sqrt(2))

SERIES_COLUMNS = (*KEY, "bytes", "run", "created", "seconds", "ci_low", "ci_high", "level", "flags")
STEP_COLUMNS = (*KEY, "bytes", "run", "created", "before", "after", "ratio", "runs_before", "runs_after")


def series(runs: Sequence[tuple[str, datetime, pd.DataFrame]]) -> pd.DataFrame:
    """Return one row per cell and run, cell by cell in the order of time.

    Args:
        runs: name, time and estimates (``copycost.estimate``, at one clock reference for all) of each.

    Returns:
        The columns ``SERIES_COLUMNS``: ``level`` is the seconds of the level that the run belongs to,
        the weighted geometric mean between two steps.
    """
    frames = [cells.assign(run=name, created=created) for name, created, cells in sorted(runs, key=lambda run: run[1])]
    if not frames:
        return pd.DataFrame(columns=list(SERIES_COLUMNS))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[(floats(rows["seconds"]) > 0)].reset_index(drop=True)
    rows = rows.astype({name: object for name in KEY})
    codes, first = group_codes(rows, KEY)
    order = np.argsort(codes, kind="stable")
    rows, codes = rows.iloc[order].reset_index(drop=True), codes[order]
    deviation = _deviation(rows, codes, len(first))
    logs = np.log(floats(rows["seconds"]))
    level = np.empty(len(rows))
    for code in range(len(first)):
        own = np.flatnonzero(codes == code)
        bounds = [0, *steps(logs[own], deviation[own]), len(own)]
        for begin, end in pairwise(bounds):
            among = own[begin:end]
            level[among] = np.exp(np.average(logs[among], weights=1 / deviation[among] ** 2))
    return rows.assign(level=level)[list(SERIES_COLUMNS)]


def step_changes(series: pd.DataFrame, smallest: float = SMALLEST) -> pd.DataFrame:
    """Return one row per step in any cell, the newest first.

    Args:
        series: the frame of ``series``.
        smallest: steps of a smaller share are left out.

    Returns:
        The columns ``STEP_COLUMNS``: ``run`` and ``created`` of the first run at the new level, seconds
        ``before`` and ``after``, their ``ratio`` (above 1, it became slower), and how many runs stand at
        each of the two levels.
    """
    found = []
    for _, own in series.groupby(KEY, sort=False, dropna=False, observed=True):
        level = floats(own["level"])
        begins = [0, *(np.flatnonzero(np.diff(level) != 0) + 1), len(own)]
        for before, at, after in zip(begins[:-2], begins[1:-1], begins[2:], strict=True):
            ratio = level[at] / level[at - 1]
            if abs(np.log(ratio)) >= np.log1p(smallest):
                row = own.iloc[at]
                found.append(
                    {name: row[name] for name in (*KEY, "bytes", "run", "created")}
                    | {"before": level[at - 1], "after": level[at], "ratio": ratio}
                    | {"runs_before": at - before, "runs_after": after - at}
                )
    steps_found = pd.DataFrame(found, columns=list(STEP_COLUMNS))
    return steps_found.sort_values("created", ascending=False, kind="stable").reset_index(drop=True)


def latest(series: pd.DataFrame) -> pd.DataFrame:
    """Return each cell's newest run against its past: ``runs``, ``seconds``, ``past`` (the median of the
    runs before, NaN where there are none) and ``ratio``."""
    rows = []
    for _, own in series.groupby(KEY, sort=False, dropna=False, observed=True):
        row = own.iloc[-1]
        past = float(np.median(floats(own["seconds"])[:-1])) if len(own) > 1 else np.nan
        rows.append(
            {name: row[name] for name in (*KEY, "bytes", "run", "created", "seconds", "flags")}
            | {"runs": len(own), "past": past, "ratio": row["seconds"] / past}
        )
    columns = [*KEY, "bytes", "run", "created", "seconds", "flags", "runs", "past", "ratio"]
    return pd.DataFrame(rows, columns=columns)


def steps(values: Floats, deviation: Floats) -> list[int]:
    """Return the positions at which a new level begins, in order; none for a series without steps.

    The levels are those of least squares with a penalty for each step, found exactly by optimal
    partitioning (Jackson et al., IEEE Signal Processing Letters 12, 2005; PELT, Killick, Fearnhead and
    Eckley, JASA 107, 2012, prunes the same search). The penalty is 3 log n (Zhang and Siegmund,
    Biometrics 63, 2007).

    Args:
        values: one per measurement, in order of time, all finite.
        deviation: the standard deviation of each.
    """
    count = len(values)
    if count < 2 * SHORTEST:
        return []
    values = _without_odd_ones(values, deviation)
    weight = 1 / deviation**2
    sums = [np.concatenate([[0.0], np.cumsum(weight * values**power)]) for power in (0, 1, 2)]

    def cost(first: Floats, end: int) -> Floats:
        total, linear, square = (own[end] - own[first.astype(np.int64)] for own in sums)
        squares: Floats = square - linear**2 / total
        return squares

    penalty = PENALTY * np.log(count)
    best = np.full(count + 1, np.inf)
    best[0] = -penalty
    begin = np.zeros(count + 1, dtype=np.int64)
    for end in range(SHORTEST, count + 1):
        first = np.arange(end - SHORTEST + 1, dtype=np.float64)
        whole = best[: end - SHORTEST + 1] + cost(first, end) + penalty
        begin[end] = int(whole.argmin())
        best[end] = whole[begin[end]]
    found = []
    end = count
    while begin[end] > 0:
        end = int(begin[end])
        found.append(end)
    return found[::-1]


def _without_odd_ones(values: Floats, deviation: Floats) -> Floats:
    """Return the values, each no further from the median of its neighbourhood than noise takes it.

    A median of three lets steps pass and takes single odd values out (Tukey, Exploratory Data Analysis,
    1977); least squares would make a level of an odd value and its neighbour.
    """
    count = len(values)
    first = np.clip(np.arange(count) - 1, 0, count - 3)
    middle = np.median(np.stack([values[first], values[first + 1], values[first + 2]]), axis=0)
    within: Floats = np.clip(values, middle - ODD * deviation, middle + ODD * deviation)
    return within


def _deviation(rows: pd.DataFrame, codes: np.ndarray, count: int) -> Floats:
    """Return each figure's standard deviation in log units: its own interval's, and at least what the
    machine's runs differ by from one to the next.

    What runs differ by is a robust standard deviation of the differences between neighbours, which a
    step enters only once; of the cell's own, and, since those are few, at least the median of all cells.
    """
    logs = np.log(floats(rows["seconds"]))
    # A figure of few processes or of another suite has no interval: what runs differ by stands for it.
    own_error = np.where(rows["gated"].to_numpy(dtype=bool), np.nan_to_num(floats(rows["error"])), CONTENDED)
    share = interrupted_share(rows)
    if np.isfinite(share).any():
        # Runs that were interrupted more often than others, or less, are that much off.
        own_error = np.hypot(own_error, INTERRUPTION_COST * np.nan_to_num(np.abs(share - np.nanmedian(share))))
    between = np.full(count, np.nan)
    for code in range(count):
        differences = np.abs(np.diff(logs[codes == code]))
        if len(differences) >= SHORTEST:
            between[code] = _NORMAL * np.median(differences) / _FOR_DIFFERENCES
    usual = float(np.nanmedian(between)) if np.isfinite(between).any() else 0.0
    of_cell = np.fmax(np.nan_to_num(between), usual)[codes]
    # Figures that agree to the last digit are not known without error.
    deviation: Floats = np.maximum(np.hypot(own_error, of_cell), 1e-4)
    return deviation

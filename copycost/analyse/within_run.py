"""One run compared with itself: conversions, dtypes or other conditions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from copycost.analyse.comparison import compare
from copycost.analyse.run import Run
from copycost.analyse.where import Where
from copycost.errors import UsageError, nearest

AXES = ("conversion", "dtype", "threads", "cache", "layout")
_USUAL: dict[str, Any] = {"dtype": pd.NA, "threads": 1, "cache": "warm", "layout": "contiguous"}
"""What stands for the axis in rows whose name tells it."""


def compare_within(run: Run, axis: str, *, margin: float) -> pd.DataFrame:
    """Return a run's cells compared along an axis: each value with the first one, of conversions in their direction.

    All sides were measured by the same processes, and are paired by the sessions of these: what differs from one
    session to another, addresses and neighbours among it, is common to both. Where files tell no sessions the processes
    are the pairs.

    Args:
        run: of one arm.
        axis: what to compare along, one of ``AXES``.
        margin: half-width of what counts as the same, as a share.

    Returns:
        The frame of ``copycost.analyse.comparison.compare`` for all pairs; ``conversion`` names the two that a row is
        about, the candidate first.

    Raises:
        UsageError: there is no such axis, or the run has fewer than two values on it that have a cell in common.
    """
    if axis not in AXES:
        raise UsageError(f"--by {axis!r}: {nearest(axis, list(AXES))}")
    frames = [_compared(run, axis, *pair, margin) for pair in _pairs(run, axis)]
    kept = [frame for frame in frames if frame is not None]
    if not kept:
        raise UsageError(f"{run.name} has no two of {axis} to compare: {_values(run.estimates, axis)}")
    return pd.concat(kept, ignore_index=True)


def _values(cells: pd.DataFrame, axis: str) -> str:
    return "it has " + (", ".join(map(str, cells[axis].dropna().unique())) or "none")


def _pairs(run: Run, axis: str) -> Iterator[tuple[str, str, str]]:
    """Yield the direction ("" for any), the first value and another of each pair."""
    cells = run.estimates
    directions = list(cells["direction"].dropna().unique()) if axis == "conversion" else [""]
    for direction in directions or [""]:
        own = cells[cells["direction"] == direction] if direction else cells
        first, *others = [str(value) for value in own[axis].dropna().unique()] or [""]
        yield from ((str(direction), first, other) for other in others)


def _compared(run: Run, axis: str, direction: str, first: str, other: str, margin: float) -> pd.DataFrame | None:
    """Return two values' cells compared; None where they have none in common."""
    sides = [run.narrowed(_only(axis, value, direction)) for value in (first, other)]
    try:
        cells = compare(*sides, margin=margin, across=[axis], one_run=True)
    except UsageError:  # no cell in common
        return None
    cells = cells[~cells["verdict"].str.startswith("only")].reset_index(drop=True)
    pair = f"{other} against {first}"
    if axis == "conversion":
        return cells.assign(conversion=pair)
    cells = cells.assign(conversion=cells["conversion"].astype(str) + f", {pair}")
    cells[axis] = _USUAL[axis]
    return cells


def _only(axis: str, value: str, direction: str) -> Where:
    """Return the condition of one value, in which every sign stands for itself."""
    literal = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in value)
    among = [(axis, "=", literal), *([("direction", "=", direction)] if direction else [])]
    return Where(value, tuple(among))

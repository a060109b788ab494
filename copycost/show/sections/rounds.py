"""The chart of one cell's rounds in the order of time, quiet and contended told apart."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from copycost.analyse.grouping import CELL, floats, group_codes
from copycost.show.document import Chart
from copycost.show.sections.figures import NAME

MOST = 100_000
"""Rounds in a report; of more, evenly spaced ones are kept of each cell."""
FEWEST_OF_A_CELL = 40
_WHOLE_DIGITS = 4


def rounds_chart(cells: pd.DataFrame, rounds: pd.DataFrame) -> Chart:
    """Return the chart of the rounds of a run.

    Args:
        cells: estimates in the order of the table of cells.
        rounds: of these cells, with ``quiet``.
    """
    both = pd.concat([cells[CELL].astype(object), rounds[CELL].astype(object)], ignore_index=True)
    codes = group_codes(both, CELL)[0]
    row_of = dict(zip(codes[: len(cells)].tolist(), range(len(cells)), strict=True))
    own = codes[len(cells) :]
    order = np.lexsort((floats(rounds["at"]), rounds["process"].to_numpy(), own))
    starts = np.flatnonzero(np.diff(own[order], prepend=-1))
    most = max(FEWEST_OF_A_CELL, MOST // max(len(starts), 1))
    quiet = rounds["quiet"].astype("Int64").fillna(2).to_numpy(dtype=np.int64)
    seconds, process = floats(rounds["seconds"]), rounds["process"].to_numpy(dtype=np.int64)
    found = []
    for at in np.split(order, starts[1:]) if len(order) else []:
        row = row_of.get(int(own[at[0]]))
        if row is None:
            continue
        kept = at[_evenly(len(at), most)]
        scale = _scale(seconds[kept])
        found.append(
            {
                "row": row,
                "measured": len(at),
                "scale": scale,
                "seconds": np.rint(seconds[kept] / scale).astype(np.int64).tolist(),
                "quiet": "".join(map(str, quiet[kept])),
                "process": process[kept].tolist(),
            }
        )
    return Chart((), "rounds", NAME, {"cells": found, "by": _told_apart(cells)})


def _told_apart(cells: pd.DataFrame) -> list[str]:
    """Return the columns in which cells differ, in the order in which one is chosen."""
    names = ("run", "arm", "conversion", "dtype", "bytes", "threads", "cache", "layout")
    return [name for name in names if name == "conversion" or cells[name].nunique(dropna=False) > 1]


def _evenly(count: int, most: int) -> np.ndarray:
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def _scale(seconds: np.ndarray) -> float:
    """Return a power of ten in which times are whole numbers of at least five digits."""
    least = float(seconds[seconds > 0].min(initial=np.inf))
    return 10.0 ** (math.floor(math.log10(least)) - _WHOLE_DIGITS) if math.isfinite(least) else 1e-12

"""The machine's limits beside each cell: what share of a plain copy's bandwidth it reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import interval
from copycost.analyse.device import CEILING_OF, of_device
from copycost.analyse.grouping import Codes, Floats, floats, text_keys

MAPPED = "plain copy (mapped)"
FRESH = "plain copy (fresh)"
CEILINGS = {"share_of_mapped": MAPPED, "share_of_fresh": FRESH}
SAME = ["run", "machine", "arm", "bytes", "threads"]
"""What a plain copy and a cell must have in common; references are measured once for each number of bytes."""


def ceilings(cells: pd.DataFrame, replicates: Floats | None = None) -> pd.DataFrame:
    """Return cells with the share of each ceiling that they reach.

    A ceiling is a plain copy of as many bytes with the same threads: into
    memory that is mapped already (the limit of copying) and into fresh memory (the limit of
    allocating and copying). Bytes read and bytes written count on both sides. To a device and back
    it is a copy between pinned memory and memory that the device has already: the link's limit.

    Args:
        cells: estimates with the references, ``copycost.estimate(rounds, references=True)``.
        replicates: their bootstrap, shape (cells, replicates), for intervals.

    Returns:
        The cells, references included, with ``share_of_mapped`` and ``share_of_fresh`` and the
        ends of their 95% intervals (``_low``, ``_high``). NaN for what moves no bytes and where
        the plain copy was not measured.
    """
    moved = moved_bytes(cells)
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True)
    copies &= (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=False)
    logs, processes = np.log(floats(cells["seconds"])), floats(cells["processes"])
    columns = {}
    elsewhere = of_device(cells).to_numpy(dtype=bool)
    for name, reference in CEILINGS.items():
        at = np.where(elsewhere, -1, matching(cells, reference, SAME))
        for direction, bound in CEILING_OF.items() if reference == MAPPED and elsewhere.any() else ():
            there = (cells["direction"] == direction).to_numpy(dtype=bool, na_value=False)
            at = np.where(there, matching(cells, bound, SAME), at)
        known = copies & (at >= 0)
        rate = np.log(moved / moved[at])
        share = np.exp(rate + logs[at] - logs)
        columns[name] = np.where(known, share, np.nan)
        low, high = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
        if replicates is not None and known.any():
            drawn = np.exp(rate[known, None] + replicates[at[known]] - replicates[known])
            fewest = np.minimum(processes[known], processes[at[known]])
            low[known], high[known] = interval(drawn.T, fewest)
        columns[f"{name}_low"], columns[f"{name}_high"] = low, high
    return cells.assign(**columns)


def moved_bytes(cells: pd.DataFrame) -> Floats:
    """Return bytes read and bytes written; the result counts as the source where it is not known."""
    source, result = floats(cells["bytes"]), floats(cells["result_bytes"])
    moved: Floats = source + np.where(np.isnan(result), source, result)
    return np.where(moved > 0, moved, np.nan)


def matching(cells: pd.DataFrame, reference: str, columns: list[str], on: pd.DataFrame | None = None) -> Codes:
    """Return for each cell the position of the reference cell that agrees in some columns, -1 without one.

    Args:
        cells: with the references.
        reference: the reference's conversion.
        columns: that have to agree.
        on: the values to look for, one row per cell; by default the cells' own.
    """
    among = np.flatnonzero(
        (cells["conversion"] == reference).to_numpy(dtype=bool, na_value=False)
        & (cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
    )
    known = dict(zip(text_keys(cells.iloc[among], columns), among.tolist(), strict=True))
    wanted = text_keys(cells if on is None else on, columns)
    return np.array([known.get(key, -1) for key in wanted], dtype=np.int64)

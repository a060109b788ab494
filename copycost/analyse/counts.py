"""Instructions of calls, counted beside their times: of a run's cells, and of two runs compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import CELL_ID, KEY, Floats, floats
from copycost.analyse.verdicts import SAME
from copycost.store.facts import as_number, as_object

MORE, FEWER = "more", "fewer"

LEAST_CHANGE = 0.005
"""A change of instructions between two arms of one interpreter that is called one, as a share: alike, they count the
same to the last digit."""
LEAST_CHANGE_ELSEWHERE = 0.015
"""The same where programs lie in other folders: three clones of one commit counted up to 1.3% apart, because longer
names leave another heap, and how an allocator comes by a block rests on it."""

INSTRUCTIONS_RATIO, INSTRUCTIONS_VERDICT = "instructions_ratio", "instructions_verdict"
COLUMNS = ("instructions_a", "instructions_b", INSTRUCTIONS_RATIO, INSTRUCTIONS_VERDICT)
"""What a comparison has besides where both sides were counted."""


def instructions(cells: pd.DataFrame, record: Mapping[str, Any]) -> Floats:
    """Return the instructions of one call of each cell, NaN where they were not counted.

    Args:
        cells: of a run, with their ``arm``.
        record: the run's, whose ``counts`` have by arm and cell what was counted.
    """
    found: dict[tuple[str, str], int | float | None] = {}
    for arm, counted in (as_object(record.get("counts")) or {}).items():
        of_arm = as_object((as_object(counted) or {}).get("instructions")) or {}
        found |= {(str(arm), cell): as_number(count) for cell, count in of_arm.items()}
    if not found:
        return np.full(len(cells), np.nan)
    keys = zip(cells["arm"].astype(str), *(cells[name].astype(str) for name in CELL_ID), strict=True)
    counts = [found.get((arm, "-".join(parts))) for arm, *parts in keys]
    return np.array([np.nan if count is None else count for count in counts], dtype=np.float64)


def with_counts(comparison: pd.DataFrame, a: pd.DataFrame, b: pd.DataFrame, least: float) -> pd.DataFrame:
    """Return a comparison with ``COLUMNS``, as it is where not both sides were counted.

    The verdict is *more*, *fewer* or *same*: counting has no noise of the machine's, so there is no interval. Cells
    that one side has no count of have none, and no verdict.

    Args:
        comparison: rows with the columns that tell cells apart.
        a: the baseline's cells.
        b: the candidate's.
        least: the smallest change that is called one, as a share.
    """
    sides = [_by_cell(cells, comparison) for cells in (a, b)]
    ratio = sides[1] / sides[0]
    known = np.isfinite(ratio)
    if not known.any():
        return comparison
    changed = np.abs(np.log(ratio, where=known, out=np.zeros(len(ratio)))) > np.log1p(least)
    verdict = np.where(changed, np.where(ratio > 1, MORE, FEWER), SAME).astype(object)
    verdict[~known] = np.nan
    return comparison.assign(**dict(zip(COLUMNS, (*sides, ratio, verdict), strict=True)))


def _by_cell(cells: pd.DataFrame, comparison: pd.DataFrame) -> Floats:
    # Threads are no part of it: arms may differ in them, and only calls on one thread are counted.
    keys = [name for name in KEY if name != "threads"]
    known = cells.assign(instructions=floats(cells["instructions"])).dropna(subset=["instructions"])
    counts = {tuple(map(str, row)): count for *row, count in known[[*keys, "instructions"]].itertuples(index=False)}
    wanted = comparison[keys].itertuples(index=False)
    return np.array([counts.get(tuple(map(str, row)), np.nan) for row in wanted], dtype=np.float64)

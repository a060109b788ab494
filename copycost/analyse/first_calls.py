"""First calls: what a conversion takes when nothing has been called in its process before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import CELL_ID, floats
from copycost.store.facts import as_number, as_object


def first_calls(cells: pd.DataFrame, record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the cells whose first calls a run has timed, one of each conversion and arm.

    They stand beside the estimates and are no part of them. Columns: those that tell cells apart, ``bytes``;
    ``first_seconds`` is the median over fresh processes, each of which made this one call, ``first_low`` and
    ``first_high`` the smallest and the largest, ``processes`` how many these are; ``seconds`` is the estimate of later
    calls, ``times`` how many of these the first one takes.

    Args:
        cells: estimates of a run, with their ``arm``.
        record: the run's, whose ``first_calls`` have by arm and cell the seconds in each process.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for arm, of_arm in (as_object(record.get("first_calls")) or {}).items():
        for cell, told in (as_object((as_object(of_arm) or {}).get("seconds")) or {}).items():
            numbers = [as_number(each) for each in told] if isinstance(told, list) else []
            known = [float(number) for number in numbers if number is not None and number > 0]
            if known:
                found[str(arm), cell] = known
    keys = zip(cells["arm"].astype(str), *(cells[name].astype(str) for name in CELL_ID), strict=True) if found else ()
    rows = [(row, found[key]) for row, (arm, *parts) in enumerate(keys) if (key := (arm, "-".join(parts))) in found]
    taken = cells.iloc[[row for row, _ in rows]][[*CELL_ID, "direction", "arm", "bytes", "seconds"]]
    first = np.array([np.median(seconds) for _, seconds in rows], dtype=np.float64)
    return taken.assign(
        first_seconds=first,
        first_low=np.array([min(seconds) for _, seconds in rows], dtype=np.float64),
        first_high=np.array([max(seconds) for _, seconds in rows], dtype=np.float64),
        processes=np.array([len(seconds) for _, seconds in rows], dtype=np.int64),
        times=first / floats(taken["seconds"]),
    ).reset_index(drop=True)

"""What calling itself costs: the empty call of the same run, shared among the calls of a block."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import ARM, floats

EMPTY_CALL = "empty call"


def add_overhead(cells: pd.DataFrame) -> pd.DataFrame:
    """Add ``overhead_low``, ``overhead_high`` and ``net_seconds`` to cells, from the empty calls
    among them.

    One empty call costs what one call of a block costs beside the statements in it, so each of the
    block's calls bears its share. The interval is that of the empty call (below three processes,
    their lowest and highest); the net figure is the cell's less the middle of it, and never below
    zero. NaN where the run has no empty call.

    Args:
        cells: estimates with ``direction``, ``block``, ``seconds``, ``ci_low``, ``ci_high``,
            ``lowest`` and ``highest``.
    """
    empty = (cells["direction"] == "reference") & (cells["conversion"] == EMPTY_CALL)
    floor = cells.loc[empty.to_numpy(dtype=bool, na_value=False), [*ARM, "threads"]].copy()
    source = cells.loc[floor.index]
    floor["low"] = source["ci_low"].fillna(source["lowest"])
    floor["high"] = source["ci_high"].fillna(source["highest"])
    low, high = _matched(cells, floor, [*ARM, "threads"])
    low_any, high_any = _matched(cells, floor, ARM)
    low = np.where(np.isnan(low), low_any, low)
    high = np.where(np.isnan(high), high_any, high)

    block = floats(cells["block"])
    share = np.where(empty.to_numpy(dtype=bool, na_value=False) | ~(block > 0), np.nan, block)
    net = floats(cells["seconds"]) - (low + high) / 2 / share
    return cells.assign(overhead_low=low / share, overhead_high=high / share, net_seconds=np.maximum(net, 0.0))


def _matched(cells: pd.DataFrame, floor: pd.DataFrame, columns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each cell the empty call's interval in rows that agree in some columns."""
    by_key = floor.groupby(columns, dropna=False, observed=True)[["low", "high"]].mean().reset_index()
    both = cells[columns].merge(by_key, on=columns, how="left")
    return both["low"].to_numpy(dtype=float), both["high"].to_numpy(dtype=float)

"""What calling itself costs: the empty call of the same run, shared among the calls of a block."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import ARM, Floats, floats, group_codes, group_mean

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
    is_empty = empty.to_numpy(dtype=bool, na_value=False)
    low, high = _of_empty_calls(cells, is_empty, [*ARM, "threads"])
    low_any, high_any = _of_empty_calls(cells, is_empty, ARM)
    low = np.where(np.isnan(low), low_any, low)
    high = np.where(np.isnan(high), high_any, high)

    block = floats(cells["block"])
    share = np.where(is_empty | ~(block > 0), np.nan, block)
    net = floats(cells["seconds"]) - (low + high) / 2 / share
    return cells.assign(overhead_low=low / share, overhead_high=high / share, net_seconds=np.maximum(net, 0.0))


def _of_empty_calls(cells: pd.DataFrame, empty: np.ndarray, columns: list[str]) -> tuple[Floats, Floats]:
    """Return for each cell the interval of the empty calls that agree with it in some columns."""
    codes, first = group_codes(cells, columns)
    low = floats(cells["ci_low"].fillna(cells["lowest"]))
    high = floats(cells["ci_high"].fillna(cells["highest"]))
    of_group = [group_mean(end[empty], codes[empty], len(first)) for end in (low, high)]
    return of_group[0][codes], of_group[1][codes]

"""Whether a cell's processes fall into two groups, as copies of some 32 MiB do."""

from __future__ import annotations

import numpy as np

from copycost.analyse.grouping import Codes, Floats

SMALLEST_GAP = 0.10
SEPARATION = 6.0
"""The gap must be this many times the standard deviation within the two groups."""
FEWEST_A_SIDE = 2


def mode_gap(logs: Floats, codes: Codes, count: int) -> Floats:
    """Return the ratio between a cell's two modes; NaN where its processes do not fall into two.

    The processes are split at the largest gap between neighbours that leaves two on either side.
    They are two modes when the group means differ by more than the gap test asks: a gap above 10%
    and six standard deviations within the groups.

    Args:
        logs: log seconds, one per process.
        codes: the cell of each process.
        count: the number of cells.
    """
    known = np.isfinite(logs)
    logs, codes = logs[known], codes[known]
    order = np.lexsort((logs, codes))
    logs, codes = logs[order], codes[order]
    number = np.bincount(codes, minlength=count)
    start = np.cumsum(number) - number
    below = np.arange(len(logs)) - start[codes]

    gap = np.zeros(len(logs))
    gap[1:] = np.diff(logs)
    allowed = (below >= FEWEST_A_SIDE) & (number[codes] - below >= FEWEST_A_SIDE)
    gap[~allowed] = 0.0
    result = np.full(count, np.nan)
    if not len(logs):
        return result
    widest = np.lexsort((gap, codes))
    cells = np.unique(codes)
    split = np.zeros(count, dtype=np.int64)
    split[cells] = widest[(start + number - 1)[cells]]

    high = np.arange(len(logs)) >= split[codes]
    side = 2 * codes + high
    size = np.bincount(side, minlength=2 * count)
    mean = np.bincount(side, weights=logs, minlength=2 * count) / np.maximum(size, 1)
    squares = np.bincount(codes, weights=(logs - mean[side]) ** 2, minlength=count)
    within = np.sqrt(squares / np.maximum(number - 2, 1))
    widest_gap = np.zeros(count)
    widest_gap[cells] = gap[split[cells]]
    two = (widest_gap > np.log1p(SMALLEST_GAP)) & (widest_gap > SEPARATION * within)
    result[two] = np.exp(mean[1::2] - mean[0::2])[two]
    return result

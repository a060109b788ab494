"""What the processes of a cell show besides their mean: two modes, or a drift from the first to the last."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from copycost.analyse.grouping import Codes, Floats

SMALLEST_GAP = 0.10
SEPARATION = 6.0
"""The gap must be this many times the standard deviation within the two groups."""
FEWEST_A_SIDE = 2
FAR_APART = 2.0
"""Ratio of two modes from which no mean of both is a figure of anything."""
SMALLEST_DRIFT = 0.03
DRIFT_LEVEL = 0.99
FEWEST_FOR_DRIFT = 5


def modes(logs: Floats, codes: Codes, count: int) -> tuple[Floats, np.ndarray]:
    """Return the ratio between a cell's two modes, NaN where its processes do not fall into two, and the figures that
    a mean may be taken of.

    The processes are split at the largest gap between neighbours that leaves two on either side.
    They are two modes when the group means differ by more than the gap test asks: a gap above 10%
    and six standard deviations within the groups. Copies of some 32 MiB have two. Of fewer than four processes, one
    makes a mode if it is ``FAR_APART``. Where modes are that far apart, a mean is taken of the one that holds more
    processes, of two that hold as many of the faster one.

    Args:
        logs: log seconds, one per process.
        codes: the cell of each process.
        count: the number of cells.

    Returns:
        The ratios, shape (cells,), and one boolean for each of ``logs``.
    """
    known = np.isfinite(logs)
    of_one = known.copy()
    logs, codes = logs[known], codes[known]
    order = np.lexsort((logs, codes))
    logs, codes = logs[order], codes[order]
    number = np.bincount(codes, minlength=count)
    start = np.cumsum(number) - number
    below = np.arange(len(logs)) - start[codes]

    gap = np.zeros(len(logs))
    gap[1:] = np.diff(logs)
    few = number[codes] < 2 * FEWEST_A_SIDE
    fewest = np.where(few, 1, FEWEST_A_SIDE)
    allowed = (below >= fewest) & (number[codes] - below >= fewest) & (~few | (gap >= np.log(FAR_APART)))
    gap[~allowed] = 0.0
    result = np.full(count, np.nan)
    if not len(logs):
        return result, of_one
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
    upper_is_larger = size[1::2] > size[0::2]
    left_out = (result >= FAR_APART)[codes] & (high != upper_is_larger[codes])
    of_one[np.flatnonzero(known)[order[left_out]]] = False
    return result, of_one


def drift(logs: Floats, order: Floats, codes: Codes, count: int) -> Floats:
    """Return the relative change over the run by least squares, beyond what the clock explains.

    Args:
        logs: log seconds, one per process.
        order: when the process ran, as its number.
        codes: the cell of each process.
        count: the number of cells.

    Returns:
        Share, such as 0.05 for 5% slower at the end; NaN unless the slope's t test at the 99% level
        rejects none, the change is above 3%, and there are at least five processes.
    """
    known = np.isfinite(logs) & np.isfinite(order)
    logs, order, codes = logs[known], order[known], codes[known]
    number = np.bincount(codes, minlength=count)

    def total(values: Floats) -> Floats:
        return np.bincount(codes, weights=values, minlength=count).astype(np.float64)

    x = order - (total(order) / np.maximum(number, 1))[codes]
    y = logs - (total(logs) / np.maximum(number, 1))[codes]
    spread = total(x**2)
    enough = (number >= FEWEST_FOR_DRIFT) & (spread > 0)
    slope = np.divide(total(x * y), spread, out=np.zeros(count), where=enough)
    squares = total((y - slope[codes] * x) ** 2)
    error = np.sqrt(squares / np.maximum(number - 2, 1) / np.where(enough, spread, 1.0))

    first = np.full(count, np.inf)
    last = np.full(count, -np.inf)
    np.minimum.at(first, codes, order)
    np.maximum.at(last, codes, order)
    change = np.expm1(slope * np.where(enough, last - first, 0.0))
    bound = stdtrit(np.maximum(number - 2, 1), (1 + DRIFT_LEVEL) / 2)
    seen = enough & (np.abs(slope) > bound * error) & (np.abs(change) > SMALLEST_DRIFT)
    return np.where(seen, change, np.nan)

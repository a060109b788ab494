"""Whether a cell changed from the first process to the last, beyond what the clock explains."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from copycost.analyse.grouping import Codes, Floats

SMALLEST = 0.03
LEVEL = 0.99
FEWEST = 5


def drift(logs: Floats, order: Floats, codes: Codes, count: int) -> Floats:
    """Return the relative change over the run by least squares; NaN where there is no significant
    one.

    Args:
        logs: log seconds, one per process.
        order: when the process ran, as its number.
        codes: the cell of each process.
        count: the number of cells.

    Returns:
        Share, such as 0.05 for 5% slower at the end; only where the slope's t test at the 99% level
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
    enough = (number >= FEWEST) & (spread > 0)
    slope = np.divide(total(x * y), spread, out=np.zeros(count), where=enough)
    squares = total((y - slope[codes] * x) ** 2)
    error = np.sqrt(squares / np.maximum(number - 2, 1) / np.where(enough, spread, 1.0))

    first = np.full(count, np.inf)
    last = np.full(count, -np.inf)
    np.minimum.at(first, codes, order)
    np.maximum.at(last, codes, order)
    change = np.expm1(slope * np.where(enough, last - first, 0.0))
    bound = stdtrit(np.maximum(number - 2, 1), (1 + LEVEL) / 2)
    seen = enough & (np.abs(slope) > bound * error) & (np.abs(change) > SMALLEST)
    return np.where(seen, change, np.nan)

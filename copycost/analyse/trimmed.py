"""The trimmed mean of a few processes, with an interval."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from copycost.analyse.grouping import Codes, Floats

TRIM = 0.2
FEWEST = 3
"""Processes below which there is no 95% interval."""


def trimmed_mean(values: Floats, codes: Codes, count: int, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Return each group's 20% trimmed mean and the ends of its interval.

    The standard error is that of the winsorised values and the interval uses Student's t with h - 1
    degrees of freedom, h the values left after trimming (Yuen, "The two-sample trimmed t for
    unequal population variances", Biometrika 61, 1974; Tukey and McLaughlin, Sankhya A 25, 1963).
    Unknown values are left out.

    Returns:
        Mean, lower and upper end per group; the ends are NaN for groups of fewer than three values.
    """
    known = np.isfinite(values)
    values, codes = values[known], codes[known]
    order = np.lexsort((values, codes))
    values, codes = values[order], codes[order]
    number = np.bincount(codes, minlength=count)
    start = np.cumsum(number) - number
    cut = np.floor(TRIM * number + 1e-9).astype(np.int64)
    left = number - 2 * cut

    rank = np.arange(len(values)) - start[codes]
    inside = (rank >= cut[codes]) & (rank < (number - cut)[codes])
    total = np.bincount(codes[inside], weights=values[inside], minlength=count)
    mean = np.divide(total, left, out=np.full(count, np.nan), where=number > 0)

    # Winsorised: what trimming cuts off is moved to the nearest value that stays.
    nearest = np.clip(rank, cut[codes], (number - cut)[codes] - 1) + start[codes]
    winsorised = values[nearest]
    centre = np.bincount(codes, weights=winsorised, minlength=count) / np.maximum(number, 1)
    squares = np.bincount(codes, weights=(winsorised - centre[codes]) ** 2, minlength=count)
    enough = number >= FEWEST
    error = np.sqrt(np.divide(squares, left * (left - 1), out=np.full(count, np.nan), where=enough))
    half = error * stdtrit(np.maximum(left - 1, 1), (1 + level) / 2)
    return mean, mean - half, mean + half

"""The robust mean: a 20% trimmed mean of a few processes, with its standard error and degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from copycost.analyse.grouping import Codes, Floats

TRIM = 0.2
FEWEST = 3
"""Processes below which there is no standard error."""


@dataclass(frozen=True)
class RobustMean:
    """Trimmed means of groups of values; error and degrees are NaN for groups of fewer than three values."""

    mean: Floats
    error: Floats
    degrees: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the ends of each mean's interval."""
        half = half_width(self.error, self.degrees, level)
        return self.mean - half, self.mean + half


def robust_mean(values: Floats, codes: Codes, count: int) -> RobustMean:
    """Return each group's 20% trimmed mean.

    The standard error is that of the winsorised values, with h - 1 degrees of freedom, h the values left after
    trimming (Yuen, "The two-sample trimmed t for unequal population variances", Biometrika 61, 1974; Tukey and
    McLaughlin, Sankhya A 25, 1963). Unknown values are left out.

    Args:
        values: of all groups.
        codes: the group of each value.
        count: the number of groups.
    """
    known = np.isfinite(values)
    values, codes = values[known], codes[known]
    order = np.lexsort((values, codes))
    values, codes = values[order], codes[order]
    number = np.bincount(codes, minlength=count)
    start = np.cumsum(number) - number
    cut = cut_off(number)
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
    return RobustMean(mean, error, np.where(enough, left - 1.0, np.nan))


def trimmed_mean(values: Floats) -> Floats:
    """Return the 20% trimmed mean over the last axis, all values known."""
    count = values.shape[-1]
    cut = int(cut_off(np.array(count)))
    result: Floats = np.sort(values, axis=-1)[..., cut : count - cut].mean(axis=-1)
    return result


def cut_off(number: Codes) -> Codes:
    """Return how many values are trimmed at either end of groups of so many."""
    cut: Codes = np.floor(TRIM * number + 1e-9).astype(np.int64)
    return cut


def half_width(error: Floats, degrees: Floats, level: float = 0.95) -> Floats:
    """Return half the width of Student's interval; NaN where the standard error is not known."""
    half: Floats = error * stdtrit(degrees, (1 + level) / 2)
    return half

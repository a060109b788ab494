"""Where a series changes its level, and stays there."""

from __future__ import annotations

import numpy as np

from copycost.analyse.grouping import Floats

SHORTEST = 2
"""Values at a level before it is one: a single odd value is no step."""
ODD = 3.0
"""Standard deviations from the median of its neighbourhood at which a single value is held back."""
PENALTY = 3.0
"""Times log n for each step: the leading term of Zhang and Siegmund's modified BIC."""


def steps(values: Floats, deviation: Floats) -> list[int]:
    """Return the positions at which a new level begins, in order; none for a series without steps.

    The levels are those of least squares with a penalty for each step, found exactly by optimal
    partitioning (Jackson et al., IEEE Signal Processing Letters 12, 2005; PELT, Killick, Fearnhead and
    Eckley, JASA 107, 2012, prunes the same search). The penalty is 3 log n (Zhang and Siegmund,
    Biometrics 63, 2007).

    Args:
        values: one per measurement, in order of time, all finite.
        deviation: the standard deviation of each.
    """
    count = len(values)
    if count < 2 * SHORTEST:
        return []
    values = _without_odd_ones(values, deviation)
    weight = 1 / deviation**2
    sums = [np.concatenate([[0.0], np.cumsum(weight * values**power)]) for power in (0, 1, 2)]

    def cost(first: Floats, end: int) -> Floats:
        total, linear, square = (own[end] - own[first.astype(np.int64)] for own in sums)
        squares: Floats = square - linear**2 / total
        return squares

    penalty = PENALTY * np.log(count)
    best = np.full(count + 1, np.inf)
    best[0] = -penalty
    begin = np.zeros(count + 1, dtype=np.int64)
    for end in range(SHORTEST, count + 1):
        first = np.arange(end - SHORTEST + 1, dtype=np.float64)
        whole = best[: end - SHORTEST + 1] + cost(first, end) + penalty
        begin[end] = int(whole.argmin())
        best[end] = whole[begin[end]]
    found = []
    end = count
    while begin[end] > 0:
        end = int(begin[end])
        found.append(end)
    return found[::-1]


def _without_odd_ones(values: Floats, deviation: Floats) -> Floats:
    """Return the values, each no further from the median of its neighbourhood than noise takes it.

    A median of three lets steps pass and takes single odd values out (Tukey, Exploratory Data Analysis,
    1977); least squares would make a level of an odd value and its neighbour.
    """
    count = len(values)
    first = np.clip(np.arange(count) - 1, 0, count - 3)
    middle = np.median(np.stack([values[first], values[first + 1], values[first + 2]]), axis=0)
    within: Floats = np.clip(values, middle - ODD * deviation, middle + ODD * deviation)
    return within

"""Verdicts: faster, slower, same or undecided, with the wrong ones over a whole table controlled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit

from copycost.analyse.grouping import Floats

FASTER = "faster"
SLOWER = "slower"
SAME = "same"
UNDECIDED = "undecided"
ONLY_A = "only in A"
ONLY_B = "only in B"
VERDICTS = (SLOWER, FASTER, SAME, UNDECIDED, ONLY_A, ONLY_B)
"""All verdicts, in the order in which they are counted."""

FALSE_DISCOVERIES = 0.05
"""The expected share of wrong ones among all that are called faster or slower."""
_STEPS = 20
POWER = 0.8
"""How often a difference of the smallest detectable size is found."""
CONTENTION = 2.5
"""More than a neighbour on the same core slows anything: 1.5 to 2 times was measured."""


@dataclass(frozen=True)
class Judgement:
    """Per cell: the interval of the log ratio, the p value of the noise floor's null, the verdict, and the smallest
    log ratio that would have been found with the probability ``POWER``."""

    low: Floats
    high: Floats
    p: Floats
    verdict: np.ndarray
    detectable: Floats


def judge(
    log_ratio: Floats,
    error: Floats,
    degrees: Floats,
    *,
    floor: Floats | float = 0.0,
    decidable: np.ndarray | None = None,
    gated: np.ndarray | None = None,
    margin: float = 0.03,
    level: float = 0.95,
) -> Judgement:
    """Return a verdict for each cell of one table.

    *Same*: the interval lies inside the margin (two one-sided tests: Schuirmann, J. Pharmacokinetics
    and Biopharmaceutics 15, 1987). *Faster* and *slower*: the null that the true log ratio is no larger
    than the noise floor (an interval null: Hodges and Lehmann, JRSS B 16, 1954) is rejected while the
    false discovery rate over the table is held at 5% (Benjamini and Hochberg, JRSS B 57, 1995; valid
    for independent and for positively dependent cells: Benjamini and Yekutieli, Annals of Statistics
    29, 2001). A cell that is the same counts among the tests with a p value of one. Everything else is
    *undecided*.

    Args:
        log_ratio: log of b over a.
        error: its standard error.
        degrees: Student's degrees of freedom.
        floor: differences of at most this are noise, in log units.
        decidable: whether a cell may get a verdict at all; by default where there is an error.
        gated: whether both sides' figures come from quiet rounds; by default all do. Where they do not,
            contention may hide any difference and make up one as large as itself: such cells are never
            the same, and changed only beyond ``CONTENTION``.
        margin: half-width of what counts as the same, as a share; symmetric in the log.
        level: of the interval.
    """
    known = np.isfinite(log_ratio) & np.isfinite(error) & (degrees > 0)
    decidable = known if decidable is None else known & decidable
    half = error * stdtrit(np.where(known, degrees, np.nan), (1 + level) / 2)
    low, high = log_ratio - half, log_ratio + half
    gated = np.ones(len(log_ratio), dtype=bool) if gated is None else gated
    floor = np.where(gated, floor, np.fmax(floor, np.log(CONTENTION)))
    p = interval_null(log_ratio, error, degrees, floor)
    same = decidable & gated & (low >= -np.log1p(margin)) & (high <= np.log1p(margin))
    tested = np.where(same, 1.0, p)[decidable]
    changed = np.zeros(len(log_ratio), dtype=bool)
    changed[decidable] = discoveries(tested, FALSE_DISCOVERIES)
    verdict = np.full(len(log_ratio), UNDECIDED, dtype=object)
    verdict[same] = SAME
    verdict[changed & (log_ratio > 0)] = SLOWER
    verdict[changed & (log_ratio < 0)] = FASTER
    found = np.where(decidable, smallest_detectable(error, degrees, floor, changed, decidable), np.nan)
    return Judgement(low, high, np.where(decidable, p, np.nan), verdict, found)


def smallest_detectable(
    error: Floats, degrees: Floats, floor: Floats, changed: np.ndarray, decidable: np.ndarray
) -> Floats:
    """Return the log ratio that each cell would have been called changed at, with the probability ``POWER``.

    The minimum detectable effect (Bloom, "Minimum detectable effects: a simple way to report the statistical power of
    experimental designs", Evaluation Review 19, 1995), from the noncentral t distribution and not from the sum of two
    quantiles: with few degrees of freedom, and at the level of one cell among many, that sum promises too much. The
    level is what one more change would have to pass beside those that were found (Benjamini and Hochberg).

    Args:
        error: standard error of each log ratio.
        degrees: Student's degrees of freedom.
        floor: differences of at most this are noise, in log units.
        changed: which cells were called faster or slower.
        decidable: which cells could get a verdict.
    """
    tested, found_already = int(np.count_nonzero(decidable)), int(np.count_nonzero(changed))
    level = FALSE_DISCOVERIES * min(found_already + 1, tested) / max(tested, 1)
    known = np.where(decidable, degrees, np.nan)
    beyond = _beyond_the_floor(known, np.divide(floor, error, out=np.zeros_like(error), where=error > 0), level)
    found: Floats = floor + error * nctdtrinc(known, 1 - POWER, beyond)
    return found


def _beyond_the_floor(degrees: Floats, floor: Floats, level: float) -> Floats:
    """Return how far beyond the floor a log ratio has the p value ``level``; both in standard errors, by bisection.

    Without a floor both tails count, with a high one the nearer alone.
    """
    low, high = stdtrit(degrees, 1 - level), stdtrit(degrees, 1 - level / 2)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        above = stdtr(degrees, -middle) + stdtr(degrees, -middle - 2 * floor) > level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    result: Floats = high
    return result


def interval_null(log_ratio: Floats, error: Floats, degrees: Floats, floor: Floats | float) -> Floats:
    """Return the largest p value of any true log ratio between minus and plus the floor."""
    size = np.abs(log_ratio)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = stdtr(degrees, -(size - floor) / error)
        far = stdtr(degrees, -(size + floor) / error)
    p = np.minimum(near + far, 1.0)
    exact: Floats = np.where(error == 0, np.where(size > floor, 0.0, 1.0), p)
    return exact


def discoveries(p: Floats, rate: float) -> np.ndarray:
    """Return which of these tests are rejected at a false discovery rate (Benjamini-Hochberg)."""
    order = np.argsort(p, kind="stable")
    passed = p[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    rejected = np.zeros(len(p), dtype=bool)
    rejected[order[: int(np.flatnonzero(passed).max(initial=-1)) + 1]] = True
    return rejected

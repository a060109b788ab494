"""Variances of many cells moderated by each other: a few sessions say little about one cell, much about all."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, polygamma

from copycost.analyse.grouping import Codes, Floats

_FEWEST_CELLS = 8
MOST_PRIOR_DEGREES = 10.0
"""Cells of one run share its sessions and are not independent; what they say together counts for no more than this."""

_STEPS = 60


def moderated(variance: Floats, degrees: Floats, classes: Codes) -> tuple[Floats, Floats]:
    """Return variances drawn towards what is usual in their class, with the degrees of freedom that this gives them.

    The variances of a class are taken to be scaled inverse chi-squared around a common one, whose degrees of freedom
    and scale are fitted to the moments of their logarithms (Smyth, "Linear models and empirical Bayes methods for
    assessing differential expression", Statistical Applications in Genetics and Molecular Biology 3, 2004).

    Args:
        variance: of each cell; NaN where it is not known, and stays so.
        degrees: of freedom of each.
        classes: the class of each cell; a class of few cells is left as it is.
    """
    result, freedom = variance.copy(), degrees.copy()
    for one_class in np.unique(classes):
        among = (classes == one_class) & (variance > 0) & (degrees > 0)
        if np.count_nonzero(among) < _FEWEST_CELLS:
            continue
        prior, scale = _prior(variance[among], degrees[among])
        prior = min(prior, MOST_PRIOR_DEGREES)
        drawn = (classes == one_class) & np.isfinite(variance) & (degrees > 0)
        result[drawn] = (prior * scale + degrees[drawn] * variance[drawn]) / (prior + degrees[drawn])
        freedom[drawn] = degrees[drawn] + prior
    return result, freedom


def _prior(variance: Floats, degrees: Floats) -> tuple[float, float]:
    """Return the degrees of freedom and the scale of what variances have in common."""
    logs = np.log(variance) - digamma(degrees / 2) + np.log(degrees / 2)
    spread = float(np.var(logs, ddof=1) - np.mean(polygamma(1, degrees / 2)))
    if spread <= 0:
        return np.inf, float(np.exp(np.mean(logs)))
    prior = 2 * _inverse_trigamma(spread)
    return prior, float(np.exp(np.mean(logs) + digamma(prior / 2) - np.log(prior / 2)))


def _inverse_trigamma(value: float) -> float:
    """Return where the trigamma function, which falls from infinity to nought, has a value: by bisection."""
    low, high = 1e-8, 1e8
    for _ in range(_STEPS):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if polygamma(1, middle) > value else (low, middle)
    return float(low)

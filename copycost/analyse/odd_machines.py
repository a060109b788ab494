"""Machines that are odd in their kind: further from the others than the others are from each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from copycost.analyse.cell_bands import COLUMNS as BAND
from copycost.analyse.cell_bands import band_means, bands
from copycost.analyse.grouping import Floats
from copycost.analyse.machine_figures import Figures, noise
from copycost.analyse.machine_kinds import FEWEST, Kinds

COLUMNS = ("machine", "kind", *BAND, "ratio", "score", "alone")
NORMAL_MAD = 1.4826
"""A normal distribution's standard deviation in units of its median absolute deviation."""
FALSE_ALARMS = 0.01
"""Chance that any machine of a fleet without an odd one is called odd."""
WORTH_SAYING = 0.03


def odd_machines(own: Figures, found: Kinds) -> pd.DataFrame:
    """Return the machines that are odd in their kind, the oddest first, each with its oddest band of cells.

    A machine's bands are compared with the median of its kind by modified z-scores: with the median absolute
    deviation in place of the standard deviation (Iglewicz and Hoaglin, How to Detect and Handle Outliers, ASQC
    1993). The limit is Bonferroni's over all machines and bands. Kinds of fewer than ``FEWEST`` machines have no
    odd ones.

    Args:
        own: without gaps.
        found: the kinds of the machines.

    Returns:
        ``machine``, ``kind``, the band, ``ratio`` to the kind's median, ``score`` (its modified z-score) and
        ``alone`` (it is like no other).
    """
    codes, labels = bands(own.cells)
    values = band_means(own.logs, codes, len(labels))
    floor = np.sqrt(band_means(noise(own)[None] ** 2, codes, len(labels))[0])
    away, score = np.zeros(values.shape), np.zeros(values.shape)
    for number in range(found.count):
        member = found.of == number
        like = member & ~found.alone
        if like.sum() >= FEWEST:
            away[member] = values[member] - np.median(values[like], axis=0)
            score[member] = away[member] / _spread(away[like], floor)
    limit = -ndtri(FALSE_ALARMS / 2 / max(score.size, 1))
    telling = np.where(np.abs(away) > np.log1p(WORTH_SAYING), np.abs(score), 0.0)
    worst = telling.argmax(axis=1)
    rows = [
        (
            own.names[machine],
            int(found.of[machine]),
            *labels.loc[worst[machine], list(BAND)],
            float(np.exp(away[machine, worst[machine]])),
            float(telling[machine].max()),
            bool(found.alone[machine]),
        )
        for machine in np.flatnonzero((telling.max(axis=1) > limit) | found.alone)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("score", ascending=False, kind="stable").reset_index(drop=True)


def _spread(away: Floats, floor: Floats) -> Floats:
    """Return the robust spread of each band within a kind, never below its noise."""
    # A few machines tell their spread badly: at small numbers a median absolute deviation is too small by
    # about this factor (Croux and Rousseeuw, Computational Statistics 1, 1992).
    few = len(away) / max(len(away) - 0.8, 1)
    result: Floats = np.maximum(NORMAL_MAD * few * np.median(np.abs(away), axis=0), floor)
    return result

"""A comparison in a few rows: geometric mean ratios and counts of verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from copycost.analyse.grouping import floats
from copycost.analyse.verdicts import VERDICTS

COLUMNS = ("conversion", "cells", "ratio", "ci_low", "ci_high", *VERDICTS)
ALL = None
"""What stands for the conversion in the row of all cells."""


def summary(comparison: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return one row per conversion and, last, one for all cells (its conversion is None).

    ``ratio`` is the geometric mean over the ``cells`` that both sides have; those without an interval
    count only where none has one. Cells of one process may err together, by an unknown correlation, so
    the interval takes the standard error of the mean to be the mean of the standard errors: the largest
    that any correlation allows (Minkowski's inequality). It covers with at least the level.

    Returns:
        The columns ``COLUMNS``: the interval is NaN where no cell has one; one column per verdict with
        how many cells have it.
    """
    rows = [
        {"conversion": name, **_mean(own, level)}
        for name, own in comparison.groupby("conversion", sort=False, observed=True, dropna=False)
    ]
    rows.append({"conversion": ALL, **_mean(comparison, level)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mean(cells: pd.DataFrame, level: float) -> dict[str, object]:
    counts = cells["verdict"].value_counts()
    logs, error = np.log(floats(cells["ratio"])), floats(cells["error"])
    sure = np.isfinite(logs) & np.isfinite(error)
    used = sure if sure.any() else np.isfinite(logs)
    middle = float(logs[used].mean()) if used.any() else np.nan
    half = np.nan
    if sure.any():
        half = float(error[sure].mean() * stdtrit(floats(cells["degrees"])[sure].min(), (1 + level) / 2))
    return {
        "cells": int(used.sum()),
        "ratio": float(np.exp(middle)),
        "ci_low": float(np.exp(middle - half)),
        "ci_high": float(np.exp(middle + half)),
        **{verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS},
    }

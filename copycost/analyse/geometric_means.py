"""A comparison in a few rows: geometric mean ratios and counts of verdicts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from copycost.analyse.grouping import Codes, Floats, floats
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
    logs, error = np.log(floats(comparison["ratio"])), floats(comparison["error"])
    degrees, verdicts = floats(comparison["degrees"]), comparison["verdict"].to_numpy(dtype=object)

    def mean(name: object, among: Codes) -> dict[str, object]:
        own = _mean(logs[among], error[among], degrees[among], level)
        counts = Counter(verdicts[among])
        return {"conversion": name, **own, **{verdict: counts[verdict] for verdict in VERDICTS}}

    codes, names = pd.factorize(comparison["conversion"].astype(object), use_na_sentinel=False)
    # Rows of one conversion in their order, conversions one after the other.
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    rows = [mean(name, among) for name, among in zip(names, rows_of, strict=True)] if len(names) else []
    rows.append(mean(ALL, np.arange(len(comparison))))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mean(logs: Floats, error: Floats, degrees: Floats, level: float) -> dict[str, object]:
    sure = np.isfinite(logs) & np.isfinite(error)
    used = sure if sure.any() else np.isfinite(logs)
    middle = float(logs[used].mean()) if used.any() else np.nan
    half = float(error[sure].mean() * stdtrit(degrees[sure].min(), (1 + level) / 2)) if sure.any() else np.nan
    return {
        "cells": int(used.sum()),
        "ratio": float(np.exp(middle)),
        "ci_low": float(np.exp(middle - half)),
        "ci_high": float(np.exp(middle + half)),
    }

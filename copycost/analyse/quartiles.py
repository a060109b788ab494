"""Where the middle halves of two sides' rounds do not overlap: what can be said where no verdict is possible."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import KEY, Floats, floats, group_codes, group_quantile, text_keys
from copycost.analyse.robust_mean import FEWEST
from copycost.analyse.verdicts import FASTER, SLOWER

APART = "apart"
"""The column that tells on which side of A's middle half B's lies: slower, faster, or "" where they overlap."""


def is_without_verdicts(comparison: pd.DataFrame) -> bool:
    """Return whether each cell of a comparison has too few processes on a side for any verdict."""
    return bool((comparison[["processes_a", "processes_b"]].min(axis=1) < FEWEST).all())


def with_quartiles(comparison: pd.DataFrame, a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison with the quartiles of both sides' rounds, and where they do not overlap.

    Args:
        comparison: the frame of ``copycost.analyse.comparison.compare``.
        a: the baseline's rounds.
        b: the candidate's.

    Returns:
        Its columns, and ``q1_a``, ``q3_a``, ``q1_b``, ``q3_b`` (seconds, as measured) and ``APART``.
    """
    keys = text_keys(comparison, KEY)
    columns: dict[str, Floats] = {}
    for name, rounds in (("a", a), ("b", b)):
        codes, first = group_codes(rounds, KEY)
        position = {key: place for place, key in enumerate(text_keys(rounds.iloc[first], KEY))}
        seconds = floats(rounds["seconds"])
        places = np.array([position.get(key, len(first)) for key in keys], dtype=int)
        for quarter, share in (("q1", 0.25), ("q3", 0.75)):
            quartiles = np.append(group_quantile(seconds, codes, len(first), share), np.nan)
            columns[f"{quarter}_{name}"] = quartiles[places]
    slower, faster = columns["q1_b"] > columns["q3_a"], columns["q3_b"] < columns["q1_a"]
    return comparison.assign(**columns, **{APART: np.select([slower, faster], [SLOWER, FASTER], "")})

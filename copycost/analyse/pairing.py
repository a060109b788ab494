"""Which process of one arm stands beside which process of the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import Codes


def pairs(a_rounds: pd.DataFrame, b_rounds: pd.DataFrame) -> tuple[Codes, Codes] | None:
    """Return both arms' process numbers, neighbours at the same place, or None where there are no
    pairs.

    Two arms of one run are paired when their processes alternate: in order of their numbers, the arm
    changes at least once for every pair. The k-th process of one arm then stands in the same block as
    the k-th of the other, and what drifts between blocks is common to both.
    """
    runs = [set(rounds["run"].dropna().unique()) for rounds in (a_rounds, b_rounds)]
    machines = [set(rounds["machine"].dropna().unique()) for rounds in (a_rounds, b_rounds)]
    if runs[0] != runs[1] or len(runs[0]) != 1 or machines[0] != machines[1]:
        return None
    a, b = (np.unique(rounds["process"].to_numpy(dtype=np.int64)) for rounds in (a_rounds, b_rounds))
    if np.intersect1d(a, b).size:
        return None
    count = min(len(a), len(b))
    order = np.argsort(np.concatenate([a, b]))
    changes = np.count_nonzero(np.diff(order < len(a)))
    return (a[:count], b[:count]) if changes >= count else None

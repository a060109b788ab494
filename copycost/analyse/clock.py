"""Times at one clock frequency: each round divided by the clock that was read beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import RUN, Floats, floats, group_codes, group_median


def reference_clock(rounds: pd.DataFrame, override: float | None = None) -> Floats:
    """Return for each round the clock, in seconds, that its time is corrected to.

    Args:
        rounds: rounds with the column ``quiet``.
        override: the reference to use for all; without it, each run has the median clock of its
            quiet rounds.

    Returns:
        Seconds; NaN in a run that has no clock.
    """
    if override is not None:
        return np.full(len(rounds), float(override))
    clock = floats(rounds["clock"])
    run, first = group_codes(rounds, RUN)
    quiet = rounds["quiet"].to_numpy(dtype=bool, na_value=True)
    of_quiet = group_median(np.where(quiet, clock, np.nan), run, len(first))
    of_all = group_median(clock, run, len(first))
    return np.where(np.isnan(of_quiet), of_all, of_quiet)[run]


def correct(rounds: pd.DataFrame, reference: Floats) -> Floats:
    """Return seconds per call at the reference clock; as measured where the clock is not known."""
    seconds = floats(rounds["seconds"])
    clock = floats(rounds["clock"])
    known = (clock > 0) & (reference > 0)
    return seconds * np.divide(reference, clock, out=np.ones_like(seconds), where=known)

"""Estimates of several runs at one clock, without their rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import RUN, floats, group_codes

_TIMES = ("seconds", "ci_low", "ci_high", "net_seconds", "overhead_low", "overhead_high")


def middle_clock(cells: pd.DataFrame) -> float | None:
    """Return the median of the runs' reference clocks, in seconds; None where no run has one."""
    _, first = group_codes(cells, RUN)
    clocks = floats(cells["clock"])[first]
    return float(np.nanmedian(clocks)) if np.isfinite(clocks).any() else None


def at_clock(cells: pd.DataFrame, reference: float) -> pd.DataFrame:
    """Return estimates with their times at another clock: what ``clock_reference=reference`` makes of the rounds.

    Every round of a run is divided by its own clock and multiplied by the run's reference, so that another
    reference only multiplies the estimate. A run without a clock stays as it is.

    Args:
        cells: estimates of ``copycost.estimate``.
        reference: the clock, in seconds.
    """
    clock = floats(cells["clock"])
    known = clock > 0
    factor = np.divide(reference, clock, out=np.ones(len(cells)), where=known)
    changed = {name: floats(cells[name]) * factor for name in _TIMES}
    changed["gb_per_s"] = floats(cells["gb_per_s"]) / factor
    return cells.assign(**changed, clock=np.where(known, reference, clock))

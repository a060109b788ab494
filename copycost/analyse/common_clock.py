"""Times at one clock: each round divided by the clock read beside it, and figures moved to another reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copycost.analyse.grouping import RUN, Floats, floats, group_codes, group_median

_TIMES = ("seconds", "ci_low", "ci_high", "net_seconds", "overhead_low", "overhead_high")


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
    of_quiet = group_median(np.where(_quiet(rounds), clock, np.nan), run, len(first))
    of_all = group_median(clock, run, len(first))
    return np.where(np.isnan(of_quiet), of_all, of_quiet)[run]


def corrected_seconds(rounds: pd.DataFrame, reference: Floats) -> Floats:
    """Return seconds per call at the reference clock; as measured where the clock is not known."""
    seconds = floats(rounds["seconds"])
    clock = floats(rounds["clock"])
    known = (clock > 0) & (reference > 0)
    return seconds * np.divide(reference, clock, out=np.ones_like(seconds), where=known)


def common_clock(several: Sequence[pd.DataFrame]) -> float | None:
    """Return the median clock, in seconds, of the quiet rounds of several measurements; None where one has none.

    Args:
        several: rounds that ``mark_quiet`` has marked, a frame for each measurement.
    """
    clocks = [floats(rounds["clock"])[_quiet(rounds)] for rounds in several]
    if any(np.isnan(clock).all() for clock in clocks):
        return None
    return float(np.nanmedian(np.concatenate(clocks)))


def middle_clock(cells: pd.DataFrame) -> float | None:
    """Return the median of the runs' reference clocks, in seconds; None where no run has one."""
    _, first = group_codes(cells, RUN)
    clocks = floats(cells["clock"])[first]
    return float(np.nanmedian(clocks)) if np.isfinite(clocks).any() else None


def cells_at_clock(cells: pd.DataFrame, reference: float) -> pd.DataFrame:
    """Return estimates with their times at another clock: what ``clock_reference=reference`` makes of the rounds.

    Every round of a run is divided by its own clock and multiplied by the run's reference, so that another
    reference only multiplies the estimate. A run without a clock stays as it is.

    Args:
        cells: estimates of ``copycost.estimate``.
        reference: the clock, in seconds.
    """
    factor = _factor(cells, reference)
    changed = {name: floats(cells[name]) * factor for name in _TIMES}
    changed["gb_per_s"] = floats(cells["gb_per_s"]) / factor
    return cells.assign(**changed, clock=_moved_clock(cells, reference))


def processes_at_clock(processes: pd.DataFrame, reference: float) -> pd.DataFrame:
    """Return what each process says about each cell (see ``per_process``) at another clock, as above."""
    shift = np.log(_factor(processes, reference))
    logs = {name: floats(processes[name]) + shift for name in ("log_quiet", "log_all")}
    return processes.assign(**logs, clock=_moved_clock(processes, reference))


def _factor(frame: pd.DataFrame, reference: float) -> Floats:
    clock = floats(frame["clock"])
    return np.divide(reference, clock, out=np.ones(len(frame)), where=clock > 0)


def _moved_clock(frame: pd.DataFrame, reference: float) -> Floats:
    clock = floats(frame["clock"])
    return np.where(clock > 0, reference, clock)


def _quiet(rounds: pd.DataFrame) -> np.ndarray:
    return rounds["quiet"].to_numpy(dtype=bool, na_value=True)

"""Times at one clock: each round divided by the clock read beside it, and figures moved to another reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from copycost.analyse.grouping import RUN, Floats, floats, group_codes, group_median

_TIMES = ("seconds", "ci_low", "ci_high", "net_seconds", "overhead_low", "overhead_high")


ClockReference = float | Mapping[str, float] | None
"""A reference clock in seconds, for all rounds or by arm; by default each run has its own."""


def reference_clock(rounds: pd.DataFrame, override: ClockReference = None) -> Floats:
    """Return for each round the clock, in seconds, that its time is corrected to.

    Args:
        rounds: rounds with the column ``quiet``.
        override: the reference to use for all, or by arm; without it, each run has the median clock of its
            quiet rounds.

    Returns:
        Seconds; NaN in a run that has no clock.
    """
    if isinstance(override, int | float):
        return np.full(len(rounds), float(override))
    if override:
        given = rounds["arm"].astype(object).map(lambda arm: override.get(arm, np.nan)).to_numpy(np.float64)
        return np.where(np.isnan(given), reference_clock(rounds), given) if np.isnan(given).any() else given
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


def first_clock(cells: pd.DataFrame) -> float | None:
    """Return the clock, in seconds, that the first run's times are given at; of those with one, None where none has."""
    clocks = floats(cells["clock"])
    known = np.flatnonzero(clocks > 0)
    return float(clocks[known[0]]) if len(known) else None


def at_shared_clocks(
    cells: pd.DataFrame, pythons: Mapping[str, object], *, across_machines: bool = False
) -> pd.DataFrame:
    """Return cells of several runs, moved to the clock of the first run on the same machine with the same Python.

    Runs of one results folder have one clock and stay as they are. Another Python's clock, the same work compiled anew,
    is no measure of the first one's frequency.

    Args:
        cells: of several runs, by their names in ``run``.
        pythons: the version of each run's Python, by the same names.
        across_machines: whether those of all machines with one Python are moved to the first one's.
    """
    run, first = group_codes(cells, RUN)
    clocks = floats(cells["clock"])[first]
    references: dict[tuple[object, object], float] = {}
    of_run = clocks.copy()
    for number, row in enumerate(first):
        machine = cells["machine"].iloc[row]
        if clocks[number] > 0 and not pd.isna(machine):
            key = (None if across_machines else machine, pythons.get(str(cells["run"].iloc[row])))
            of_run[number] = references.setdefault(key, clocks[number])
    return cells_at_clock(cells, of_run[run])


def cells_at_clock(cells: pd.DataFrame, reference: Floats | float) -> pd.DataFrame:
    """Return estimates with their times at another clock: what ``clock_reference=reference`` makes of the rounds.

    Every round of a run is divided by its own clock and multiplied by the run's reference, so that another
    reference only multiplies the estimate. A run without a clock stays as it is.

    Args:
        cells: estimates of ``copycost.estimate``.
        reference: the clock, in seconds, of all or of each cell.
    """
    factor = _factor(cells, reference)
    changed = {name: floats(cells[name]) * factor for name in _TIMES if name in cells}
    changed |= {name: floats(cells[name]) / factor for name in ("gb_per_s",) if name in cells}
    return cells.assign(**changed, clock=_moved_clock(cells, reference))


def processes_at_clock(processes: pd.DataFrame, reference: float) -> pd.DataFrame:
    """Return what each process says about each cell (see ``per_process``) at another clock, as above."""
    shift = np.log(_factor(processes, reference))
    logs = {name: floats(processes[name]) + shift for name in ("log_quiet", "log_all")}
    return processes.assign(**logs, clock=_moved_clock(processes, reference))


def _factor(frame: pd.DataFrame, reference: Floats | float) -> Floats:
    clock = floats(frame["clock"])
    return np.divide(reference, clock, out=np.ones(len(frame)), where=clock > 0)


def _moved_clock(frame: pd.DataFrame, reference: Floats | float) -> Floats:
    clock = floats(frame["clock"])
    return np.where(clock > 0, reference, clock)


def _quiet(rounds: pd.DataFrame) -> np.ndarray:
    return rounds["quiet"].to_numpy(dtype=bool, na_value=True)

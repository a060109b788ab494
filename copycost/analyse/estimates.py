"""From rounds to estimates: one figure with its interval for each cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.doubts import flags
from copycost.analyse.drift import drift
from copycost.analyse.grouping import (
    CELL,
    RUN,
    Codes,
    Floats,
    floats,
    group_codes,
    group_mean,
    group_median,
    group_quantile,
)
from copycost.analyse.modes import mode_gap
from copycost.analyse.overhead import add_overhead
from copycost.analyse.processes import FACTS, per_process
from copycost.analyse.trimmed import trimmed_mean

COLUMNS = (
    "run",
    "machine",
    "arm",
    "conversion",
    "direction",
    "dtype",
    "size",
    "bytes",
    "threads",
    "cache",
    "seconds",
    "ci_low",
    "ci_high",
    "net_seconds",
    "overhead_low",
    "overhead_high",
    "gb_per_s",
    "rounds",
    "quiet_share",
    "processes",
    "page_faults",
    "shares_memory",
    "result_dtype",
    "flags",
    "layout",
    "expression",
    "documented",
    "result_bytes",
    "block",
    "copy_ratio",
    "copy_ratio_low",
    "copy_ratio_high",
    "clock",
    "raw_seconds",
    "between_processes",
    "gated",
    "mode_gap",
    "drift",
    "contended_processes",
    "partial_gating",
    "clock_change",
    "interrupted",
)
"""Columns of the cells frame; the first 24 are the export's promise."""

ENOUGH_IN_PROCESS = 2
"""Quiet rounds from which a process's median counts."""
ENOUGH_IN_CELL = 5


def estimate(
    rounds: pd.DataFrame,
    *,
    clock_reference: float | None = None,
    precision: float | None = None,
    references: bool = False,
) -> pd.DataFrame:
    """Return one estimate per cell.

    Args:
        rounds: the rounds frame of ``copycost.load``.
        clock_reference: the clock, in seconds, that all times are corrected to. Comparisons on one
            machine use a common one; by default each run has its own, the median over its quiet
            rounds.
        precision: half-width of the interval, as a share, above which a cell is flagged
            ``imprecise``.
        references: whether to return the reference cells (empty call, plain copies) as well.

    Returns:
        One row per cell, in order of appearance. ``seconds`` is per call: the 20% trimmed mean over
        processes of each process's median quiet round, at the reference clock; ``ci_low`` and
        ``ci_high`` bound it with 95% confidence and are NaN below three processes. ``raw_seconds``
        is neither gated nor corrected. ``flags`` has the doubts' names, joined by ``;``.
    """
    cells = add_overhead(combine(per_process(rounds, clock_reference=clock_reference)))
    cells = cells.assign(flags=flags(cells, precision))
    if not references:
        cells = cells[(cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    return cells[list(COLUMNS)].reset_index(drop=True)


def combine(processes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell from what each process says about it; overhead and flags are not in
    it yet.

    A cell with too few quiet rounds is estimated from all its rounds; ``gated`` is False there and
    it has no interval, because what contention adds is not in the spread between processes.
    """
    codes, first = group_codes(processes, CELL)
    count = len(first)
    n_rounds, n_quiet = floats(processes["n_rounds"]), floats(processes["n_quiet"])

    def total(values: Floats) -> Floats:
        return np.bincount(codes, weights=values, minlength=count).astype(np.float64)

    usable = enough_quiet(processes)
    all_rounds = total(n_rounds)
    gated = (total(usable) > 0) & (total(n_quiet) >= np.minimum(ENOUGH_IN_CELL, all_rounds))

    def chosen(of_quiet: str, of_all: str) -> Floats:
        quiet = np.where(usable, floats(processes[of_quiet]), np.nan)
        return np.where(gated[codes], quiet, floats(processes[of_all]))

    logs = chosen("log_quiet", "log_all")
    seconds, low, high = map(np.exp, trimmed_mean(logs, codes, count))
    ratio, ratio_low, ratio_high = map(np.exp, trimmed_mean(chosen("ratio_quiet", "ratio_all"), codes, count))
    cells = processes[[*CELL, *FACTS]].iloc[first].reset_index(drop=True)
    known = group_mean(floats(processes["gating"]), codes, count) > 0
    moved = floats(cells["bytes"]) / seconds / 1e9
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True)
    cells = cells.assign(
        seconds=seconds,
        ci_low=np.where(gated, low, np.nan),
        ci_high=np.where(gated, high, np.nan),
        gb_per_s=np.where(copies, moved, np.nan),
        rounds=all_rounds.astype(np.int64),
        quiet_share=np.where(known, total(n_quiet) / all_rounds, np.nan),
        processes=total(np.isfinite(logs)).astype(np.int64),
        page_faults=group_median(floats(processes["page_faults"]), codes, count),
        copy_ratio=ratio,
        copy_ratio_low=ratio_low,
        copy_ratio_high=ratio_high,
        clock=floats(processes["clock"])[first],
        raw_seconds=group_median(floats(processes["raw"]), codes, count),
        gated=gated,
        between_processes=_between_processes(logs, codes, count),
        mode_gap=mode_gap(logs, codes, count),
        drift=drift(logs, floats(processes["process"]), codes, count),
        clock_change=_clock_change(processes, first),
        interrupted=np.where(
            np.isnan(floats(processes["clock"])[first]), np.nan, total(floats(processes["n_disturbed"]))
        )
        / all_rounds,
        contended_processes=total(floats(processes["contended_process"])).astype(np.int64),
        lowest=np.exp(_extreme(np.minimum, logs, codes, count)),
        highest=np.exp(_extreme(np.maximum, logs, codes, count)),
    )
    return cells


def _clock_change(processes: pd.DataFrame, first: Codes) -> Floats:
    """Return how far apart the processes' clocks were in each cell's run, as a share."""
    process, process_first = group_codes(processes, [*RUN, "process"])
    clocks = group_median(floats(processes["clock_seen"]), process, len(process_first))
    run, run_first = group_codes(processes, RUN)
    of_process = run[process_first]
    slowest = _extreme(np.maximum, clocks, of_process, len(run_first))
    fastest = _extreme(np.minimum, clocks, of_process, len(run_first))
    return (slowest / fastest - 1)[run[first]]


def enough_quiet(processes: pd.DataFrame) -> np.ndarray:
    """Return for each cell and process (see ``per_process``) whether its quiet rounds have a median that counts."""
    n_quiet = floats(processes["n_quiet"])
    enough: np.ndarray = (n_quiet >= ENOUGH_IN_PROCESS) | (n_quiet == floats(processes["n_rounds"]))
    return enough


def _between_processes(logs: Floats, codes: np.ndarray, count: int) -> Floats:
    """Return a robust standard deviation of the logs: the middle half's width over that of a normal's."""
    middle_half = group_quantile(logs, codes, count, 0.75) - group_quantile(logs, codes, count, 0.25)
    deviation: Floats = middle_half / 1.349
    return deviation


def _extreme(which: np.ufunc, values: Floats, codes: Codes, count: int) -> Floats:
    """Return the lowest or highest known value of each group."""
    known = np.isfinite(values)
    result = np.full(count, np.nan)
    order = np.argsort(codes[known], kind="stable")
    groups, start = np.unique(codes[known][order], return_index=True)
    if len(groups):
        result[groups] = which.reduceat(values[known][order], start)
    return result

"""The bootstrap: what the figures might have been, had other processes been measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from copycost.analyse.grouping import CELL, Codes, Floats, floats, group_codes, text_keys
from copycost.analyse.processes import gated_logs, per_process
from copycost.analyse.quiet import marked
from copycost.analyse.robust_mean import FEWEST, trimmed_mean

COUNT = 500
SEED = 20


def bootstrap(cells: pd.DataFrame, processes: pd.DataFrame, count: int = COUNT) -> Floats:
    """Return log seconds of each cell as they might have been measured.

    Whole processes are drawn with replacement, the same ones for all cells that were measured in
    the same processes; each cell is their 20% trimmed mean, as in its estimate. Deviations are
    widened by sqrt(n / (n - 1)), since n drawn values vary less than n measured ones (Rao and Wu,
    Journal of the American Statistical Association 83, 1988). Cells of fewer than three processes
    deviate as much as the others do in the middle; if there are none, they are unknown.

    Args:
        cells: estimates of ``copycost.estimate``.
        processes: the frame of ``per_process`` that they were made from.
        count: replicates.

    Returns:
        Shape (cells, count).
    """
    draw = np.random.default_rng(SEED)
    logs, start, numbers = _by_cell(cells, processes)
    shares = draw.random((count, max(int(numbers.max(initial=0)), 1)))
    alone = draw.standard_normal((len(cells), count))
    deviations = np.full((len(cells), count), np.nan)
    spreads = []
    for number in np.unique(numbers[numbers >= FEWEST]):
        among = np.flatnonzero(numbers == number)
        values = logs[start[among, None] + np.arange(number)]
        spreads.append(np.std(values, ddof=1, axis=1))
        drawn = values[:, (shares[:, :number] * number).astype(np.int64)]
        widened = np.sqrt(number / (number - 1))
        deviations[among] = widened * (trimmed_mean(drawn) - trimmed_mean(values)[:, None])
    if spreads:
        few = numbers < FEWEST
        usual = np.median(np.concatenate(spreads))
        deviations[few] = alone[few] * usual / np.sqrt(np.maximum(numbers[few], 1))[:, None]
    result: Floats = np.log(floats(cells["seconds"]))[:, None] + deviations
    return result


def bootstrap_rounds(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> Floats | None:
    """Return the replicates of cells from the rounds that they were made from; None without rounds."""
    return None if rounds is None else bootstrap(cells, per_process(marked(rounds)))


def interval(values: Floats, processes: Floats | float, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the ends of the interval of positive figures.

    The percentile interval of the logarithms (Efron, Annals of Statistics 7, 1979), both arms
    stretched from the median by t / z with one degree of freedom fewer than there are processes
    (after Hesterberg, The American Statistician 69, 2015): without it, 15 processes cover 92%.

    Args:
        values: replicates, shape (replicates, figures); infinite where a figure was not reached.
        processes: how many there were, for all figures or for each.
        level: the confidence.

    Returns:
        Lower and upper ends, shape (figures,); NaN for a figure with an unknown replicate.
    """
    logs = np.log(values)
    middle = np.quantile(logs, 0.5, axis=0, method="lower")
    tail = (1 - level) / 2
    low = np.quantile(logs, tail, axis=0, method="lower")
    high = np.quantile(logs, 1 - tail, axis=0, method="higher")
    stretch = stdtrit(np.maximum(processes - 1, 1), 1 - tail) / ndtri(1 - tail)
    return np.exp(_stretched(low, middle, stretch)), np.exp(_stretched(high, middle, stretch))


def _stretched(end: Floats, middle: Floats, stretch: Floats) -> Floats:
    known = np.isfinite(end) & np.isfinite(middle)
    arm = np.where(known, end, 0.0) - np.where(known, middle, 0.0)
    return np.where(known, np.where(known, middle, 0.0) + stretch * arm, end)


def _by_cell(cells: pd.DataFrame, processes: pd.DataFrame) -> tuple[Floats, Codes, Codes]:
    """Return the known logs of all cells, one cell's after the other's, and where each cell's begin and how many."""
    at = cell_positions(cells, processes)
    gated = cells["gated"].to_numpy(dtype=bool)
    logs = gated_logs(processes, gated[at] if len(gated) else np.zeros(len(at), dtype=bool))
    known = np.flatnonzero((at >= 0) & np.isfinite(logs))
    known = known[np.argsort(at[known], kind="stable")]
    numbers = np.bincount(at[known], minlength=len(cells))
    return logs[known], np.cumsum(numbers) - numbers, numbers


def cell_positions(cells: pd.DataFrame, processes: pd.DataFrame) -> Codes:
    """Return for each row of ``per_process`` the position of its cell among cells, -1 where it is not one of them."""
    codes, first = group_codes(processes, CELL)
    position = {key: number for number, key in enumerate(text_keys(cells, CELL))}
    keys = text_keys(processes.iloc[first], CELL)
    return np.array([position.get(key, -1) for key in keys], dtype=np.int64)[codes]

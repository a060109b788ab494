"""The log ratio of a candidate to a baseline with its standard error and degrees of freedom, per cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from copycost.analyse.grouping import Codes, Floats, group_mean
from copycost.analyse.layered_mean import layered_mean
from copycost.analyse.moderation import moderated
from copycost.analyse.robust_mean import RobustMean, cut_off, robust_mean

MOST_PAIRED = 0.75
"""Share of the smaller side's processes that must have a partner before a cell is paired."""


@dataclass(frozen=True)
class Difference:
    """Per cell: the log of candidate over baseline, its standard error, Student's degrees of freedom, and whether
    neighbours or layouts were paired; NaN where it is not known."""

    log_ratio: Floats
    error: Floats
    degrees: Floats
    paired: np.ndarray


@dataclass(frozen=True)
class Logs:
    """Log seconds of the baseline or the candidate, one entry per cell and process, with the process's session and
    chosen layout; NaN where there is none, empty where files tell no sessions."""

    values: Floats
    cell: Codes
    process: Codes
    session: Floats = field(default_factory=lambda: np.empty(0))
    layout: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def has_sessions(self) -> bool:
        """Return whether the files tell the sessions."""
        return bool(np.isfinite(self.session).any())


def layer_difference(baseline: Logs, candidate: Logs, count: int, classes: Codes, same_programs: bool) -> Difference:
    """Return the difference of each cell of two sides that have sessions.

    Where the same programs were measured at the same chosen layouts, what a layout is worth is common to both: the
    layouts are pairs, and the error is what their differences differ by, whatever made them differ. Otherwise the
    layouts of each side are a sample of all that there may be. Variances are moderated within classes of cells.

    Args:
        baseline: its ``cell`` counts from 0 to ``count``, as the candidate's does.
        candidate: what is compared with it.
        count: the number of cells.
        classes: of cells whose figures vary alike, by cell.
        same_programs: whether interpreter and libraries of both sides are the same.
    """
    a, b = (
        layered_mean(logs.values, logs.cell, count, logs.session, logs.layout, classes)
        for logs in (baseline, candidate)
    )
    log_ratio = b.mean - a.mean
    error, degrees = welch(a.layout_error, a.layout_degrees, b.layout_error, b.layout_degrees)
    paired = np.zeros(count, dtype=bool)
    if same_programs:
        layouts = np.intersect1d(baseline.layout, candidate.layout)
        layouts = layouts[np.isfinite(layouts)]
        of_pairs = _by_layout(candidate, count, layouts) - _by_layout(baseline, count, layouts)
        cells = np.broadcast_to(np.arange(count)[:, None], of_pairs.shape).ravel()
        together = np.isfinite(of_pairs).sum(axis=1)
        pairs = robust_mean(of_pairs.ravel(), cells.astype(np.int64), count)
        variance, freedom = moderated(pairs.error**2 * np.maximum(together, 1), pairs.degrees, classes)
        fewest = np.fmin(a.sessions, b.sessions)
        paired = np.isfinite(variance) & (together >= MOST_PAIRED * fewest)
        log_ratio = np.where(paired, pairs.mean, log_ratio)
        error = np.where(paired, np.sqrt(variance / np.maximum(together, 1)), error)
        degrees = np.where(paired, freedom, degrees)
    return Difference(log_ratio, error, degrees, paired)


def welch(error_a: Floats, degrees_a: Floats, error_b: Floats, degrees_b: Floats) -> tuple[Floats, Floats]:
    """Return the standard error of a difference and its degrees of freedom (Welch, Biometrika 34, 1947)."""
    error = np.hypot(error_a, error_b)
    parts = error_a**4 / degrees_a + error_b**4 / degrees_b
    # Without any spread on either side nothing limits the degrees of freedom.
    return error, np.divide(error**4, parts, out=degrees_a + degrees_b, where=parts > 0)


def _by_layout(logs: Logs, count: int, layouts: Floats) -> Floats:
    """Return cells down, these layouts across, the mean over each layout's processes; NaN where there is none."""
    at = np.searchsorted(layouts, logs.layout)
    known = np.isin(logs.layout, layouts)
    code = logs.cell[known] * max(len(layouts), 1) + at[known]
    return group_mean(logs.values[known], code, count * len(layouts)).reshape(count, len(layouts))


def difference(baseline: Logs, candidate: Logs, count: int, partners: tuple[Codes, Codes] | None) -> Difference:
    """Return the difference of each cell: paired where most processes have a partner, else of two
    samples: on a busy machine few pairs are quiet on both sides, and the rest are not thrown away.

    Two samples: 20% trimmed means, winsorised variances and Welch's degrees of freedom (Yuen, "The
    two-sample trimmed t for unequal population variances", Biometrika 61, 1974). Pairs: the trimmed mean
    of the differences between neighbouring processes (Tukey and McLaughlin, Sankhya A 25, 1963).

    Args:
        baseline: its ``cell`` counts from 0 to ``count``, as the candidate's does.
        candidate: what is compared with it.
        count: the number of cells.
        partners: process numbers of both, neighbours at the same place; None for no pairs.
    """
    a, b = (robust_mean(logs.values, logs.cell, count) for logs in (baseline, candidate))
    log_ratio = b.mean - a.mean
    error, degrees = welch(a.error, a.degrees, b.error, b.degrees)
    paired = np.zeros(count, dtype=bool)
    if partners is not None:
        of_pairs, cells = _between(baseline, candidate, count, partners)
        pairs = _for_one_sample(of_pairs, cells, count)
        together = np.bincount(cells[np.isfinite(of_pairs)], minlength=count)
        fewest = np.fmin(_number(baseline, count), _number(candidate, count))
        paired = np.isfinite(pairs.error) & (together >= MOST_PAIRED * fewest)
        log_ratio = np.where(paired, pairs.mean, log_ratio)
        error = np.where(paired, pairs.error, error)
        degrees = np.where(paired, pairs.degrees, degrees)
    return Difference(log_ratio, error, degrees, paired)


def alternating_processes(baseline: pd.DataFrame, candidate: pd.DataFrame) -> tuple[Codes, Codes] | None:
    """Return both arms' process numbers, neighbours at the same place, or None where there are no
    pairs.

    Two arms of one run are paired when their processes alternate: in order of their numbers, the arm
    changes at least once for every pair. The k-th process of one arm then stands in the same block as
    the k-th of the other, and what drifts between blocks is common to both.
    """
    runs = [set(rounds["run"].dropna().unique()) for rounds in (baseline, candidate)]
    machines = [set(rounds["machine"].dropna().unique()) for rounds in (baseline, candidate)]
    if runs[0] != runs[1] or len(runs[0]) != 1 or machines[0] != machines[1]:
        return None
    a, b = (np.unique(rounds["process"].to_numpy(dtype=np.int64)) for rounds in (baseline, candidate))
    if np.intersect1d(a, b).size:
        return None
    count = min(len(a), len(b))
    order = np.argsort(np.concatenate([a, b]))
    changes = np.count_nonzero(np.diff(order < len(a)))
    return (a[:count], b[:count]) if changes >= count else None


def _for_one_sample(values: Floats, cells: Codes, count: int) -> RobustMean:
    """Return the robust mean, fit for a test of one sample far out in the tails, where many cells are judged.

    One trimmed mean over its error is not distributed like Student's t with as many degrees of freedom as
    are usual: a p value of 0.005 of ten values comes 1.5 times too often (of two samples it does not). Wider
    errors and fewer degrees, fitted to two million normal samples of each size from 5 to 30, bring it to
    within some percent; Patel, Mudholkar and Fernando (Journal of the American Statistical Association 83,
    1988) fit the distributions of robust estimators so.
    """
    usual = robust_mean(values, cells, count)
    number = np.bincount(cells[np.isfinite(values)], minlength=count)
    cut = cut_off(number)
    left = np.maximum(number - 2 * cut, 1)
    wider = np.where(cut > 0, 1 + 2.7 / left**3, 1.0)
    return RobustMean(usual.mean, usual.error * wider, usual.degrees * (1 - 0.22 * cut / (cut + 2)))


def _number(logs: Logs, count: int) -> Codes:
    """Return how many processes know each cell."""
    return np.bincount(logs.cell[np.isfinite(logs.values)], minlength=count)


def _between(baseline: Logs, candidate: Logs, count: int, partners: tuple[Codes, Codes]) -> tuple[Floats, Codes]:
    """Return the differences between partners, and the cell of each."""
    between = _by_process(candidate, count, partners[1]) - _by_process(baseline, count, partners[0])
    cells = np.broadcast_to(np.arange(count)[:, None], between.shape)
    return between.ravel(), cells.ravel().astype(np.int64)


def _by_process(logs: Logs, count: int, processes: Codes) -> Floats:
    """Return cells down, these processes across; NaN where a process has not measured a cell."""
    table = np.full((count, len(processes)), np.nan)
    order = np.argsort(processes)
    place = np.searchsorted(processes, logs.process, sorter=order)
    place = order[np.minimum(place, len(processes) - 1)]
    known = processes[place] == logs.process
    table[logs.cell[known], place[known]] = logs.values[known]
    return table

"""The figures of many machines as one matrix: machines down, cells across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.curves import UNKNOWN_ERROR
from copycost.analyse.grouping import KEY, Codes, Floats, floats, group_codes
from copycost.analyse.regimes import UNEXPLAINED

FACTS = ("expression", "bytes", "result_bytes", "shares_memory", "page_faults", "processes")
MOST_MACHINES = 0.8
NEEDED = ("run", "machine", "arm", *KEY, *FACTS, "seconds", "error")
"""Columns of the cells frame from which machines are compared; of thousands of runs no others need be kept."""


@dataclass(frozen=True)
class Figures:
    """Log seconds of machines.

    Attributes:
        names: of the machines, shape (machines,).
        cells: one row per cell that any of them has: ``KEY`` and ``FACTS``.
        logs: log seconds, the mean of a machine's runs; shape (machines, cells), NaN where it lacks the cell.
        errors: standard errors of the logs; UNKNOWN_ERROR where nothing tells, NaN where there is no figure.
        runs: how many runs each machine has, shape (machines,).
        run_spread: standard deviation of runs of one machine, all cells together; NaN without repeats.
    """

    names: tuple[str, ...]
    cells: pd.DataFrame
    logs: Floats
    errors: Floats
    runs: Codes
    run_spread: float = float("nan")

    def only(self, machines: Codes, cells: Codes | slice = slice(None)) -> Figures:
        """Return some machines and some cells, by position."""
        return Figures(
            tuple(self.names[number] for number in machines),
            self.cells.iloc[cells].reset_index(drop=True),
            self.logs[machines][:, cells],
            self.errors[machines][:, cells],
            self.runs[machines],
            self.run_spread,
        )


def figures(cells: pd.DataFrame, names: Sequence[str] | None = None) -> Figures:
    """Return the figures of machines.

    Args:
        cells: estimates of all runs, with or without references; the columns ``NEEDED`` suffice.
        names: for each row the machine that it belongs to; each ``run`` is one by default. What several runs
            of a machine say about a cell is averaged, and they tell how sure it is.
    """
    logs = np.log(floats(cells["seconds"]), out=np.full(len(cells), np.nan), where=floats(cells["seconds"]) > 0)
    known = np.isfinite(logs)
    cells, logs = cells[known], logs[known]
    machines, labels = pd.factorize(cells["run"] if names is None else np.asarray(names, dtype=object)[known])
    codes, first = group_codes(cells, KEY)
    place = machines.astype(np.int64) * len(first) + codes
    shape = (len(labels), len(first))

    def total(values: Floats) -> Floats:
        sums = np.bincount(place, weights=values, minlength=shape[0] * shape[1])
        return sums.astype(np.float64).reshape(shape)

    number = total(np.ones(len(logs)))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total(logs) / number
        own = floats(cells["error"]) ** 2
        squares = total(np.nan_to_num(own)) / total(np.isfinite(own).astype(np.float64))
        between = total((logs - mean.ravel()[place]) ** 2) / (number - 1)
    of_run = np.fmax(squares, _pooled(between, number))
    run, run_first = group_codes(cells, ["run"])
    machine_of = machines[run_first]
    away = np.bincount(run, logs - mean.ravel()[place]) / np.maximum(np.bincount(run), 1)
    freedom = len(machine_of) - len(labels)
    return Figures(
        tuple(map(str, labels)),
        cells[[*KEY, *FACTS]].iloc[first].reset_index(drop=True),
        mean,
        np.sqrt(_filled(of_run, number) / np.maximum(number, 1)),
        np.bincount(machine_of, minlength=len(labels)).astype(np.int64),
        float(np.sqrt((away**2).sum() / freedom)) if freedom else float("nan"),
    )


def common(own: Figures) -> tuple[Codes, Codes]:
    """Return the machines and the cells, by position, of the largest comparison without a gap.

    At most a fifth of the machines are left out for the sake of more cells, so that one with another grid does
    not leave the rest with little or nothing; more only where there is no cell that so many have.
    """
    has = np.isfinite(own.logs)
    counts = has.sum(axis=0)
    best, most = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)), (False, 0)
    for number in np.unique(counts[counts > 0])[::-1]:
        cells = np.flatnonzero(counts >= number)
        machines = np.flatnonzero(has[:, cells].all(axis=1))
        size = (len(machines) >= MOST_MACHINES * len(has), len(machines) * len(cells))
        if size > most:
            best, most = (machines, cells), size
    return best


def noise(own: Figures) -> Floats:
    """Return for each cell the usual standard error of a machine's figure, shape (cells,).

    What a cell's processes and a machine's runs cannot tell, such as the page colours of one run, is allowed
    for as it is for the scaling model.
    """
    usual = np.nanmedian(own.errors, axis=0)
    result: Floats = np.hypot(usual, UNEXPLAINED)
    return result


def as_cells(own: Figures) -> pd.DataFrame:
    """Return figures as a cells frame with the columns ``NEEDED``, one ``run`` for each machine."""
    machine, cell = np.nonzero(np.isfinite(own.logs))
    frame = own.cells.iloc[cell].reset_index(drop=True)
    names = np.array(own.names, dtype=object)[machine]
    seconds, error = np.exp(own.logs[machine, cell]), own.errors[machine, cell]
    return frame.assign(run=names, machine=names, arm="", seconds=seconds, error=error)[list(NEEDED)]


def _pooled(between: Floats, number: Floats) -> Floats:
    """Return each cell's variance between runs of one machine, the machines' pooled; NaN without repeats."""
    weight = np.maximum(number - 1, 0)
    total = weight.sum(axis=0)
    squares = np.where(weight > 0, weight * np.nan_to_num(between), 0.0).sum(axis=0)
    pooled: Floats = np.divide(squares, total, out=np.full(len(total), np.nan), where=total > 0)
    return pooled


def _filled(variance: Floats, number: Floats) -> Floats:
    """Return variances with what is not known as for the cell's other machines, else ``UNKNOWN_ERROR``."""
    known = np.isfinite(variance).any(axis=0)
    usual = np.full(variance.shape[1], UNKNOWN_ERROR**2)
    usual[known] = np.nanmedian(variance[:, known], axis=0)
    filled = np.where(np.isfinite(variance), variance, usual)
    known_only: Floats = np.where(number > 0, filled, np.nan)
    return known_only

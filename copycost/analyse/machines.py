"""Machines: what they are, in what they differ, their figures as one matrix, and how those rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.curves import UNKNOWN_ERROR
from copycost.analyse.grouping import KEY, Codes, Floats, floats, group_codes
from copycost.units import format_bytes

FACTS = (
    ("machine", "machine"),
    ("cpu_model", "CPU"),
    ("cores", "cores"),
    ("caches", "caches"),
    ("memory_bytes", "memory"),
    ("hugepages", "hugepages"),
    ("allocator", "allocator"),
    ("libc", "libc"),
    ("system", "system"),
    ("kernel", "kernel"),
    ("virtual", "virtual"),
    ("python", "Python"),
    ("numpy", "NumPy"),
    ("torch", "torch"),
)
"""Facts in the order in which they are shown, and their headings; others that a record has come after them."""
_OF_THE_HOST = ("hostname",)
"""What a record may have of a host that is no property of its kind of machine."""

CELL_FACTS = (
    "expression",
    "bytes",
    "result_bytes",
    "result_dtype",
    "shares_memory",
    "page_faults",
    "page_faults_share",
    "processes",
)
MOST_MACHINES = 0.8
NEEDED = ("run", "machine", "arm", *KEY, *CELL_FACTS, "seconds", "error", "clock")
"""Columns of the cells frame from which machines are compared; of thousands of runs no others need be kept."""


def describe(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per run record: ``run`` and the facts of its machine as text, None where unknown."""
    rows = [
        {
            "run": str(record.get("name")),
            **facts_as_text({**record.get("machine", {}), "allocator": record.get("method", {}).get("allocator")}),
        }
        for record in records
    ]
    names = dict.fromkeys(["run", *(name for name, _ in FACTS), *(name for row in rows for name in row)])
    facts = pd.DataFrame(rows, columns=list(names), dtype=object)
    return facts.where(facts.notna(), None)


def facts_as_text(machine: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a machine's facts as people read them, those of ``FACTS`` first; what is not known is None."""
    names = dict.fromkeys([*(name for name, _ in FACTS), *(name for name in machine if name not in _OF_THE_HOST)])
    return {name: _text(name, machine.get(name)) for name in names}


def heading(name: str) -> str:
    """Return what stands beside a fact: its heading in ``FACTS``, else its name in words."""
    return dict(FACTS).get(name, name.replace("_", " "))


def differences(machines: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str | None]]]:
    """Return each fact that is not the same for all machines, by its heading, with all values."""
    texts = [facts_as_text(machine) for machine in machines]
    names = dict.fromkeys(name for text in texts for name in text)
    values_of = [(heading(name), [text.get(name) for text in texts]) for name in names]
    return [(fact, values) for fact, values in values_of if len(set(values)) > 1]


@dataclass(frozen=True)
class Figures:
    """Log seconds of machines.

    Attributes:
        names: of the machines, shape (machines,).
        cells: one row per cell that any of them has: ``KEY`` and ``CELL_FACTS``.
        logs: log seconds, the mean of a machine's runs; shape (machines, cells), NaN where it lacks the cell.
        errors: standard errors of the logs; UNKNOWN_ERROR where nothing tells, NaN where there is no figure.
        told: whether a standard error is the machine's own, shape (machines, cells); else it is a stand-in to weigh by,
            from which no interval is to be made.
        runs: how many runs each machine has, shape (machines,).
        run_spread: standard deviation of runs of one machine, all cells together; NaN without repeats.
    """

    names: tuple[str, ...]
    cells: pd.DataFrame
    logs: Floats
    errors: Floats
    told: np.ndarray
    runs: Codes
    run_spread: float = float("nan")

    def only(self, machines: Codes, cells: Codes | slice = slice(None)) -> Figures:
        """Return some machines and some cells, by position."""
        return Figures(
            tuple(self.names[number] for number in machines),
            self.cells.iloc[cells].reset_index(drop=True),
            self.logs[machines][:, cells],
            self.errors[machines][:, cells],
            self.told[machines][:, cells],
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
        variance = floats(cells["error"]) ** 2
        squares = total(np.nan_to_num(variance)) / total(np.isfinite(variance).astype(np.float64))
        between = total((logs - mean.ravel()[place]) ** 2) / (number - 1)
    of_run = np.fmax(squares, _pooled(between, number))
    run, run_first = group_codes(cells, ["run"])
    machine_of = machines[run_first]
    away = np.bincount(run, logs - mean.ravel()[place]) / np.maximum(np.bincount(run), 1)
    freedom = len(machine_of) - len(labels)
    return Figures(
        tuple(map(str, labels)),
        cells[[*KEY, *CELL_FACTS]].iloc[first].reset_index(drop=True),
        mean,
        np.sqrt(_filled(of_run, number) / np.maximum(number, 1)),
        np.isfinite(of_run) & (number > 0),
        np.bincount(machine_of, minlength=len(labels)).astype(np.int64),
        float(np.sqrt((away**2).sum() / freedom)) if freedom else float("nan"),
    )


def common(figures: Figures) -> tuple[Codes, Codes]:
    """Return the machines and the cells, by position, of the largest comparison without a gap.

    At most a fifth of the machines are left out for the sake of more cells, so that one with another grid does
    not leave the rest with little or nothing; more only where there is no cell that so many have.
    """
    has = np.isfinite(figures.logs)
    counts = has.sum(axis=0)
    best, most = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)), (False, 0)
    for number in np.unique(counts[counts > 0])[::-1]:
        cells = np.flatnonzero(counts >= number)
        machines = np.flatnonzero(has[:, cells].all(axis=1))
        size = (len(machines) >= MOST_MACHINES * len(has), len(machines) * len(cells))
        if size > most:
            best, most = (machines, cells), size
    return best


def rank(figures: Figures, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return machines ranked by their figures, the fastest first.

    Args:
        figures: of all of them; references do not count.
        names: of all machines; by default those that have figures.

    Returns:
        One row per machine: ``run`` (its name), ``cells`` (how many it has in common with the others),
        ``relative`` (geometric mean of its seconds in those, over the fastest's; NaN for one that lacks some
        of them, and for all where no two have any in common), ``runs`` (how many it has) and ``rank``.
        The common cells are those of ``common``.
    """
    grid = np.flatnonzero((figures.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    measured = figures.only(np.arange(len(figures.names)), grid)
    complete, cells = common(measured)
    if len(complete) < min(2, len(figures.names)):  # one that has cells which no other has is no faster than any
        complete, cells = complete[:0], cells[:0]
    mean = np.full(len(figures.names), np.nan)
    if len(cells):
        mean[complete] = measured.logs[np.ix_(complete, cells)].mean(axis=1)
    relative = np.exp(mean - np.nanmin(mean)) if len(complete) else mean
    has = np.isfinite(measured.logs[:, cells]).sum(axis=1)
    ranked = pd.DataFrame({"run": list(figures.names), "cells": has, "relative": relative, "runs": figures.runs})
    if names is not None:
        ranked = ranked.set_index("run").reindex(list(names)).reset_index(names="run")
        ranked = ranked.fillna({"cells": 0, "runs": 0}).astype({"cells": int, "runs": int})
    ranked = ranked.sort_values("relative", kind="stable", na_position="last").reset_index(drop=True)
    return ranked.assign(rank=np.where(ranked["relative"].notna(), np.arange(1, len(ranked) + 1), 0))


def as_cells(figures: Figures) -> pd.DataFrame:
    """Return figures as a cells frame with the columns ``NEEDED``, one ``run`` for each machine."""
    machine, cell = np.nonzero(np.isfinite(figures.logs))
    frame = figures.cells.iloc[cell].reset_index(drop=True)
    names = np.array(figures.names, dtype=object)[machine]
    seconds, error = np.exp(figures.logs[machine, cell]), figures.errors[machine, cell]
    return frame.assign(run=names, machine=names, arm="", seconds=seconds, error=error, clock=np.nan)[list(NEEDED)]


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


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if name in ("memory_bytes", "device_memory_bytes") and isinstance(value, int):
        return format_bytes(value)
    if name == "caches" and isinstance(value, list):
        return ", ".join(_cache(cache) for cache in value if isinstance(cache, dict)) or None
    return str(value)


def _cache(cache: Mapping[str, Any]) -> str:
    size = cache.get("bytes")
    shared = cache.get("shared_by")
    text = f"L{cache.get('level')} {format_bytes(size) if isinstance(size, int) else '?'}"
    return f"{text} shared by {shared}" if isinstance(shared, int) and shared > 1 else text

"""Hosts of one kind: how far their figures lie apart, beside the processes of one host, and their pooled figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import fdtri

from copycost.analyse.estimates import ALL, GEOMETRIC_MEAN, MEDIAN, OVER_RUNS, TOTAL, UNION, UNKNOWN, WORST
from copycost.analyse.grouping import CELL, Codes, Floats, floats, group_codes, group_mean, group_median, group_sum
from copycost.analyse.machines import FACTS, facts_as_text
from copycost.analyse.robust_mean import FEWEST, half_width
from copycost.errors import UsageError, nearest

CHANCE = 0.01
"""How often identical hosts would be said to differ."""

CLOCK = "the core's clock"
NONE = "none"
"""What a person types for no facts: each machine is then a kind of its own."""

_CELL = [name for name in CELL if name not in ("run", "machine")]
_OF_AN_INTERVAL = ("imprecise", "few-processes", "drift")
"""Doubts about one host's interval or processes, which are not the pooled figure's."""


def parse_pool(text: str) -> tuple[str, ...]:
    """Return the facts that make machines one kind: names such as ``cpu_model,memory_bytes``, or ``none``.

    Raises:
        UsageError: a name is no fact.
    """
    if text.strip() == NONE:
        return ()
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    valid = [name for name, _ in FACTS]
    for name in names:
        if name not in valid:
            raise UsageError(f"pool {name!r} is not a fact of a machine: {nearest(name, [*valid, NONE])}")
    return names


def kind_names(machines: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[str]:
    """Return each machine's kind: its facts of these names as text; without names each is a kind of its own."""
    texts = [facts_as_text(machine) for machine in machines]
    if not by:
        return [str(text["machine"]) for text in texts]
    return [", ".join(text[name] or f"unknown {name}" for name in by) for text in texts]


def host_spread(cells: pd.DataFrame, clocks: pd.DataFrame) -> pd.DataFrame:
    """Return what hosts of a kind differ by, one row for each kind's clock and each conversion that several hosts have.

    Two runs of one machine differ by its clock first, which wanders from minute to minute, and beside that by about
    what its processes do, which is more than their intervals say. So conversions are looked at with the clock taken
    out, the clock is a row of its own, and both stand beside the spread between the processes of a host.

    Args:
        cells: estimates (``copycost.estimate``), one set per ``run``, a host's, and its ``kind``.
        clocks: of each process, see `process_clocks`.

    Returns:
        ``kind``, ``conversion`` (or ``CLOCK``), ``hosts``, ``cells``; ``between``, the standard deviation of the hosts'
        logs, and ``within``, that of the processes of one host, both pooled over the cells; ``ratio`` of the two;
        ``limit``, which the ratio passes in one of a hundred at most where hosts differ by no more than processes do
        (F with hosts - 1 degrees of freedom, as if all cells were one, since what makes a host slow moves them all);
        ``differ``; ``slowest``, the run that is, and ``apart``, its mean over the fastest's.
    """
    clock = floats(cells["clock"])
    cells = cells.assign(log=np.log(floats(cells["seconds"])) - np.where(clock > 0, np.log(clock), 0.0))
    spread = floats(cells["between_processes"])
    known = cells[np.isfinite(floats(cells["log"])) & (spread > 0) & (floats(cells["processes"]) >= FEWEST)]
    rows = []
    for kind in dict.fromkeys(cells["kind"]):
        hosts = set(cells["run"][cells["kind"] == kind])
        rows.append({"kind": kind, "conversion": CLOCK, **_of_clocks(clocks[clocks["run"].isin(hosts)])})
        for conversion, own in known[known["kind"] == kind].groupby("conversion", sort=False, observed=True):
            rows.append({"kind": kind, "conversion": conversion, **_of_cells(own)})
    columns = ["kind", "conversion", "hosts", "cells", "between", "within", "ratio", "limit", "differ", "slowest"]
    made = pd.DataFrame(rows, columns=[*columns, "apart"])
    return made[made["hosts"] >= 2].reset_index(drop=True)


def process_clocks(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each process whose clock is known: ``run``, ``process`` and ``log``, of its median clock."""
    known = rounds[floats(rounds["clock"]) > 0]
    clocks = known.groupby(["run", "process"], sort=False, observed=True)["clock"].median()
    logs: pd.DataFrame = clocks.apply(np.log).rename("log").reset_index().astype({"run": str})
    return logs


def _of_clocks(clocks: pd.DataFrame) -> dict[str, Any]:
    by_run = clocks.groupby("run", sort=False)["log"]
    number = by_run.count().to_numpy()
    spread = floats(by_run.std(ddof=1))[number >= FEWEST]
    logs = by_run.mean()[number >= FEWEST]
    freedom = (number - 1)[number >= FEWEST].astype(np.float64)
    return _row(list(logs.index), floats(logs)[:, None], spread[:, None], freedom[:, None])


def _of_cells(cells: pd.DataFrame) -> dict[str, Any]:
    runs = list(dict.fromkeys(cells["run"]))
    values = (cells["log"], cells["between_processes"], cells["processes"] - 1)
    return _row(runs, *(_by_host(cells, floats(column)) for column in values))


def _row(runs: list[str], logs: Floats, spread: Floats, freedom: Floats) -> dict[str, Any]:
    """Return one row's figures from arrays of shape (runs, cells), NaN where a run has not the cell."""
    shared = np.isfinite(logs).sum(axis=0) >= 2
    if not shared.any():
        return {"hosts": min(len(runs), 1)}
    logs, spread, freedom = logs[:, shared], spread[:, shared], freedom[:, shared]
    weights = np.isfinite(logs).sum(axis=0) - 1
    between = np.sqrt(np.average(np.nanvar(logs, axis=0, ddof=1), weights=weights))
    within = np.sqrt(np.average(np.nanmean(spread**2, axis=0), weights=weights))
    of_host = _host_means(logs)
    hosts = int(np.isfinite(of_host).sum())
    limit = np.sqrt(fdtri(hosts - 1, np.median(np.nansum(freedom, axis=0)), 1 - CHANCE))
    return {
        "hosts": hosts,
        "cells": int(shared.sum()),
        "between": float(between),
        "within": float(within),
        "ratio": float(between / within),
        "limit": float(limit),
        "differ": bool(between > limit * within),
        "slowest": runs[int(np.nanargmax(of_host))],
        "apart": float(np.exp(np.nanmax(of_host) - np.nanmin(of_host))),
    }


def relative_times(cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row per ``run``, the fastest first: ``relative``, its geometric mean over the fastest's.

    Each cell counts as it lies to its mean over the runs that have it; NaN for a run without a figure.
    """
    logs = _by_host(cells, np.log(floats(cells["seconds"])))
    mean = _host_means(logs[:, np.isfinite(logs).any(axis=0)])
    relative = np.exp(mean - np.nanmin(mean)) if np.isfinite(mean).any() else mean
    times = pd.DataFrame({"run": list(dict.fromkeys(cells["run"])), "relative": relative})
    return times.sort_values("relative", kind="stable", na_position="last").reset_index(drop=True)


def _by_host(cells: pd.DataFrame, values: Floats) -> Floats:
    """Return the cells' values, shape (runs, cells), runs in order of appearance; NaN where a run has not the cell."""
    cell, first = group_codes(cells, _CELL)
    run, runs = group_codes(cells, ["run"])
    result = np.full((len(runs), len(first)), np.nan)
    result[run, cell] = np.where(np.isfinite(values), values, np.nan)
    return result


def _host_means(logs: Floats) -> Floats:
    """Return how far each host lies from the others on average over the cells; NaN for one that has none."""
    away = logs - np.nanmean(logs, axis=0)
    count = np.isfinite(away).sum(axis=1)
    mean: Floats = np.divide(np.nansum(away, axis=1), count, out=np.full(len(logs), np.nan), where=count > 0)
    return mean


def pooled(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of each kind as those of one run, named after the kind.

    Args:
        cells: estimates, one set per ``run``, a host's, and its ``kind``.

    Returns:
        The columns of the estimates. ``seconds`` is the geometric mean over hosts and its interval Student's t on
        their spread: it is where another host's kind would be, and NaN below three hosts. A single host's cells
        are its own.
    """
    made = []
    for kind, own in cells.groupby("kind", sort=False, observed=True):
        alone = own["run"].nunique() == 1
        part = own if alone else _pooled(own)
        made.append(part.assign(run=kind, machine=kind))
    return pd.concat(made, ignore_index=True).drop(columns="kind")


def _pooled(cells: pd.DataFrame) -> pd.DataFrame:
    codes, first = group_codes(cells, _CELL)
    columns = {
        name: _COMBINED[how](cells[name], codes, len(first))
        for name, how in OVER_RUNS.items()
        if how in _COMBINED and name in cells
    }
    made = cells.iloc[first].reset_index(drop=True).assign(**columns)
    return made.assign(**_between_hosts(made, np.log(floats(cells["seconds"])), codes))


def _between_hosts(made: pd.DataFrame, logs: Floats, codes: Codes) -> dict[str, Floats]:
    """Return the columns that are combined BETWEEN_RUNS: the hosts' geometric mean with Student's t on their spread."""
    of_cell = pd.Series(logs).groupby(codes)
    number, mean = of_cell.count().to_numpy(), of_cell.mean().to_numpy()
    error = np.where(number >= FEWEST, of_cell.std(ddof=1).to_numpy() / np.sqrt(number), np.nan)
    degrees = np.where(number >= FEWEST, number - 1.0, np.nan)
    half, seconds = half_width(error, degrees), np.exp(mean)
    copies = ~made["shares_memory"].to_numpy(dtype=bool, na_value=True)
    return {
        "seconds": seconds,
        "ci_low": np.exp(mean - half),
        "ci_high": np.exp(mean + half),
        "error": error,
        "degrees": degrees,
        "gb_per_s": np.where(copies, floats(made["bytes"]) / seconds / 1e9, np.nan),
    }


def _geometric_means(values: pd.Series, codes: Codes, count: int) -> Floats:
    return np.exp(group_mean(np.log(floats(values)), codes, count))


def _medians(values: pd.Series, codes: Codes, count: int) -> Floats:
    return group_median(floats(values), codes, count)


def _totals(values: pd.Series, codes: Codes, count: int) -> Codes:
    return group_sum(floats(values), codes, count).astype(np.int64)


def _worst(values: pd.Series, codes: Codes, count: int) -> Floats:
    worst = np.full(count, np.nan)
    np.fmax.at(worst, codes, floats(values))
    return worst


def _all(values: pd.Series, codes: Codes, count: int) -> np.ndarray:
    everywhere: np.ndarray = np.bincount(codes, weights=~values.to_numpy(dtype=bool), minlength=count) == 0
    return everywhere


def _unknown(values: pd.Series, codes: Codes, count: int) -> Floats:
    return np.full(count, np.nan)


def _union(values: pd.Series, codes: Codes, count: int) -> list[str]:
    """Return the doubts of several hosts but for those about an interval."""
    names: list[dict[str, None]] = [{} for _ in range(count)]
    for code, text in zip(codes, values, strict=True):
        names[code] |= dict.fromkeys(name for name in str(text).split(";") if name and name not in _OF_AN_INTERVAL)
    return [";".join(of_cell) for of_cell in names]


_COMBINED: dict[str, Callable[[pd.Series, Codes, int], Any]] = {
    GEOMETRIC_MEAN: _geometric_means,
    MEDIAN: _medians,
    TOTAL: _totals,
    WORST: _worst,
    ALL: _all,
    UNION: _union,
    UNKNOWN: _unknown,
}

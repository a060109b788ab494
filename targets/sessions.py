"""Judges runs of the same thing, pair by pair: how far apart they are, and whether intervals and verdicts hold.

    python bench_runner.py run --dtype float64 --out FOLDER        # several times
    python targets/sessions.py FOLDER

Nothing differs between the runs, so that every cell called faster or slower is wrong.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd

from copycost.analyse.differences import welch
from copycost.analyse.grouping import KEY, Floats, floats
from copycost.analyse.processes import gated_logs
from copycost.analyse.robust_mean import half_width
from copycost.analyse.run import Run
from copycost.analyse.run_comparison import compare_runs
from copycost.analyse.select import select_one
from copycost.analyse.verdicts import FASTER, SAME, SLOWER
from copycost.store.places import run_folders

NEAR_BYTES = 512 * 1024


def is_near(cells: pd.DataFrame) -> np.ndarray:
    """Return which cells share memory or copy no more than 512 KiB."""
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    near: np.ndarray = shares | (floats(cells["bytes"]) <= NEAR_BYTES)
    return near


def covered(a: pd.DataFrame, b: pd.DataFrame, error: str, degrees: str) -> float:
    """Return the share of cells whose two figures differ by no more than their intervals together allow."""
    errors = welch(floats(a[error]), floats(a[degrees]), floats(b[error]), floats(b[degrees]))
    apart, half = apart_by(a, b), half_width(*errors)
    return float((apart <= half)[np.isfinite(half)].mean())


def apart_by(a: pd.DataFrame, b: pd.DataFrame) -> Floats:
    """Return the size of each cell's log ratio."""
    size: Floats = np.abs(np.log(floats(b["seconds"]) / floats(a["seconds"])))
    return size


def of_layouts(run: Run) -> pd.Series:
    """Return the mean over the processes of each cell and address layout, in log seconds."""
    processes = run.processes[(run.processes["direction"] != "reference").to_numpy()]
    logs = gated_logs(processes, np.ones(len(processes), dtype=bool))
    return processes.assign(log=logs).groupby([*KEY, "address_layout"], observed=True)["log"].mean()


def judged(a: Run, b: Run) -> dict[str, float]:
    """Return what two runs of the same thing differ by."""
    cells = [run.estimates.set_index(KEY, drop=False) for run in (a, b)]
    common = cells[0].index.intersection(cells[1].index)
    first, second = (own.loc[common] for own in cells)
    apart, near = apart_by(first, second), is_near(first)
    layouts = (of_layouts(b) - of_layouts(a)).abs().dropna()
    at = first.loc[pd.MultiIndex.from_tuples([key[:-1] for key in layouts.index])] if len(layouts) else first[:0]
    verdicts = compare_runs(a, b).cells["verdict"]
    return {
        "cells more than 5% apart": float((apart > np.log(1.05)).mean()),
        "95th percentile, all cells": float(np.nanquantile(apart, 0.95)),
        "95th percentile, zero-copy and copies to 512 KiB": float(np.nanquantile(apart[near], 0.95)),
        "the same, layout by layout": float(layouts[is_near(at)].quantile(0.95)) if len(layouts) else float("nan"),
        "covered, for these layouts": covered(first, second, "error", "degrees"),
        "covered, for any layout": covered(first, second, "layout_error", "layout_degrees"),
        "wrong faster or slower": float(verdicts.isin([FASTER, SLOWER]).mean()),
        "same": float((verdicts == SAME).mean()),
    }


def main() -> None:
    """Print the median, lowest and highest of each figure over all pairs of runs in a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    runs = [select_one(str(path), folder) for path in run_folders(folder)]
    for run in runs:
        cells = run.estimates
        known = cells["ci_low"].notna().sum()
        print(f"{run.name}: {run.process_count} processes, {cells['quiet_share'].mean():.0%} of rounds quiet, ", end="")
        print(f"{known} of {len(cells)} cells with an interval")
    table = pd.DataFrame([judged(a, b) for a, b in itertools.combinations(runs, 2)])
    print(pd.DataFrame({"median": table.median(), "lowest": table.min(), "highest": table.max()}).round(4).to_string())


if __name__ == "__main__":
    main()

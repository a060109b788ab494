"""Prints what each step of the estimate does to the spread between the processes of a run.

    python targets/spread.py results/reference

For every cell: the standard deviation between processes of the log of its median, from all rounds, from quiet
rounds, from quiet rounds at one clock, and of its ratio to the plain copy beside it; then the median over cells.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import copycost
from copycost.analyse.grouping import CELL
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.units import format_bytes

KEY = [*CELL, "process"]


def spreads(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell: its standard deviations between processes, as shares."""
    corrected = per_process(mark_quiet(rounds))
    # With one clock for all rounds there is nothing to correct, but what counts as quiet must stay the same.
    still = rounds.assign(canary=rounds["canary"] / rounds["clock"], clock=1.0)
    uncorrected = per_process(mark_quiet(still))
    steps = pd.DataFrame(
        {
            **{name: corrected[name] for name in CELL},
            "bytes": corrected["bytes"],
            "shares_memory": corrected["shares_memory"],
            "all rounds": uncorrected["log_all"],
            "quiet": uncorrected["log_quiet"],
            "quiet, one clock": corrected["log_quiet"],
            "ratio to plain copy": corrected["ratio_quiet"],
        }
    )
    of_cell = steps.groupby(CELL, sort=False, observed=True)
    found = of_cell[["all rounds", "quiet", "quiet, one clock", "ratio to plain copy"]].std()
    return found.join(of_cell[["bytes", "shares_memory"]].first()).reset_index()


def contention(rounds: pd.DataFrame) -> str:
    """Return how much slower canary and clock are beside a neighbour (index at least 1.5 times a quiet round's)."""
    marked = mark_quiet(rounds)
    index = marked["canary"] / marked["clock"]
    quiet = marked["quiet"].astype(bool)
    beside = index >= 1.5 * index[quiet].median()
    slower = {name: marked[name][beside].median() / marked[name][quiet].median() for name in ("canary", "clock")}
    return f"beside a neighbour ({beside.mean():.0%} of rounds) slower: " + ", ".join(
        f"{name} {times:.2f} times" for name, times in slower.items()
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    rounds = copycost.open(parser.parse_args().run).rounds
    cells = spreads(rounds)
    cells = cells[cells["direction"] != "reference"]
    kind = np.where(cells["shares_memory"].astype(bool), "zero-copy", "copy")
    size = np.where(kind == "zero-copy", "all sizes", cells["bytes"].map(format_bytes))
    order = np.where(kind == "zero-copy", 0, cells["bytes"].astype(float))
    table = cells.assign(kind=kind, size=size, order=order).groupby(["order", "kind", "size"], sort=True)
    columns = ["all rounds", "quiet", "quiet, one clock", "ratio to plain copy"]
    text = (100 * table[columns].median()).reset_index(level="order", drop=True)
    print(contention(rounds))
    print("standard deviation between processes, %, median over cells")
    print(text.to_string(float_format="%.2f", na_rep=""))


if __name__ == "__main__":
    main()

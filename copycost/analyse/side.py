"""One side of a comparison: what each of its processes says about each of its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.doubts import flags
from copycost.analyse.estimates import combine, enough_quiet
from copycost.analyse.grouping import CELL, Codes, Floats, floats, group_codes
from copycost.analyse.overhead import add_overhead
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import contention_index, undisturbed
from copycost.errors import UsageError

KEY = [name for name in CELL if name not in ("run", "machine", "arm")]
"""What makes two sides' cells the same cell."""


@dataclass(frozen=True)
class Side:
    """One side's cells and, one entry per cell and process, the log seconds per call.

    Attributes:
        cells: one row per cell: ``KEY``, its facts, ``seconds``, ``processes``, ``gated``, ``flags``.
        cell: for each entry, the position of its cell in ``cells``.
        process: for each entry, the number of its process.
        logs: for each entry, the log of the process's median of quiet rounds; NaN where it has too
            few of them. All rounds, where the cell has too few altogether (``gated`` is False).
    """

    cells: pd.DataFrame
    cell: Codes
    process: Codes
    logs: Floats


def as_one(rounds: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rounds of one side as those of one run with one arm; a file without process numbers
    is a process.

    Raises:
        UsageError: the rounds are of several arms or machines, which no single figure describes.
    """
    for column in ("arm", "machine"):
        found = sorted(map(str, rounds[column].dropna().unique()))
        if len(found) > 1:
            raise UsageError(f"{name} holds several {column}s, compare one of them: {', '.join(found)}")
    process = rounds["process"].to_numpy(dtype=np.int64)
    if rounds["run"].nunique() > 1:
        process = group_codes(rounds, ["run", "process"])[0] + 1
    constant = pd.Categorical.from_codes(np.zeros(len(rounds), dtype=np.int8), categories=pd.Index([name], dtype="str"))
    return rounds.assign(run=constant, arm=constant, process=process)


def one_side(rounds: pd.DataFrame, clock_reference: float | None) -> Side:
    """Return a side from rounds that ``as_one`` has made one run of; references are left out.

    Args:
        rounds: all rounds of the side, the references' too: they tell the undisturbed speed.
        clock_reference: the clock, in seconds, that times are corrected to; None for the side's own.
    """
    processes = per_process(rounds, clock_reference=clock_reference)
    codes, _ = group_codes(processes, CELL)
    cells = add_overhead(combine(processes))
    cells = cells.assign(flags=flags(cells))
    of_quiet = np.where(enough_quiet(processes), floats(processes["log_quiet"]), np.nan)
    gated = cells["gated"].to_numpy(dtype=bool)[codes]
    logs = np.where(gated, of_quiet, floats(processes["log_all"]))

    wanted = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    among = wanted[codes]
    position = np.cumsum(wanted) - 1
    return Side(
        cells[wanted].reset_index(drop=True),
        position[codes][among].astype(np.int64),
        processes["process"].to_numpy(dtype=np.int64)[among],
        logs[among],
    )


def common_clock(a: pd.DataFrame, b: pd.DataFrame) -> float | None:
    """Return the median clock, in seconds, of both sides' quiet rounds; None where a side has none.

    Args:
        a: rounds that ``mark_quiet`` has marked.
        b: the other side's.
    """
    clocks = [floats(rounds["clock"])[_quiet(rounds)] for rounds in (a, b)]
    if any(np.isnan(own).all() for own in clocks):
        return None
    return float(np.nanmedian(np.concatenate(clocks)))


def undisturbed_level(rounds: pd.DataFrame) -> float:
    """Return a side's undisturbed contention index; NaN where no canary was taken."""
    index = contention_index(rounds)
    return float(undisturbed(index, np.zeros(len(index), dtype=np.int64), 1)[0])


def _quiet(rounds: pd.DataFrame) -> np.ndarray:
    return rounds["quiet"].to_numpy(dtype=bool, na_value=True)

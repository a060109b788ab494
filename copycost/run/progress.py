"""Where a run stands: what every process adds to, and how wide the intervals still are."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from copycost.analyse.estimates import combine
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.catalogue.cell import Cell
from copycost.run.settings import Settings
from copycost.store.loading import load

_KEY = ("conversion", "direction", "dtype", "size", "threads", "cache", "layout")


class Progress:
    """Grows by one process at a time, so that what is known costs little to bring up to date."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing known; `cells` are the estimates so far, at the usual clock."""
        self.settings = settings
        self.processes = 0
        self.turns = 0
        self.elapsed = 0.0
        self.half_widths: dict[str, float] = {}
        self.cells = pd.DataFrame()
        self.quiet_share = float("nan")
        self._summaries: list[pd.DataFrame] = []

    @property
    def precise(self) -> int:
        """Return how many cells are as precise as was asked."""
        return sum(width <= self.settings.precision for width in self.half_widths.values())

    def add(self, process_file: Path) -> None:
        """Take in one process's file."""
        self.processes += 1
        # Any reference clock will do: half-widths are shares, and it must be the same every time.
        summary = per_process(mark_quiet(load(process_file)), clock_reference=1.0)
        self._summaries.append(summary.assign(process=self.processes, run=self.settings.name))
        self.quiet_share = float(summary["n_quiet"].sum() / summary["n_rounds"].sum())
        summaries = pd.concat(self._summaries, ignore_index=True)
        cells = combine(summaries)
        self.cells = cells.assign(seconds=cells["seconds"] * _clock(summaries))
        widths = (cells["ci_high"] - cells["ci_low"]) / 2 / cells["seconds"]
        keys = zip(*(cells[column] for column in _KEY), strict=True)
        by_arm = {
            (arm, Cell(*key).id): float(width) for arm, key, width in zip(cells["arm"], keys, widths, strict=True)
        }
        self.half_widths = {cell.id: self._widest(cell, by_arm) for cell in self.settings.cells}

    def _widest(self, cell: Cell, by_arm: dict[tuple[str, str], float]) -> float:
        """Return the half-width of the arm that knows a cell least; unknown is infinitely wide."""
        widths = [by_arm.get((arm.name, arm.cell(cell).id), math.inf) for arm in self.settings.arms]
        return max(math.inf if math.isnan(width) else width for width in widths)


def _clock(summaries: pd.DataFrame) -> float:
    """Return the usual clock, in seconds; 1 where none was taken, so that nothing was corrected."""
    clock = summaries["clock_seen"].median()
    return 1.0 if math.isnan(clock) else float(clock)

"""Progress: how precise the figures of a run are so far, and a bar that says so while the run goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from copycost.analyse.estimates import combine
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.run.settings import Settings
from copycost.store.loading import load

#: The bar shares the machine with what is measured: it is drawn anew no more often than this.
REFRESH_SECONDS = 1.0

_KEY = ("conversion", "direction", "dtype", "size", "threads", "cache", "layout")


class Progress:
    """The precision of a run so far; a process is added at a time, so that bringing it up to date costs little.

    ``half_widths`` has for each cell the half-width of its interval as a share of its figure; ``cells`` counts those
    that were asked for, which plain copies and the empty call were not.
    """

    def __init__(self, settings: Settings) -> None:
        """Start with nothing known."""
        self.settings = settings
        self.processes = 0
        self.turns = 0
        self.budget = settings.budget
        self.elapsed = 0.0
        self.half_widths: dict[str, float] = {}
        self.quiet_share = float("nan")
        self._summaries: list[pd.DataFrame] = []
        self._asked = [cell.id for cell in settings.cells if cell.direction != EMPTY_CALL.direction]
        self.cells = len(self._asked)

    @property
    def precise(self) -> int:
        """Return how many of the cells that were asked for are as precise as was asked."""
        return sum(self.half_widths.get(cell, math.inf) <= self.settings.precision for cell in self._asked)

    def add(self, process_file: Path) -> None:
        """Take in one process's file."""
        self.processes += 1
        # Any reference clock will do: half-widths are shares, and it must be the same every time.
        summary = per_process(mark_quiet(load(process_file)), clock_reference=1.0)
        self._summaries.append(summary.assign(process=self.processes, run=self.settings.name))
        summaries = pd.concat(self._summaries, ignore_index=True)
        self.quiet_share = float(summaries["n_quiet"].sum() / summaries["n_rounds"].sum())
        cells = combine(summaries)
        widths = (cells["ci_high"] - cells["ci_low"]) / 2 / cells["seconds"]
        keys = zip(*(cells[column] for column in _KEY), strict=True)
        by_arm = {
            (arm, Cell(*key).id): float(width) for arm, key, width in zip(cells["arm"], keys, widths, strict=True)
        }
        self.half_widths = {cell.id: self._widest(cell, by_arm) for cell in self.settings.cells}

    @property
    def clocks(self) -> dict[str, float]:
        """Return the median clock of each arm's quiet rounds, of all where none was, in seconds; of arms with one."""
        if not self._summaries:
            return {}
        summaries = pd.concat(self._summaries, ignore_index=True)
        found = {}
        for arm, own in summaries[summaries["clock_seen"] > 0].groupby("arm", observed=True):
            quiet = own[own["n_quiet"] > 0]
            found[str(arm)] = float((quiet if len(quiet) else own)["clock_seen"].median())
        return found

    def _widest(self, cell: Cell, by_arm: dict[tuple[str, str], float]) -> float:
        """Return the half-width of the arm that knows a cell least; unknown is infinitely wide."""
        widths = [by_arm.get((arm.name, arm.cell(cell).id), math.inf) for arm in self.settings.arms]
        return max(math.inf if math.isnan(width) else width for width in widths)


class ProgressBar:
    """A bar with the time left on a terminal; on a pipe, one plain line for each process.

    Nothing wakes the bar up but what is told to it, and most of that passes without a drawing.
    """

    def __init__(self, settings: Settings, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Show the bar on `console`; use it as a context manager."""
        self._settings = settings
        self._console = console
        self._clock = clock
        self._budget = settings.budget
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._drawn = -math.inf
        self._began = clock()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[state]}"),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("preparing", total=settings.budget, left="", state="")

    def __enter__(self) -> ProgressBar:
        """Show the bar."""
        if self._live:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._live:
            self._bar.stop()

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Show that a cell is ready to be measured."""
        self._draw("preparing", cell_id, done, planned)

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell was visited last."""
        self._draw("visit", cell_id, done, planned)

    def counted(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell's instructions were counted last."""
        if not self._live and done == planned:
            self._console.print(f"instructions of {planned} cells are counted", highlight=False)
        self._draw("count", cell_id, done, planned)

    def process_ended(self, progress: Progress) -> None:
        """Show what is known after one more process."""
        self._began = self._clock() - progress.elapsed  # what failures have cost is not the budget's
        self._budget = progress.budget
        state = (
            f"{progress.precise}/{progress.cells} cells within {100 * self._settings.precision:.3g}%, "
            f"{progress.quiet_share:.0%} of rounds quiet"
        )
        self._bar.update(self._task, state=state)
        if not self._live:
            self._console.print(
                f"process {progress.processes}, {progress.elapsed:.0f} of {self._budget:.0f} s: {state}",
                highlight=False,
            )

    def _draw(self, what: str, cell_id: str, done: int, planned: int) -> None:
        now = self._clock()
        if not self._live or now - self._drawn < REFRESH_SECONDS:
            return
        self._drawn = now
        elapsed = min(now - self._began, self._budget)
        left = round(self._budget - elapsed)
        said = f"{what} {done}/{planned} {cell_id.partition('-')[0]}"
        self._bar.update(
            self._task,
            description=f"{said:<36.36}",
            completed=elapsed,
            total=self._budget,
            left=f"{left // 60}:{left % 60:02} left at most",
            refresh=True,
        )

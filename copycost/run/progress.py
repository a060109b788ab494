"""Progress: how precise the figures of a run are so far, and a bar that says so while the run goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.run.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

#: What precision is told by; loading it takes as long as a process, and is done while sessions are started.
ANALYSIS = "copycost.analyse.run"

#: The bar shares the machine with what is measured: it is drawn anew no more often than this.
REFRESH_SECONDS = 1.0

_UNKNOWN = ("precision not known yet", "not known yet")
_NEVER_KNOWN = ("fewer than three sessions: no intervals", "fewer than three sessions")
_LEAST_SESSIONS = 3

_KEY = ("conversion", "direction", "dtype", "size", "threads", "cache", "layout")


class Progress:
    """The precision of a run so far; a process is added at a time, and precision is estimated when it is asked for.

    ``half_widths`` has for each cell the half-width of its interval as a share of its figure; ``cells`` counts those
    that were asked for, which plain copies and the empty call were not. ``known`` is whether there is a cell whose
    interval is more than a guess: until a session has measured it again, what processes of one layout differ by is
    taken to be what layouts do. All of these, and ``quiet_share``, are those of the last estimate.
    """

    def __init__(self, settings: Settings) -> None:
        """Start with nothing known."""
        self.settings = settings
        self.processes = 0
        self.turns = 0
        self.budget = settings.budget
        self.elapsed = 0.0
        self.half_widths: dict[str, float] = {}
        self.known = False
        self.quiet_share = float("nan")
        self._rounds: list[pd.DataFrame] = []
        self._asked = [cell.id for cell in settings.cells if cell.direction != EMPTY_CALL.direction]
        self.cells = len(self._asked)

    @property
    def precise(self) -> int:
        """Return how many of the cells that were asked for are as precise as was asked."""
        return sum(self.half_widths.get(cell, math.inf) <= self.settings.precision for cell in self._asked)

    def add(self, process_file: Path) -> None:
        """Take in one process's file."""
        from copycost.store.loading import load

        self.processes += 1
        self._rounds.append(load(process_file).assign(process=self.processes, run=self.settings.name))

    def estimate(self) -> None:
        """Bring all that is told of precision up to date, by the estimate that the run's table will have."""
        from copycost.analyse.estimates import combine

        summaries = self._summaries()
        if summaries is None:
            return
        self.quiet_share = float(summaries["n_quiet"].sum() / summaries["n_rounds"].sum())
        cells = combine(summaries)
        widths = (cells["ci_high"] - cells["ci_low"]) / 2 / cells["seconds"]
        keys = zip(*(cells[column] for column in _KEY), strict=True)
        by_arm = {
            (arm, Cell(*key).id): float(width) for arm, key, width in zip(cells["arm"], keys, widths, strict=True)
        }
        self.half_widths = {cell.id: self._widest(cell, by_arm) for cell in self.settings.cells}
        again = (cells["processes"] > cells["sessions"]) if None not in self.settings.layouts else True
        self.known = bool((again & widths.notna()).any())

    @property
    def clocks(self) -> dict[str, float]:
        """Return the median clock of each arm's quiet rounds, of all where none was, in seconds; of arms with one."""
        summaries = self._summaries()
        if summaries is None:
            return {}
        found = {}
        for arm, own in summaries[summaries["clock_seen"] > 0].groupby("arm", observed=True):
            quiet = own[own["n_quiet"] > 0]
            found[str(arm)] = float((quiet if len(quiet) else own)["clock_seen"].median())
        return found

    def _summaries(self) -> pd.DataFrame | None:
        """Return what each process says about each cell; None before the first."""
        import pandas as pd

        from copycost.analyse.processes import per_process
        from copycost.analyse.quiet import mark_quiet

        if not self._rounds:
            return None
        # Marked together: a process whose core was shared to the end knows no undisturbed speed of its own.
        self._rounds = [pd.concat(self._rounds, ignore_index=True)]
        # Any reference clock will do: half-widths are shares, and it must be the same every time.
        return per_process(mark_quiet(self._rounds[0]), clock_reference=1.0)

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
        self._said = "starting"
        self._state = ""
        widths = _widths(console.width)
        self._room = widths[3]
        cut = [Column(width=width, no_wrap=True, overflow="ellipsis") for width in widths]
        self._bar = Bar(
            TextColumn("{task.description}", table_column=cut[0], markup=False),
            BarColumn(bar_width=widths[1]),
            TextColumn("{task.fields[left]}", table_column=cut[2]),
            TextColumn("{task.fields[state]}", table_column=cut[3]),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task(self._said, total=self._budget, left=_left(self._budget), state="")

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
        self._say("preparing", cell_id, done, planned)

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell was visited last."""
        self._say("visit", cell_id, done, planned)

    def counted(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell's instructions were counted last."""
        if not self._live and done == planned:
            self._console.print(f"instructions of {planned} cells are counted", highlight=False)
        self._say("count", cell_id, done, planned)

    def called_first(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell was called last in a fresh process."""
        if not self._live and done == planned:
            self._console.print(f"first calls are timed in {planned} fresh processes", highlight=False)
        self._say("first call", cell_id, done, planned)

    def waited(self, progress: Progress) -> None:
        """Show that time goes by while nothing else is told."""
        self._take_over(progress)
        self._draw()

    def process_ended(self, progress: Progress) -> None:
        """Show what is known after one more process."""
        self._take_over(progress)
        count, share = f"{progress.precise}/{progress.cells}", f"within {100 * self._settings.precision:.3g}%"
        told: tuple[str, ...] = (f"{count} cells {share}", f"{count} {share}", count)
        if not progress.known:
            few = None not in self._settings.layouts and len(self._settings.layouts) < _LEAST_SESSIONS
            told = _NEVER_KNOWN if few else _UNKNOWN
        state = f"{told[0]}, {progress.quiet_share:.0%} of rounds quiet"
        self._state = next((text for text in (state, *told) if len(text) <= self._room), "")
        if not self._live:
            self._console.print(
                f"process {progress.processes}, {progress.elapsed:.0f} of {self._budget:.0f} s: {state}",
                highlight=False,
            )

    def _take_over(self, progress: Progress) -> None:
        """Take over the budget, which is longer than was asked for where sessions need that, and what is spent."""
        self._began = self._clock() - progress.elapsed  # what failures have cost is not the budget's
        self._budget = progress.budget

    def _say(self, what: str, cell_id: str, done: int, planned: int) -> None:
        self._said = f"{what} {done}/{planned} {cell_id.partition('-')[0]}"
        self._draw()

    def _draw(self) -> None:
        now = self._clock()
        if not self._live or now - self._drawn < REFRESH_SECONDS:
            return
        self._drawn = now
        elapsed = min(now - self._began, self._budget)
        self._bar.update(
            self._task,
            description=self._said,
            completed=elapsed,
            total=self._budget,
            left=_left(self._budget - elapsed),
            state=self._state,
            refresh=True,
        )


def _left(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02} left at most"


def _widths(width: int) -> tuple[int, int, int, int]:
    """Return the columns of what is done, the bar, the time left and what is known, which gives way first."""
    done, left, known = 26, len("59:59 left at most"), len("195/195 cells within 0.1%, 100% of rounds quiet")
    room = width - 4  # a space beside each, and a terminal's last column
    done = min(done, max(0, room - left))
    bar = max(0, min(24, room - done - left - len("195/195 within 0.1%")))
    return done, bar, left, max(0, min(known, room - done - left - bar))

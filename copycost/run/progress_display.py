"""The progress display: what is running, how much is left, and what is known so far as small curves."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from copycost.run.live_curves import curve_lines
from copycost.run.progress import Progress
from copycost.run.settings import Settings

REFRESH_SECONDS = 1.0
"""The display shares the machine with what is measured: it is drawn anew no more often than this."""
_OTHER_LINES = 4


class ProgressDisplay:
    """A live line with curves below it on a terminal; on a pipe, one plain line for each process.

    Nothing wakes it up but what it is told, and of that it lets most pass.
    """

    def __init__(self, settings: Settings, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Show the display on `console`; use it as a context manager."""
        self._settings = settings
        self._console = console
        self._clock = clock
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._blocks = console.encoding.lower().startswith("utf")
        self._state = ""
        self._curves: list[Text] = []
        self._drawn = -REFRESH_SECONDS
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}% of budget"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[state]}"),
            console=console,
            auto_refresh=False,
        )
        self._task = self._bar.add_task("preparing", total=settings.budget, state="")
        self._shown = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> ProgressDisplay:
        """Show the display."""
        if self._live:
            self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the display away."""
        if self._live:
            self._shown.stop()

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Show that a cell is ready to be measured."""
        self._show("preparing", cell_id, done, planned)

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell was visited last."""
        self._show("visit", cell_id, done, planned)

    def process_ended(self, progress: Progress) -> None:
        """Show what is known after one more process."""
        cells = len(self._settings.cells) - 1
        self._state = (
            f"{progress.precise}/{cells} cells within {100 * self._settings.precision:.3g}%, "
            f"{progress.quiet_share:.0%} of rounds quiet"
        )
        if self._live:
            width, height = self._console.size
            lines = curve_lines(progress.cells, width, height - _OTHER_LINES, blocks=self._blocks)
            self._curves = [Text(line, no_wrap=True, overflow="crop") for line in lines]
        else:
            self._console.print(
                f"process {progress.processes}, {progress.elapsed:.0f} of {self._settings.budget:.0f} s: {self._state}",
                highlight=False,
            )

    def _show(self, what: str, cell_id: str, done: int, planned: int) -> None:
        if not self._live or self._clock() - self._drawn < REFRESH_SECONDS:
            return
        self._drawn = self._clock()
        said = f"{what} {done}/{planned} {cell_id.partition('-')[0]}"
        elapsed = self._bar.tasks[0].elapsed or 0.0
        self._bar.update(
            self._task,
            description=f"{said:<36.36}",
            completed=min(elapsed, self._settings.budget),
            state=self._state,
        )
        self._shown.update(Group(self._bar, *self._curves), refresh=True)

"""The progress display: what is running, how much is left, what share of rounds was quiet."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from copycost.run.progress import Progress
from copycost.run.settings import Settings


class ProgressDisplay:
    """A live line on a terminal; on a pipe, one plain line for each process."""

    def __init__(self, settings: Settings, console: Console) -> None:
        """Show the display on `console`; use it as a context manager."""
        self._settings = settings
        self._console = console
        self._live = console.is_terminal
        self._state = ""
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}% of budget"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[state]}"),
            console=console,
            refresh_per_second=4,  # the display shares the machine with what is measured
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("preparing", total=settings.budget, state="")

    def __enter__(self) -> ProgressDisplay:
        """Show the display."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the display away."""
        self._bar.stop()

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Show that a cell is ready to be measured."""
        self._show(f"preparing {done}/{planned}")

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Show which cell was visited last."""
        self._show(f"visit {done}/{planned} {cell_id.partition('-')[0]}")

    def process_ended(self, progress: Progress) -> None:
        """Show what is known after one more process."""
        cells = len(self._settings.cells) - 1
        self._state = (
            f"{progress.precise}/{cells} cells within {100 * self._settings.precision:.3g}%, "
            f"{progress.quiet_share:.0%} of rounds quiet"
        )
        if not self._live:
            self._console.print(
                f"process {progress.processes}, {progress.elapsed:.0f} of {self._settings.budget:.0f} s: {self._state}",
                highlight=False,
            )

    def _show(self, description: str) -> None:
        elapsed = self._bar.tasks[0].elapsed or 0.0
        self._bar.update(
            self._task,
            description=f"{description:<36.36}",
            completed=min(elapsed, self._settings.budget),
            state=self._state,
        )

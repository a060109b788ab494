"""Prints what the live view takes from a run: the runner's processor time with and without it.

python targets/live_view.py [BUDGET] [REPEATS]

The runs with and without take turns. The terminal is one that throws everything away.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from copycost.run.execution import execute
from copycost.run.progress import Progress
from copycost.run.progress_display import ProgressDisplay
from copycost.run.settings import settle

WIDTH, HEIGHT = 120, 40


class Nobody:
    """A watcher that shows nothing."""

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Do nothing."""

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Do nothing."""

    def process_ended(self, progress: Progress) -> None:
        """Do nothing."""


class Stopwatch:
    """A watcher that adds up the display's processor time: during rounds, and between processes."""

    display: ProgressDisplay

    def __init__(self) -> None:
        """Start at nothing."""
        self.during, self.between, self.told = 0.0, 0.0, 0

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Pass it on."""
        self.during += _timed(lambda: self.display.prepared(cell_id, done, planned))

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Pass it on."""
        self.told += 1
        self.during += _timed(lambda: self.display.visited(cell_id, done, planned))

    def process_ended(self, progress: Progress) -> None:
        """Pass it on."""
        self.between += _timed(lambda: self.display.process_ended(progress))


def main() -> None:
    """Measure and print."""
    budget = sys.argv[1] if len(sys.argv) > 1 else "40s"
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    without, with_it, during, between = [], [], [], []
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(file=nowhere, force_terminal=True, width=WIDTH, height=HEIGHT)
        for _ in range(repeats):
            cpu, wall = _run(budget, Nobody())
            without.append(cpu / wall)
            watched = Stopwatch()
            cpu, wall = _run(budget, watched, console)
            with_it.append(cpu / wall)
            during.append(watched.during / wall)
            between.append(watched.between / wall)
            print(f"{watched.told} visits in {wall:.1f} s", file=sys.stderr)
    print("| what, as a share of wall time | target | measured |")
    print("|---|---|---|")
    print(f"| the live view's processor time while rounds are timed | under 1% | {_percent(during)} |")
    print(f"| the live view's processor time between processes | under 1% | {_percent(between)} |")
    print(f"| all of the runner's processor time, without the live view | – | {_percent(without)} |")
    print(f"| all of the runner's processor time, with it | – | {_percent(with_it)} |")


def _run(budget: str, watcher: Nobody | Stopwatch, console: Console | None = None) -> tuple[float, float]:
    """Measure once and return the runner's own processor time and the wall time, in seconds."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as display:
        settings = settle(preset="default", budget=budget, name="run", out=Path(folder))
        cpu, wall = time.process_time(), time.monotonic()
        if isinstance(watcher, Stopwatch) and console is not None:
            watcher.display = display.enter_context(ProgressDisplay(settings, console))
        execute(settings, watcher)
        return time.process_time() - cpu, time.monotonic() - wall


def _timed(call: Callable[[], None]) -> float:
    began = time.thread_time()
    call()
    return time.thread_time() - began


def _percent(shares: list[float]) -> str:
    spread = f" ({100 * min(shares):.2f} to {100 * max(shares):.2f}%)" if len(shares) > 1 else ""
    return f"{100 * statistics.mean(shares):.2f}%{spread}"


if __name__ == "__main__":
    main()

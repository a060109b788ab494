"""How far the reading of many runs has come, on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

WORTH_SHOWING = 20
"""Runs from which reading may take longer than a person waits without a sign."""


@contextlib.contextmanager
def reading_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error while many runs are read; nothing where that is no terminal or they are few.

    Yields:
        What is to be called with how many are read, and of how many; None where nothing is shown.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading runs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with contextlib.ExitStack() as stack:
        bars: list[Progress] = []

        def told(done: int, of: int) -> None:
            if of >= WORTH_SHOWING and not bars:
                bars.append(stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True)))
                bars[0].add_task("", total=of)
            for bar in bars:
                bar.update(bar.task_ids[0], completed=done)

        yield told

"""The main job: measure, collect, print the table, draw the charts, say where everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from copycost.errors import UsageError
from copycost.run.arms import BASE
from copycost.run.execution import execute
from copycost.run.new_folder import leave_empty
from copycost.run.progress_display import ProgressDisplay
from copycost.run.settings import Settings
from copycost.units import format_seconds

if TYPE_CHECKING:
    import pandas as pd

    from copycost.show.run_view import RunView

INTERRUPTED = 130


def main_job(settings: Settings, plots: Path, *, resume: bool = False) -> int:
    """Do the main job and return the exit status: 0, 1 when something failed, 130 after Ctrl-C.

    With `resume`, the run in the settings' folder goes on.
    """
    progress_console = Console(stderr=True)
    if settings.layout_reason:
        progress_console.print(
            f"address layout is random: it cannot be fixed here ({settings.layout_reason})",
            markup=False,
        )
    try:
        charts = charts_folder(plots / settings.name)
    except UsageError:
        leave_empty(settings.folder)
        raise
    try:
        with ProgressDisplay(settings, progress_console) as display:
            record = execute(settings, display, resume=resume)
    finally:
        leave_empty(charts)
    if record.status == "interrupted":
        return _say_how_to_go_on(settings, len(record.processes), progress_console)
    if not record.processes:
        reason = record.failed[-1]["error"] if record.failed else "the budget was spent"
        progress_console.print(f"nothing was measured: {reason}", markup=False, highlight=False)
        return 1
    view = _present(settings.folder, charts)
    wall = record.wall_seconds or 0.0
    print(
        f"measured for {format_seconds(wall)}, {record.timed_seconds / wall:.0%} of it inside timed "
        f"rounds, in {len(record.processes)} processes"
    )
    if record.resumptions:
        print(f"resumed {_times(len(record.resumptions))}")
    for line in failure_lines(record.failed):
        print(line)
    if not comparable(view.cells):
        print("this machine was hardly ever quiet: these figures are not to be compared")
    return 1 if record.failed else 0


def charts_folder(folder: Path) -> Path:
    """Make a folder for charts before anything is measured, so that one that cannot be made fails at once.

    Raises:
        UsageError: the folder cannot be made.
    """
    if folder.is_symlink():
        raise UsageError(f"charts folder {folder} is a symbolic link: charts would land elsewhere")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"charts folder {folder} cannot be made: {error.strerror}") from error
    return folder


def comparable(cells: pd.DataFrame) -> bool:
    """Return whether at least one cell's figure stands on quiet rounds of a machine that was not busy."""
    return not cells["flags"].str.contains("busy-machine|few-quiet").all()


def failure_lines(failed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what failed, one line for each conversion, arm and kind of failure."""
    cells: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in failed:
        key = (entry.get("conversion", "the run"), entry.get("arm", BASE.name), entry.get("kind", ""))
        cells.setdefault(key, []).append(entry)
    lines = []
    for (conversion, arm, _), entries in cells.items():
        where = "" if arm == BASE.name else f" in arm {arm}"
        count = f" in {len(entries)} cells" if len(entries) > 1 else ""
        since = "" if any(entry.get("given_up", True) for entry in entries) else " (once, and measured since)"
        lines.append(f"failed: {conversion}{where}{count}: {entries[-1]['error']}{since}")
    return lines


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _present(folder: Path, plots: Path) -> RunView:
    # Imported after measuring, so that drawing's libraries take nothing from the rounds.
    from copycost.analyse.select import select_one
    from copycost.show.chart_data import draw, run_data
    from copycost.show.run_view import read_run
    from copycost.show.summary import print_view

    view = read_run(folder)
    print_view(view)
    print(f"results: {folder}")
    charts = draw(run_data(select_one(str(folder), folder.parent)), plots)
    print(f"charts:  {plots} ({len(charts)} files)")
    return view


def _say_how_to_go_on(settings: Settings, processes: int, console: Console) -> int:
    if processes == 0:
        console.print("interrupted before anything was measured; nothing was kept")
    else:
        console.print(
            f"interrupted: {processes} processes are kept in {settings.folder}; "
            f"go on with: python bench_runner.py run --resume {settings.folder}, "
            f"or see them with: python bench_runner.py show {settings.folder} (or plot, export, explain)",
            markup=False,
            soft_wrap=True,
        )
    return INTERRUPTED

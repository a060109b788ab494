"""The noise job: the harness measures itself, and keeps what identical measurements differ by."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from copycost.errors import UsageError
from copycost.run.execution import execute
from copycost.run.main_job import INTERRUPTED, charts_folder
from copycost.run.progress_display import ProgressDisplay
from copycost.run.settings import settle

_ARMS = ("one", "other")


def noise_job(*, repeats: int, results: Path, plots: Path, keep: bool, format: str = "table", **typed: Any) -> int:
    """Measure the same cells under two labels, by turns, several times; print what the labels differ by.

    Args:
        repeats: how many comparisons to make.
        results: the folder that holds the runs, where the profile is kept.
        plots: the folder for the chart.
        keep: whether the profile is written among the results.
        format: table, markdown or json.
        typed: the rest of what `settle` takes.

    Raises:
        UsageError: as `settle` does, or fewer than one repeat.
    """
    if repeats < 1:
        raise UsageError(f"repeats {repeats} is not at least 1")
    from copycost.analyse.comparison import compare
    from copycost.analyse.noise_profile import noise_profile, profile_path, write_profile
    from copycost.show.noise_chart import draw_noise
    from copycost.show.noise_view import check_format, render
    from copycost.store.loading import load

    check_format(format)
    charts = charts_folder(plots / "noise")
    console = Console(stderr=True)
    comparisons = []
    with tempfile.TemporaryDirectory(prefix="copycost-noise-") as scratch:
        for number in range(1, repeats + 1):
            settings = settle(out=Path(scratch), name=f"repeat-{number}", arms=_ARMS, references=False, **typed)
            with ProgressDisplay(settings, console) as display:
                record = execute(settings, display)
            if record.status == "interrupted":
                return INTERRUPTED
            rounds = load(settings.folder)
            comparisons.append(compare(*(rounds[rounds["arm"] == arm] for arm in _ARMS)))
            console.print(f"repeat {number} of {repeats} is measured", highlight=False)
    machine = record.machine["machine"]
    profile = noise_profile(comparisons, machine=machine, method=record.method)
    print(render(profile, format), end="")
    files = draw_noise(profile, charts)
    console.print(f"chart: {files[0]}", highlight=False, markup=False)
    if keep:
        path = profile_path(results, machine)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_profile(path, profile)
        console.print(f"kept: {path}", highlight=False, markup=False, soft_wrap=True)
    return 0

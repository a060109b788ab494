"""The `noise` command: the same run measured again and again, and what identical measurements differ by."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import LocalPath, local_results_option, tells
from copycost.errors import UsageError
from copycost.temporary import require_temporary

if TYPE_CHECKING:
    from copycost.analyse.noise_profile import NoiseProfile
    from copycost.show.document import Document


@click.command()
@click.option("--repeats", type=int, default=5, help="How many pairs of runs to compare; one run more is measured.")
@click.option("--preset", default="quick", help="quick, default or full.")
@click.option("--conversion", multiple=True, help="Only this conversion; may be repeated.")
@click.option("--dtype", help="Such as float32,int8.")
@click.option("--size", help="Elements: 64, or 64,4096, or 1..16M.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for each run, such as 60s.")
@click.option("--keep/--no-keep", default=True, help="Keep the profile as a file among the results.")
@click.option("--plots", type=LocalPath(path_type=Path), default=Path("plots"), help="Folder for the chart.")
@tells()
@local_results_option
def noise(
    repeats: int,
    conversion: tuple[str, ...],
    dtype: str | None,
    size: str | None,
    keep: bool,
    plots: Path,
    results: Path,
    **typed: Any,
) -> Document:
    """Measure the same run again and again, and say how often comparing two of them would be wrong."""
    if repeats < 1:
        raise UsageError(f"repeats {repeats} is not at least 1")
    import tempfile

    from rich.console import Console

    from copycost.analyse.noise_profile import noise_profile, profile_path, write_profile
    from copycost.analyse.run_comparison import compare_runs
    from copycost.analyse.select import select_sides
    from copycost.run.execution import INTERRUPTED, execute
    from copycost.run.folder import make_for_charts
    from copycost.run.progress import ProgressBar
    from copycost.run.settings import settle
    from copycost.show.chart_data import draw, noise_data

    require_temporary(plots)
    charts = make_for_charts(plots / "noise")  # before anything is measured: one that cannot be made fails at once
    console = Console(stderr=True, highlight=False)
    typed |= {"conversions": conversion, "dtypes": dtype, "sizes": size}
    measured: list[str] = []
    with tempfile.TemporaryDirectory(prefix="copycost-noise-") as scratch:
        for number in range(1, repeats + 2):  # each in sessions of its own, as runs that people compare are
            settings = settle(out=Path(scratch), name=f"run-{number}", references=False, **typed)
            with ProgressBar(settings, console) as bar:
                record = execute(settings, bar)
            if record.status == "interrupted":
                raise click.exceptions.Exit(INTERRUPTED)
            measured.append(str(settings.folder))
            console.print(f"run {number} of {repeats + 1} is measured")
        pairs = [select_sides(pair, Path(scratch)) for pair in pairwise(measured)]
        comparisons = [compare_runs(*pair).cells for pair in pairs]
    machine = record.machine["machine"]
    profile = noise_profile(comparisons, machine=machine, method=record.method)
    console.print(f"chart: {draw(noise_data(profile), charts)[0]}", markup=False, soft_wrap=True)
    if keep:
        path = profile_path(results, machine)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_profile(path, profile)
        console.print(f"kept: {path}", markup=False, soft_wrap=True)
    return noise_document(profile)


def noise_document(profile: NoiseProfile) -> Document:
    """Return how far apart identical measurements come out on a machine, by size."""
    from copycost.analyse.grouping import floats
    from copycost.show.document import Column, Document, Lines, Name, Table

    sizes = profile.sizes
    cells = floats(sizes["cells"])
    wrong, same = (float((floats(sizes[name]) * cells).sum() / cells.sum()) for name in ("false_verdicts", "same"))
    columns = (
        Column("bytes", "bytes", "bytes"),
        Column("cells", "cells", "count"),
        Column("floor", "noise floor", "share"),
        Column("over_1", ">1% apart", "share"),
        Column("over_2", ">2%", "share"),
        Column("over_5", ">5%", "share"),
        Column("same", "same", "share"),
        Column("false_verdicts", "false verdicts", "share"),
    )
    said = (
        f"{profile.repeats} identical runs, each compared with the one before it: {int(cells.sum())} pairs of figures",
        f"called faster or slower although nothing differed: {wrong:.2%}; called the same: {same:.1%}",
        "noise floor: 95% of identical figures are no further apart",
    )
    return Document(
        (Name(profile.machine), f", {profile.created[:10]}"),
        (Table("noise", sizes, columns, titles="kind"), Lines(said, bullets=True)),
        data={
            "machine": profile.machine,
            "created": profile.created,
            "repeats": profile.repeats,
            "noise": sizes,
            "false_verdicts": wrong,
            "same": same,
        },
    )

"""The `plot` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.options import PATH, results_option
from copycost.errors import UsageError


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1)
@click.option("--list", "list_only", is_flag=True, help="Print the charts that there are.")
@click.option("--out", type=PATH, default=Path("plots"), help="Folder for the charts.")
@click.option("--chart", multiple=True, help="This chart; may be repeated. By default those that `--list` marks.")
@click.option("--format", default="svg,png", help="svg, png and pdf.")
@click.option("--theme", default="light", help="light and dark.")
@click.option("--width", type=int, default=720, help="Width in CSS pixels.")
@results_option
def plot(runs: tuple[str, ...], list_only: bool, out: Path, results: Path, **typed: Any) -> None:
    """Draw the charts of one run or several."""
    from copycost.show.plot import chart_list, plot_run
    from copycost.store.run_folder import find

    if list_only:
        click.echo(chart_list())
        return
    if not runs:
        raise UsageError("plot needs a RUN: a run's folder, its name, or 'latest'")
    for folder in [find(one, results) for one in runs]:
        for path in plot_run(folder, out if len(runs) == 1 else out / folder.name, **typed):
            click.echo(path)

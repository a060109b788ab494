"""The `plot` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.options import PATH, results_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1)
@click.option("--list", "list_only", is_flag=True, help="Print the charts that there are, and what they need.")
@click.option("--check", is_flag=True, help="Draw nothing: exit with 1 when a chart in the folder is out of date.")
@click.option("--out", "--plots", type=PATH, default=Path("plots"), help="Folder for the charts.")
@click.option(
    "--chart", multiple=True, help="This chart, or all; may be repeated. By default those marked in `--list`."
)
@click.option("--format", default="svg,png", help="svg, png and pdf.")
@click.option("--theme", default="light", help="light and dark.")
@click.option("--width", type=int, default=720, help="Width in CSS pixels.")
@click.option("--lang-free", is_flag=True, help="No words but titles, names and the labels of axes.")
@click.option("--background", default="solid", help="solid or transparent.")
@click.option("--x", help="Of another suite's file: the parameter on the horizontal axis.")
@click.option("--line", help="Of another suite's file: the parameter whose values are lines, or 'test'.")
@click.option("--panel", help="Of another suite's file: the parameter whose values are panels, or 'test'.")
@click.option("--anyway", is_flag=True, help="Compare runs of different methods.")
@results_option
@skip_bad_option
def plot(
    runs: tuple[str, ...],
    list_only: bool,
    check: bool,
    out: Path,
    chart: tuple[str, ...],
    results: Path,
    x: str | None,
    line: str | None,
    panel: str | None,
    anyway: bool,
    skip_bad: bool,
    **look: Any,
) -> None:
    """Draw the charts of one run, of two compared, of several, or of any pytest-benchmark file.

    RUN is a run's folder, its name, 'latest', an arm of one written RUN@ARM, a file, or a noise profile.
    """
    from copycost.show.plot import Look, chart_list, plot_runs

    if list_only:
        click.echo(chart_list())
        return
    if check:
        raise click.exceptions.Exit(_check(out, results, runs))
    if not runs:
        raise UsageError("plot needs a RUN: a run's folder, its name, or 'latest'")
    from copycost.show.many_runs import trees_expanded

    runs = trees_expanded(runs, results)
    choice = {"x": x, "line": line, "panel": panel, "anyway": anyway}
    made = plot_runs(runs, out, results, chart=chart, look=Look(**look), choice=choice, on_bad=on_bad(skip_bad))
    for path in made:
        click.echo(path)


def _check(folder: Path, results: Path, runs: tuple[str, ...]) -> int:
    """Print which charts are out of date and why, and return the exit status."""
    from copycost.errors import one_line
    from copycost.show.plot_check import check_plots

    checked = check_plots(folder, results, runs)
    for one in checked.stale:
        click.echo(one_line(f"{one.path}: {one.reason}"))
    current = checked.count - len(checked.stale)
    click.echo(f"{current} of {checked.count} charts match their results")
    return 1 if checked.stale else 0

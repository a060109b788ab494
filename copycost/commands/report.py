"""The `report` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import PATH, results_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--out", type=PATH, default=Path("report.html"), help="The HTML file.")
@results_option
@skip_bad_option
def report(runs: tuple[str, ...], out: Path, results: Path, skip_bad: bool) -> None:
    """Write one HTML file with everything known of runs: it opens without a network.

    A RUN may also be any suite's pytest-benchmark file.
    """
    from copycost.show.many_runs import trees_expanded
    from copycost.show.report.report import report_runs

    # Looked at before minutes of results are read.
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"{out}: cannot be written ({'a folder' if out.is_dir() else 'its folder does not exist'})")
    deliver(report_runs(trees_expanded(runs, results), results, on_bad(skip_bad)), out)
    click.echo(out)

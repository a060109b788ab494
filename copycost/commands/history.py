"""The `history` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import PATH, out_option, results_option
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@click.argument("label")
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--plots", type=PATH, help="Draw the history's chart into this folder too.")
@out_option
@results_option
@skip_bad_option
def history(label: str, format: str, plots: Path | None, out: Path | None, results: Path, skip_bad: bool) -> None:
    """Show each cell against its past; LABEL is how the runs' names begin, or the machine's name."""
    from copycost.show.history_view import history_runs

    deliver(history_runs(label, results, format=format, on_bad=on_bad(skip_bad), plots=plots), out)

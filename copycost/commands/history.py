"""The `history` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option


@click.command()
@click.argument("label")
@click.option("--format", default="table", help="table, markdown or json.")
@out_option
@results_option
def history(label: str, format: str, out: Path | None, results: Path) -> None:
    """Show each cell against its past; LABEL is how the runs' names begin, or the machine's name."""
    from copycost.show.history_view import history_runs

    deliver(history_runs(label, results, format=format), out)

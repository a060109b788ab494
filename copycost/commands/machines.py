"""The `machines` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--format", default="table", help="table, markdown or json.")
@out_option
@results_option
def machines(runs: tuple[str, ...], format: str, out: Path | None, results: Path) -> None:
    """Describe the machines of runs, and show what differs."""
    from copycost.show.machines_view import machine_runs

    deliver(machine_runs(runs, results, format=format), out)

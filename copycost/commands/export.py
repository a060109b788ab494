"""The `export` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option, run_argument


@click.command()
@run_argument
@click.option("--format", default="csv", help="csv, parquet, json or markdown.")
@out_option
@results_option
def export(run: str, format: str, out: Path | None, results: Path) -> None:
    """Write one row for each cell of a run."""
    from copycost.show.export import export as rendered
    from copycost.show.run_view import read_run
    from copycost.store.run_folder import find

    deliver(rendered(read_run(find(run, results)).cells, format), out)

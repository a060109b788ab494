"""The `export` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option, run_argument
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@run_argument
@click.option("--format", default="csv", help="csv, parquet, json or markdown.")
@out_option
@results_option
@skip_bad_option
def export(run: str, format: str, out: Path | None, results: Path, skip_bad: bool) -> None:
    """Write one row for each cell of a run."""
    from copycost.show.export import renderer
    from copycost.show.run_view import read_cells
    from copycost.store.run_folder import find

    rendered = renderer(format)  # refused before anything is read or kept
    deliver(rendered(read_cells(find(run, results), on_bad(skip_bad)).cells), out)

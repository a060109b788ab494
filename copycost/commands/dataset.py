"""The `dataset` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import LocalPath, results_option
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--out", type=LocalPath(path_type=Path), default=Path("dataset"), help="Folder for the dataset.")
@results_option
@skip_bad_option
def dataset(runs: tuple[str, ...], out: Path, results: Path, skip_bad: bool) -> None:
    """Write the estimates of runs, or of whole trees of them, as Parquet: one file for each machine.

    pandas, DuckDB, Polars and Dask read the folder as one table. A tree is a folder with runs anywhere below it.
    """
    from copycost.show.dataset_view import write_runs

    click.echo(write_runs(runs, results, out, on_bad(skip_bad)))

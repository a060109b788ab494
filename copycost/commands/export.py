"""The `export` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import results_option, run_argument
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError


@click.command()
@run_argument
@click.option("--format", default="csv", help="csv, parquet, json or markdown.")
@click.option("--out", help="Write to this file; with parquet into this folder, FOLDER/, one file for each machine.")
@results_option
@skip_bad_option
def export(run: str, format: str, out: str | None, results: Path, skip_bad: bool) -> None:
    """Write one row for each cell of a run, or of all runs of a tree.

    With `--format parquet --out FOLDER/` (a slash at its end, or a folder that is there) each machine has a file of its
    own, which pandas, DuckDB, Polars and Dask read as one table.
    """
    from copycost.show.export import renderer
    from copycost.show.run_view import read_cells
    from copycost.store.addresses import is_address
    from copycost.store.cell_table import write_partitions
    from copycost.store.places import find

    rendered = renderer(format)  # refused before anything is read or kept
    if out is not None and is_address(out):
        raise UsageError(f"{out!r} is an address; a file or a folder is needed here")
    into_folder = out is not None and (out.endswith("/") or Path(out).is_dir())
    if into_folder and format != "parquet":
        raise UsageError(f"{out}: is a folder; only --format parquet writes into one")
    cells = read_cells(find(run, results), on_bad(skip_bad)).cells
    if out is not None and into_folder:
        files = write_partitions(cells, Path(out))
        click.echo(f"{out}: {len(cells)} cells of {cells['run'].nunique()} runs on {len(files)} machines")
        return
    deliver(rendered(cells), Path(out) if out is not None else None)

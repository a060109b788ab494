"""The `export` command: one row for each cell, as other tools read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.options import deliver_document, format_option, results_option, run_argument, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError
from copycost.show.render.formats import FORMATS, TRACKERS

if TYPE_CHECKING:
    import pandas as pd

    from copycost.analyse.where import Where


_ALWAYS = ("run", "machine", "arm", "conversion", "seconds", "ci_low", "ci_high", "rounds", "processes", "flags")
"""Columns that are there even where nothing is known in them."""


@click.command()
@run_argument
@format_option("csv", (*FORMATS, *TRACKERS))
@click.option("--out", help="Write to this file; with parquet into this folder, FOLDER/, one file for each machine.")
@results_option
@where_option
@skip_bad_option
def export(run: str, format: str, out: str | None, results: Path, where: Where | None, skip_bad: bool) -> None:
    """Write one row for each cell of a run, or of all runs of a tree.

    With `--format parquet --out FOLDER/` (a slash at its end, or a folder that is there) each machine has a file of its
    own, which pandas, DuckDB, Polars and Dask read as one table. Of another suite's files there are columns for what
    they tell, and none that is empty. bencher, github-action-benchmark and openmetrics are
    each time with its interval, as programs that follow benchmarks over time read it.
    """
    from copycost.commands.delivery import deliver
    from copycost.show.document import of_frame
    from copycost.show.render.formats import check_format, render_estimates
    from copycost.store.addresses import is_address
    from copycost.store.cell_table import write_partitions

    check_format(format, (*FORMATS, *TRACKERS))  # refused before anything is read or kept
    if out is not None and is_address(out):
        raise UsageError(f"{out!r} is an address; a file or a folder is needed here")
    into_folder = out is not None and (out.endswith("/") or Path(out).is_dir())
    if into_folder and format != "parquet":
        raise UsageError(f"{out}: is a folder; only --format parquet writes into one")
    cells = _cells(run, results, skip_bad, where)
    if out is not None and into_folder:
        files = write_partitions(cells, Path(out))
        click.echo(f"{out}: {len(cells)} cells of {cells['run'].nunique()} runs on {len(files)} machines")
        return
    file = Path(out) if out is not None else None
    if format in TRACKERS:
        deliver(render_estimates(cells, format), file)
    else:
        deliver_document(of_frame("cells", cells), format, file)


def _cells(run: str, results: Path, skip_bad: bool, where: Where | None) -> pd.DataFrame:
    from copycost.analyse.run import without_references
    from copycost.analyse.select import cells_of, select
    from copycost.commands.reading import reading_progress

    with reading_progress() as progress:
        runs = select([run], results, on_bad=on_bad(skip_bad), progress=progress, where=where)
    cells = without_references(cells_of(runs))
    if any(run.is_ours for run in runs) or not len(cells):
        return cells
    # Of another suite most of what a conversion has is never known.
    return cells[[name for name in cells.columns if name in _ALWAYS or cells[name].notna().any()]]

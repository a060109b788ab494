"""The `import` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import PATH, local_results_option
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option("--name", help="Make one run of this name of all files, a process of each.")
@local_results_option
@skip_bad_option
def import_(files: tuple[Path, ...], name: str | None, results: Path, skip_bad: bool) -> None:
    """Take other suites' pytest-benchmark files into the results, each as a run.

    FILE may also be a folder of such files, as pytest-benchmark's own storage is. Each run is listed when it is made.
    """
    from copycost.store.importing import import_files

    for run in import_files(files, results, name, on_bad(skip_bad)):
        click.echo(run.folder if run.new else f"{run.folder} (was there)")

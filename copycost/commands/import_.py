"""The `import` command: other suites' pytest-benchmark files taken into the results, each as a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.options import PATH, local_results_option, tells
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError, one_line

if TYPE_CHECKING:
    from copycost.show.document import Document


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option(
    "--name",
    help="Make one run of this name of all files, each a process; of hosts of one CPU model too.",
)
@tells()
@local_results_option
@skip_bad_option
def import_(files: tuple[Path, ...], name: str | None, results: Path, skip_bad: bool) -> Document:
    """Take other suites' pytest-benchmark files into the results, each as a run.

    FILE may also be a folder of such files, as pytest-benchmark's own storage is. What was imported before is told,
    and not imported again.
    """
    import pandas as pd

    from copycost.show.document import Column, Document, Name, Table
    from copycost.show.render.figures import counted
    from copycost.store.importing import import_files

    imported = []
    exit_status = 0
    try:
        for run in import_files(files, results, name, on_bad(skip_bad)):
            imported.append(run)
    except UsageError as error:
        if not imported:
            raise
        print(f"copycost: {one_line(error)}", file=sys.stderr)  # beside what was made until then
        exit_status = 2
    runs = pd.DataFrame(
        {
            "run": [run.folder.name for run in imported],
            "state": ["imported" if run.new else "was there" for run in imported],
            "folder": [str(run.folder) for run in imported],
        }
    )
    columns = (Column("run", "run", "name"), Column("state", "state"))
    title = (f"{counted(len(runs), 'run')} in ", Name(str(results)))
    return Document(title, (Table("runs", runs, columns),), data={"runs": runs}, exit_status=exit_status)

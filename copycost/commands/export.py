"""The `export` command: one row for each cell, as other tools read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.options import results_option, run_argument, tells
from copycost.commands.skipping import on_bad, skip_bad_option

if TYPE_CHECKING:
    from copycost.show.document import Document


@click.command()
@run_argument
@tells(default="csv")
@results_option
@skip_bad_option
def export(run: str, results: Path, skip_bad: bool) -> Document:
    """Write one row for each cell of a run."""
    import pandas as pd

    from copycost.analyse.select import select
    from copycost.show.document import of_frame

    runs = select([run], results, on_bad=on_bad(skip_bad))
    return of_frame("cells", pd.concat([each.estimates for each in runs], ignore_index=True))

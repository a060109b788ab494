"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.errors import UsageError

PATH = click.Path(path_type=Path)


class LocalPath(click.Path):
    """A path of this machine's: an address would become a folder with a colon in its name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if isinstance(value, str) and "://" in value:
            raise UsageError(f"{value!r} is an address; a folder is needed here")
        return super().convert(value, param, ctx)


class ResultsPath(click.Path):
    """A folder of this machine's, or an address, whose results are fetched first."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the folder."""
        if isinstance(value, str) and "://" in value:
            from copycost.store.addresses import fetched

            value = str(fetched(value))
        return super().convert(value, param, ctx)


run_argument = click.argument("run", metavar="RUN")
out_option = click.option("--out", type=PATH, help="Write to this file instead of standard output.")
results_option = click.option(
    "--results",
    type=ResultsPath(path_type=Path),
    default=Path("results"),
    help="Folder or address (s3://…) that holds the runs.",
)
local_results_option = click.option(
    "--results", type=LocalPath(path_type=Path), default=Path("results"), help="Folder that holds the runs."
)
conversions_file_option = click.option("--conversions", type=PATH, help="A Python file with conversions of your own.")

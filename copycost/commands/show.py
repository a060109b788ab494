"""The `show` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import results_option, run_argument
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@run_argument
@results_option
@skip_bad_option
def show(run: str, results: Path, skip_bad: bool) -> None:
    """Print a run's table."""
    from copycost.show.summary import print_run
    from copycost.store.places import find

    print_run(find(run, results), on_bad(skip_bad))

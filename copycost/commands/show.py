"""The `show` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import results_option, run_argument


@click.command()
@run_argument
@results_option
def show(run: str, results: Path) -> None:
    """Print a run's table."""
    from copycost.show.summary import print_run
    from copycost.store.run_folder import find

    print_run(find(run, results))

"""The `pull` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import local_results_option
from copycost.errors import UsageError


@click.command()
@click.argument("address")
@click.option("--replace", is_flag=True, help="Overwrite files that differ, and remove those of processes gone.")
@local_results_option
def pull(address: str, replace: bool, results: Path) -> None:
    """Copy a run, or all runs below an address such as s3://bucket/results, into the results.

    What is there already is not fetched again, and a file that is there and differs ends it.
    """
    from copycost.store.remote import is_address
    from copycost.store.transfer import pull as pull_runs

    if not is_address(address):
        raise UsageError(f"{address!r} is no address; such as s3://bucket/results")
    click.echo(f"{results}: {pull_runs(address, results, replace=replace).told('fetched')}")

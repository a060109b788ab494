"""The `push` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import results_option
from copycost.errors import UsageError


@click.command()
@click.argument("runs", metavar="RUN... ADDRESS", nargs=-1, required=True)
@click.option("--replace", is_flag=True, help="Overwrite files that differ, and remove those of processes gone.")
@results_option
def push(runs: tuple[str, ...], replace: bool, results: Path) -> None:
    """Copy runs, or trees of them, to an address such as s3://bucket/results.

    What is there already is not sent again, and a file that is there and differs ends it. An address is any that
    fsspec reads; its keys and endpoints are those that the store's own tools take from the environment.
    """
    from copycost.show.many_runs import expanded
    from copycost.store.remote import is_address
    from copycost.store.transfer import push as push_runs
    from copycost.store.tree import with_clusters

    *words, address = runs
    if not words or not is_address(address):
        raise UsageError(f"push needs a RUN and then an ADDRESS such as s3://bucket/results, not {' '.join(runs)!r}")
    found = with_clusters([one.place for one in expanded(words, results)])
    click.echo(f"{address}: {push_runs(found, address, replace=replace).told('sent')}")

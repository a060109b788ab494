"""The `machines` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--dtype", help="Whose curves to show; by default that in which the most conversions copy.")
@click.option("--format", default="table", help="table, markdown or json.")
@out_option
@results_option
@skip_bad_option
def machines(
    runs: tuple[str, ...], dtype: str | None, format: str, out: Path | None, results: Path, skip_bad: bool
) -> None:
    """Describe the machines of runs, show what differs, and tell slower machines from slower conversions.

    Of more than a handful, the runs of one machine are taken together, and more machines than that by CPU model.
    """
    from copycost.show.machines_view import machine_runs

    deliver(machine_runs(runs, results, format=format, dtype=dtype, on_bad=on_bad(skip_bad)), out)

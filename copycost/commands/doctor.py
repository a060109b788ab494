"""The `doctor` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option


@click.command()
@click.option("--format", default="table", help="table, markdown or json.")
@out_option
def doctor(format: str, out: Path | None) -> None:
    """Print what on this machine disturbs measurements, and what to do about it."""
    from copycost.run.doctor_report import doctor_report

    deliver(doctor_report(format), out)

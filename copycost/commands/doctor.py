"""The `doctor` command: what on this machine disturbs measurements, examined now; nothing is changed."""

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
    from dataclasses import asdict

    from copycost.measure.doctor.examination import examine_machine, this_system
    from copycost.run.address_layout import why_not_fixed
    from copycost.show.doctor_view import render

    render([], format)  # a mistyped format fails before the sample is taken
    findings = examine_machine(this_system(why_not_fixed()))
    deliver(render([asdict(finding) for finding in findings], format), out)

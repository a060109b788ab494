"""The `semantics` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import conversions_file_option, out_option


@click.command()
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--family", default="core", help="Conversions: core or all.")
@click.option("--dtype", help="Such as float32,int8.")
@conversions_file_option
@out_option
def semantics(out: Path | None, **typed: Any) -> None:
    """Print which conversion shares memory with what, and check what tutorials claim."""
    from copycost.run.truth_table import truth_table

    deliver(truth_table(**typed), out)

"""The `semantics` command: which conversion shares memory with what, and what tutorials claim, tested now."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import conversions_file_option, out_option


@click.command()
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--family", default="core", help="Conversions: core or all.")
@click.option("--dtype", help="Such as float32,int8.")
@conversions_file_option
@out_option
def semantics(format: str, family: str, dtype: str | None, conversions: Path | None, out: Path | None) -> None:
    """Print which conversion shares memory with what, and check what tutorials claim."""
    from copycost.catalogue.conversions import select_conversions
    from copycost.catalogue.grid import DEFAULT_DTYPES, parse_dtypes
    from copycost.catalogue.semantics import claims, table
    from copycost.run.settings import require_torch
    from copycost.show.semantics_view import render

    render([], [], format)  # a mistyped format fails before the conversions are run
    dtypes = parse_dtypes(dtype) if dtype else DEFAULT_DTYPES
    chosen = select_conversions(None, family, conversions)
    require_torch()
    deliver(render(table(chosen, dtypes), claims(), format), out)

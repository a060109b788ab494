"""The `explain` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import out_option, results_option, run_argument
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@run_argument
@click.option("--format", default="table", help="table, markdown or json.")
@out_option
@results_option
@skip_bad_option
def explain(run: str, format: str, out: Path | None, results: Path, skip_bad: bool) -> None:
    """Explain a run: scaling model, ceilings, where the time goes, crossovers, advice."""
    from copycost.show.explain_view import explain_run
    from copycost.store.places import find

    deliver(explain_run(find(run, results), format, on_bad(skip_bad)), out)

"""The `compare` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import PATH, out_option, results_option
from copycost.commands.skipping import on_bad, skip_bad_option


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--margin", help="What still counts as the same, such as 3%.")
@click.option("--anyway", is_flag=True, help="Compare runs of different methods, every row marked.")
@click.option("--fail-on", help="Exit with 1 on a verdict, such as 'slower>5%' or 'undecided'.")
@click.option("--format", default="table", help="table, markdown, json or csv.")
@click.option("--plots", type=PATH, help="Draw the comparison's charts into this folder too.")
@out_option
@results_option
@skip_bad_option
def compare(
    a: str,
    b: str,
    margin: str | None,
    out: Path | None,
    results: Path,
    skip_bad: bool,
    **typed: Any,
) -> None:
    """Say for every cell whether B is faster, slower or the same as A, or that it is undecided.

    A and B are runs, pytest-benchmark files, or two arms of one run, written RUN@ARM.
    """
    from copycost.show.compare_view import compare_runs
    from copycost.units import parse_share

    share = parse_share(margin) if margin is not None else None
    text, status = compare_runs(a, b, results, margin=share, on_bad=on_bad(skip_bad), **typed)
    deliver(text, out)
    raise click.exceptions.Exit(status)

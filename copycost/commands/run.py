"""The `run` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.options import PATH, conversions_file_option


@click.command()
@click.option("--preset", default="default", help="quick, default or full.")
@click.option("--family", help="Conversions: core or all.")
@click.option("--conversion", multiple=True, help="Only this conversion; may be repeated.")
@conversions_file_option
@click.option("--dtype", help="Such as float32,int8.")
@click.option("--size", help="Elements: 64, or 64,4096, or 1..16M.")
@click.option("--threads", help="torch threads, such as 1,2.")
@click.option("--cache", default="warm", help="warm or cold, or warm,cold.")
@click.option("--layout", default="contiguous", help="contiguous, strided, fortran, transposed.")
@click.option("--arm", multiple=True, help="NAME or NAME:VARIABLE=VALUE, python=PATH, threads=2; may be repeated.")
@click.option("--references/--no-references", default=True, help="Measure plain copies too.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for measuring, such as 60s.")
@click.option("--processes", type=int, help="The most measuring processes.")
@click.option("--address-layout", default="fixed", help="fixed or random.")
@click.option("--name", help="The run's name.")
@click.option("--out", type=PATH, default=Path("results"), help="Folder for the run.")
@click.option("--plots", type=PATH, default=Path("plots"), help="Folder for the charts.")
def run(conversions: Path | None, dtype: str | None, size: str | None, plots: Path, **typed: Any) -> None:
    """Measure, collect, print a table and draw the charts."""
    from copycost.run.main_job import main_job
    from copycost.run.settings import settle

    for word in ("conversion", "cache", "layout", "arm"):
        typed[f"{word}s"] = typed.pop(word)
    settings = settle(conversions_file=conversions, dtypes=dtype, sizes=size, **typed)
    raise click.exceptions.Exit(main_job(settings, plots))

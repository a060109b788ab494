"""The `noise` command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from copycost.commands.options import LocalPath, local_results_option


@click.command()
@click.option("--repeats", type=int, default=5, help="How often to measure.")
@click.option("--preset", default="quick", help="quick, default or full.")
@click.option("--conversion", multiple=True, help="Only this conversion; may be repeated.")
@click.option("--dtype", help="Such as float32,int8.")
@click.option("--size", help="Elements: 64, or 64,4096, or 1..16M.")
@click.option("--precision", help="Half-width of the intervals asked for, such as 1%.")
@click.option("--budget", help="Time for each repeat, such as 60s.")
@click.option("--keep/--no-keep", default=True, help="Keep the profile among the results.")
@click.option("--format", default="table", help="table, markdown or json.")
@click.option("--plots", type=LocalPath(path_type=Path), default=Path("plots"), help="Folder for the chart.")
@local_results_option
def noise(conversion: tuple[str, ...], dtype: str | None, size: str | None, **typed: Any) -> None:
    """Measure the same cells under two labels, and say what identical measurements differ by."""
    from copycost.run.noise_job import noise_job

    raise click.exceptions.Exit(noise_job(conversions=conversion, dtypes=dtype, sizes=size, **typed))

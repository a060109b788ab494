"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

PATH = click.Path(path_type=Path)

run_argument = click.argument("run", metavar="RUN")
out_option = click.option("--out", type=PATH, help="Write to this file instead of standard output.")
results_option = click.option("--results", type=PATH, default=Path("results"), help="Folder that holds the runs.")
conversions_file_option = click.option("--conversions", type=PATH, help="A Python file with conversions of your own.")

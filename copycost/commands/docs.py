"""The `docs` command."""

from __future__ import annotations

from pathlib import Path

import click

from copycost.commands.options import PATH, results_option, run_argument


@click.command()
@run_argument
@click.option(
    "--out", type=PATH, default=Path("docs"), help="Folder of the documentation; the page is costs/index.md in it."
)
@click.option("--check", is_flag=True, help="Write nothing: exit with 1 when the page or its charts are out of date.")
@click.option("--for", "syntax", default="markdown", help="markdown (GitHub, MkDocs) or myst (Sphinx).")
@click.option("--theme", default="light,dark", help="Themes of the charts: light, dark or both.")
@click.option("--width", type=int, default=720, help="Width of the charts in CSS pixels.")
@results_option
def docs(run: str, out: Path, check: bool, syntax: str, theme: str, width: int, results: Path) -> None:
    """Write a page of documentation: what each conversion costs and which shares memory, with charts."""
    from copycost.errors import one_line
    from copycost.show.docs_page.page import check_page, command_for, options, write_page
    from copycost.store.places import find

    path = find(run, results)
    if check:
        differences = check_page(path, out)
        for difference in differences:
            click.echo(one_line(difference))
        click.echo("the page does not match its run" if differences else "the page and its charts match their run")
        raise click.exceptions.Exit(1 if differences else 0)
    chosen = options(theme, width, syntax)
    for file in write_page(path, out, chosen, command_for(run, out, results, chosen)):
        click.echo(file)

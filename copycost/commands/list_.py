"""The `list` command."""

from __future__ import annotations

import click


@click.command("list")
def list_() -> None:
    """Print the conversions, presets and dtypes that there are."""
    from copycost.catalogue.listing import listing

    click.echo(listing())

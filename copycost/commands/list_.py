"""The `list` command: every conversion, preset and dtype by name."""

from __future__ import annotations

import click


@click.command("list")
def list_() -> None:
    """Print the conversions, presets and dtypes that there are."""
    click.echo(listing())


def listing() -> str:
    """Return the text of the `list` command."""
    from copycost.catalogue.cell import DTYPES
    from copycost.catalogue.conversions import CONVERSIONS
    from copycost.catalogue.grid import PRESETS

    conversions = CONVERSIONS.values()
    widest = max(len(conversion.name) for conversion in conversions)
    widest_expression = max(len(conversion.expression) for conversion in conversions)
    lines = ["Conversions (--conversion NAME, --family core|all)"]
    lines += [
        f"  {conversion.name:<{widest}}  {conversion.expression:<{widest_expression}}  "
        f"{conversion.family}, documented: {conversion.documented}"
        for conversion in conversions
    ]
    lines += ["", "Presets (--preset NAME)"]
    lines += [f"  {preset.name:<{widest}}  {preset.description}; {preset.budget:.0f} s" for preset in PRESETS.values()]
    lines += ["", "Dtypes (--dtype NAME,NAME)", "  " + " ".join(DTYPES)]
    return "\n".join(lines)

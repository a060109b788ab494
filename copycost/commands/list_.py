"""The `list` command: every conversion, preset and dtype by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from copycost.commands.options import tells

if TYPE_CHECKING:
    from copycost.show.document import Document


@click.command("list")
@tells()
def list_() -> Document:
    """Print the conversions, presets and dtypes that there are."""
    import pandas as pd

    from copycost.catalogue.cell import DTYPES
    from copycost.catalogue.conversions import CONVERSIONS
    from copycost.catalogue.device import device_conversions
    from copycost.catalogue.grid import PRESETS
    from copycost.show.document import Column, Document, Lines, Name, Section, Table

    of_conversion = ("name", "expression", "family", "documented")
    of_preset = {"name": "text", "description": "text", "budget": "seconds"}
    # Those that wait for the data have the same names with +sync.
    known = [*CONVERSIONS.values(), *(each for each in device_conversions("cuda") if not each.waits)]
    conversions = pd.DataFrame([{name: getattr(each, name) for name in of_conversion} for each in known])
    presets = pd.DataFrame([{name: getattr(each, name) for name in of_preset} for each in PRESETS.values()])
    conversion_columns = tuple(Column(name, name, "name") for name in of_conversion)
    preset_columns = tuple(Column(name, name, unit) for name, unit in of_preset.items())
    blocks = (
        Section(
            "Conversions (--conversion NAME, --family core|all; of a device with --device, and NAME+sync)",
            (Table("conversions", conversions, conversion_columns),),
        ),
        Section("Presets (--preset NAME)", (Table("presets", presets, preset_columns),)),
        Section("Dtypes (--dtype NAME,NAME)", (Lines((Name(" ".join(DTYPES)),)),)),
    )
    return Document("", blocks, data={"conversions": conversions, "presets": presets, "dtypes": list(DTYPES)})

"""The listing: every conversion, preset and dtype by name."""

from __future__ import annotations

from copycost.catalogue.conversions import CORE, EXTENDED
from copycost.catalogue.dtypes import DTYPES
from copycost.catalogue.grid import PRESETS


def listing() -> str:
    """Return the text of the `list` command."""
    conversions = (*CORE, *EXTENDED)
    widest = max(len(conversion.name) for conversion in conversions)
    widest_expression = max(len(conversion.expression) for conversion in conversions)
    lines = ["Conversions (--conversion NAME, --family core|all)"]
    lines += [
        f"  {found.name:<{widest}}  {found.expression:<{widest_expression}}  "
        f"{found.family}, documented: {found.documented}"
        for found in conversions
    ]
    lines += ["", "Presets (--preset NAME)"]
    lines += [f"  {preset.name:<{widest}}  {preset.description}; {preset.budget:.0f} s" for preset in PRESETS.values()]
    lines += ["", "Dtypes (--dtype NAME,NAME)", "  " + " ".join(DTYPES)]
    return "\n".join(lines)

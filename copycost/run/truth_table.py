"""The truth table: which conversion shares memory with what, and what tutorials claim, tested now."""

from __future__ import annotations

from pathlib import Path

from copycost.catalogue.conversions import select_conversions
from copycost.catalogue.grid import DEFAULT_DTYPES, parse_dtypes
from copycost.catalogue.semantics import claims, table
from copycost.run.settings import require_torch
from copycost.show.semantics_view import render


def truth_table(
    format: str = "table",
    family: str = "core",
    dtype: str | None = None,
    conversions: Path | None = None,
) -> str:
    """Return the semantics of a family of conversions in a format: table, markdown or json.

    Raises:
        UsageError: an unknown format, family or dtype, or torch is not installed.
    """
    render([], [], format)  # a mistyped format fails before the conversions are run
    dtypes = parse_dtypes(dtype) if dtype else DEFAULT_DTYPES
    chosen = select_conversions(None, family, conversions)
    require_torch()
    return render(table(chosen, dtypes), claims(), format)

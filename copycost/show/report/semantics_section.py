"""Which conversion shares memory and which copies, by what was seen when it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from copycost.show.report.document import Column, Lines, Section, Table
from copycost.show.report.source import Source

_KEY = ["conversion", "expression", "dtype", "layout", "documented", "result_dtype"]
_CONTRADICTS = {"shares": False, "copies": True}
_HEADINGS = ("conversion", "expression", "dtype", "layout", "documented", "result", "seen", "cells", "agrees")


def semantics_section(sources: Sequence[Source]) -> Section | None:
    """Return the section: what the documentation says beside what the cells showed; None where nothing was seen."""
    cells = pd.concat([source.cells for source in sources], ignore_index=True)
    seen = cells[cells["shares_memory"].notna()]
    if seen.empty:
        return None
    rows = [_row(own) for _, own in seen.groupby(_KEY, sort=False, dropna=False, observed=True)]
    columns = tuple(
        Column(heading, heading, "count" if heading == "cells" else "text", [row[number] for row in rows])
        for number, heading in enumerate(_HEADINGS)
    )
    against = sum(row[-1] == "no" for row in rows)
    said = "Whether a result shares memory with its source was looked up when each cell was measured."
    told = f"{against or 'No'} row{'s differ' if against > 1 else ' differs'} from what is documented."
    table = Table("semantics", "What shares memory with what", columns)
    return Section("semantics", "Sharing and copying", (Lines((said, told), bullets=False), table))


def _row(cells: pd.DataFrame) -> tuple[Any, ...]:
    first = cells.iloc[0]
    shares = cells["shares_memory"].astype(bool)
    seen = "shares" if shares.all() else "copies" if not shares.any() else "both"
    wrong = _CONTRADICTS.get(str(first["documented"]))
    agrees = "no" if wrong is not None and (shares == wrong).any() else "yes"
    known = [None if pd.isna(first[name]) else str(first[name]) for name in _KEY]
    return (*known, seen, len(cells), agrees)

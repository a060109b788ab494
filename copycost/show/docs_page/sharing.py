"""Which conversions share memory, by what was seen in the run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from copycost.show.docs_page.markdown import joined, name, table, words
from copycost.show.docs_page.material import Material

_SAID = {"shares": "share", "copies": "copy"}
_AGAINST = {("copies", True), ("shares", False)}


@dataclass(frozen=True)
class _Row:
    """A call and what it was seen to do, in all dtypes in which it does the same."""

    conversion: str
    expression: str
    documented: str
    shares: bool
    dtypes: tuple[str, ...]
    results: tuple[str, ...]

    @property
    def seen(self) -> str:
        return "shares" if self.shares else "copies"

    @property
    def against(self) -> bool:
        """Whether the documentation says otherwise."""
        return (self.documented, self.shares) in _AGAINST


def sharing_section(own: Material) -> list[str]:
    """Return the section: a sentence on what differs from the documentation, and a table."""
    rows = _rows(own.view.cells)
    if not rows:
        return ["## Which share memory", "", "This run does not say which conversions share memory.", ""]
    lines = [
        "## Which share memory",
        "",
        "Found in every measured cell by the addresses of source and result and by writing through one side, never by "
        "name.",
        "",
    ]
    for row in rows:
        if row.against:
            said = "share" if row.documented == "shares" else "copy"
            lines += [f"**{name(row.expression)} is said to {said}; for {_names(row.dtypes)} it {row.seen}.**", ""]
    headings = ("conversion", "call", "dtypes", "memory", "said to", "result")
    return lines + table(headings, map(_values, rows))


def _values(row: _Row) -> tuple[str, ...]:
    return (
        name(row.conversion),
        name(row.expression),
        _names(row.dtypes),
        f"**{row.seen}**" if row.against else row.seen,
        _SAID.get(row.documented, words(row.documented)),
        _names(row.results) if row.results else "–",
    )


def _names(values: tuple[str, ...]) -> str:
    return joined([name(value) for value in values])


def _rows(cells: pd.DataFrame) -> list[_Row]:
    known = cells[cells["shares_memory"].notna()]
    conversions = known["conversion"].astype(str)
    expressions = known["expression"].astype(object)
    texts = known.assign(
        conversion=conversions,
        expression=expressions.where(expressions.notna(), conversions),
        documented=known["documented"].astype(object).fillna("not said"),
    )
    keys = ["conversion", "expression", "documented", "shares_memory"]
    made = [
        _Row(
            str(conversion),
            str(expression),
            str(documented),
            bool(shares),
            tuple(dict.fromkeys(rows["dtype"].astype(str))),
            tuple(dict.fromkeys(rows["result_dtype"].dropna().astype(str))),
        )
        for (conversion, expression, documented, shares), rows in texts.groupby(keys, sort=False)
    ]
    order = {conversion: place for place, conversion in enumerate(dict.fromkeys(conversions))}
    return sorted(made, key=lambda row: order[row.conversion])

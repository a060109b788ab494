"""Which conversions share memory, by what was seen when they were measured."""

from __future__ import annotations

from typing import Any

import pandas as pd

from copycost.show.document import Column, Line, Lines, Name, Section, Table
from copycost.show.render.figures import listed, written

_AGAINST = {("copies", True), ("shares", False)}
"""What is documented, and whether memory was seen to be shared, where the two contradict each other."""
_COLUMNS = (
    Column("conversion", "conversion", "name"),
    Column("expression", "call", "name"),
    Column("dtypes", "dtypes"),
    Column("layout", "layout"),
    Column("shares", "memory", "sharing"),
    Column("documented", "documented"),
    Column("agrees", "agrees"),
    Column("results", "result"),
    Column("cells", "cells", "count"),
)


def sharing_section(cells: pd.DataFrame) -> Section | None:
    """Return what was seen beside what is documented; None of cells without sizes of which nothing was seen.

    Args:
        cells: estimates without references.
    """
    seen = cells[cells["shares_memory"].notna()]
    if seen.empty:
        unknown = Lines(("This run does not say which conversions share memory.",))
        return Section("Which share memory", (unknown,), "sharing") if cells["size"].notna().any() else None
    rows = _rows(seen)
    columns = tuple(column for column in _COLUMNS if column.name != "layout" or rows["layout"].nunique() > 1)
    said = (
        "Found in every measured cell by the addresses of source and result and by writing through one side, never by "
        "name."
    )
    return Section(
        "Which share memory",
        (Lines((said, *_contradictions(rows))), Table("sharing", rows, columns)),
        "sharing",
    )


def _rows(seen: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each call and what it was seen to do, with all dtypes in which it does the same."""
    conversions = seen["conversion"].astype(str)
    expressions = seen["expression"].astype(object)
    texts = seen.assign(
        conversion=conversions,
        expression=expressions.where(expressions.notna(), conversions).astype(str),
        layout=seen["layout"].astype(object).fillna(""),
        documented=seen["documented"].astype(object).fillna("not said").astype(str),
        shares=seen["shares_memory"].astype(bool),
    )
    keys = ["conversion", "expression", "layout", "documented", "shares"]
    rows: list[dict[str, Any]] = [
        dict(zip(keys, key, strict=True))
        | {
            "dtypes": listed(list(dict.fromkeys(alike["dtype"].astype(str)))),
            "results": listed(list(dict.fromkeys(alike["result_dtype"].dropna().astype(str))) or [""]) or None,
            "cells": len(alike),
            "agrees": "no" if (key[3], key[4]) in _AGAINST else "yes",
        }
        for key, alike in texts.groupby(keys, sort=False, observed=True)
    ]
    order = list(dict.fromkeys(conversions))
    rows.sort(key=lambda row: order.index(row["conversion"]))
    return pd.DataFrame(rows)


def _contradictions(rows: pd.DataFrame) -> list[Line]:
    said = {"shares": "share", "copies": "copy"}
    return [
        (
            Name(row["expression"]),
            f" is said to {said[row['documented']]}; for {row['dtypes']} it {written(row['shares'], 'sharing')}.",
        )
        for _, row in rows[rows["agrees"] == "no"].iterrows()
    ]

"""The `semantics` command: which conversion shares memory with what, and what tutorials claim, tested now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import conversions_file_option, tells

if TYPE_CHECKING:
    from copycost.show.document import Document


@click.command()
@click.option("--family", default="core", help="Conversions: core or all.")
@click.option("--dtype", help="Such as float32,int8.")
@conversions_file_option
@tells()
def semantics(family: str, dtype: str | None, conversions: Path | None) -> Document:
    """Print which conversion shares memory with what, and check what tutorials claim."""
    from copycost.catalogue.conversions import select_conversions
    from copycost.catalogue.grid import DEFAULT_DTYPES, parse_dtypes
    from copycost.catalogue.semantics import claims, table
    from copycost.run.settings import require_torch

    dtypes = parse_dtypes(dtype) if dtype else DEFAULT_DTYPES
    chosen = select_conversions(None, family, conversions)
    require_torch()
    return semantics_document(table(chosen, dtypes), claims())


def semantics_document(rows: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]) -> Document:
    """Return what each conversion does with each source, and which claims are true; rows as the catalogue has them."""
    import pandas as pd

    from copycost.show.document import Column, Document, Entries, Table

    frame = pd.DataFrame(rows, dtype=object)
    told = [row["outcome"] if row["outcome"] == "ok" else f"{row['outcome']}: {row['message']}" for row in rows]
    columns = (
        Column("expression", "expression", "name"),
        Column("dtype", "dtype", "name"),
        Column("source", "source"),
        Column("shares_memory", "memory", "sharing"),
        Column("result_dtype", "result", "name"),
        Column("told", "outcome"),
    )
    verdicts = tuple((str(claim["verdict"]).lower(), (claim["claim"], claim["evidence"])) for claim in claims)
    return Document(
        "",
        (Table("semantics", frame.assign(told=told), columns), Entries(verdicts)),
        data={"semantics": frame, "claims": pd.DataFrame(claims)},
    )

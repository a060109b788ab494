"""The `semantics` command: which conversion shares memory with what, and what tutorials claim, tested now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import conversions_file_option, tells
from copycost.temporary import require_temporary

if TYPE_CHECKING:
    from copycost.show.document import Document, Line


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

    require_temporary()
    dtypes = parse_dtypes(dtype) if dtype else DEFAULT_DTYPES
    chosen = select_conversions(None, family, conversions)
    require_torch()
    return semantics_document(table(chosen, dtypes), claims())


def semantics_document(rows: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]) -> Document:
    """Return which claims are true, what each conversion does with which sources, and each exception once.

    Args:
        rows: as the catalogue's ``table`` has them; machines get each of them.
        claims: as the catalogue's ``claims`` has them.
    """
    import pandas as pd

    from copycost.show.document import Column, Document, Entries, Table

    verdicts = tuple((str(claim["verdict"]).lower(), (claim["claim"], claim["evidence"])) for claim in claims)
    columns = (
        Column("expression", "expression", "name"),
        Column("dtypes", "dtype", "name"),
        Column("sources", "source"),
        Column("shares_memory", "memory", "sharing"),
        Column("results", "result", "name"),
    )
    works = _alike(rows)
    # By another name than the frame of all rows, which machines get.
    tables = (Table("sources", pd.DataFrame(works), columns),) if works else ()
    exceptions = _exceptions(rows)
    return Document(
        "",
        (Entries(verdicts), *tables, *((Entries(exceptions),) if exceptions else ())),
        data={"semantics": pd.DataFrame(rows, dtype=object), "claims": pd.DataFrame(claims)},
    )


def _alike(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what came back, a row for all dtypes and then all sources with which a conversion does the same."""
    of_source: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["result_dtype"] is not None:
            of_source.setdefault((row["expression"], row["shares_memory"], row["source"]), []).append(row)
    alike: dict[tuple[Any, ...], list[str]] = {}
    for (expression, shares, given), own in of_source.items():
        dtypes = tuple(str(row["dtype"]) for row in own)
        results = tuple(str(row["result_dtype"]) for row in own)
        kept = dtypes == tuple(result.removeprefix("torch.") for result in results)
        told = "the source's" if kept and len(dtypes) > 1 else ", ".join(dict.fromkeys(results))
        alike.setdefault((expression, ", ".join(dtypes), shares, told), []).append(str(given))
    names = ("expression", "dtypes", "shares_memory", "results")
    found = [dict(zip(names, key, strict=True)) | {"sources": ", ".join(sources)} for key, sources in alike.items()]
    order = list(dict.fromkeys(row["expression"] for row in rows))
    return sorted(found, key=lambda row: order.index(row["expression"]))


def _exceptions(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Line, tuple[Line, ...]], ...]:
    """Return each error and each warning once, with the calls, sources and dtypes that raise it."""
    from copycost.show.document import Name

    raised: dict[tuple[str, str], dict[tuple[str, str], list[str]]] = {}
    for row in rows:
        if row["outcome"] != "ok":
            whose = raised.setdefault((row["outcome"], row["message"]), {})
            whose.setdefault((row["expression"], row["source"]), []).append(str(row["dtype"]))
    told = []
    for (outcome, message), whose in raised.items():
        calls: dict[tuple[str, str], list[str]] = {}
        for (expression, given), dtypes in whose.items():
            calls.setdefault((given, ", ".join(dtypes)), []).append(expression)
        sources: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for (given, of_dtypes), expressions in calls.items():
            sources.setdefault((tuple(expressions), of_dtypes), []).append(given)
        lines = [_raising(expressions, ", ".join(of), dtypes) for (expressions, dtypes), of in sources.items()]
        told.append((outcome, (Name(message), *lines)))
    return tuple(told)


def _raising(expressions: Sequence[str], given: str, dtypes: str) -> Line:
    from copycost.show.document import Name

    names = [part for expression in expressions for part in (", ", Name(expression))][1:]
    return (*names, f", {given} (", Name(dtypes), ")")

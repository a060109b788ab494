"""The semantics table as people read it: terminal, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.errors import UsageError, nearest

Row = Mapping[str, Any]

WIDTH_ON_A_PIPE = 120
_SHARING = {True: "shares", False: "copies", None: "–"}


def render(rows: Sequence[Row], claims: Sequence[Row], format: str) -> str:
    """Return the table and the claims in a format: table, markdown or json.

    Raises:
        UsageError: the format is unknown.
    """
    if format not in _RENDERERS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_RENDERERS))}")
    return _RENDERERS[format](rows, claims)


def _cells(row: Row) -> tuple[str, ...]:
    result = row["result_dtype"] or "–"
    outcome = row["outcome"] if row["outcome"] == "ok" else f"{row['outcome']}: {row['message']}"
    return row["expression"], row["dtype"], row["source"], _SHARING[row["shares_memory"]], result, outcome


_HEADINGS = ("expression", "dtype", "source", "memory", "result", "outcome")


def _table(rows: Sequence[Row], claims: Sequence[Row]) -> str:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold", no_wrap=heading != "outcome")
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        console.print(table)
        console.print()
        for claim in claims:
            console.print(Text(f"{str(claim['verdict']).lower():<6}{claim['claim']}"))
            console.print(Text(f"      {claim['evidence']}"))
    return captured.get()


def _markdown(rows: Sequence[Row], claims: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(_HEADINGS) + " |", "|" + " --- |" * len(_HEADINGS)]
    lines += ["| " + " | ".join(map(_escape, _cells(row))) + " |" for row in rows]
    lines += ["", "| claim | verdict | evidence |", "| --- | --- | --- |"]
    lines += [
        f"| {_escape(claim['claim'])} | {str(claim['verdict']).lower()} | {_escape(claim['evidence'])} |"
        for claim in claims
    ]
    return "\n".join(lines) + "\n"


def _json(rows: Sequence[Row], claims: Sequence[Row]) -> str:
    content = {"semantics": list(rows), "claims": list(claims)}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


_RENDERERS = {"table": _table, "markdown": _markdown, "json": _json}

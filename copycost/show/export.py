"""Estimates as csv, parquet, json or markdown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd

from copycost.errors import UsageError, nearest


def export(cells: pd.DataFrame, format: str) -> str | bytes:
    """Return cells in a format, one row or record per cell, in the columns' order; bytes for
    parquet, else text.

    Seconds and bytes, as in the frame. Unknown is empty in csv and markdown and null in json and
    parquet.

    Raises:
        UsageError: the format is unknown, or it is parquet and pyarrow is not installed.
    """
    return renderer(format)(cells)


def renderer(format: str) -> Callable[[pd.DataFrame], str | bytes]:
    """Return what renders a cells frame in a format; see `export`."""
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(FORMATS))}")
    return FORMATS[format]


def _csv(cells: pd.DataFrame) -> str:
    return str(cells.to_csv(index=False, lineterminator="\n"))


def _json(cells: pd.DataFrame) -> str:
    # Not DataFrame.to_json: it cuts off after fifteen decimals, and nanoseconds need more.
    records = [
        ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in record.items())
        for record in _records(cells)
    ]
    return "[\n" + ",\n".join(f" {{\n{record}\n }}" for record in records) + "\n]\n"


def _markdown(cells: pd.DataFrame) -> str:
    lines = ["| " + " | ".join(cells.columns) + " |", "|" + " --- |" * len(cells.columns)]
    for record in _records(cells):
        lines.append("| " + " | ".join(map(_markdown_cell, record.values())) + " |")
    return "\n".join(lines) + "\n"


def _markdown_cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return " ".join(text.replace("|", "\\|").split())


def _parquet(cells: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    try:
        cells.to_parquet(buffer, index=False)
    except ImportError as error:
        raise UsageError('parquet needs pyarrow: pip install "copycost[parquet]"') from error
    return buffer.getvalue()


def _records(cells: pd.DataFrame) -> list[dict[str, object]]:
    """Return rows as plain Python values, None where unknown."""
    columns = {
        str(name): [None if unknown else value for value, unknown in zip(own, own.isna(), strict=True)]
        for name, own in ((name, cells[name].astype(object)) for name in cells.columns)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


FORMATS: dict[str, Callable[[pd.DataFrame], str | bytes]] = {
    "csv": _csv,
    "parquet": _parquet,
    "json": _json,
    "markdown": _markdown,
}
"""Each format's name and what writes it."""

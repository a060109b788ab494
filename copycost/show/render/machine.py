"""Documents for machines: JSON of all that is in them, and their first frame as CSV or Parquet."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from copycost.errors import UsageError, one_line
from copycost.show.document import Document, Lines, Name, Note, Table
from copycost.show.render.formats import FORMATS, ONE_TABLE
from copycost.show.render.layout import plain_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # as OWASP lists them


def json_text(document: Document) -> str:
    """Return a document as JSON: its title, then its data, or without any its tables and lines, then its notes.

    Figures have all their digits; unknown is null. A document that is one table and nothing else is a list of its
    rows.
    """
    tables = {table.name: table.frame for table in document.every(Table)}
    if not document.title and not document.data and len(tables) == 1:
        content: Any = plain(next(iter(tables.values())))
    else:
        said = [plain_text(line) for block in document.every(Lines) for line in block.lines if not _is_command(line)]
        content = {"title": plain_text(document.title)}
        content |= plain(document.data) if document.data else {**({"lines": said} if said else {}), **plain(tables)}
        notes = [(note.name, plain_text(note.text)) for note in document.every(Note)]
        content |= {"notes": [f"{name}: {text}" if name else text for name, text in notes]} if notes else {}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def csv_text(document: Document) -> str:
    """Return a document's first frame as CSV, all columns and all digits; unknown is empty.

    Names in others' files may be anything: text is without control characters, and begins with an apostrophe where a
    spreadsheet would take it for a formula.
    """
    frame = first_frame(document).rename(columns=_harmless)
    for name in frame.select_dtypes(["object", "string", "category"]):
        frame[name] = frame[name].astype(object).map(_harmless)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    return ("'" if value.startswith(_FORMULA) else "") + one_line(value)


def parquet_bytes(document: Document) -> bytes:
    """Return a document's first frame as the bytes of a Parquet file.

    Raises:
        UsageError: pyarrow is not installed, or there is no frame.
    """
    buffer = io.BytesIO()
    try:
        first_frame(document).to_parquet(buffer, index=False)
    except ImportError as error:
        raise UsageError("parquet needs pyarrow: pip install pyarrow") from error
    return buffer.getvalue()


def first_frame(document: Document) -> pd.DataFrame:
    """Return the frame that a format of one table holds: the first of the data, else that of the first table.

    Raises:
        UsageError: the document has none.
    """
    frames = [value for value in document.data.values() if isinstance(value, pd.DataFrame)]
    frames += [table.frame for table in document.every(Table)]
    if not frames:
        valid = ", ".join(format for format in FORMATS if format not in ONE_TABLE)
        raise UsageError(f"there is no table in what this command says: valid: {valid}")
    return frames[0]


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: frames as lists of rows, unknown and infinite as null, times as ISO 8601."""
    if isinstance(value, pd.DataFrame):
        columns = {str(name): [plain(each) for each in value[name].astype(object)] for name in value.columns}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if isinstance(value, Name):
        return value.text
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(each) for each in value]
    return scalar(value)


def scalar(value: Any) -> str | int | float | bool | None:
    """Return one value as JSON holds it: unknown and infinite as null, a time as ISO 8601, anything else as text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _is_command(line: object) -> bool:
    return not isinstance(line, str | Name | tuple)

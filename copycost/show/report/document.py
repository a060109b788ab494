"""What a report is made of: records that the page turns into paragraphs, tables and charts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from copycost.show.table import plain

DIGITS = 6
"""Significant digits of every figure in the file: more than any of them is known to."""


@dataclass(frozen=True)
class Lines:
    """Sentences, as a list or as paragraphs; one in parts has names in it, which stand isolated from the rest."""

    kind: ClassVar[str] = "lines"
    lines: tuple[str | tuple[str, ...], ...]
    bullets: bool = True


@dataclass(frozen=True)
class Entries:
    """Labels with what is said of each; ``find`` is what shows the cells meant when it is looked for in a table."""

    kind: ClassVar[str] = "entries"
    entries: tuple[tuple[str, tuple[str | tuple[str, ...], ...]], ...]
    find: str | None = None


@dataclass(frozen=True)
class Folded:
    """Parts under a title that opens and closes."""

    kind: ClassVar[str] = "folded"
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table: ``unit`` says how the page writes a value.

    Units: text, seconds, bytes, ratio, percent, count, faults, speed, sharing, doubts, number.
    """

    name: str
    heading: str
    unit: str
    values: Sequence[Any]
    shown: bool = True


@dataclass(frozen=True)
class Table:
    """A table to sort, filter and copy; ``name`` is how other parts refer to it."""

    kind: ClassVar[str] = "table"
    name: str
    caption: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Chart:
    """An interactive chart over the rows of a table; ``settings`` are what its script reads."""

    kind: ClassVar[str] = "chart"
    script: str
    table: str
    settings: Mapping[str, Any]


Block = Lines | Entries | Folded | Table | Chart


@dataclass(frozen=True)
class Section:
    """A titled part of the report; ``name`` is its anchor."""

    name: str
    title: str
    blocks: tuple[Block, ...]


def encoded(value: object) -> object:
    """Return a record as what JSON can hold; text loses control characters, unknown becomes null."""
    if isinstance(value, Column):
        own = {"name": value.name, "heading": value.heading, "unit": value.unit, "shown": value.shown}
        return {**own, **_values(value.values)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields: dict[str, Any] = {
            field.name: encoded(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        if isinstance(value, Entries):
            fields["entries"] = [[*entry, value.find] for entry in fields["entries"]]
        kind = getattr(value, "kind", None)
        return fields if kind is None else {"kind": kind, **fields}
    if isinstance(value, Mapping):
        return {plain(name): encoded(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(own) for own in value]
    return scalar(value)


def scalar(value: Any) -> str | int | float | bool | None:
    """Return one value as JSON holds it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return plain(value)


def _values(values: Sequence[Any]) -> dict[str, object]:
    """Return a column's values; repeated text as codes, because tens of thousands of rows have a handful of names."""
    found = [scalar(value) for value in values]
    if not any(isinstance(value, str) for value in found):
        return {"values": found}
    names: dict[object, int] = {}
    codes = [-1 if value is None else names.setdefault(value, len(names)) for value in found]
    return {"names": list(names), "codes": codes}

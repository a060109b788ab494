"""Tables as rows of written values, and doubts with their footnote signs: what every renderer for people needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from copycost.show.document import Column, Document, Line, Name, Note, Table
from copycost.show.render.figures import WORDS, ends, half_width, written

SIGNS = "¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰ"
MOST_BLANK = 20
"""Places of a grid for each figure: what has hardly a row in common is listed, not put side by side."""


@dataclass(frozen=True)
class Value:
    """A written value, with the footnote signs after it."""

    text: str
    unit: str
    signs: str = ""

    @property
    def is_figure(self) -> bool:
        """Whether it stands under other figures, digits aligned."""
        return self.unit not in WORDS


@dataclass(frozen=True)
class Sheet:
    """One table as it is drawn: a heading for each column, and rows of as many values."""

    title: str
    headings: tuple[Value, ...]
    rows: tuple[tuple[Value, ...], ...]
    left_out: int = 0


def signs_of(document: Document) -> dict[str, str]:
    """Return the footnote sign of each doubt that some of the cells have and others have not."""
    marking = dict.fromkeys(note.name for note in document.every(Note) if note.marks)
    return dict(zip(marking, SIGNS, strict=False))


def parts_of(line: Line) -> tuple[str | Name, ...]:
    """Return the words and names that a line is made of, in order."""
    return line if isinstance(line, tuple) else (line,)


def plain_text(line: Line) -> str:
    """Return a line as text without any mark of what is a name in it."""
    return "".join(part.text if isinstance(part, Name) else part for part in parts_of(line))


def sheets(table: Table, signs: Mapping[str, str], *, flat: bool = False) -> Iterator[Sheet]:
    """Yield what a table is drawn as: one sheet, or one for each of its titles.

    Args:
        table: any.
        signs: the footnote sign of each doubt.
        flat: whether titles are a column of one sheet, where values do not stand side by side.
    """
    if flat and table.titles is not None and table.across is None:
        table = replace(table, columns=(Column(table.titles, "", "name"), *table.columns), titles=None)
    if table.titles is None:
        yield _sheet(table, "", table.frame, signs)
        return
    for title, rows in table.frame.groupby(table.titles, sort=False, dropna=False, observed=True):
        yield _sheet(table, written(title, "name"), rows, signs)


def _sheet(table: Table, title: str, frame: pd.DataFrame, signs: Mapping[str, str]) -> Sheet:
    columns = [column for column in table.columns if column.shown]
    if table.across is not None:
        side_by_side = _across(table, table.across, title, frame, signs)
        if side_by_side is not None:
            return side_by_side
        columns = [table.across, *columns]
    shown = frame if table.most is None else frame.iloc[: table.most]
    written_columns = [_values(column, shown, signs) for column in columns]
    rows = tuple(zip(*written_columns, strict=True))
    return Sheet(title, tuple(_heading(column) for column in columns), rows, len(frame) - len(shown))


def _across(table: Table, across: Column, title: str, frame: pd.DataFrame, signs: Mapping[str, str]) -> Sheet | None:
    """Return values side by side; None where hardly a place of the grid would have a value."""
    down, value = next(column for column in table.columns if column.shown), table.columns[-1]
    beside = [column for column in table.columns[1:-1] if column.shown]
    sides, lines = _in_order(frame[across.name]), _in_order(frame[down.name])
    if len(sides) * len(lines) > MOST_BLANK * len(frame):
        return None
    needed = dict.fromkeys(
        (down.name, across.name, *value.columns, *(name for column in beside for name in column.columns))
    )
    frame = frame[list(needed)]
    values: dict[tuple[Any, Any], Value] = {}
    for side, own in frame.groupby(across.name, sort=False, observed=True, dropna=False):
        values |= {(line, side): value for line, value in zip(own[down.name], _values(value, own, signs), strict=True)}
    first = frame.drop_duplicates(down.name).set_index(down.name, drop=False)
    leading = [_values(column, first.loc[lines], signs) for column in (down, *beside)]
    nothing = Value("", value.unit)
    rows = tuple(
        (*(column[number] for column in leading), *(values.get((line, side), nothing) for side in sides))
        for number, line in enumerate(lines)
    )
    # A name's column of figures is headed by the name, over the figures.
    headings = [Value(written(side, across.unit), across.unit) for side in sides]
    return Sheet(title, (*map(_heading, (down, *beside)), *headings), rows)


def _in_order(column: pd.Series) -> list[Any]:
    """Return a column's values, each once: in the order of its categories where it has any, else as they come."""
    values = column.sort_values(kind="stable") if isinstance(column.dtype, pd.CategoricalDtype) else column
    return list(dict.fromkeys(values))


def _heading(column: Column) -> Value:
    return Value(written(column.heading, "name" if column.heading else "text"), "text")


def _values(column: Column, frame: pd.DataFrame, signs: Mapping[str, str]) -> list[Value]:
    values = frame[column.name].astype(object).tolist()
    texts = [written(value, column.unit) for value in values]
    if column.half is not None:
        halves = frame[column.half].astype("float64")
        texts = [text + half_width(half) for text, half in zip(texts, halves, strict=True)]
    if column.ends is not None:
        low, high = (frame[end].astype("float64") for end in column.ends)
        texts = [text + ends(*each, column.unit) for text, each in zip(texts, zip(low, high, strict=True), strict=True)]
    if column.mark is not None:
        texts = [mark + text for mark, text in zip(frame[column.mark], texts, strict=True)]
    if column.multiple is not None and frame[column.multiple].notna().any():
        times = [written(value, "multiple") if value > 0 else "" for value in frame[column.multiple]]
        widest = max(map(len, times))
        texts = [f"{text}  {multiple.rjust(widest)}" for text, multiple in zip(texts, times, strict=True)]
    after = [""] * len(texts) if column.doubts is None else [_signs(own, signs) for own in frame[column.doubts]]
    return [Value(text, column.unit, own) for text, own in zip(texts, after, strict=True)]


def _signs(doubts: Any, signs: Mapping[str, str]) -> str:
    names = doubts.split(";") if isinstance(doubts, str) else []
    return "".join(sign for name, sign in signs.items() if name in names)

"""What a command has to say, before it is drawn for anybody: sections of lines, tables, charts and notes.

A document says what things are; a renderer (``copycost.show.render``) decides how they look. A table holds a frame
and, for each column, a unit; how 3.2e-7 seconds is written, what is escaped, what is cut where room is short and
which footnote sign a doubt has is the renderer's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

UNITS = (
    "text",  # words of ours
    "name",  # a name from results, which others may have written: shown as it is, never as markup
    "seconds",
    "bytes",
    "ratio",  # one time over another, such as 1.052
    "multiple",  # how many times as much, such as 12.5×
    "share",  # a part of a whole, such as 0.87
    "count",
    "number",
    "speed",  # GB/s
    "verdict",  # faster, slower, same, undecided
    "doubts",  # names of doubts joined by ";"
    "sharing",  # true: shares memory, false: copies
    "command",  # what a shell reads
)
"""What the values of a column are. Seconds and bytes are never scaled before a renderer writes them."""


@dataclass(frozen=True)
class Name:
    """A name from results, which others may have written; a renderer lets nothing in it become markup."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command as a shell reads it."""

    text: str


Line = str | Name | tuple[str | Name, ...]
"""A sentence; the names within it are told apart from its words."""


@dataclass(frozen=True)
class Lines:
    """Sentences, as paragraphs or as a list."""

    lines: tuple[Line | Command, ...]
    bullets: bool = False


@dataclass(frozen=True)
class Entries:
    """Labels with what is said of each."""

    entries: tuple[tuple[Line, tuple[Line | Command, ...]], ...]


@dataclass(frozen=True)
class Note:
    """A doubt about figures, told once.

    Attributes:
        text: the sentence.
        name: as it stands in the columns of unit ``doubts``; empty for a remark about no cells in particular.
        marks: whether the cells that it is about are told apart by a footnote sign; not where all of them are.
        table: the name of the table in which the cells that it is about are found by its name.
    """

    text: Line
    name: str = ""
    marks: bool = False
    table: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the frame's column with the values.
        heading: above it.
        unit: one of ``UNITS``.
        half: the frame's column with half the width of the value's 95% interval, as a share of the value.
        ends: the frame's columns with the lower and the upper end of the interval; an alternative to ``half``.
        mark: the frame's column with a sign that stands before the value.
        multiple: the frame's column with how many times as much as another the value is, which stands after it.
        doubts: the frame's column with names of doubts, whose footnote signs stand after the value.
        shown: whether people see it; machines read it all the same.
    """

    name: str
    heading: str
    unit: str = "text"
    half: str | None = None
    ends: tuple[str, str] | None = None
    mark: str | None = None
    multiple: str | None = None
    doubts: str | None = None
    shown: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The frame's columns that it is written from."""
        named = (self.name, self.half, *(self.ends or ()), self.mark, self.multiple, self.doubts)
        return tuple(name for name in named if name is not None)

    def __post_init__(self) -> None:
        """Refuse a unit that no renderer can write."""
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} of column {self.name!r} is none of {', '.join(UNITS)}")


@dataclass(frozen=True)
class Table:
    """Rows of a frame.

    Attributes:
        name: by which other blocks and machines refer to it.
        frame: with all columns that ``columns`` name.
        columns: in the order in which they are shown.
        caption: above it.
        titles: the frame's column by which rows are dealt out to tables of their own, and whose values title them.
        across: the column whose values stand side by side: the first of ``columns`` then stands down, and the last
            is the value at each place.
        most: rows that people are shown; how many more there are is said.
        cut: whether rows may be left out where a page has no room for all of them.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    caption: Line = ""
    titles: str | None = None
    across: Column | None = None
    most: int | None = None
    cut: bool = False


@dataclass(frozen=True)
class Picture:
    """A chart's files, by theme, with its text for readers who cannot see it.

    ``narrow`` are those for pages that are narrower than the chart, by theme; none where there are none.
    """

    files: Mapping[str, str]
    alt: str
    narrow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chart:
    """A chart: pictures of it for pages, and what an interactive one is drawn from.

    Attributes:
        pictures: files that were drawn, as a page beside them names them.
        script: the kind of interactive chart, empty where there is none.
        table: the name of the table whose rows the interactive chart draws.
        settings: what its script reads.
    """

    pictures: tuple[Picture, ...] = ()
    script: str = ""
    table: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Folded:
    """Blocks under a title that opens and closes, where a renderer can do that.

    Attributes:
        title: what the blocks are.
        blocks: what stands under it.
        opened_by: what a person types to see the blocks where nothing opens; "" for blocks that are always shown there.
    """

    title: Line
    blocks: tuple[Block, ...]
    opened_by: str = ""


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; ``name`` is its anchor."""

    title: Line
    blocks: tuple[Block, ...]
    name: str = ""


Block = Lines | Entries | Note | Table | Chart | Folded | Section | Command


@dataclass(frozen=True)
class Document:
    """All that a command has to say.

    Attributes:
        title: what it is about; "" for nothing but figures.
        blocks: in the order in which people read them.
        data: frames and values by name, for machines, the most important frame first; without it machines get the
            tables.
        exit_status: of the command.
    """

    title: Line
    blocks: tuple[Block, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    exit_status: int = 0

    def every(self, block_type: type[Any]) -> Iterator[Any]:
        """Yield the blocks of a type, however deep they stand, in order."""
        yield from _every(self.blocks, block_type)


def _every(blocks: tuple[Block, ...], block_type: type[Any]) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, block_type):
            yield block
        if isinstance(block, Folded | Section):
            yield from _every(block.blocks, block_type)


def of_frame(name: str, frame: pd.DataFrame) -> Document:
    """Return a document that is one frame and nothing else, every column as it is."""
    columns = tuple(Column(str(column), str(column), _unit(frame[column])) for column in frame.columns)
    return Document("", (Table(name, frame, columns),))


def _unit(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return "text"
    return "number"

"""Documents for a terminal: lines that keep to its width, figures under each other, changes in colour."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from copycost.analyse.verdicts import FASTER, SAME, SLOWER
from copycost.errors import one_line
from copycost.show.document import (
    Block,
    Chart,
    Command,
    Document,
    Entries,
    Folded,
    Line,
    Lines,
    Note,
    Section,
    Table,
)
from copycost.show.render.figures import VERDICT_MARKS, counted
from copycost.show.render.layout import Sheet, Value, plain_text, sheets, signs_of

WIDTH_ON_A_PIPE = 100
_STYLES = {f"{VERDICT_MARKS[SLOWER]} ": "bold red", f"{VERDICT_MARKS[FASTER]} ": "bold green"}
_DIM = f"{VERDICT_MARKS[SAME]} "
_LABEL = 15
_BETWEEN = 2
"""Columns of a terminal between two columns of a table."""
_LONGEST_HEADING = 30
"""Columns of a terminal up to which a figure's heading, which may be a name from results, is never cut."""
_NARROWEST = 12
"""Columns of a terminal that a column of words keeps, where it is folded because a table is too wide."""


def render(document: Document, *, width: int | None = None) -> str:
    """Return a document as text; in colour, and as wide as the terminal, where standard output is one.

    Args:
        document: any.
        width: columns to keep to, instead of the terminal's, or on a pipe those of the variable COLUMNS, or 100.
    """
    console = Console(highlight=False)
    console.width = width or (console.width if console.is_terminal else _width_on_a_pipe())
    with console.capture() as captured:
        _Terminal(console, signs_of(document)).print_document(document)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _width_on_a_pipe() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and 0 < int(columns) < 10_000 else WIDTH_ON_A_PIPE


class _Terminal:
    """A console, and the footnote signs of the document that is printed on it."""

    def __init__(self, console: Console, signs: Mapping[str, str]) -> None:
        self.console = console
        self.signs = signs

    def print_document(self, document: Document) -> None:
        if document.title:
            self._print(plain_text(document.title))
            self._print()
        self._blocks(document.blocks)

    def _blocks(self, blocks: Sequence[Block]) -> None:
        for number, block in enumerate(blocks):
            if number and not (isinstance(block, Note) and isinstance(blocks[number - 1], Note)):
                self._print()
            self._block(block)

    def _block(self, block: Block) -> None:
        if isinstance(block, Lines):
            for line in block.lines:
                self._line(line, "- " if block.bullets else "")
        elif isinstance(block, Command):
            self._line(block)
        elif isinstance(block, Entries):
            for label, lines in block.entries:
                self._entry(one_line(plain_text(label)), lines)
        elif isinstance(block, Note):
            sign = self.signs.get(block.name, "!")
            said = f"{block.name}: " if block.name else ""
            self._print(f"{sign} {said}{plain_text(block.text)}", hang=2)
        elif isinstance(block, Table):
            self._table(block)
        elif isinstance(block, Chart):
            for picture in block.pictures:
                self._print(f"chart: {', '.join(picture.files.values())}")
        elif isinstance(block, Folded | Section):
            self._print(plain_text(block.title), style="bold")
            self._blocks(block.blocks)

    def _print(self, text: str = "", *, style: str = "", hang: int = 0) -> None:
        lines = textwrap.wrap(
            one_line(text), max(self.console.width, 20), subsequent_indent=" " * hang, break_on_hyphens=False
        )
        for line in lines or [""]:
            self.console.print(Text(line, style=style), soft_wrap=True)

    def _line(self, line: Line | Command, lead: str = "") -> None:
        if isinstance(line, Command):
            for part in _command(line.text, self.console.width, lead or "  "):
                self.console.print(Text(part, style="bold"), soft_wrap=True)
        else:
            self._print(lead + plain_text(line), hang=len(lead))

    def _entry(self, label: str, lines: Sequence[Line | Command]) -> None:
        first = f"  {label + ' ':<{_LABEL}}"
        for number, line in enumerate(lines):
            lead = first if number == 0 else " " * len(first)
            if isinstance(line, Command):
                self._line(line, " " * (_LABEL + 2))
                continue
            wrapped = textwrap.wrap(
                one_line(plain_text(line)), max(self.console.width - len(lead), 20), break_on_hyphens=False,
                subsequent_indent="  ",
            )  # fmt: skip
            for place, part in enumerate(wrapped or [""]):
                self.console.print(Text((lead if place == 0 else " " * len(lead)) + part), soft_wrap=True)

    def _table(self, table: Table) -> None:
        if table.caption:
            self._print(plain_text(table.caption), style="bold")
        drawn = [part for sheet in sheets(table, self.signs) for part in _side_by_side(sheet, self.console.width)]
        widths = _common_widths(drawn)
        for number, sheet in enumerate(drawn):
            if number:
                self._print()
            self._sheet(sheet, widths)
            if sheet.left_out:
                self._print(f"and {counted(sheet.left_out, 'more row')}")

    def _sheet(self, sheet: Sheet, widths: Sequence[int]) -> None:
        made = RichTable(
            title=Text(sheet.title, style="bold") if sheet.title else None,
            title_justify="left", box=None, padding=(0, _BETWEEN, 0, 0), header_style="bold", pad_edge=False,
        )  # fmt: skip
        columns = [_aligned(sheet, number, width) for number, width in enumerate(widths or _widths(sheet))]
        across = [max(map(len, lines)) for lines in columns]
        tight = sum(across) + _BETWEEN * len(across) > self.console.width
        least = 0
        for number, lines in enumerate(columns):
            fold = not any(row[number].is_figure for row in sheet.rows)
            fold = fold and (tight or across[number] > self.console.width // 3)
            made.add_column(Text(lines[0]), no_wrap=not fold, overflow="fold")
            if fold or across[number] <= _LONGEST_HEADING:
                least += min(across[number], _NARROWEST if fold else _LONGEST_HEADING) + _BETWEEN
        for place, row in enumerate(sheet.rows, 1):
            made.add_row(*(Text(lines[place]) for lines in columns), style=_style(row))
        # What has more figures than fit is wrapped by the terminal, not cut.
        self.console.print(made, width=max(self.console.width, least), soft_wrap=False, crop=False)


def _style(row: Sequence[Value]) -> str:
    verdicts = [value.text[:2] for value in row if value.unit == "verdict"]
    return next((_STYLES.get(mark, "dim" if mark == _DIM else "") for mark in verdicts), "")


def _side_by_side(sheet: Sheet, width: int) -> list[Sheet]:
    """Return a sheet in as few parts as keep to a width, the first column in each; one that is folded stays whole."""
    if (
        len(sheet.headings) < 2
        or not sheet.rows
        or not all(value.is_figure for row in sheet.rows for value in row[1:] if value.text)
    ):
        return [sheet]
    widths = _widths(sheet)
    numbers = np.arange(1, len(widths))
    # Shared out evenly: three and two read better than four and one.
    narrowest = min(widths[1:], default=1) + _BETWEEN
    for most in range(max(1, min(len(numbers), width // narrowest)), 0, -1):
        groups = np.array_split(numbers, -(-len(numbers) // most))
        if all(widths[0] + sum(widths[number] + _BETWEEN for number in group) <= width for group in groups):
            break
    parts = []
    for group in groups:
        rows = [(row[0], *(row[number] for number in group)) for row in sheet.rows]
        rows = [row for row in rows if len(groups) == 1 or any(value.text for value in row[1:])]
        headings = (sheet.headings[0], *(sheet.headings[number] for number in group))
        parts.append(Sheet(sheet.title, headings, tuple(rows), sheet.left_out))
    return parts


def _widths(sheet: Sheet) -> list[int]:
    widths = []
    for number, heading in enumerate(sheet.headings):
        values = [row[number] for row in sheet.rows]
        signs = max((len(value.signs) for value in values), default=0)
        widths.append(max(len(heading.text), *(len(value.text) + signs for value in values), 0))
    return widths


def _common_widths(drawn: Sequence[Sheet]) -> list[int]:
    """Return the widths that let the columns of all sheets stand under each other; none where that is not wanted."""
    if len({sheet.headings for sheet in drawn}) != 1:
        return []
    return [max(column) for column in zip(*map(_widths, drawn), strict=True)]


def _aligned(sheet: Sheet, number: int, width: int) -> list[str]:
    """Return a column's lines, heading first: digits under each other, footnote signs after them."""
    values = [row[number] for row in sheet.rows]
    heading = sheet.headings[number].text
    if not any(value.is_figure for value in values):
        return [heading, *(value.text + value.signs for value in values)]
    signs = max((len(value.signs) for value in values), default=0)
    return [heading.rjust(width), *((value.text.rjust(width - signs) + value.signs.ljust(signs)) for value in values)]


def _command(command: str, width: int, indent: str) -> list[str]:
    """Return a command on lines that a shell takes as one."""
    # Room for the prompt before and the backslash after.
    room = max(width - len(indent) - 4, 20)
    parts = textwrap.wrap(one_line(command), room, break_long_words=False, break_on_hyphens=False)
    ends = [" \\"] * (len(parts) - 1) + [""]
    return [f"{indent}{'  ' if number else '$ '}{part}{ends[number]}" for number, part in enumerate(parts)]

"""Documents for a terminal: lines that keep to its width, figures under each other, changes in colour."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

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
from copycost.show.render.layout import plain_text, sheets, signs_of
from copycost.show.render.text_tables import table_lines

WIDTH_ON_A_PIPE = 100
_LABEL = 15


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


def say(text: str) -> None:
    """Print one sentence, whose words stay whole: a path is copied from it."""
    console = Console(highlight=False)
    width = console.width if console.is_terminal else _width_on_a_pipe()
    for line in textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False):
        print(line)


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
        elif isinstance(block, Folded) and block.opened_by:
            self._print(f"{plain_text(block.title)} ({block.opened_by} shows them)")
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
        for line in table_lines(list(sheets(table, self.signs)), self.console.width):
            self.console.print(Text(line.text, style=line.style), soft_wrap=True)


def _command(command: str, width: int, indent: str) -> list[str]:
    """Return a command on lines that a shell takes as one."""
    # Room for the prompt before and the backslash after.
    room = max(width - len(indent) - 4, 20)
    parts = textwrap.wrap(one_line(command), room, break_long_words=False, break_on_hyphens=False)
    ends = [" \\"] * (len(parts) - 1) + [""]
    return [f"{indent}{'  ' if number else '$ '}{part}{ends[number]}" for number, part in enumerate(parts)]

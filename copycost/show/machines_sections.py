"""Titled tables, in the formats that machines are shown in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.show.compare_markdown import sentence
from copycost.show.table import plain

WIDTH_ON_A_PIPE = 100
Value = str | tuple[str, ...]
"""What stands in one place of a table: a text, or several that have a line each."""


@dataclass(frozen=True)
class Section:
    """One titled table with sentences before it and notes after it; any of them may be missing."""

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    notes: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


def as_table(sections: Sequence[Section]) -> str:
    """Return sections for a terminal, or for a pipe."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        for section in sections:
            console.print(Text(plain(section.title), style="bold"))
            for line in section.said:
                console.print(Text(plain(line)))
            if section.rows:
                console.print(_table(section))
            for note in section.notes:
                console.print(Text(plain(note)))
            console.print()
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).rstrip("\n") + "\n"


def as_markdown(sections: Sequence[Section]) -> str:
    """Return sections as Markdown that shows every name as it is."""
    lines = []
    for section in sections:
        lines += [f"### {sentence(section.title)}", ""]
        lines += [line for text in section.said for line in (sentence(text), "")]
        if section.rows:
            lines.append("| " + " | ".join(sentence(heading) for heading in section.headings) + " |")
            lines.append("|" + " --- |" * len(section.headings))
            lines += [
                "| " + " | ".join(sentence("; ".join(_lines(value))) for value in row) + " |" for row in section.rows
            ]
            lines.append("")
        lines += [f"- {sentence(note)}" for note in section.notes] + [""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(section: Section) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in section.headings:
        table.add_column(Text(plain(heading)), overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(";\n".join(map(plain, _lines(value)))) for value in row))
    return table


def _lines(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value

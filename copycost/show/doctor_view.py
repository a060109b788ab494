"""What disturbs measurements on a machine, as people read it: terminal, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from copycost.errors import UsageError, nearest

Row = Mapping[str, str]
"""A finding: name, severity (fine, note, disturbs, unknown), sentence, evidence, command."""

WIDTH_ON_A_PIPE = 100
_STYLES = {"disturbs": "bold red", "note": "yellow", "unknown": "magenta", "fine": "green"}
_COUNTED = {
    "disturbs": ("disturbs", "disturb"),
    "note": ("note", "notes"),
    "unknown": ("unknown", "unknown"),
    "fine": ("fine", "fine"),
}
_INDENT = " " * 10


def render(rows: Sequence[Row], format: str) -> str:
    """Return the findings, in the order given, in a format: table, markdown or json.

    Raises:
        UsageError: the format is unknown.
    """
    if format not in _RENDERERS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_RENDERERS))}")
    # Names of processes and values of the environment are whatever somebody made them.
    return _RENDERERS[format]([{key: _printable(row[key]) for key in row} for row in rows])


def count_line(rows: Sequence[Row]) -> str:
    """Return such as ``4 findings: 1 disturbs, 2 notes, 1 fine``."""
    severities = [row["severity"] for row in rows]
    parts = []
    for severity, (one, more) in _COUNTED.items():
        count = severities.count(severity)
        if count:
            parts.append(f"{count} {one if count == 1 else more}")
    total = f"{len(rows)} finding{'' if len(rows) == 1 else 's'}"
    return f"{total}: {', '.join(parts)}" if parts else total


def _table(rows: Sequence[Row]) -> str:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    width = max(console.width, 2 * len(_INDENT))
    with console.capture() as captured:
        for row in rows:
            for line in _lines(row, width):
                console.print(line, soft_wrap=True)
        console.print()
        console.print(Text(count_line(rows)))
    return captured.get()


def _lines(row: Row, width: int) -> list[Text]:
    """Return a finding: the sentence, the evidence under it, and the command that changes it.

    What is fine is kept short: the evidence follows on the sentence.
    """
    severity, said, evidence = row["severity"], f"{row['name']}: {row['sentence']}", row["evidence"]
    if severity == "fine":
        said, evidence = f"{said.rstrip('.')}: {evidence}", ""
    first, *more = _wrap(said, width)
    lines = [Text.assemble((severity.ljust(len(_INDENT)), _STYLES.get(severity, "")), first)]
    lines += [Text(_INDENT + line) for line in more]
    lines += [Text(_INDENT + line, style="dim") for line in _wrap(evidence, width)]
    return lines + [Text(line, style="bold") for line in _command(row["command"], width)]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width - len(_INDENT), break_on_hyphens=False)


def _command(command: str, width: int) -> list[str]:
    """Return a command on lines that a shell takes as one."""
    # Room for the prompt before and the backslash after.
    room = width - len(_INDENT) - 4
    parts = textwrap.wrap(command, room, break_long_words=False, break_on_hyphens=False)
    ends = [" \\"] * (len(parts) - 1) + [""]
    return [f"{_INDENT}{'  ' if number else '$ '}{part}{ends[number]}" for number, part in enumerate(parts)]


_HEADINGS = ("severity", "check", "finding", "evidence", "command")


def _markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(_HEADINGS) + " |", "|" + " --- |" * len(_HEADINGS)]
    for row in rows:
        texts = (row["severity"], row["name"], row["sentence"], row["evidence"])
        cells = [*map(_escape, texts), _code(row["command"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", count_line(rows)]) + "\n"


def _json(rows: Sequence[Row]) -> str:
    return json.dumps({"findings": list(rows)}, indent=1, ensure_ascii=False) + "\n"


def _escape(text: str) -> str:
    for sign in "\\|`*_[]":
        text = text.replace(sign, "\\" + sign)
    return text.replace("<", "&lt;")


def _code(command: str) -> str:
    """Return a command as code in a table's cell, where only the bar keeps its meaning."""
    return "`" + command.replace("|", "\\|") + "`" if command else ""


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


_RENDERERS = {"table": _table, "markdown": _markdown, "json": _json}

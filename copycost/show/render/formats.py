"""Every format by its name: a new one serves all commands, and a new command has all of them."""

from __future__ import annotations

from collections.abc import Callable

from copycost.errors import UsageError, nearest
from copycost.show.document import Document

FORMATS = ("table", "markdown", "json", "csv", "parquet", "html")
ONE_TABLE = ("csv", "parquet")
"""Formats of a document's first frame alone."""


def check_format(format: str) -> None:
    """Refuse an unknown format, before anything is read.

    Raises:
        UsageError: the format is unknown.
    """
    if format not in FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(FORMATS))}")


def render(document: Document, format: str, *, width: int | None = None) -> str | bytes:
    """Return a document in a format: text, or bytes for parquet.

    Args:
        document: any.
        format: one of ``FORMATS``.
        width: columns of a terminal, instead of what is found.

    Raises:
        UsageError: the format is unknown, or is of one table and the document has none.
    """
    check_format(format)
    return _renderer(format, width)(document)


def _renderer(format: str, width: int | None) -> Callable[[Document], str | bytes]:
    # Each has libraries of its own, which the others should not wait for.
    if format == "table":
        from copycost.show.render import terminal

        return lambda document: terminal.render(document, width=width)
    if format == "markdown":
        from copycost.show.render import markdown

        return markdown.render
    if format == "html":
        from copycost.show.render import html

        return html.render
    from copycost.show.render import machine

    if format == "parquet":
        return machine.parquet_bytes
    return machine.json_text if format == "json" else machine.csv_text

"""Every format by its name: a new one serves all commands, and a new command has all of them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from copycost.errors import UsageError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from copycost.show.document import Document

# Each renderer has libraries of its own, which the others, and who asks for help, should not wait for.
_RENDERERS = {
    "table": ("terminal", "render"),
    "markdown": ("markdown", "render"),
    "json": ("machine", "json_text"),
    "csv": ("machine", "csv_text"),
    "parquet": ("machine", "parquet_bytes"),
    "html": ("html", "render"),
}
FORMATS = tuple(_RENDERERS)
ONE_TABLE = ("csv", "parquet")
"""Formats of a document's first frame alone."""
_TRACKERS = {
    "bencher": "bencher_json",
    "github-action-benchmark": "github_action_benchmark_json",
    "openmetrics": "openmetrics_text",
}
TRACKERS = tuple(_TRACKERS)
"""Formats of estimates alone, which programs that follow benchmarks over time read."""


def check_format(format: str, formats: Sequence[str] = FORMATS) -> None:
    """Refuse a format that is none of ``formats``, before anything is read.

    Raises:
        UsageError: the format is unknown.
    """
    if format not in formats:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(formats))}")


def render(document: Document, format: str) -> str | bytes:
    """Return a document in one of the ``FORMATS``: text, or bytes for parquet.

    Raises:
        UsageError: the format is unknown, or is of one table and the document has none.
    """
    check_format(format)
    module, function = _RENDERERS[format]
    rendered: str | bytes = getattr(import_module(f"copycost.show.render.{module}"), function)(document)
    return rendered


def render_estimates(cells: pd.DataFrame, format: str) -> str:
    """Return estimates in one of the formats ``TRACKERS``.

    Raises:
        UsageError: two cells would have one name.
    """
    rendered: str = getattr(import_module("copycost.show.trackers"), _TRACKERS[format])(cells)
    return rendered

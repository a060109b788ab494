"""The reports in a file: one JSON document, or JSON Lines with one pytest-benchmark report a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.json_file import MoreAfter, parse_text_of, read_text
from copycost.store.other_formats import as_reports, json_of_script

SUFFIXES = (".json", ".jsonl", ".ndjson")
MOST_REPORTS = 20_000
"""Reports of one file: each is a run of its own, with facts and arrays, however small it is in the file."""


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Return the pytest-benchmark reports of a file: each has a list ``benchmarks``.

    Files of other tools are read as such reports where they tell enough.

    Raises:
        UsageError: the file cannot be read, holds something else, or more reports than are read.
    """
    text = json_of_script(read_text(path))
    try:
        content = parse_text_of(path, text)
    except MoreAfter:
        if "\n" not in text:
            raise
    else:
        other = as_reports(path, content)
        return [_report(path, content, "no list of benchmarks")] if other is None else other
    reports: list[dict[str, Any]] = []
    for number, line in enumerate(_lines(text), 1):
        if not line or line.isspace():
            continue
        if len(reports) == MOST_REPORTS:
            raise UsageError(f"{path}: more than the {MOST_REPORTS} reports that are read")
        reports.append(_report(path, parse_text_of(path, line, number), f"line {number} is not a report"))
    return reports


def _report(path: Path, content: object, otherwise: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        raise UsageError(f"{path}: not a pytest-benchmark file ({otherwise})")
    return content


def _lines(text: str) -> Iterator[str]:
    # Not all at once as `split` does: the lines would take as much memory as the text again.
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        yield text[start:end]
        start = end + 1

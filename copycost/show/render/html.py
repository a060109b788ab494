"""Documents as one HTML file, to be read without a network: tables to sort and filter, charts to hover and zoom."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import pandas as pd

from copycost.errors import one_line
from copycost.program import version
from copycost.show.charts.palette import THEMES
from copycost.show.document import (
    Block,
    Chart,
    Column,
    Command,
    Document,
    Entries,
    Folded,
    Line,
    Lines,
    Name,
    Note,
    Section,
    Table,
)
from copycost.show.render.figures import ends, half_width, written
from copycost.show.render.layout import parts_of, plain_text
from copycost.show.render.machine import scalar

DIGITS = 6
"""Significant digits of every figure in the file: more than any of them is known to."""
LIBRARY = "plotly-basic.min.js"
_FIRST_SCRIPTS = ("format.js", "elements.js", "theme.js", "tables.js", "page.js")
"""What shows text and tables; it runs before the charting library is read."""
_CHART_SCRIPTS = ("ticks.js", "traces.js", "panel.js", "choices.js", "curves.js", "bars.js", "rounds.js", "charts.js")
_EMPTY = ""
_ESCAPES = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def render(document: Document) -> str:
    """Return a document as an HTML file that needs no other file; the charting library is in it where it has charts."""
    return page(encoded(document))


def encoded(document: Document) -> dict[str, Any]:
    """Return what the page's scripts read of a document: its title, sections and the colours of charts."""
    sections: list[dict[str, Any]] = []
    loose: list[Block] = []
    for block in document.blocks:
        if isinstance(block, Section):
            sections += [_section(Section("", tuple(loose), f"part-{len(sections)}"))] if loose else []
            sections.append(_section(block))
            loose = []
        else:
            loose.append(block)
    sections += [_section(Section("", tuple(loose), f"part-{len(sections)}"))] if loose else []
    return {
        "title": as_value(plain_text(document.title)),
        "made_with": f"copycost {version()}".strip(),
        "themes": {name: _colours(name) for name in THEMES},
        "sections": sections,
    }


def as_value(value: Any) -> str | int | float | bool | None:
    """Return one value as the page's JSON holds it: figures of few digits, text without control characters."""
    known = scalar(written(value, "text") if isinstance(value, tuple) else value)
    if isinstance(known, float):
        return float(f"{known:.{DIGITS}g}")
    return one_line(known) if isinstance(known, str) else known


def _section(section: Section) -> dict[str, Any]:
    name = section.name or "-".join(plain_text(section.title).lower().split())
    return {"name": name, "title": as_value(plain_text(section.title)), "blocks": list(_blocks(section.blocks))}


def _blocks(blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
    notes: list[Note] = []
    for block in blocks:
        if isinstance(block, Note):
            notes.append(block)
            continue
        yield from _notes(notes)
        notes = []
        yield from _block(block)
    yield from _notes(notes)


def _block(block: Block) -> Iterator[dict[str, Any]]:
    if isinstance(block, Lines):
        yield {"kind": "lines", "lines": [_line(line) for line in block.lines], "bullets": block.bullets}
    elif isinstance(block, Command):
        yield {"kind": "lines", "lines": [_line(block)], "bullets": False}
    elif isinstance(block, Entries):
        entries = [[_line(label), [_line(line) for line in lines], ""] for label, lines in block.entries]
        yield {"kind": "entries", "entries": entries}
    elif isinstance(block, Table):
        yield _table(block)
    elif isinstance(block, Chart):
        # A page draws its charts itself; what is only a picture stands on pages beside its file.
        if block.script:
            yield {"kind": "chart", "script": block.script, "table": block.table, "settings": _tree(block.settings)}
    elif isinstance(block, Folded):
        yield {"kind": "folded", "title": _line(block.title), "blocks": list(_blocks(block.blocks))}
    elif isinstance(block, Section):
        yield {"kind": "heading", "title": _line(block.title)}
        yield from _blocks(block.blocks)


def _notes(notes: Sequence[Note]) -> Iterator[dict[str, Any]]:
    """Yield notes: remarks as a list, then doubts, each with a way to the cells that it is about."""
    remarks = [_line(note.text) for note in notes if not note.name]
    if remarks:
        yield {"kind": "lines", "lines": remarks, "bullets": True}
    entries: dict[str, list[Any]] = {}
    for note in notes:
        if note.name:
            entries.setdefault(note.name, [note.name, [], note.table])[1].append(_line(note.text))
    if entries:
        yield {"kind": "entries", "entries": list(entries.values())}


def _table(table: Table) -> dict[str, Any]:
    columns = [] if table.titles is None else [Column(table.titles, "", "name")]
    columns += [] if table.across is None else [table.across]
    for column in table.columns:  # how many times as much is sorted by itself here, and has a column of its own
        columns += [column, *([] if column.multiple is None else [Column(column.multiple, "×", "multiple")])]
    return {
        "kind": "table",
        "name": table.name,
        "caption": as_value(plain_text(table.caption)) or "",
        "columns": [_column(column, table.frame) for column in columns],
    }


def _column(column: Column, frame: pd.DataFrame) -> dict[str, Any]:
    known: dict[str, Any] = {
        "name": as_value(column.name),
        "heading": as_value(column.heading),
        "unit": column.unit,
        "shown": column.shown,
    }
    values = frame[column.name].astype(object).tolist()
    if column.unit == "doubts":
        values = [value or None for value in values]
    known |= _values([as_value(value) for value in values])
    if column.half is not None:
        known["after"] = [half_width(half) for half in frame[column.half].astype("float64")]
    elif column.ends is not None:
        low, high = (frame[end].astype("float64") for end in column.ends)
        known["after"] = [ends(*interval, column.unit) for interval in zip(low, high, strict=True)]
    return known


def _values(values: Sequence[Any]) -> dict[str, Any]:
    """Return a column's values; repeated text as codes, because tens of thousands of rows have a handful of names."""
    if not any(isinstance(value, str) for value in values):
        return {"values": list(values)}
    names: dict[object, int] = {}
    codes = [-1 if value is None else names.setdefault(value, len(names)) for value in values]
    return {"names": list(names), "codes": codes}


def _line(line: Line | Command) -> Any:
    if isinstance(line, Command):
        return {"command": one_line(line.text)}
    parts = [one_line(part.text if isinstance(part, Name) else part) for part in parts_of(line)]
    return parts[0] if len(parts) == 1 else parts


def _tree(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {one_line(name): _tree(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tree(each) for each in value]
    return as_value(value)


def page(content: Mapping[str, Any]) -> str:
    """Return the file for a document's content, which stands in it as JSON and nowhere else.

    No text of the content is ever markup: ``<`` cannot occur in the JSON, and the scripts put text on the page as text
    nodes only.
    """
    style = asset("page.css")
    first = "\n".join(map(asset, _FIRST_SCRIPTS))
    has_charts = '"kind":"chart"' in json.dumps(content["sections"], separators=(",", ":"))
    library = asset(LIBRARY) if has_charts else _EMPTY
    charts = (
        "\n".join(map(asset, _CHART_SCRIPTS)) if has_charts else 'document.documentElement.dataset.state = "complete";'
    )
    policy = security_policy(scripts=(first, library, charts), styles=(style, _EMPTY))
    return f"""<!DOCTYPE html>
<html lang="en" data-state="loading">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="copycost">
<title>copycost report</title>
<style>{style}</style>
</head>
<body>
<noscript><p>This report is drawn by the scripts inside this file; it needs no network.</p></noscript>
<script type="application/json" id="content">{as_data(content)}</script>
<script>{first}</script>
<script>{library}</script>
<script>{charts}</script>
</body>
</html>
"""


def as_data(content: Mapping[str, Any]) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return text


def security_policy(scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy: nothing may be fetched, only this file's own scripts run, and no text
    becomes markup.

    plotly.js adds an empty style element, which it fills through the object model, and style attributes; the hash of
    nothing lets it have the one, and the other has no hash to be allowed by.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src-elem {' '.join(map(_hash, styles))}",
            "style-src-attr 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@lru_cache
def asset(name: str) -> str:
    """Return a file that the page is made of."""
    return (resources.files("copycost.show.render") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _colours(theme: str) -> dict[str, str]:
    colours = THEMES[theme]
    return {name: getattr(colours, name) for name in ("page", "ink", "muted", "guide", "grid")}

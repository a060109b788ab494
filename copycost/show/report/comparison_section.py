"""Runs compared with the first of them, or the arms of one run, and how many runs rank."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.machines import figures, rank
from copycost.errors import UsageError
from copycost.show.compare_text import counts_text, mean_text
from copycost.show.compare_view import compare_runs
from copycost.show.quantities import RATIO
from copycost.show.report.curves import Across, chart_settings
from copycost.show.report.document import Block, Chart, Column, Folded, Lines, Section, Table
from copycost.show.report.source import Source
from copycost.store.bad_files import OnBad

MOST_COMPARED = 4
"""Runs that are compared with the first, cell by cell with verdicts; each takes most of a second."""
_COLUMNS = {
    "conversion": ("conversion", "text"),
    "dtype": ("dtype", "text"),
    "bytes": ("bytes", "bytes"),
    "threads": ("threads", "count"),
    "cache": ("cache", "text"),
    "layout": ("layout", "text"),
    "seconds_a": ("A", "seconds"),
    "seconds_b": ("B", "seconds"),
    "ratio": ("B / A", "multiple"),
    "ci_low": ("from", "multiple"),
    "ci_high": ("to", "multiple"),
    "verdict": ("verdict", "text"),
    "processes_a": ("processes A", "count"),
    "processes_b": ("processes B", "count"),
    "flags": ("doubts", "doubts"),
}
_CONDITIONS = ("dtype", "threads", "cache", "layout")


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: what it is called, and what would be typed for it."""

    name: str
    typed: str


def comparison_section(sources: Sequence[Source], results: Path, on_bad: OnBad | None = None) -> Section | None:
    """Return the section; None where there is nothing to compare.

    Args:
        sources: the first is what the others are compared with.
        results: the folder that holds the runs.
        on_bad: as for ``load``.
    """
    sides = [_side(source, arm) for source in sources for arm in source.arms]
    if len(sources) > 1:
        sides = [_side(source, source.arms[0] if source.arms else "") for source in sources]
    if len(sides) < 2:
        return None
    compared = sides[1 : MOST_COMPARED + 1]
    named = _names(sources, results)
    blocks: list[Block] = []
    for number, side in enumerate(compared, 1):
        own = _compared(sides[0], side, results, number, named, on_bad)
        blocks += own if len(compared) == 1 else [Folded(f"{side.name} against {sides[0].name}", own)]
    if len(sides) > len(compared) + 1:
        left = len(sides) - len(compared) - 1
        line = f"{left} more runs are ranked, not compared cell by cell: `bench_runner.py compare A B` does that."
        blocks.insert(0, Lines((line,), bullets=False))
    if len(sources) > 2:
        blocks.insert(0, _ranking(sources))
    return Section("comparison", "Comparison", tuple(blocks))


def _side(source: Source, arm: str) -> _Side:
    several = f"@{arm}" if len(source.arms) > 1 else ""
    return _Side(source.name + several, source.typed + several)


def _names(sources: Sequence[Source], results: Path) -> dict[str, str]:
    """Return what stands on the page for an absolute path, the longest first: folders are not told."""
    named = {f"{path}{os.sep}": "" for path in (results.absolute(), results.resolve())}
    for source in sources:
        named |= dict.fromkeys(map(str, (source.path.absolute(), source.path.resolve())), source.name)
    return {path: named[path] for path in sorted(named, key=len, reverse=True)}


def _without_folders(text: str, named: Mapping[str, str]) -> str:
    for path, name in named.items():
        text = text.replace(path, name)
    return text


def _compared(
    a: _Side, b: _Side, results: Path, number: int, named: Mapping[str, str], on_bad: OnBad | None
) -> tuple[Block, ...]:
    try:
        content = _read(a.typed, b.typed, results, on_bad)
    except UsageError as error:
        reason = _without_folders(str(error), named)
        return (Lines(((a.name, " and ", b.name, f" cannot be compared: {reason}"),), bullets=False),)
    cells = pd.DataFrame(content["cells"])
    whole = content["summary"]
    row = pd.Series({**whole, **whole["verdicts"]})
    said = f"{counts_text(row)}; geometric mean B / A {mean_text(row)}"
    notes = [_without_folders(note, named) for note in content["notes"]]
    lines = Lines((said, *content["heading"], *notes))
    name = f"comparison-{number}"
    table = _table(cells, name)
    chart = _chart(cells, name)
    return (lines, *((chart,) if chart else ()), _summary_table(content, name), table)


def _read(a: str, b: str, results: Path, on_bad: OnBad | None) -> dict[str, Any]:
    """Return a comparison; of different methods too, which then says so in its notes and at every cell."""
    try:
        text, _ = compare_runs(a, b, results, format="json", on_bad=on_bad)
    except UsageError:
        text, _ = compare_runs(a, b, results, anyway=True, format="json", on_bad=on_bad)
    content: dict[str, Any] = json.loads(text)
    return content


def _table(cells: pd.DataFrame, name: str) -> Table:
    columns = tuple(
        Column(own, heading, unit, cells[own].replace("", None).tolist(), shown=_told(own, cells[own]))
        for own, (heading, unit) in _COLUMNS.items()
        if cells[own].notna().any()
    )
    return Table(name, f"All {len(cells)} cells of the comparison", columns)


def _told(name: str, column: pd.Series) -> bool:
    return name not in (*_CONDITIONS, "processes_a", "processes_b") or column.nunique(dropna=False) > 1


def _chart(cells: pd.DataFrame, name: str) -> Chart | None:
    if not cells["bytes"].notna().any():
        return None
    across = Across("bytes", "bytes of the source", "bytes", True, [str(own) for own in cells["conversion"]])
    facets = {own: own for own in _CONDITIONS if cells[own].nunique(dropna=False) > 1}
    details = ["seconds_a", "seconds_b", "verdict", "flags"]
    settings = chart_settings(cells, [across], [RATIO], facets, details=details, interval="95% interval")
    return Chart("curves", name, settings)


def _summary_table(content: Mapping[str, Any], name: str) -> Table:
    rows = content["summary"]["conversions"]
    verdicts = [verdict for verdict in content["summary"]["verdicts"] if content["summary"]["verdicts"][verdict]]
    columns = [
        Column("conversion", "conversion", "text", [row["conversion"] for row in rows]),
        Column("ratio", "B / A", "ratio", [row["ratio"] for row in rows]),
        Column("ci_low", "from", "ratio", [row["ci_low"] for row in rows]),
        Column("ci_high", "to", "ratio", [row["ci_high"] for row in rows]),
        *(Column(own, own, "count", [row["verdicts"][own] for row in rows]) for own in verdicts),
    ]
    return Table(f"{name}-means", "Geometric mean of each conversion", tuple(columns))


def _ranking(sources: Sequence[Source]) -> Table:
    ranked = rank(figures(pd.concat([source.cells for source in sources], ignore_index=True)))
    columns = (
        Column("rank", "rank", "count", [own or None for own in ranked["rank"].tolist()]),
        Column("run", "run", "text", ranked["run"].tolist()),
        Column("relative", "time", "ratio", ranked["relative"].tolist()),
        Column("cells", "cells in common", "count", ranked["cells"].tolist()),
    )
    return Table("ranking", "Ranking: geometric mean over the cells in common, the fastest is 1", columns)

"""Runs compared with the first of them, cell by cell with verdicts; and how many runs rank."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from copycost.analyse.machines import figures, rank
from copycost.analyse.run import Run
from copycost.analyse.run_comparison import compare_runs
from copycost.analyse.select import cells_of
from copycost.errors import UsageError
from copycost.program import program
from copycost.show.document import Block, Chart, Column, Folded, Lines, Name, Section, Table
from copycost.show.quantities import RATIO
from copycost.show.sections.comparison import in_short, means, what_they_are
from copycost.show.sections.curves import Across, chart_settings
from copycost.show.sections.figures import varies

MOST_COMPARED = 4
"""Runs that are compared with the first, cell by cell with verdicts; each takes most of a second."""
_CONDITIONS = ("dtype", "threads", "cache", "layout")
_COLUMNS = (
    Column("conversion", "conversion", "name"),
    Column("dtype", "dtype"),
    Column("bytes", "bytes", "bytes"),
    Column("threads", "threads", "count"),
    Column("cache", "cache"),
    Column("layout", "layout"),
    Column("seconds_a", "A", "seconds"),
    Column("seconds_b", "B", "seconds"),
    Column("ratio", "B / A", "multiple"),
    Column("ci_low", "from", "multiple"),
    Column("ci_high", "to", "multiple"),
    Column("verdict", "verdict", "verdict"),
    Column("processes_a", "processes A", "count"),
    Column("processes_b", "processes B", "count"),
    Column("flags", "doubts", "doubts"),
)
_ONLY_WHERE_THEY_VARY = {*_CONDITIONS, "processes_a", "processes_b"}


def comparison_section(runs: Sequence[Run], results: Path) -> Section | None:
    """Return the section; None where there is nothing to compare.

    Args:
        runs: the first is what the others are compared with; of one run its arms are compared.
        results: the folder that holds the runs.
    """
    sides = runs[0].by_arm() if len(runs) == 1 else [run.by_arm()[0] for run in runs]
    if len(sides) < 2:
        return None
    first, *others = sides
    blocks: list[Block] = []
    if len(runs) > 2:
        blocks.append(_ranking(runs))
    left = len(others) - MOST_COMPARED
    if left > 0:
        line = f"{left} more runs are ranked, not compared cell by cell: `{program()} compare A B` does that."
        blocks.append(Lines((line,)))
    for number, side in enumerate(others[:MOST_COMPARED], 1):
        of_side = _compared(first, side, results, f"comparison-{number}")
        title = (Name(side.name), " against ", Name(first.name))
        blocks += of_side if len(others) == 1 else [Folded(title, of_side)]
    return Section("Comparison", tuple(blocks), "comparison")


def _compared(a: Run, b: Run, results: Path, name: str) -> tuple[Block, ...]:
    """Return two runs compared; of different methods too, which then is said, and stands at every cell."""
    try:
        try:
            compared = compare_runs(a, b)
        except UsageError:
            compared = compare_runs(a, b, anyway=True)
    except UsageError as error:
        reason = f" cannot be compared: {_without_folders(str(error), (a, b), results)}"
        return (Lines(((Name(a.name), " and ", Name(b.name), reason),)),)
    said = Lines((in_short(compared.cells), *what_they_are(compared), *compared.remarks), bullets=True)
    by_conversion = [
        replace(table, caption="Geometric mean of each conversion") for table in means(compared.cells, f"{name}-means")
    ]
    return (said, *_chart(compared.cells, name), *by_conversion, _cells_table(compared.cells, name))


def _without_folders(text: str, runs: Sequence[Run], results: Path) -> str:
    """Return text that tells no folder of whoever made the report."""
    named = {f"{path}{os.sep}": "" for path in (results.absolute(), results.resolve())}
    for run in runs:
        named |= dict.fromkeys(map(str, (run.path.absolute(), run.path.resolve())), run.name)
    for path in sorted(named, key=len, reverse=True):
        text = text.replace(path, named[path])
    return text


def _cells_table(cells: pd.DataFrame, name: str) -> Table:
    columns = [
        Column(column.name, column.heading, column.unit, shown=_is_shown(column.name, cells))
        for column in _COLUMNS
        if cells[column.name].notna().any()
    ]
    return Table(name, cells, tuple(columns), caption=f"All {len(cells)} cells of the comparison")


def _is_shown(name: str, cells: pd.DataFrame) -> bool:
    return name not in _ONLY_WHERE_THEY_VARY or varies(cells[name])


def _chart(cells: pd.DataFrame, name: str) -> tuple[Chart, ...]:
    if not cells["bytes"].notna().any():
        return ()
    lines = [str(conversion) for conversion in cells["conversion"]]
    across = Across("bytes", "bytes of the source", "bytes", True, lines)
    facets = {condition: condition for condition in _CONDITIONS if varies(cells[condition])}
    details = ["seconds_a", "seconds_b", "verdict", "flags"]
    settings = chart_settings(cells, [across], [RATIO], facets, details=details, interval="95% interval")
    return (Chart((), "curves", name, settings),)


def _ranking(runs: Sequence[Run]) -> Table:
    ranked = rank(figures(cells_of(runs)))
    columns = (
        Column("rank", "rank", "count"),
        Column("run", "run", "name"),
        Column("relative", "time", "ratio"),
        Column("cells", "cells in common", "count"),
    )
    rows = ranked.assign(rank=ranked["rank"].replace(0, None))
    caption = "Ranking: geometric mean over the cells in common, the fastest is 1"
    return Table("ranking", rows, columns, caption=caption)

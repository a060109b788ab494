"""Runs compared with the first of them, cell by cell with verdicts; and how many runs rank."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from copycost.analyse.geometric_means import summary
from copycost.analyse.machine_figures import figures
from copycost.analyse.machines import rank
from copycost.analyse.run import Run
from copycost.analyse.select import cells_of
from copycost.analyse.verdicts import VERDICTS
from copycost.errors import UsageError
from copycost.show.compare_side import SideView
from copycost.show.compare_text import counts_text, mean_text
from copycost.show.compare_view import heading
from copycost.show.compared import compared
from copycost.show.document import Block, Chart, Column, Folded, Lines, Name, Section, Table
from copycost.show.report.quantities import Quantity
from copycost.show.sections.curves import Across, chart_settings
from copycost.show.sections.figures import varies

MOST_COMPARED = 4
"""Runs that are compared with the first, cell by cell with verdicts; each takes most of a second."""
_RATIO = Quantity("ratio", "ci_low", "ci_high", "B / A", "B / A", "multiple", one="as fast as A")
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
        results: the folder that holds the runs and noise profiles.
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
        line = f"{left} more runs are ranked, not compared cell by cell: `bench_runner.py compare A B` does that."
        blocks.append(Lines((line,)))
    for number, side in enumerate(others[:MOST_COMPARED], 1):
        of_side = _compared(first, side, results, f"comparison-{number}")
        title = (Name(side.name), " against ", Name(first.name))
        blocks += of_side if len(others) == 1 else [Folded(title, of_side)]
    return Section("Comparison", tuple(blocks), "comparison")


def _compared(a: Run, b: Run, results: Path, name: str) -> tuple[Block, ...]:
    """Return two runs compared; of different methods too, which then is said, and stands at every cell."""
    try:
        sides = _side(a), _side(b)
        try:
            found = compared(*sides, results)
        except UsageError:
            found = compared(*sides, results, anyway=True)
    except UsageError as error:
        reason = f" cannot be compared: {_without_folders(str(error), (a, b), results)}"
        return (Lines(((Name(a.name), " and ", Name(b.name), reason),)),)
    means = summary(found.cells)
    said = f"{counts_text(means.iloc[-1])}; geometric mean B / A {mean_text(means.iloc[-1])}"
    notes = [_without_folders(note, (a, b), results) for note in found.notes]
    lines = Lines((said, *heading(*sides), *notes), bullets=True)
    return (lines, *_chart(found.cells, name), _means_table(means, name), _cells_table(found.cells, name))


def _side(run: Run) -> SideView:
    records = [part.record for part in run.parts or (run,) if part.record]
    return SideView(run.name, run.path, run.rounds, records, run.arm_entry, run.machine)


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
    settings = chart_settings(cells, [across], [_RATIO], facets, details=details, interval="95% interval")
    return (Chart((), "curves", name, settings),)


def _means_table(means: pd.DataFrame, name: str) -> Table:
    columns = (
        Column("conversion", "conversion", "name"),
        Column("ratio", "B / A", "ratio", ends=("ci_low", "ci_high")),
        *(Column(verdict, verdict, "count") for verdict in VERDICTS if means[verdict].any()),
    )
    return Table(f"{name}-means", means.iloc[:-1], columns, caption="Geometric mean of each conversion")


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

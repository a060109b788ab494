"""A comparison in the terminal: conversions and dtypes in groups, sizes down, changes marked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.verdicts import FASTER, SAME, SLOWER, VERDICTS
from copycost.show.compare_text import (
    counts_text,
    groups,
    interval_text,
    mean_text,
    own_flags,
    ratio_text,
    seconds_text,
    shared_flags,
    shared_note,
    size_text,
    verdict_text,
    worth_a_row,
)
from copycost.show.table import plain

WIDTH_ON_A_PIPE = 100
_STYLES = {SLOWER: "bold red", FASTER: "bold green", SAME: "dim"}
_COLUMNS = ("bytes", "A", "B", "B / A", "95% interval", "verdict", "")


def table(cells: pd.DataFrame, summary: pd.DataFrame, heading: Sequence[str], notes: Sequence[str]) -> str:
    """Return the comparison for a terminal, without control characters where there is none."""
    shared = shared_flags(cells)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        for line in heading:
            console.print(Text(plain(line)), soft_wrap=True)
        console.print()
        _print_cells(console, cells, shared)
        console.print(_summary(summary))
        console.print()
        console.print(Text(counts_text(summary.iloc[-1])))
        for note in [*notes, *shared_note(shared)]:
            console.print(Text(plain(f"! {note}")), soft_wrap=True)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _print_cells(console: Console, cells: pd.DataFrame, shared: list[str]) -> None:
    sized = cells["size"].notna()
    for title, own in groups(cells[sized]):
        console.print(_group(title, own, shared))
        console.print()
    if not sized.all():
        console.print(_group("", cells[~sized], shared))
        console.print()


def _group(title: str, cells: pd.DataFrame, shared: list[str]) -> Table:
    made = Table(
        title=Text(plain(title), style="bold") if title else None,
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    first = _COLUMNS[0] if title else "benchmark"
    # Widths are fixed, so that the columns of all groups stand under each other.
    widths = (9, 7, 7, 6, 14, 11, 28) if title else (28, 7, 7, 6, 14, 11, None)
    for name, width in zip((first, *_COLUMNS[1:]), widths, strict=True):
        right = name not in ("benchmark", "95% interval", "verdict", "")
        made.add_column(
            name,
            justify="right" if right else "left",
            width=width,
            no_wrap=bool(title),
            overflow="fold" if not title else "ellipsis",
        )
    for _, row in cells.iterrows():
        style = _STYLES.get(row["verdict"], "")
        values = [
            size_text(row) if title else plain(row["conversion"]),
            seconds_text(row["seconds_a"]),
            seconds_text(row["seconds_b"]),
            ratio_text(row["ratio"]),
            interval_text(row["ci_low"], row["ci_high"]),
            verdict_text(row["verdict"]),
        ]
        made.add_row(*(Text(value, style=style) for value in values), Text(plain(own_flags(row, shared)), style="dim"))
    return made


def _summary(summary: pd.DataFrame) -> Table:
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    counted = [verdict for verdict in VERDICTS if summary[verdict].any()]
    made.add_column("geometric mean", overflow="fold")
    made.add_column("B / A", no_wrap=True)
    for verdict in counted:
        made.add_column(verdict, justify="right", no_wrap=True)
    for _, row in worth_a_row(summary).iterrows():
        name = "all" if pd.isna(row["conversion"]) else plain(row["conversion"])
        made.add_row(Text(name), Text(mean_text(row)), *(str(row[verdict] or "") for verdict in counted))
    return made

"""What to distrust about figures: each doubt told once, what is missing, and what is known better otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from copycost.analyse.doubts import IMPRECISE, half_width, sentences
from copycost.analyse.run import Run
from copycost.show.document import Lines, Name, Note, Section
from copycost.show.render.figures import counted, listed, written
from copycost.show.render.figures import half_width as plus_minus
from copycost.show.render.layout import parts_of

MOST_MISSING = 5
_TOLD_EACH = 2
MOST_RUNS_APART = 4
"""Runs whose doubts are told one by one; of more, those of all cells together."""
NONE = "No doubt was found about any of the figures."
_NO_RECORD = (
    "This file is another suite's: it does not say what was planned, nor when the core was shared with others, "
    "so its figures are of all rounds."
)

_ONE_SESSION = (
    "an earlier method's: another session may find figures up to 14% apart",
    "measured by an earlier method, all processes in one session: the intervals hold for it, and another session, "
    "with other addresses, may find figures up to 14% apart",
)
_SHARED_FRAMES = (
    "all processes had their code in the same page frames: another run may find figures up to 5% apart",
    "all processes had their code in the same page frames: the intervals hold for these, and another run, which finds "
    "it elsewhere, may find figures up to 5% apart",
)
"""What is said of a run in brief, and in full."""


def notes(cells: pd.DataFrame, table: str = "") -> list[Note]:
    """Return a note for each doubt about estimates; it marks cells where some have it and others have not.

    Args:
        cells: estimates.
        table: the name of the table that has them.
    """
    flags = [set(str(names).split(";")) for names in cells["flags"].fillna("")]
    return [
        Note(
            text,
            doubt.name,
            marks=not doubt.whole_run and not all(doubt.name in names for names in flags),
            table=table,
        )
        for doubt, text in sentences(cells)
    ]


def brief_notes(run: Run, table: str = "") -> list[Note]:
    """Return what is to be distrusted about a run, a line each, for who reads its figures; nothing of it is left out.

    That a figure is imprecise stands beside it already and marks no cell.

    Args:
        run: any.
        table: the name of the table that has its estimates.
    """
    flags = [set(str(names).split(";")) for names in run.estimates["flags"].fillna("")]
    found = []
    for doubt, text in sentences(run.estimates, brief=True):
        some = not doubt.whole_run and doubt.name != IMPRECISE and not all(doubt.name in names for names in flags)
        found.append(Note(text, doubt.name, marks=some, table=table))
    return [*found, *_shared_notes(run, brief=True), *_missing_notes(run)]


def doubts_section(runs: Sequence[Run], table: str) -> Section:
    """Return what is to be distrusted about runs: of a few each doubt with its figures, of many how many have it.

    Args:
        runs: one or several.
        table: the name of the table that has their estimates.
    """
    told = [_of_run(run, note, runs) for run in runs for note in (*_about(run), *whole_notes(run))]
    if len(runs) <= MOST_RUNS_APART:
        told += [_of_run(run, note, runs) for run in runs for note in notes(run.estimates, table)]
    else:
        told += _counted(runs, table)
    return Section("Doubts", tuple(told) or (Lines((NONE,)),), "doubts")


def doubts_told(run: Run) -> Section:
    """Return what is to be distrusted about a run in full, and what is known better beside a plain copy: no table
    stands with it, so that no sign marks a cell.
    """
    told = [
        replace(block, marks=False) if isinstance(block, Note) else block for block in doubts_section([run], "").blocks
    ]
    return Section("Doubts", (*told, *better_beside_a_copy(run.estimates)), "doubts")


def _about(run: Run) -> list[Note]:
    """Return what is to be said of a run as a whole."""
    if not run.record:
        return [Note(_NO_RECORD)]
    return [Note(f"the run is {run.unfinished}: what follows is what there is")] if run.unfinished else []


def _of_run(run: Run, note: Note, runs: Sequence[Run]) -> Note:
    """Return a note that says which run it is about, where there are several; no sign then stands for it."""
    return note if len(runs) == 1 else replace(note, text=(Name(run.name), ": ", *parts_of(note.text)), marks=False)


def _counted(runs: Sequence[Run], table: str) -> list[Note]:
    """Return how many runs and cells have each doubt."""
    names = [[name for flags in run.estimates["flags"].fillna("") for name in flags.split(";") if name] for run in runs]
    cells = Counter(name for of_run in names for name in of_run)
    with_doubt = Counter(name for of_run in names for name in set(of_run))
    total = sum(len(run.estimates) for run in runs)
    return [
        Note(f"{count} of {total} cells, in {with_doubt[name]} of {len(runs)} runs", name, table=table)
        for name, count in cells.most_common()
    ]


def better_beside_a_copy(cells: pd.DataFrame) -> list[Lines]:
    """Return how many plain copies a cell costs, where that is known better than its time."""
    half = (cells["copy_ratio_high"] - cells["copy_ratio_low"]) / 2 / cells["copy_ratio"]
    better = cells.assign(half=half)[cells["flags"].str.contains("imprecise") & (half < half_width(cells) / 2)]
    lines = tuple(
        (
            Name(str(row["conversion"])),
            f" {row['dtype']} {written(row['bytes'], 'bytes')}: {written(row['copy_ratio'], 'multiple')} the time of a "
            f"plain copy{plus_minus(row['half'])}",
        )
        for _, row in better.iterrows()
    )
    return (
        [Lines(("more precise beside a plain copy of the same bytes:",)), Lines(lines, bullets=True)] if lines else []
    )


def whole_notes(run: Run) -> list[Note]:
    """Return what is to be distrusted about a run and stands with no cell.

    That is what all its processes shared, more threads than there were cores, and what is missing.
    """
    return _shared_notes(run) + _oversubscribed_notes(run) + _missing_notes(run)


def _shared_notes(run: Run, *, brief: bool = False) -> list[Note]:
    """Return that no interval holds what all processes of a run shared: their session, or where their code lay."""
    if run.had_one_session:
        return [Note(_ONE_SESSION[not brief])]
    return [Note(_SHARED_FRAMES[not brief])] if run.shares_page_frames else []


def _oversubscribed_notes(run: Run) -> list[Note]:
    """Return how many threads shared too few cores; none where either number is not known."""
    cores = run.machine.get("cores")
    threads = run.estimates["threads"].dropna().max() if len(run.estimates) else None
    if not isinstance(cores, int) or threads is None or pd.isna(threads) or threads <= cores:
        return []
    return [Note(f"up to {threads:.0f} threads shared {cores} cores: they wait for each other, and figures scatter")]


def _missing_notes(run: Run) -> list[Note]:
    """Return what of a run was planned and did not come back, and the first few reasons."""
    missing = run.missing
    if missing.empty:
        return []
    groups = [(str(reason), rows) for reason, rows in missing.groupby("reason", sort=False, dropna=False)]
    told = [f"{_told_of(rows)}: {reason}" for reason, rows in groups[:MOST_MISSING]]
    left = sum(len(rows) for _, rows in groups[MOST_MISSING:])
    more = [f"and {left} more"] if left else []
    return [Note(f"{counted(len(missing), 'planned cell')} did not come back: {'; '.join([*told, *more])}")]


def _told_of(cells: pd.DataFrame) -> str:
    """Return which cells: two each by its values, more by their number and by what they have in common."""
    if len(cells) <= _TOLD_EACH:
        each = [f"{row['conversion']} {row['dtype']} {row['size']}{_unusual(row)}" for _, row in cells.iterrows()]
        return " and ".join(each)
    names = list(dict.fromkeys(cells["conversion"].astype(str)))
    shown = [*names[:MOST_MISSING], *([f"{len(names) - MOST_MISSING} others"] if len(names) > MOST_MISSING else [])]
    dtypes = list(dict.fromkeys(cells["dtype"].astype(str)))
    low, high = cells["size"].min(), cells["size"].max()
    sizes = f"size {low}" if low == high else f"sizes {low} to {high}"
    unusual = {_unusual(row) for _, row in cells.iterrows()}
    return f"{len(cells)} of {listed(shown)}, {', '.join(dtypes)}, {sizes}{unusual.pop() if len(unusual) == 1 else ''}"


def _unusual(cell: pd.Series[Any]) -> str:
    """Return what sets a cell apart from those of the same conversion, dtype and size; a record may not tell."""
    usual = {"threads": "1", "cache": "warm", "layout": "contiguous"}
    unit = {"threads": " threads", "cache": " cache", "layout": ""}
    told = {name: str(cell[name]).removesuffix(".0") for name in usual if pd.notna(cell[name])}
    return "".join(f", {value}{unit[name]}" for name, value in told.items() if value != usual[name])

"""What to distrust about figures: each doubt told once, what is missing, and what is known better otherwise."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.doubts import half_width, sentences
from copycost.analyse.run import Run
from copycost.show.document import Lines, Name, Note
from copycost.show.render.figures import half_width as plus_minus
from copycost.show.render.figures import written

MOST_MISSING = 5


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


def missing_notes(run: Run) -> list[Note]:
    """Return what of a run was planned and did not come back, the first few cells one by one."""
    missing = run.missing
    if missing.empty:
        return []
    told = [
        f"{row['conversion']} {row['dtype']} {row['size']}: {row['reason']}"
        for _, row in missing.head(MOST_MISSING).iterrows()
    ]
    more = [f"and {len(missing) - MOST_MISSING} more"] if len(missing) > MOST_MISSING else []
    return [Note(f"{len(missing)} planned cells did not come back: {'; '.join([*told, *more])}")]

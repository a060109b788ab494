"""What a gate says of a comparison: whether it was passed, with the exit status, and what failed it."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.verdicts import ONLY_A, ONLY_B, UNDECIDED
from copycost.show.document import Note
from copycost.show.render.figures import counted, ratio, written
from copycost.show.sections.comparison import cell_name

GATE = "gate"
"""The name of the gate's notes."""
MOST_FAILURES = 10


def gate_notes(text: str | None, failed: pd.DataFrame | None, cells: pd.DataFrame) -> list[Note]:
    """Return the gate's answer; one that nothing could have failed must not look like one that everything passed.

    Args:
        text: the gate as it was typed.
        failed: the rows that fail it, of ``copycost.analyse.gate.failures``; None without a gate.
        cells: all rows of the comparison.
    """
    if failed is None:
        return []
    if not len(failed):
        open_counts = [(int((cells["verdict"] == name).sum()), name) for name in (UNDECIDED, ONLY_A, ONLY_B)]
        left = ", ".join(f"{count} {name}" for count, name in open_counts if count)
        of_open = f"; of {counted(len(cells), 'cell')} {left}" if left else ""
        return [Note(f"{text} passed, exit status 0{of_open}", GATE)]
    told = [f"{text} failed, exit status 1: {len(failed)} of {counted(len(cells), 'cell')}"]
    for _, row in failed.sort_values("ratio", ascending=False, kind="stable").head(MOST_FAILURES).iterrows():
        size = written(row["bytes"], "bytes")
        told.append(f"{row['rule']}: {cell_name(row)}, {size}: {row['verdict']}, {ratio(row['ratio'])}")
    told += [f"and {len(failed) - MOST_FAILURES} more"] if len(failed) > MOST_FAILURES else []
    return [Note(note, GATE) for note in told]

"""Two runs compared: what they are, what changed, the rest, and a mean for each conversion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.counts import FEWER, INSTRUCTIONS_RATIO, INSTRUCTIONS_VERDICT, MORE
from copycost.analyse.fingerprint import conditions
from copycost.analyse.geometric_means import summary
from copycost.analyse.machines import differences
from copycost.analyse.run import Run
from copycost.analyse.run_comparison import RunComparison
from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED, VERDICTS
from copycost.show.document import Block, Column, Folded, Line, Lines, Name, Note, Table
from copycost.show.render.figures import counted, ends, ratio
from copycost.show.sections.costs import UNSEEN_BY_COUNTS, USUAL

_TELLING = (SLOWER, FASTER, UNDECIDED)
_OF_METHOD = ("-differs", "-differ")
"""How flags end that mark every row of what was compared in spite of other methods or grids."""


def what_they_are(compared: RunComparison) -> tuple[Line, ...]:
    """Return what A and B are, and in what their machines and arms differ."""
    a, b = compared.baseline, compared.candidate
    lines: list[Line] = [(f"{letter}: ", *_described(run)) for letter, run in (("A", a), ("B", b))]
    facts = differences([a.machine, b.machine]) if a.facts.get("machine") and b.facts.get("machine") else []
    changed = [(name, values[0], values[1]) for name, values in facts]
    changed += conditions(a.arm_entry, b.arm_entry)
    lines += [(Name(name), ": ", Name(_or_unset(old)), " → ", Name(_or_unset(new))) for name, old, new in changed]
    return tuple(lines)


def in_short(cells: pd.DataFrame) -> str:
    """Return how many cells got which verdict, and the geometric mean with its interval."""
    row = summary(cells).iloc[-1]
    counts = ", ".join(f"{row[verdict]} {verdict}" for verdict in VERDICTS if row[verdict])
    return f"{counts} of {counted(len(cells), 'cell')}; geometric mean B / A {_mean(row)}"


def verdicts(cells: pd.DataFrame, name: str = "cells") -> list[Block]:
    """Return what changed or is undecided as a table, what changed most first, and the rest folded away."""
    shared = shared_flags(cells)
    shown = cells.assign(
        cell=[cell_name(row) for _, row in cells.iterrows()],
        doubts=[";".join(flag for flag in str(flags).split(";") if flag not in shared) for flags in cells["flags"]],
    )
    telling, rest = shown[shown["verdict"].isin(_TELLING)], shown[~shown["verdict"].isin(_TELLING)]
    blocks: list[Block] = [_table(_largest_first(telling), f"{name}-changed")] if len(telling) else []
    if len(rest):
        rest = rest.sort_values("bytes", kind="stable")
        title = counted(len(rest), "other cell" if len(telling) else "cell")
        blocks.append(Folded(title, (_table(rest, f"{name}-others"),)))
    return blocks


def _largest_first(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells by conversion and conditions: what changed before what is undecided, the largest change first."""
    place = {verdict: number for number, verdict in enumerate(_TELLING)}
    ranked = cells.assign(place=cells["verdict"].map(place), away=-np.abs(cells["ratio"] - 1))
    of_cell = ranked.groupby("cell", sort=False)
    ranked = ranked.assign(first=of_cell["place"].transform("min"), furthest=of_cell["away"].transform("min"))
    return ranked.sort_values(["first", "furthest", "cell", "bytes"], kind="stable")


def instructions(compared: RunComparison) -> list[Block]:
    """Return how the instructions of calls changed, those that did as a table; nothing where they were not counted."""
    cells = compared.cells
    if INSTRUCTIONS_VERDICT not in cells:
        return []
    counted_cells = cells[cells[INSTRUCTIONS_VERDICT].notna()]
    changed = counted_cells[counted_cells[INSTRUCTIONS_VERDICT] != SAME]
    counts = [(int((counted_cells[INSTRUCTIONS_VERDICT] == word).sum()), word) for word in (MORE, FEWER, SAME)]
    words = ", ".join(f"{count} {word}" for count, word in counts if count)
    of_all = f"{words} of {counted(len(counted_cells), 'cell')}, at {100 * compared.least_change:.3g}%"
    line = f"instructions of a call: {of_all}; {UNSEEN_BY_COUNTS}"
    rows = changed.assign(cell=[cell_name(row) for _, row in changed.iterrows()])
    columns = (
        Column("bytes", "bytes", "bytes"),
        Column("instructions_a", "A", "count"),
        Column("instructions_b", "B", "count"),
        Column(INSTRUCTIONS_RATIO, "B / A", "ratio"),
        Column(INSTRUCTIONS_VERDICT, "instructions", "text"),
    )
    return [Lines((line,)), *([Table("instructions", rows, columns, titles="cell", cut=True)] if len(rows) else [])]


def means(cells: pd.DataFrame, name: str = "means") -> list[Table]:
    """Return the geometric mean of each conversion; nothing where none has several cells: they would stand twice."""
    rows = summary(cells)
    if not (rows["cells"].iloc[:-1] > 1).any():
        return []
    rows = rows.assign(conversion=rows["conversion"].fillna("all"))
    counted_verdicts = [verdict for verdict in VERDICTS if rows[verdict].any()]
    columns = (
        Column("conversion", "geometric mean", "name"),
        Column("ratio", "B / A", "ratio", ends=("ci_low", "ci_high")),
        *(Column(verdict, verdict, "count") for verdict in counted_verdicts),
    )
    return [Table(name, rows, columns, most=100)]


def remarks(compared: RunComparison) -> list[Note]:
    """Return what is to be said of the comparison as a whole."""
    shared = shared_flags(compared.cells)
    texts = [*compared.remarks, *([f"every cell is {', '.join(shared)}"] if shared else [])]
    return [Note(text) for text in texts]


def cell_name(row: pd.Series) -> str:
    """Return a cell's conversion and conditions without its size; the usual ones are not named."""
    parts = [str(row["conversion"])]
    if not pd.isna(row["dtype"]):
        parts.append(str(row["dtype"]))
    known = {name: str(row[name]) for name in USUAL if not pd.isna(row[name])}
    return ", ".join([*parts, *(f"{value} {name}" for name, value in known.items() if value != USUAL[name])])


def shared_flags(cells: pd.DataFrame) -> list[str]:
    """Return the flags that every row has: said once, they need not stand in each."""
    names = [str(flags).split(";") for flags in cells["flags"]]
    everywhere = [flag for flag in names[0] if flag and all(flag in own for own in names)] if names else []
    return [flag for flag in everywhere if not flag.endswith(_OF_METHOD)]


def _table(rows: pd.DataFrame, name: str) -> Table:
    sized = rows["bytes"].notna()
    elements = not sized.any() and rows["size"].notna().any()
    size = [Column("size", "elements", "count")] if elements else [Column("bytes", "bytes", "bytes")]
    columns = (
        *(size if elements or sized.any() else []),
        Column("seconds_a", "A", "seconds"),
        Column("seconds_b", "B", "seconds"),
        Column("ratio", "B / A", "ratio", ends=("ci_low", "ci_high")),
        Column("verdict", "verdict", "verdict"),
        Column("doubts", "doubts", "doubts"),
    )
    if not sized.any() and not elements:
        return Table(name, rows, (Column("cell", "benchmark", "name"), *columns), cut=True)
    return Table(name, rows, columns, titles="cell", cut=True)


def _described(run: Run) -> tuple[str | Name, ...]:
    facts = run.machine
    versions = f" · torch {facts.get('torch') or '?'}, NumPy {facts.get('numpy') or '?'}" if run.is_ours else ""
    machine = Name(facts.get("machine") or "unknown machine")
    return (Name(run.name), " · ", machine, f"{versions} · {counted(run.process_count, 'process', 'processes')}")


def _mean(row: pd.Series) -> str:
    interval = ends(row["ci_low"], row["ci_high"], "ratio").strip(" ()")
    return ratio(row["ratio"]) + (f" (95% interval {interval})" if interval else "")


def _or_unset(value: object) -> str:
    return "unset" if value is None else str(value)

"""Two runs compared: what they are, what changed, the rest, and a mean for each conversion."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from copycost.analyse.comparison import FLAGS
from copycost.analyse.counts import FEWER, INSTRUCTIONS_RATIO, INSTRUCTIONS_VERDICT, MORE
from copycost.analyse.fingerprint import conditions
from copycost.analyse.geometric_means import summary
from copycost.analyse.grouping import floats
from copycost.analyse.machines import differences
from copycost.analyse.quartiles import APART
from copycost.analyse.run import Run
from copycost.analyse.run_comparison import RunComparison
from copycost.analyse.verdicts import FASTER, ONLY_A, ONLY_B, SAME, SLOWER, UNDECIDED, VERDICTS
from copycost.show.document import Block, Column, Folded, Line, Lines, Name, Note, Table
from copycost.show.render.figures import VERDICT_MARKS, counted, ends, ratio, share
from copycost.show.sections.costs import UNSEEN_BY_COUNTS, USUAL

_CHANGED = (SLOWER, FASTER)
_ORDER = (SLOWER, FASTER, UNDECIDED, SAME, ONLY_A, ONLY_B)
_SEEN_IN = (0.5, 0.9)
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
    return f"{_counts(cells)} of {counted(len(cells), 'cell')}; geometric mean B / A {_mean(row)}"


def in_short_lines(cells: pd.DataFrame) -> tuple[str, ...]:
    """Return the verdicts in numbers, and how large a change could have been seen, where there are verdicts at all."""
    return (in_short(cells), *(() if APART in cells else (_could_be_seen(cells),)))


def _could_be_seen(cells: pd.DataFrame) -> str:
    """Return how large a difference could have been seen, as the smallest of half and of nine tenths of the cells."""
    both = cells[~cells["verdict"].isin([ONLY_A, ONLY_B])]
    smallest = floats(both["detectable"])
    blind = int(np.isnan(smallest).sum())
    if blind == len(both):
        return "No difference could have been seen: too few processes or sessions have figures."
    known = np.quantile(smallest[~np.isnan(smallest)], _SEEN_IN, method="higher")
    half, most = (share(value) for value in known)
    none = f"; in {counted(blind, 'cell')} none could have been" if blind else ""
    return f"Four times in five, a change of {half} would be seen in half of the cells, of {most} in nine of ten{none}."


def verdicts(cells: pd.DataFrame, name: str = "cells", *, everything: bool = False) -> list[Block]:
    """Return what changed as a table, the largest change first, and the rest folded away; then what signs stand for.

    Args:
        cells: of a comparison.
        name: of the tables.
        everything: whether the rest is shown where nothing folds, too.
    """
    shared = shared_flags(cells)
    shown = cells.assign(
        cell=[cell_name(row) for _, row in cells.iterrows()],
        doubts=[";".join(flag for flag in str(flags).split(";") if flag not in shared) for flags in cells["flags"]],
    )
    if APART in cells:
        return [*_by_ratio(shown, name), *_signs(shown, name)]
    changed, rest = shown[shown["verdict"].isin(_CHANGED)], shown[~shown["verdict"].isin(_CHANGED)]
    blocks: list[Block] = [_table(_largest_first(changed), f"{name}-changed")] if len(changed) else []
    if len(rest):
        title = f"{counted(len(rest), 'other cell' if len(changed) else 'cell')}: {_counts(rest)}"
        # Signs are told of where they are seen.
        inside: list[Block] = [_table(_largest_first(rest), f"{name}-others")]
        inside += [] if len(changed) else _signs(shown, name)
        blocks.append(Folded(title, tuple(inside), "" if everything else "compare --all"))
    return [*blocks, *(_signs(shown, name) if len(changed) else [])]


def _counts(cells: pd.DataFrame) -> str:
    counts = Counter(cells["verdict"])
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])


def _by_ratio(cells: pd.DataFrame, name: str) -> list[Block]:
    """Return cells that can have no verdict by their ratio, the slowest first, marked where middle halves are apart."""
    marks = {verdict: f"{VERDICT_MARKS[verdict]} {APART}" for verdict in _CHANGED}
    rows = cells.assign(halves=[marks.get(side, "overlap") for side in cells[APART]])
    rows = rows.sort_values("ratio", ascending=False, kind="stable", na_position="last")
    count = int((rows[APART] != "").sum())
    line = (
        "No verdict is possible where a side has fewer than three processes. By their ratio, the slowest first; middle "
        f"halves: whether those of the rounds, between their quartiles, overlap or are apart ({count} of {len(rows)})."
    )
    sized = [Column("bytes", "bytes", "bytes")] if rows["bytes"].notna().any() else []
    columns = (
        Column("cell", "benchmark", "name"),
        *sized,
        Column("seconds_a", "A", "seconds"),
        Column("seconds_b", "B", "seconds"),
        Column("ratio", "B / A", "ratio", doubts="doubts"),
        Column("halves", "middle halves"),
        Column("verdict", "verdict", "verdict", shown=False),
    )
    return [Lines((line,)), Table(f"{name}-by-ratio", rows, columns, cut=True)]


def _signs(cells: pd.DataFrame, name: str) -> list[Note]:
    """Return a note for each doubt that marks some of the cells and not all."""
    counted_flags = Counter(flag for flags in cells["doubts"] for flag in flags.split(";") if flag)
    ordered = [flag for flag in FLAGS if flag in counted_flags] + [flag for flag in counted_flags if flag not in FLAGS]
    return [
        Note(f"{count} of {counted(len(cells), 'cell')}", flag, marks=True, table=name)
        for flag, count in ((flag, counted_flags[flag]) for flag in ordered)
    ]


def _largest_first(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells by conversion and conditions: in the order of the verdicts, the largest change first."""
    place = {verdict: number for number, verdict in enumerate(_ORDER)}
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
        Column("ratio", "B / A", "ratio", ends=("ci_low", "ci_high"), doubts="doubts"),
        Column("verdict", "verdict", "verdict"),
        Column("doubts", "doubts", "doubts", shown=False),
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

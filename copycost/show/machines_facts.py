"""What machines are and how they rank, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copycost.analyse.machines import FACTS
from copycost.show.compare_text import NOTHING, ratio_text
from copycost.show.machines_sections import Section

HEADINGS = dict(FACTS)


def facts_section(machines: pd.DataFrame) -> Section:
    """Return the facts that differ, machines side by side; what is common in a note."""
    varied = varied_facts(machines)
    rows = tuple((HEADINGS[name], *map(or_unknown, machines[name])) for name in varied)
    return Section("in what they differ", ("", *map(str, machines["run"])), rows, common_note(machines, varied))


def facts_by_kind(machines: pd.DataFrame, kind: Sequence[int]) -> Section:
    """Return the facts that differ, kinds of machine side by side: the most common value of each."""
    varied = [name for name in varied_facts(machines) if name != "machine"]
    groups = [own for _, own in machines.groupby(np.asarray(kind), sort=True)]
    rows = tuple((HEADINGS[name], *(most_common(own[name]) for own in groups)) for name in varied)
    headings = ("", *(f"kind {number + 1}" for number in sorted(set(kind))))
    return Section("in what the kinds differ", headings, rows, common_note(machines, varied))


def varied_facts(machines: pd.DataFrame) -> list[str]:
    """Return the names of facts that are not the same for all machines."""
    return [name for name, _ in FACTS if machines[name].nunique(dropna=False) > 1]


def common_note(machines: pd.DataFrame, varied: Sequence[str]) -> tuple[str, ...]:
    """Return a line with the facts that all machines share."""
    same = [name for name, _ in FACTS if name not in varied and machines[name].notna().any()]
    common = [f"{HEADINGS[name]}: {machines[name].iloc[0]}" for name in same if name != "machine"]
    return ("all the same: " + "; ".join(common),) if common else ()


def ranking_section(ranking: pd.DataFrame, machines: pd.DataFrame, kind: pd.Series | None = None) -> Section:
    """Return the machines by their figures, the fastest first.

    Args:
        ranking: the frame of ``copycost.analyse.machines.rank``.
        machines: the frame of ``copycost.analyse.machines.describe``.
        kind: the kind of each machine, by its name, where they were grouped.
    """
    both = ranking.merge(machines, on="run", how="left")
    rows: list[tuple[str, ...]] = []
    for _, row in both.iterrows():
        values = [str(row["rank"]) if row["rank"] else NOTHING, str(row["run"])]
        if kind is not None:
            values.append(str(kind[row["run"]] + 1) if row["run"] in kind.index else NOTHING)
        values += [or_unknown(row["cpu_model"]), ratio_text(row["relative"]), str(row["cells"])]
        rows.append((*values, str(row["runs"])) if kind is not None else tuple(values))
    headings: tuple[str, ...] = ("rank", "run", "CPU", "time", "cells")
    if kind is not None:
        headings = ("rank", "machine", "kind", "CPU", "time", "cells", "runs")
    notes = ("time: geometric mean over the cells in common, the fastest is 1",)
    return Section("ranking", headings, tuple(rows), notes)


def most_common(values: pd.Series) -> str:
    """Return the most common value, and how common it is where it is not the only one."""
    counts = values.value_counts()
    if not len(counts):
        return NOTHING
    if counts.iloc[0] == len(values):
        return str(counts.index[0])
    return f"{counts.index[0]} ({counts.iloc[0]} of {len(values)})"


def or_unknown(value: object) -> str:
    """Return a value as text; a dash where it is not known."""
    return NOTHING if value is None or value != value else str(value)

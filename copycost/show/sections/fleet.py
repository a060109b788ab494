"""A fleet: what machines are and differ in, how they rank, and whether a machine or a conversion is slower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from copycost.analyse.fleet import UNKNOWN_MODEL, Fleet
from copycost.analyse.grouping import Floats, floats
from copycost.analyse.machine_or_conversion import ALL, SAME, UNDECIDED
from copycost.analyse.machines import heading
from copycost.show.document import Block, Column, Line, Lines, Name, Note, Table
from copycost.show.render.figures import NOTHING, counted

MOST_UNFINISHED = 5
_TIME = "time: geometric mean over the cells in common, the fastest machine is 1"


def careful(fleet: Fleet) -> list[Note]:
    """Return warnings where runs were measured by different methods, or are not complete."""
    notes = []
    if fleet.methods:
        fields = ", ".join(fleet.methods)
        text = f"these runs were measured by different methods ({fields}): differences may be the methods' own"
        notes.append(Note(text))
    told = list(fleet.unfinished.items())[:MOST_UNFINISHED]
    notes += [Note((Name(name), " is ", Name(status), ": taken as far as it goes")) for name, status in told]
    more = len(fleet.unfinished) - MOST_UNFINISHED
    return [*notes, Note(f"and {counted(more, 'more run')} not complete")] if more > 0 else notes


# What machines are.


def facts(machines: pd.DataFrame) -> list[Block]:
    """Return the facts that differ, machines side by side, and a note of those that all machines have in common.

    Args:
        machines: the frame of ``copycost.analyse.machines.describe``.
    """
    values = {str(row["run"]): dict(row) for _, row in machines.iterrows()}
    varied = _varied(machines)
    return [*_side_by_side("facts", "in what they differ", varied, values), *_common(machines, varied)]


def facts_by_model(machines: pd.DataFrame) -> list[Block]:
    """Return the facts that differ, CPU models side by side: the most common value of each."""
    varied = _varied(machines)
    shown = [name for name in varied if name not in ("machine", "cpu_model")]
    model = machines["cpu_model"].fillna(UNKNOWN_MODEL)
    values = {
        str(name): {fact: _most_common(machines.loc[model == name, fact]) for fact in shown} for name in model.unique()
    }
    return [*_side_by_side("facts", "in what the CPU models differ", shown, values), *_common(machines, varied)]


def cpu_models(models: pd.DataFrame, machines: pd.DataFrame, run_spread: float) -> list[Block]:
    """Return one row for each CPU model.

    Args:
        models: the frame of ``copycost.analyse.fleet.by_model``.
        machines: the frame of ``copycost.analyse.machines.describe``.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """
    model = machines["cpu_model"].fillna(UNKNOWN_MODEL)
    rows = models.assign(virtual=[_most_common(machines.loc[model == name, "virtual"]) for name in models["cpu_model"]])
    said = f"{counted(len(models), 'CPU model')} among {counted(int(models['machines'].sum()), 'machine')}"
    said += f"; runs of one machine differ by {100 * run_spread:.2g}%" if np.isfinite(run_spread) else ""
    columns = (
        Column("cpu_model", "CPU", "name"),
        Column("machines", "machines", "count"),
        Column("virtual", "virtual", "name"),
        Column("relative", "time", "ratio"),
        Column("lowest", "from", "ratio"),
        Column("highest", "to", "ratio"),
        Column("spread", "spread", "share"),
    )
    legend = f"{_TIME}; from and to: of its fastest and slowest machine; spread: standard deviation of its machines"
    return [Lines((said,)), Table("models", rows, columns, caption="CPU models"), Lines((legend,))]


def ranking(fleet: Fleet) -> list[Block]:
    """Return the machines by their figures, the fastest first; those that lack cells of the others have no rank."""
    if not (fleet.ranking["rank"] > 0).any():
        return [Note("no ranking: too few of these machines have the same cells")]
    rows = fleet.ranking.merge(fleet.machines[["run", "cpu_model"]], on="run", how="left")
    rows = rows.assign(rank=rows["rank"].astype("Int64").where(rows["rank"] > 0))
    columns = (
        Column("rank", "rank", "count"),
        Column("run", "machine" if fleet.pooled else "run", "name"),
        Column("cpu_model", "CPU", "name"),
        Column("relative", "time", "ratio"),
        Column("cells", "cells", "count"),
        Column("runs", "runs", "count", shown=fleet.pooled),
    )
    return [Table("ranking", rows, columns, caption="ranking"), Lines((_TIME,))]


def _varied(machines: pd.DataFrame) -> list[str]:
    """Return the names of facts that are not the same for all machines."""
    return [name for name in _facts(machines) if machines[name].nunique(dropna=False) > 1]


def _facts(machines: pd.DataFrame) -> list[str]:
    return [str(name) for name in machines.columns if name != "run"]


def _side_by_side(
    name: str, caption: str, facts: Sequence[str], values: Mapping[str, Mapping[str, object]]
) -> list[Table]:
    rows = [(heading(fact), machine, values[machine][fact]) for fact in facts for machine in values]
    if not rows:
        return []
    columns = (Column("fact", "fact"), Column("value", "value", "name"))
    across = Column("machine", "machine", "name")
    return [Table(name, pd.DataFrame(rows, columns=["fact", "machine", "value"]), columns, caption, across=across)]


def _common(machines: pd.DataFrame, varied: Sequence[str]) -> list[Note]:
    same = [name for name in _facts(machines) if name not in ("machine", *varied) and machines[name].notna().any()]
    parts: list[str | Name] = []
    for name in same:
        parts += [f"{'; ' if parts else ''}{heading(name)}: ", Name(str(machines[name].iloc[0]))]
    return [Note(("all the same: ", *parts))] if parts else []


def _most_common(values: pd.Series) -> str:
    """Return the most common value, and how common it is where there are others; a dash where none is known."""
    counts = values.value_counts()
    if not len(counts):
        return NOTHING
    most = str(counts.index[0])
    return most if counts.iloc[0] == len(values) else f"{most} ({counts.iloc[0]} of {len(values)})"


# Why a machine is slower.


def slower_machine_or_conversion(reasons: pd.DataFrame) -> list[Block]:
    """Return whether a machine or a conversion is slower, as a table; nothing of a machine alone.

    Args:
        reasons: the frame of ``copycost.analyse.machine_or_conversion.machine_or_conversion``.
    """
    if reasons.empty:
        return []
    telling = reasons[_telling(reasons)]
    parts = (("ratio", "time"), ("machine_ratio", "plain copies"), ("own_ratio", "beside them"))
    alone = telling["machine"].nunique() == 1
    rows = telling.assign(
        conversion=telling["conversion"].where(telling["conversion"] != ALL, "most"),
        title=telling["sizes"] if alone else telling["machine"] + ", " + telling["sizes"],
        **{f"{name}_half": relative_half_width(telling, name) for name, _ in parts},
    )
    columns = (
        Column("machine", "machine", "name", shown=False),
        Column("conversion", "conversion", "name"),
        *(Column(name, heading, "ratio", half=f"{name}_half") for name, heading in parts),
        Column("why", "so"),
    )
    base = Name(str(reasons["base"].iloc[0]))
    legend: tuple[Line, ...] = (
        (
            *("all figures: ", base, " is 1; plain copies: of as many bytes on the "),
            "same machine, for what shares memory the smallest one; beside them: time over that of its plain copies",
        ),
        "most: the conversion in the middle; each that is not like it has a row of its own"
        + ("; ± is half of a 95% interval" if telling["ratio_low"].notna().any() else ""),
    )
    of = (Name(str(telling["machine"].iloc[0])), " against ", base, ": ") if alone else ()
    caption = (*of, "slower machine or slower conversion")
    return [Table("reasons", rows, columns, caption=caption, titles="title"), Lines(legend)]


def relative_half_width(rows: pd.DataFrame, name: str) -> Floats:
    """Return half the width of the interval of a figure whose ends are ``_low`` and ``_high``, as a share of it."""
    half: Floats = (floats(rows[f"{name}_high"]) - floats(rows[f"{name}_low"])) / 2 / floats(rows[name])
    return half


def _telling(reasons: pd.DataFrame) -> pd.Series:
    """Return the rows for most conversions, and those that say something else than them."""
    every = reasons[reasons["conversion"] == ALL].set_index(["machine", "sizes"])["why"].to_dict()
    keys = zip(reasons["machine"], reasons["sizes"], strict=True)
    other = reasons["why"].ne(pd.Series([every.get(key) for key in keys], index=reasons.index))
    telling: pd.Series = reasons["conversion"].eq(ALL) | (other & ~reasons["why"].isin([SAME, UNDECIDED]))
    return telling

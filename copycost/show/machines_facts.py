"""What machines are and how they rank, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copycost.analyse.fleet import UNKNOWN_MODEL
from copycost.analyse.machines import FACTS
from copycost.show.compare_text import NOTHING, ratio_text
from copycost.show.machines_sections import Section

HEADINGS = dict(FACTS)


def facts_section(machines: pd.DataFrame) -> Section:
    """Return the facts that differ, machines side by side; what is common in a note."""
    varied = varied_facts(machines)
    rows = tuple((HEADINGS[name], *map(or_unknown, machines[name])) for name in varied)
    return Section("in what they differ", ("", *map(str, machines["run"])), rows, common_note(machines, varied))


def models_section(models: pd.DataFrame, machines: pd.DataFrame, run_spread: float) -> Section:
    """Return one row for each CPU model.

    Args:
        models: the frame of ``copycost.analyse.fleet.by_model``.
        machines: the frame of ``copycost.analyse.machines.describe``.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """
    model = machines["cpu_model"].fillna(UNKNOWN_MODEL)
    rows = tuple(
        (
            str(row["cpu_model"]),
            str(row["machines"]),
            most_common(machines.loc[model == row["cpu_model"], "virtual"]),
            *(ratio_text(row[name]) for name in ("relative", "lowest", "highest")),
            _percent(row["spread"]) if np.isfinite(row["spread"]) else NOTHING,
        )
        for _, row in models.iterrows()
    )
    headings = ("CPU", "machines", "virtual", "time", "from", "to", "spread")
    said = f"{_counted(len(models), 'CPU model')} among {_counted(int(models['machines'].sum()), 'machine')}"
    said += f"; runs of one machine differ by {_percent(run_spread)}" if np.isfinite(run_spread) else ""
    notes = (
        "time: geometric mean over the cells in common, the fastest machine is 1; from and to: of its fastest and "
        "slowest machine; spread: standard deviation of its machines",
    )
    return Section("CPU models", headings, rows, notes, (said,))


def facts_by_model(machines: pd.DataFrame) -> Section:
    """Return the facts that differ, CPU models side by side: the most common value of each."""
    varied = [name for name in varied_facts(machines) if name not in ("machine", "cpu_model")]
    model = machines["cpu_model"].fillna(UNKNOWN_MODEL)
    groups = {str(name): machines[model == name] for name in model.unique()}
    rows = tuple((HEADINGS[name], *(most_common(group[name]) for group in groups.values())) for name in varied)
    return Section("in what the CPU models differ", ("", *groups), rows, common_note(machines, varied))


def varied_facts(machines: pd.DataFrame) -> list[str]:
    """Return the names of facts that are not the same for all machines."""
    return [name for name, _ in FACTS if machines[name].nunique(dropna=False) > 1]


def common_note(machines: pd.DataFrame, varied: Sequence[str]) -> tuple[str, ...]:
    """Return a line with the facts that all machines share."""
    same = [name for name, _ in FACTS if name not in varied and machines[name].notna().any()]
    common = [f"{HEADINGS[name]}: {machines[name].iloc[0]}" for name in same if name != "machine"]
    return ("all the same: " + "; ".join(common),) if common else ()


def ranking_section(ranking: pd.DataFrame, machines: pd.DataFrame, *, pooled: bool = False) -> Section:
    """Return the machines by their figures, the fastest first.

    Args:
        ranking: the frame of ``copycost.analyse.machines.rank``.
        machines: the frame of ``copycost.analyse.machines.describe``.
        pooled: whether the runs of a machine were taken together.
    """
    both = ranking.merge(machines, on="run", how="left")
    rows: list[tuple[str, ...]] = []
    for _, row in both.iterrows():
        values = [str(row["rank"]) if row["rank"] else NOTHING, str(row["run"])]
        values += [or_unknown(row["cpu_model"]), ratio_text(row["relative"]), str(row["cells"])]
        rows.append((*values, str(row["runs"])) if pooled else tuple(values))
    headings: tuple[str, ...] = ("rank", "run", "CPU", "time", "cells")
    if pooled:
        headings = ("rank", "machine", "CPU", "time", "cells", "runs")
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


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def or_unknown(value: object) -> str:
    """Return a value as text; a dash where it is not known."""
    return NOTHING if value is None or value != value else str(value)

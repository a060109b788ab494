"""Machines side by side: in what they differ and how they rank; many of them in groups."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.estimates import estimate
from copycost.analyse.grouping import floats
from copycost.analyse.machines import FACTS, describe, rank
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import sentence
from copycost.show.compare_side import SideView, read_side
from copycost.show.compare_text import NOTHING, ratio_text, records
from copycost.show.table import plain

WIDTH_ON_A_PIPE = 100
HANDFUL = 6
"""Machines that still stand side by side; more are ranked and grouped."""
_HEADINGS = dict(FACTS)
_FORMATS = ("table", "markdown", "json")


@dataclass(frozen=True)
class Section:
    """One titled table; each later comparison of machines adds another."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def machine_runs(runs: Sequence[str], results: Path, *, format: str = "table") -> str:
    """Return what the machines of runs differ in, and how their figures rank.

    Args:
        runs: as they were typed, each a run, a folder, a file or RUN@ARM.
        results: the folder that holds the runs.
        format: table, markdown or json.

    Raises:
        UsageError: a run cannot be read, or the format is unknown.
    """
    if format not in _FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_FORMATS))}")
    # One at a time: the rounds of two hundred runs need not be in memory together.
    facts: list[dict[str, Any]] = []
    cells = []
    for number, typed in enumerate(runs):
        side = read_side(typed, results)
        name = side.name if side.name not in [record["name"] for record in facts] else f"{side.name} ({number + 1})"
        facts.append({"name": name, "machine": _machine(side), "method": side.method})
        cells.append(estimate(side.rounds).assign(run=name))
    return render(describe(facts), rank(pd.concat(cells, ignore_index=True)), format)


def render(machines: pd.DataFrame, ranking: pd.DataFrame, format: str) -> str:
    """Return the machines in a format: table, markdown or json.

    Args:
        machines: the frame of ``copycost.analyse.machines.describe``.
        ranking: the frame of ``copycost.analyse.machines.rank``.
        format: one of the three.
    """
    if format == "json":
        content = {"machines": records(machines), "ranking": records(ranking)}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    sections = [*facts_sections(machines), *ranking_sections(machines, ranking)]
    return _markdown(sections) if format == "markdown" else _table(sections)


def facts_sections(machines: pd.DataFrame) -> list[Section]:
    """Return the facts that differ, side by side for a handful of machines; what is common in a note."""
    names = [name for name, _ in FACTS]
    varied = [name for name in names if machines[name].nunique(dropna=False) > 1]
    same = [name for name in names if name not in varied and machines[name].notna().any()]
    common = tuple(f"{_HEADINGS[name]}: {machines[name].iloc[0]}" for name in same)
    note = ("all the same: " + "; ".join(common),) if common else ()
    if len(machines) > HANDFUL:
        counted = ((_HEADINGS[name], str(machines[name].nunique()), _most_common(machines[name])) for name in varied)
        return [Section("in what they differ", ("fact", "values", "most common"), tuple(counted), note)]
    rows = tuple((_HEADINGS[name], *(_or_unknown(value) for value in machines[name])) for name in varied)
    return [Section("in what they differ", ("", *machines["run"]), rows, note)]


def ranking_sections(machines: pd.DataFrame, ranking: pd.DataFrame) -> list[Section]:
    """Return the ranking; beyond a handful also one row per kind of machine: CPU and virtualisation."""
    both = ranking.merge(machines, on="run", how="left")
    rows = tuple(
        (
            str(row["rank"]) if row["rank"] else NOTHING,
            str(row["run"]),
            _or_unknown(row["cpu_model"]),
            ratio_text(row["relative"]),
            str(row["cells"]),
        )
        for _, row in both.iterrows()
    )
    notes = ("time: geometric mean over the cells in common, the fastest is 1",)
    sections = []
    if len(machines) > HANDFUL:
        kinds = both.groupby(["cpu_model", "virtual"], sort=False, dropna=False)
        grouped = [_kind_row(own) for _, own in kinds]
        sections.append(
            Section("kinds of machine", ("CPU", "virtual", "machines", "time", "from", "to"), tuple(grouped))
        )
    return [*sections, Section("ranking", ("rank", "run", "CPU", "time", "cells"), rows, notes)]


def _kind_row(own: pd.DataFrame) -> tuple[str, ...]:
    relative = floats(own["relative"])
    known = relative[np.isfinite(relative)]
    figures = (np.median(known), known.min(), known.max()) if len(known) else (np.nan,) * 3
    first = own.iloc[0]
    return (_or_unknown(first["cpu_model"]), _or_unknown(first["virtual"]), str(len(own)), *map(ratio_text, figures))


def _machine(side: SideView) -> dict[str, object]:
    return {**side.machine, "machine": side.machine_name or side.machine.get("machine")}


def _most_common(values: pd.Series) -> str:
    counts = values.value_counts()
    return f"{counts.index[0]} ({counts.iloc[0]} of {len(values)})" if len(counts) else NOTHING


def _or_unknown(value: object) -> str:
    return NOTHING if value is None or value != value else str(value)


def _table(sections: Sequence[Section]) -> str:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        for section in sections:
            table = Table(
                title=Text(section.title, style="bold"),
                title_justify="left",
                box=None,
                padding=(0, 2, 0, 0),
                header_style="dim",
            )
            for heading in section.headings:
                table.add_column(Text(plain(heading)), overflow="fold")
            for row in section.rows:
                table.add_row(*(Text(plain(value)) for value in row))
            if section.rows:
                console.print(table)
            for note in section.notes:
                console.print(Text(plain(note)))
            console.print()
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).rstrip("\n") + "\n"


def _markdown(sections: Sequence[Section]) -> str:
    lines = []
    for section in sections:
        lines += [f"### {section.title}", ""]
        if section.rows:
            lines.append("| " + " | ".join(sentence(heading) for heading in section.headings) + " |")
            lines.append("|" + " --- |" * len(section.headings))
            lines += ["| " + " | ".join(map(sentence, row)) + " |" for row in section.rows]
            lines.append("")
        lines += [f"- {sentence(note)}" for note in section.notes] + [""]
    return "\n".join(lines).rstrip("\n") + "\n"

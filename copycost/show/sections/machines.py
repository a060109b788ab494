"""Machines and methods: what runs were measured on, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from copycost.analyse.machines import facts_as_text
from copycost.analyse.machines import heading as fact_heading
from copycost.analyse.run import Run
from copycost.show.document import Block, Column, Line, Lines, Name, Section, Table
from copycost.show.render.figures import counted, written

MOST_BESIDE = 3
"""Runs up to which each has a column of its own; of more, each has a row."""


def heading(run: Run) -> Line:
    """Return a run's name, machine, versions and number of processes; its status where it is not complete."""
    facts = run.machine
    versions = f"torch {facts.get('torch') or '?'}, NumPy {facts.get('numpy') or '?'}"
    parts: list[str | Name] = [
        Name(run.name),
        " · ",
        Name(facts.get("machine") or "unknown machine"),
        *((" · ", Name(str(facts["device_name"] or facts["device"]))) if facts.get("device") else ()),
        f" · {versions} · {counted(run.process_count, 'process', 'processes')}",
    ]
    return (*parts, f" · {run.unfinished}") if run.unfinished else tuple(parts)


def machines_section(runs: Sequence[Run]) -> Section:
    """Return the facts of each run's machine and the method that it was measured with."""
    machines = [facts_as_text({"allocator": run.method.get("allocator"), **run.machine}) for run in runs]
    headings = {name: fact_heading(name) for known in machines for name in known}
    blocks = [
        *_facts("machines", "Facts about the machine", runs, machines, headings),
        *_facts("methods", "Method of measuring", runs, [_method(run) for run in runs], {}),
    ]
    title = "Machine" if len(runs) == 1 else "Machines"
    return Section(title, tuple(blocks) or (Lines(("Nothing is known of the machine.",)),), "machine")


def _method(run: Run) -> dict[str, str | None]:
    """Return how a run was measured, as people read it."""
    plan = run.facts.get("plan") or {}
    precision, budget = plan.get("precision"), plan.get("budget")
    known = {name: value if value is None else str(value) for name, value in run.method.items() if name != "allocator"}
    if isinstance(precision, int | float):
        known["precision"] = f"{100 * precision:.3g}%"
    if budget is not None:
        known["budget"] = written(budget, "seconds") if isinstance(budget, int | float) else str(budget)
    return known


def _facts(
    name: str, caption: str, runs: Sequence[Run], facts: Sequence[Mapping[str, Any]], headings: Mapping[str, str]
) -> list[Block]:
    """Return facts as a table: of few runs facts down and runs across, of many runs down, what is common said once."""
    keys = [key for key in dict.fromkeys(key for known in facts for key in known) if any(map(_has(key), facts))]
    if not keys:
        return []
    rows = pd.DataFrame([{key: known.get(key) for key in keys} for known in facts], dtype=object)
    said = {key: headings.get(key, key.replace("_", " ")) for key in keys}
    if len(runs) <= MOST_BESIDE:
        beside = rows.T.rename(columns=str).assign(fact=list(said.values()))
        columns = [Column(str(number), run.name) for number, run in enumerate(runs)]
        return [Table(name, beside, (Column("fact", "fact"), *columns), caption=caption)]
    varied = [key for key in keys if rows[key].nunique(dropna=False) > 1]
    columns = [Column(key, said[key], shown=key in varied) for key in keys]
    # No fact is called as the column of the runs' names is.
    table = Table(name, rows.assign(**{"": [run.name for run in runs]}), (Column("", "run", "name"), *columns), caption)
    common = "; ".join(f"{said[key]}: {rows[key].iloc[0]}" for key in keys if key not in varied)
    return [table, *([Lines((f"All the same: {common}.",))] if common else [])]


def _has(key: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda facts: facts.get(key) is not None

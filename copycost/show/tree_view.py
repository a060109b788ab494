"""What `show` prints of a tree: how many runs of which machines are in it, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats
from copycost.show.compare_text import NOTHING
from copycost.show.machines_sections import Section, as_table
from copycost.show.many_runs import ManyRuns, TypedRun, read_many
from copycost.store.bad_files import OnBad
from copycost.store.places import places

MOST_ROWS = 40
FEW = 20
"""Runs up to which each has a row of its own."""


def tree_text(path: Path, on_bad: OnBad | None = None) -> str:
    """Return a tree as a table: its runs where they are few, else its machines; ``on_bad`` as for ``load``."""
    return render(path.name, read_many([TypedRun(place) for place in places(path)], on_bad))


def render(name: str, read: ManyRuns) -> str:
    """Return runs as a table under a heading with their number."""
    wanted = (read.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    by_run = {str(run): own for run, own in read.cells[wanted].groupby("run", sort=False)}
    machines: dict[str, list[Mapping[str, Any]]] = {}
    for fact in read.facts:
        machines.setdefault(fact["machine"]["machine"] or "unknown machine", []).append(fact)
    heading = f"{name}: {_counted(len(read.facts), 'run')} of {_counted(len(machines), 'machine')}"
    notes = ["`machines` ranks them, `history` has them in the order of time, `export` writes every figure"]
    rows: list[tuple[str, ...]]
    headings: tuple[str, ...]
    empty = read.cells[wanted].iloc[:0]
    if len(read.facts) <= FEW:
        headings = ("run", "machine", "created", "status", "torch", "cells", "processes", "quiet")
        rows = [_run_row(fact, by_run.get(fact["name"], empty)) for fact in read.facts]
    else:
        headings = ("machine", "runs", "newest", "torch", "cells", "quiet")
        rows = [_machine_row(machine, own, by_run, empty) for machine, own in sorted(machines.items())]
    if len(rows) > MOST_ROWS:
        notes.insert(0, f"and {len(rows) - MOST_ROWS} more machines")
    return as_table([Section(heading, headings, tuple(rows[:MOST_ROWS]), tuple(notes))])


def _run_row(fact: Mapping[str, Any], cells: pd.DataFrame) -> tuple[str, ...]:
    return (
        fact["name"],
        fact["machine"]["machine"] or NOTHING,
        _day(fact),
        str(fact["record"].get("status") or NOTHING),
        str(fact["machine"].get("torch") or NOTHING),
        str(len(cells)),
        str(int(cells["processes"].max())) if len(cells) else "0",
        _quiet(cells),
    )


def _machine_row(
    machine: str, facts: Sequence[Mapping[str, Any]], by_run: Mapping[str, pd.DataFrame], empty: pd.DataFrame
) -> tuple[str, ...]:
    own = [by_run.get(fact["name"], empty) for fact in facts]
    versions = sorted({str(fact["machine"].get("torch") or NOTHING) for fact in facts})
    numbers = sorted({len(cells) for cells in own})
    return (
        machine,
        str(len(facts)),
        max(map(_day, facts)),
        ", ".join(versions),
        str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}",
        _quiet(pd.concat(own)),
    )


def _day(fact: Mapping[str, Any]) -> str:
    created = fact["record"].get("created")
    return created[:10] if isinstance(created, str) and created else NOTHING


def _quiet(cells: pd.DataFrame) -> str:
    share, rounds = floats(cells["quiet_share"]), floats(cells["rounds"])
    known = np.isfinite(share)
    return f"{100 * np.average(share[known], weights=rounds[known]):.0f}%" if known.any() else NOTHING


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

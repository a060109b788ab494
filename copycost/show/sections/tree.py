"""A tree of runs: how many runs of which machines are in it, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats
from copycost.analyse.run import Run
from copycost.analyse.select import cells_of
from copycost.show.document import Column, Document, Name, Note, Table
from copycost.show.render.figures import counted

MOST_ROWS = 40
FEW = 20
"""Runs up to which each has a row of its own; of more, each machine has one."""


def tree_document(name: str, runs: Sequence[Run]) -> Document:
    """Return a tree as a table: its runs where they are few, else its machines."""
    units = [arm for run in runs for arm in run.by_arm()]
    cells = cells_of(runs)
    wanted = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    by_unit = {(str(run), arm): rows for (run, arm), rows in _grouped(cells[wanted])}
    empty = cells.iloc[:0]
    rows = [_run_row(run, _cells(run, by_unit, empty)) for run in units]
    by_run = pd.DataFrame(rows)
    title = (Name(name), f": {counted(len(units), 'run')} of {counted(by_run['machine'].nunique(), 'machine')}")
    note = Note("`machines` ranks them, `history` has them in the order of time, `export --format parquet` writes them")
    if len(units) <= FEW:
        table = Table("runs", by_run, _RUN_COLUMNS)
    else:
        by_machine = pd.DataFrame([_machine_row(str(machine), own) for machine, own in by_run.groupby("machine")])
        table = Table("machines", by_machine, _MACHINE_COLUMNS, most=MOST_ROWS)
    return Document(title, (table, note), data={table.name: table.frame})


_RUN_COLUMNS = (
    Column("run", "run", "name"),
    Column("machine", "machine", "name"),
    Column("created", "created"),
    Column("status", "status", "name"),
    Column("torch", "torch", "name"),
    Column("cells", "cells", "count"),
    Column("processes", "processes", "count"),
    Column("quiet_share", "quiet", "share"),
)
_MACHINE_COLUMNS = (
    Column("machine", "machine", "name"),
    Column("runs", "runs", "count"),
    Column("newest", "newest"),
    Column("torch", "torch", "name"),
    Column("cells", "cells"),
    Column("quiet_share", "quiet", "share"),
)


def _grouped(cells: pd.DataFrame) -> Any:
    return cells.assign(arm=cells["arm"].astype(object).fillna("")).groupby(["run", "arm"], sort=False, observed=True)


def _cells(run: Run, by_unit: dict[tuple[str, str], pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
    whole = run.name.removesuffix(f"@{run.arm}") if run.arm else run.name
    found = [rows for (name, arm), rows in by_unit.items() if name == whole and run.arm in ("", arm)]
    return pd.concat(found) if found else empty


def _run_row(run: Run, cells: pd.DataFrame) -> dict[str, Any]:
    rounds, share = floats(cells["rounds"]), floats(cells["quiet_share"])
    known = np.isfinite(share)
    created = run.facts.get("created")
    return {
        "run": run.name,
        "machine": run.machine.get("machine") or "unknown machine",
        "created": created[:10] if isinstance(created, str) and created else None,
        "status": run.facts.get("status"),
        "torch": run.machine.get("torch"),
        "cells": len(cells),
        "processes": int(cells["processes"].max()) if len(cells) else 0,
        "quiet_share": float(np.average(share[known], weights=rounds[known])) if known.any() else np.nan,
        "rounds": int(rounds.sum()),
    }


def _machine_row(machine: str, runs: pd.DataFrame) -> dict[str, Any]:
    numbers = sorted(set(runs["cells"]))
    known = runs[runs["quiet_share"].notna()]
    return {
        "machine": machine,
        "runs": len(runs),
        "newest": runs["created"].dropna().max() if runs["created"].notna().any() else None,
        "torch": ", ".join(sorted(str(version) for version in runs["torch"].dropna().unique())) or None,
        "cells": str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}",
        "quiet_share": float(np.average(known["quiet_share"], weights=known["rounds"])) if len(known) else np.nan,
    }

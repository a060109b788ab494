"""Machines side by side: what they are, the shape of their figures, how they rank; many of them by CPU model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.estimates import estimate_cells
from copycost.analyse.fleet import HANDFUL, Fleet, Runs, fleet
from copycost.analyse.machines import NEEDED
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.errors import UsageError, nearest
from copycost.show.compare_side import SideView, read_side, read_sides
from copycost.show.compare_text import records
from copycost.show.machines_facts import facts_by_model, facts_section, models_section, ranking_section
from copycost.show.machines_sections import Section, as_markdown, as_table
from copycost.show.machines_shape import shape_sections, why_section
from copycost.show.many_runs import expanded, read_many
from copycost.store.bad_files import OnBad, tolerant

_MOST_UNFINISHED = 5
_FORMATS = ("table", "markdown", "json")
_CEILINGS = ["run", "conversion", "direction", "dtype", "bytes", "seconds", "share_of_mapped", "share_of_fresh"]


def machine_runs(
    runs: Sequence[str],
    results: Path,
    *,
    format: str = "table",
    dtype: str | None = None,
    on_bad: OnBad | None = None,
) -> str:
    """Return what the machines of runs differ in, the shape of their figures, and how they rank.

    Args:
        runs: as they were typed, each a run, a folder, a file or RUN@ARM.
        results: the folder that holds the runs.
        format: table, markdown or json.
        dtype: whose shapes to show; by default that in which the most conversions copy.
        on_bad: as for ``load``.

    Raises:
        UsageError: a run cannot be read, the format is unknown, or no run has the dtype.
    """
    if format not in _FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_FORMATS))}")
    read = read_runs(runs, results, on_bad)
    known = [str(name) for name in read.cells["dtype"].dropna().unique()]
    if dtype is not None and dtype not in known:
        raise UsageError(f"dtype {dtype!r} is in none of these runs: {nearest(dtype, known)}")
    return render(fleet(read, dtype), format)


def read_runs(runs: Sequence[str], results: Path, on_bad: OnBad | None = None) -> Runs:
    """Return runs, and those of trees; of more than a handful their estimates alone, as they are kept beside them."""
    found = expanded(runs, results, on_bad)
    if len(found) > HANDFUL:
        many = read_many(found, on_bad)
        return Runs(many.facts, many.cells[list(NEEDED)], None)
    runs = [one.typed for one in found]
    facts: list[dict[str, Any]] = []
    cells, drawn = [], []
    taken: set[str] = set()
    for number, side in enumerate(_sides(runs, results, on_bad)):
        name = side.name if side.name not in taken else f"{side.name} ({number + 1})"
        taken.add(name)
        machine = {**side.machine, "machine": side.machine_name or side.machine.get("machine")}
        facts.append({"name": name, "machine": machine, "method": side.method, "status": side.unfinished})
        processes = per_process(mark_quiet(side.rounds))
        own = estimate_cells(processes)
        drawn.append(bootstrap(own, processes))
        cells.append(own[list(NEEDED)].assign(run=name))
    if not cells:
        raise UsageError(f"nothing is left to read: {len(runs)} skipped")
    return Runs(facts, pd.concat(cells, ignore_index=True), np.concatenate(drawn))


def _sides(typed: Sequence[str], results: Path, on_bad: OnBad | None) -> list[SideView]:
    """Return runs read together, so that the same test of another suite has the same name in all of them."""
    if on_bad is None:
        return read_sides(typed, results)
    readable = [one for one in typed if tolerant(read_side, on_bad)(one, results, on_bad) is not None]
    return read_sides(readable, results, lambda _: None) if readable else []


def render(own: Fleet, format: str) -> str:
    """Return a fleet in a format: table, markdown or json."""
    if format == "json":
        return json.dumps(_content(own), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return as_markdown(_sections(own)) if format == "markdown" else as_table(_sections(own))


def _sections(own: Fleet) -> list[Section]:
    why = why_section(own.reasons)
    reasons = [*_careful(own), *([why] if why is not None else [])]
    if own.models is None:
        facts = facts_section(own.machines)
        return [facts, *reasons, *shape_sections(own.shapes), ranking_section(own.ranking, own.machines)]
    return [
        models_section(own.models, own.machines, own.run_spread),
        facts_by_model(own.machines),
        *reasons,
        *shape_sections(own.shapes),
        ranking_section(own.ranking, own.machines, pooled=True),
    ]


def _careful(own: Fleet) -> list[Section]:
    """Return warnings where runs were measured by different methods, or are not complete."""
    said = []
    if own.methods:
        fields = ", ".join(own.methods)
        said.append(f"these runs were measured by different methods ({fields}): differences may be the methods' own")
    said += [f"{name} is {status}: taken as far as it goes" for name, status in own.unfinished[:_MOST_UNFINISHED]]
    more = len(own.unfinished) - _MOST_UNFINISHED
    said += [f"and {more} more runs are not complete"] if more > 0 else []
    return [Section("careful", said=tuple(said))] if said else []


def _content(own: Fleet) -> dict[str, Any]:
    content: dict[str, Any] = {
        "machines": records(own.machines),
        "ranking": records(own.ranking),
        "reasons": records(own.reasons),
        "differing_methods": list(own.methods),
        "unfinished": dict(own.unfinished),
    }
    if own.shapes is not None:
        content |= {
            "conditions": dict(own.shapes.conditions),
            "model": records(own.shapes.model),
            "crossovers": records(own.shapes.crossovers),
            "ceilings": records(own.shapes.cells[_CEILINGS]),
        }
    if own.models is not None:
        content |= {"models": records(own.models), "run_spread": _known(own.run_spread)}
    return content


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None

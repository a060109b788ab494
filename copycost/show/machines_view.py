"""Machines side by side: what they are, the shape of their figures, how they rank; many of them by kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.estimates import estimate
from copycost.analyse.grouping import Floats
from copycost.analyse.machine_figures import NEEDED, Figures, as_cells, common, figures
from copycost.analyse.machine_kinds import Kinds, kinds
from copycost.analyse.machine_shapes import Shapes, shapes
from copycost.analyse.machines import describe, rank
from copycost.analyse.odd_machines import odd_machines
from copycost.analyse.own_ceiling import own_ceilings
from copycost.analyse.replicates import replicates
from copycost.errors import UsageError, nearest
from copycost.show.compare_side import read_side
from copycost.show.compare_text import records
from copycost.show.machines_facts import facts_by_kind, facts_section, ranking_section
from copycost.show.machines_kinds import kinds_section, odd_section
from copycost.show.machines_sections import Section, as_markdown, as_table
from copycost.show.machines_shape import shape_sections, why_section
from copycost.show.many_runs import expanded, read_many
from copycost.store.bad_files import OnBad, tolerant

HANDFUL = 6
"""Runs that still stand side by side; of more, those of one machine are taken together."""
_FORMATS = ("table", "markdown", "json")
_CEILINGS = ["run", "conversion", "direction", "dtype", "bytes", "seconds", "share_of_mapped", "share_of_fresh"]


@dataclass(frozen=True)
class Runs:
    """Runs as they were read.

    Attributes:
        facts: of each run: ``name``, ``machine`` (its record) and ``method``.
        cells: estimates of all, references included, ``run`` being the name.
        again: replicates of the cells where there are few runs, shape (cells, replicates).
    """

    facts: list[dict[str, Any]]
    cells: pd.DataFrame
    again: Floats | None


@dataclass(frozen=True)
class Fleet:
    """What is known of machines, each by its name: a run's, or a machine's where its runs are taken together.

    Attributes:
        machines: the frame of ``describe``.
        ranking: the frame of ``rank``.
        shapes: of the machines, or of the kinds; None without a cell that has a size.
        reasons: the frame of ``own_ceilings``, of the machines or of the kinds.
        kinds: of the machines ``grouped``; None for a handful.
        grouped: the positions in ``machines`` of those with the cells that the most have.
        odd: the frame of ``odd_machines``; None for a handful.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """

    machines: pd.DataFrame
    ranking: pd.DataFrame
    shapes: Shapes | None
    reasons: pd.DataFrame
    kinds: Kinds | None = None
    grouped: Sequence[int] = ()
    odd: pd.DataFrame | None = None
    run_spread: float = float("nan")


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
    for number, typed in enumerate(runs):
        side = tolerant(read_side, on_bad)(typed, results, on_bad)
        if side is None:
            continue
        name = side.name if side.name not in taken else f"{side.name} ({number + 1})"
        taken.add(name)
        machine = {**side.machine, "machine": side.machine_name or side.machine.get("machine")}
        facts.append({"name": name, "machine": machine, "method": side.method})
        own = estimate(side.rounds, references=True)
        if len(runs) <= HANDFUL:
            drawn.append(replicates(own, side.rounds))
        cells.append(own[list(NEEDED)].assign(run=name))
    if not cells:
        raise UsageError(f"nothing is left to read: {len(runs)} skipped")
    again = np.concatenate(drawn) if drawn else None
    return Runs(facts, pd.concat(cells, ignore_index=True), again)


def fleet(read: Runs, dtype: str | None = None) -> Fleet:
    """Return what is known of the machines of runs."""
    pooled = len(read.facts) > HANDFUL
    name_of = machine_names(read.facts) if pooled else {fact["name"]: fact["name"] for fact in read.facts}
    first = {name_of[fact["name"]]: fact for fact in reversed(read.facts)}
    facts = [first[name] | {"name": name} for name in dict.fromkeys(name_of.values())]
    machines = describe(facts)
    caches = {fact["name"]: fact["machine"].get("caches") or () for fact in facts}
    own = figures(read.cells, read.cells["run"].map(name_of).to_list())
    ranking = rank(own, list(machines["run"]))
    if len(facts) <= HANDFUL:
        cells = as_cells(own) if pooled else read.cells
        shape = shapes(cells, caches, dtype=dtype, again=None if pooled else read.again)
        return Fleet(machines, ranking, shape, own_ceilings(own, _fastest(own, ranking)))
    return _by_kinds(own, machines, ranking, caches, dtype)


def machine_names(facts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the machine of each run by the run's name; in another environment it is another machine."""
    described = describe([{**fact, "name": fact["name"]} for fact in facts]).set_index("run")
    keys = {run: tuple(row) for run, row in zip(described.index, described.itertuples(index=False), strict=True)}
    names: dict[tuple[Any, ...], str] = {}
    taken: dict[str, int] = {}
    for run, key in keys.items():
        if key not in names:
            name = described.loc[run, "machine"] or run
            taken[name] = taken.get(name, 0) + 1
            names[key] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return {run: names[key] for run, key in keys.items()}


def _by_kinds(
    own: Figures, machines: pd.DataFrame, ranking: pd.DataFrame, caches: Mapping[str, Any], dtype: str | None
) -> Fleet:
    """Return a fleet by kinds of machine: the shapes and reasons are theirs."""
    grid = np.flatnonzero((own.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    among, cells = common(own.only(np.arange(len(own.names)), grid))
    complete = own.only(among, grid[cells])
    found = kinds(complete)
    names = [f"kind {number + 1}" for number in range(found.count)]
    typical = typical_figures(own.only(among), found, names)
    of_kind = {name: caches[own.names[among[np.argmax(found.of == number)]]] for number, name in enumerate(names)}
    shape = shapes(as_cells(typical), of_kind, dtype=dtype)
    order = {name: place for place, name in enumerate(machines["run"])}
    grouped = [order[own.names[machine]] for machine in among]
    fastest = int(np.argmin(typical.logs[:, grid[cells]].mean(axis=1))) if found.count else 0
    reasons = own_ceilings(typical, fastest)
    return Fleet(machines, ranking, shape, reasons, found, grouped, odd_machines(complete, found), own.run_spread)


def typical_figures(own: Figures, found: Kinds, names: Sequence[str]) -> Figures:
    """Return each kind's median figures; how sure they are, as for its usual machine."""
    logs, errors, runs = [], [], []
    for number in range(found.count):
        member = (found.of == number) & ~found.alone
        known = np.isfinite(own.logs[member]).any(axis=0)
        middle = np.full((2, len(own.cells)), np.nan)
        middle[0, known] = np.nanmedian(own.logs[member][:, known], axis=0)
        middle[1, known] = np.nanmedian(own.errors[member][:, known], axis=0)
        logs.append(middle[0])
        errors.append(middle[1])
        runs.append(int(own.runs[member].sum()))
    return Figures(tuple(names), own.cells, np.array(logs), np.array(errors), np.array(runs, dtype=np.int64))


def render(own: Fleet, format: str) -> str:
    """Return a fleet in a format: table, markdown or json."""
    if format == "json":
        return json.dumps(_content(own), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return as_markdown(_sections(own)) if format == "markdown" else as_table(_sections(own))


def _sections(own: Fleet) -> list[Section]:
    why = why_section(own.reasons)
    reasons = [why] if why is not None else []
    if own.kinds is None or own.odd is None:
        facts = facts_section(own.machines)
        return [facts, *reasons, *shape_sections(own.shapes), ranking_section(own.ranking, own.machines)]
    grouped = own.machines.iloc[list(own.grouped)]
    kind = pd.Series(own.kinds.of, index=list(grouped["run"]))
    relative = own.ranking.set_index("run")["relative"].reindex(grouped["run"])
    return [
        kinds_section(own.kinds, grouped, list(relative), own.run_spread),
        odd_section(own.odd),
        facts_by_kind(grouped, list(own.kinds.of)),
        *reasons,
        *shape_sections(own.shapes),
        ranking_section(own.ranking, own.machines, kind),
    ]


def _content(own: Fleet) -> dict[str, Any]:
    content: dict[str, Any] = {
        "machines": records(own.machines),
        "ranking": records(own.ranking),
        "reasons": records(own.reasons),
    }
    if own.shapes is not None:
        content |= {
            "conditions": dict(own.shapes.conditions),
            "model": records(own.shapes.model),
            "crossovers": records(own.shapes.crossovers),
            "ceilings": records(own.shapes.cells[_CEILINGS]),
        }
    if own.kinds is not None and own.odd is not None:
        names = own.machines["run"].iloc[list(own.grouped)]
        of = dict(zip(names, (int(kind) + 1 for kind in own.kinds.of), strict=True))
        odd = own.odd.assign(kind=own.odd["kind"] + 1)
        content |= {
            "kinds": {
                "count": own.kinds.count,
                "of": of,
                "spread": own.kinds.spread,
                "run_spread": _known(own.run_spread),
            },
            "odd": records(odd),
        }
    return content


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _fastest(own: Figures, ranking: pd.DataFrame) -> int:
    return own.names.index(str(ranking["run"].iloc[0]))

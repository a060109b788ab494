"""A fleet: what is known of machines together, a handful side by side, more by their kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.fingerprint import differing_among
from copycost.analyse.grouping import Floats
from copycost.analyse.machine_figures import Figures, as_cells, common, figures
from copycost.analyse.machine_kinds import Kinds, kinds
from copycost.analyse.machine_shapes import Shapes, shapes
from copycost.analyse.machines import describe, rank
from copycost.analyse.odd_machines import odd_machines
from copycost.analyse.own_ceiling import own_ceilings

HANDFUL = 6
"""Runs that still stand side by side; of more, those of one machine are taken together."""


@dataclass(frozen=True)
class Runs:
    """Runs as they were read.

    Attributes:
        facts: of each run: ``name``, ``machine`` (its record), ``method`` and ``status`` (None where complete).
        cells: estimates of all, references included, ``run`` being the name.
        replicates: bootstrap of the cells where there are few runs, shape (cells, replicates).
    """

    facts: list[dict[str, Any]]
    cells: pd.DataFrame
    replicates: Floats | None


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
        methods: fields of the method in which not all runs agree: what they say is then no machine's alone.
        unfinished: name and status of each run that is not complete.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """

    machines: pd.DataFrame
    ranking: pd.DataFrame
    shapes: Shapes | None
    reasons: pd.DataFrame
    kinds: Kinds | None = None
    grouped: Sequence[int] = ()
    odd: pd.DataFrame | None = None
    methods: tuple[str, ...] = ()
    unfinished: tuple[tuple[str, str], ...] = ()
    run_spread: float = float("nan")


def fleet(read: Runs, dtype: str | None = None) -> Fleet:
    """Return what is known of the machines of runs."""
    methods = differing_among([fact["method"] for fact in read.facts])
    unfinished = [(str(fact["name"]), str(fact["status"])) for fact in read.facts if fact.get("status")]
    return replace(_fleet(read, dtype), methods=tuple(methods), unfinished=tuple(unfinished))


def _fleet(read: Runs, dtype: str | None) -> Fleet:
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
        shape = shapes(cells, caches, dtype=dtype, replicates=None if pooled else read.replicates)
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
    return Fleet(
        machines, ranking, shape, reasons, found, grouped, odd_machines(complete, found), run_spread=own.run_spread
    )


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


def _fastest(own: Figures, ranking: pd.DataFrame) -> int:
    return own.names.index(str(ranking["run"].iloc[0]))

"""A fleet: what is known of machines together, a handful side by side, more by their CPU models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.analyse.ceilings import ceilings
from copycost.analyse.crossovers import crossings
from copycost.analyse.curves import curves
from copycost.analyse.fingerprint import differing_among
from copycost.analyse.grouping import Codes, Floats
from copycost.analyse.machine_or_conversion import machine_or_conversion
from copycost.analyse.machines import Figures, as_cells, common, describe, figures, rank
from copycost.analyse.scaling import Caches, fit_curves, fit_frame

HANDFUL = 6
"""Runs that still stand side by side; of more, those of one machine are taken together."""
CONDITIONS = ("dtype", "threads", "cache", "layout")
UNKNOWN_MODEL = "unknown CPU"
MODEL_COLUMNS = ("cpu_model", "machines", "relative", "lowest", "highest", "spread")


@dataclass(frozen=True)
class Shapes:
    """Frames of all machines under the same conditions, told apart by ``run``.

    Attributes:
        conditions: dtype, threads, cache and layout of the curves, as text.
        model: the frame of ``fit``.
        crossovers: the frame of ``crossovers``.
        cells: the frame of ``ceilings``.
    """

    conditions: Mapping[str, str]
    model: pd.DataFrame
    crossovers: pd.DataFrame
    cells: pd.DataFrame


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
        shapes: of the machines, or of the CPU models; None without a cell that has a size.
        reasons: the frame of ``machine_or_conversion``, of the machines or of the CPU models.
        models: the frame of ``by_model``; None for a handful.
        methods: fields of the method in which not all runs agree: what they say is then no machine's alone.
        unfinished: name and status of each run that is not complete.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """

    machines: pd.DataFrame
    ranking: pd.DataFrame
    shapes: Shapes | None
    reasons: pd.DataFrame
    models: pd.DataFrame | None = None
    methods: tuple[str, ...] = ()
    unfinished: tuple[tuple[str, str], ...] = ()
    run_spread: float = float("nan")


def fleet(runs: Runs, dtype: str | None = None) -> Fleet:
    """Return what is known of the machines of runs.

    Args:
        runs: of any number; machines of more than a handful are taken together by CPU model.
        dtype: of the shapes; by default that in which the most conversions copy.
    """
    methods = differing_among([fact["method"] for fact in runs.facts])
    unfinished = [(str(fact["name"]), str(fact["status"])) for fact in runs.facts if fact.get("status")]
    return replace(_fleet(runs, dtype), methods=tuple(methods), unfinished=tuple(unfinished))


def _fleet(runs: Runs, dtype: str | None) -> Fleet:
    pooled = len(runs.facts) > HANDFUL
    name_of = machine_names(runs.facts) if pooled else {fact["name"]: fact["name"] for fact in runs.facts}
    first = {name_of[fact["name"]]: fact for fact in reversed(runs.facts)}
    facts = [first[name] | {"name": name} for name in dict.fromkeys(name_of.values())]
    machines = describe(facts)
    caches = {fact["name"]: fact["machine"].get("caches") or () for fact in facts}
    measured = figures(runs.cells, runs.cells["run"].map(name_of).to_list())
    ranking = rank(measured, list(machines["run"]))
    if len(facts) <= HANDFUL:
        cells = as_cells(measured) if pooled else runs.cells
        shape = shapes(cells, caches, dtype=dtype, replicates=None if pooled else runs.replicates)
        return Fleet(machines, ranking, shape, machine_or_conversion(measured, _fastest(measured)))
    model_of = dict(zip(machines["run"], machines["cpu_model"].fillna(UNKNOWN_MODEL), strict=True))
    grid = np.flatnonzero((measured.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    complete = measured.only(common(measured.only(np.arange(len(measured.names)), grid))[0])
    typical = typical_figures(complete, [model_of[name] for name in complete.names])
    caches = {model_of[name]: caches[name] for name in reversed(complete.names)}
    return Fleet(
        machines,
        ranking,
        shapes(as_cells(typical), caches, dtype=dtype),
        machine_or_conversion(typical, _fastest(typical)),
        by_model(ranking, model_of),
        run_spread=measured.run_spread,
    )


def by_model(ranking: pd.DataFrame, model_of: Mapping[str, str]) -> pd.DataFrame:
    """Return the ranked machines by CPU model, the fastest first.

    Returns:
        One row per model: ``cpu_model``, ``machines`` (how many), ``relative`` (the geometric mean of their times over
        the fastest machine's) with the ``lowest`` and ``highest``, and ``spread``, the standard deviation of their
        logarithms; NaN for a single machine.
    """
    ranked = ranking[ranking["relative"].notna()]
    logs = np.log(ranked["relative"]).groupby(ranked["run"].map(model_of), sort=False)
    models = pd.DataFrame(
        {"machines": logs.count(), "relative": np.exp(logs.mean()), "lowest": np.exp(logs.min())}
        | {"highest": np.exp(logs.max()), "spread": logs.std(ddof=1)}
    )
    models = models.rename_axis("cpu_model").reset_index()
    return models.sort_values("relative", kind="stable", ignore_index=True)[list(MODEL_COLUMNS)]


def typical_figures(figures: Figures, models: Sequence[str]) -> Figures:
    """Return the median figures of each CPU model; their errors are those of its usual machine.

    Args:
        figures: of machines.
        models: the CPU model of each machine.
    """
    codes, names = pd.factorize(np.array(models, dtype=object))
    logs, errors = np.full((2, len(names), len(figures.cells)), np.nan)
    for number in range(len(names)):
        known = np.isfinite(figures.logs[codes == number]).any(axis=0)
        logs[number, known] = np.nanmedian(figures.logs[codes == number][:, known], axis=0)
        errors[number, known] = np.nanmedian(figures.errors[codes == number][:, known], axis=0)
    runs: Codes = np.bincount(codes, weights=figures.runs, minlength=len(names)).astype(np.int64)
    return Figures(tuple(map(str, names)), figures.cells, logs, errors, runs)


def _fastest(figures: Figures) -> int:
    ranking = rank(figures)
    return figures.names.index(str(ranking["run"].iloc[0])) if len(ranking) else 0


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


def shapes(
    cells: pd.DataFrame,
    caches: Mapping[str, Caches],
    *,
    dtype: str | None = None,
    replicates: Floats | None = None,
) -> Shapes | None:
    """Return the shapes of machines; None where no cell has a size.

    Args:
        cells: estimates with the references, one ``run`` for each machine.
        caches: of each ``run``'s machine, to name regimes by.
        dtype: of the curves; by default that in which the most conversions copy.
        replicates: bootstrap of the cells, for intervals; shape (cells, replicates).
    """
    grid = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True) & cells["bytes"].notna().to_numpy()
    chosen = telling_conditions(cells[grid], dtype)
    if chosen is None:
        return None
    same = under(cells, chosen)
    wanted = (grid & same) | ~grid
    drawn = None if replicates is None else replicates[wanted]
    known = cells[wanted].reset_index(drop=True)
    curve = (known["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    fitted = fit_curves(curves(known[curve], None if drawn is None else drawn[curve]))
    by_run = {run: [one for one in fitted if one.curve.key["run"] == run] for run in dict.fromkeys(known["run"])}
    model = [fit_frame(own_curves, caches.get(str(run), ())) for run, own_curves in by_run.items() if own_curves]
    reached = ceilings(known, drawn)[curve].reset_index(drop=True)
    return Shapes(chosen, pd.concat(model, ignore_index=True), crossings(fitted), reached)


def telling_conditions(cells: pd.DataFrame, dtype: str | None = None) -> dict[str, str] | None:
    """Return dtype, threads, cache and layout, as text, under which the most curves copy; None without cells.

    Args:
        cells: estimates without references.
        dtype: where it is chosen already.
    """
    if dtype is not None:
        cells = cells[(cells["dtype"].astype(str) == dtype).to_numpy()]
    if cells.empty:
        return None
    copies = cells["shares_memory"].eq(False).fillna(False)
    among = cells[copies] if copies.any() else cells
    curve = among[["run", "conversion", *CONDITIONS]].astype(str).drop_duplicates()
    counted = curve.groupby(list(CONDITIONS), sort=False).size()
    most = counted.index[int(counted.to_numpy().argmax())]
    return dict(zip(CONDITIONS, most, strict=True))


def under(cells: pd.DataFrame, conditions: Mapping[str, str]) -> NDArray[np.bool_]:
    """Return whether each row is of some conditions."""
    same = [(cells[name].astype(str) == value).to_numpy(dtype=bool) for name, value in conditions.items()]
    result: NDArray[np.bool_] = np.logical_and.reduce(same)
    return result

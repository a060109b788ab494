"""A fleet: what is known of machines together, a handful side by side, more by their CPU models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.analyse.ceilings import ceilings
from copycost.analyse.common_clock import at_shared_clocks
from copycost.analyse.crossovers import crossings
from copycost.analyse.curves import curves
from copycost.analyse.fingerprint import differing_among
from copycost.analyse.grouping import Codes, Floats, floats
from copycost.analyse.machine_or_conversion import against, machine_or_conversion
from copycost.analyse.machines import NEEDED, Figures, as_cells, common, describe, figures, rank
from copycost.analyse.run import Run
from copycost.analyse.scaling import Caches, fit_curves, fit_frame
from copycost.analyse.select import cells_of
from copycost.errors import UsageError, nearest
from copycost.units import format_seconds

HANDFUL = 6
"""Runs that still stand side by side; of more, those of one machine are taken together."""
PAIR = 2
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
class Fleet:
    """What is known of machines, each by its name: a run's, or a machine's where its runs are taken together.

    Attributes:
        machines: the frame of ``describe``.
        ranking: the frame of ``rank``.
        shapes: of the machines, or of the CPU models; None without a cell that has a size.
        reasons: the frame of ``machine_or_conversion``, of the machines or of the CPU models.
        answers: the frame of ``copycost.analyse.machine_or_conversion.against``, of the same ones.
        models: the frame of ``by_model``; None for a handful of machines.
        methods: fields of the method in which not all runs agree: what they say is then no machine's alone.
        unfinished: the status of each run that is not complete, by its name.
        pooled: whether the runs of a machine are taken together.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """

    machines: pd.DataFrame
    ranking: pd.DataFrame
    shapes: Shapes | None
    reasons: pd.DataFrame
    answers: pd.DataFrame
    models: pd.DataFrame | None = None
    methods: tuple[str, ...] = ()
    unfinished: Mapping[str, str] = field(default_factory=dict)
    pooled: bool = False
    run_spread: float = float("nan")


def fleet(runs: Sequence[Run], dtype: str | None = None, *, one_clock: bool = False) -> Fleet:
    """Return what is known of the machines of runs.

    Args:
        runs: of any number, each of one arm. Those of one machine are taken together where there are more than a
            handful, and more than a handful of machines by CPU model.
        dtype: of the shapes; by default that in which the most conversions copy.
        one_clock: whether the frequencies of the machines' clocks are taken out, by giving all times at the first
            one's; left in, they are part of what a machine is.

    Raises:
        UsageError: a run cannot be read, or none has the dtype.
    """
    pooled = len(runs) > HANDFUL
    as_measured = cells_of(runs)[list(NEEDED)]
    pythons = {run.name: run.machine.get("python") for run in runs}
    cells = at_shared_clocks(as_measured, pythons, across_machines=one_clock)
    clocks = as_measured.groupby("run", observed=True)["clock"].first()
    known = [str(name) for name in cells["dtype"].dropna().unique()]
    if dtype is not None and dtype not in known:
        raise UsageError(f"dtype {dtype!r} is in none of these runs: {nearest(dtype, known)}")
    name_of = machine_names(runs) if pooled else {run.name: run.name for run in runs}
    first = {name_of[run.name]: run for run in reversed(runs)}
    first = {name: first[name] for name in dict.fromkeys(name_of.values())}
    machines = describe([_facts(run, name, clocks.get(run.name)) for name, run in first.items()])
    caches: Mapping[str, Caches] = {name: run.machine.get("caches") or () for name, run in first.items()}
    measured = figures(cells, cells["run"].map(name_of).to_list())
    ranking = rank(measured, list(machines["run"]))
    models, typical, replicates = None, measured, None
    if len(first) > HANDFUL:
        model_of = dict(zip(machines["run"], machines["cpu_model"].fillna(UNKNOWN_MODEL), strict=True))
        grid = np.flatnonzero((measured.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
        complete = measured.only(common(measured.only(np.arange(len(measured.names)), grid))[0])
        typical = typical_figures(complete, [model_of[name] for name in complete.names])
        caches = {model_of[name]: caches[name] for name in reversed(complete.names)}
        models = by_model(ranking, model_of)
    if pooled:
        cells = as_cells(typical)
    else:
        moved = np.log(floats(cells["seconds"]) / floats(as_measured["seconds"]))
        replicates = np.concatenate([run.replicates for run in runs]) + moved[:, None]
    # Two are compared as they were typed, the second with the first; of more the fastest is what the others are beside.
    base = 0 if len(runs) == len(typical.names) == PAIR else _fastest(typical)
    return Fleet(
        machines=machines,
        ranking=ranking,
        shapes=shapes(cells, caches, dtype=dtype, replicates=replicates),
        reasons=machine_or_conversion(typical, base),
        answers=against(typical, base),
        models=models,
        methods=tuple(differing_among([run.method for run in runs])),
        unfinished={run.name: run.unfinished for run in runs if run.unfinished},
        pooled=pooled,
        run_spread=measured.run_spread,
    )


def _facts(run: Run, name: str, clock: float | None = None) -> dict[str, Any]:
    told = {} if clock is None or not clock > 0 else {"clock": format_seconds(clock)}
    return {"name": name, "machine": {**run.machine, **told}, "method": run.method}


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
    told = np.zeros(logs.shape, dtype=bool)
    for number in range(len(names)):
        known = np.isfinite(figures.logs[codes == number]).any(axis=0)
        logs[number, known] = np.nanmedian(figures.logs[codes == number][:, known], axis=0)
        told[number] = figures.told[codes == number].any(axis=0)
        errors[number, known] = np.nanmedian(figures.errors[codes == number][:, known], axis=0)
    runs: Codes = np.bincount(codes, weights=figures.runs, minlength=len(names)).astype(np.int64)
    return Figures(tuple(map(str, names)), figures.cells, logs, errors, told, runs)


def _fastest(figures: Figures) -> int:
    ranking = rank(figures)
    return figures.names.index(str(ranking["run"].iloc[0])) if len(ranking) else 0


def machine_names(runs: Sequence[Run]) -> dict[str, str]:
    """Return the machine of each run by the run's name; in another environment it is another machine."""
    described = describe([_facts(run, run.name) for run in runs]).set_index("run")
    names: dict[tuple[Any, ...], str] = {}
    taken: dict[str, int] = {}
    keys = dict(zip(described.index, described.itertuples(index=False, name=None), strict=True))
    for run, key in keys.items():
        if key not in names:
            name = str(described.loc[run, "machine"] or run)
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
    by_run = {run: [each for each in fitted if each.curve.key["run"] == run] for run in dict.fromkeys(known["run"])}
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

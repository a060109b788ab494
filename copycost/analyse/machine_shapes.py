"""The shape of each machine: its scaling model, its crossovers and its share of its own ceilings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.analyse.ceilings import ceilings
from copycost.analyse.crossovers import crossings
from copycost.analyse.curves import curves
from copycost.analyse.grouping import Floats
from copycost.analyse.naming import Caches
from copycost.analyse.scaling import fit_curves, fit_frame

CONDITIONS = ("dtype", "threads", "cache", "layout")


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

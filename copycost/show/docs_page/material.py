"""What a page is made from: one arm of a run, estimated and explained, under the most telling conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.fleet import telling_conditions, under
from copycost.analyse.grouping import floats
from copycost.analyse.select import select_one
from copycost.errors import UsageError
from copycost.show.chart_data import ChartData, run_data
from copycost.show.explain_view import Explanation, explanation
from copycost.show.run_view import RunView, read_run

LANDMARKS = (1024, 16 * 1024, 256 * 1024, 4 * 1024**2, 32 * 1024**2)
"""Source bytes beside which a table has a row, with the smallest and the largest size."""


@dataclass(frozen=True)
class Material:
    """One arm of a run.

    Attributes:
        name: of the run.
        view: its rounds, cells and record.
        charted: what its charts are drawn from.
        explained: its model, crossovers, ceilings, parts and advice.
        cells: those under ``conditions``, sizes ascending.
        conditions: dtype, threads, cache and layout of the curves that are told in full.
        arms: the names of all arms of the run.
    """

    name: str
    view: RunView
    charted: ChartData
    explained: Explanation
    cells: pd.DataFrame
    conditions: Mapping[str, str]
    arms: tuple[str, ...]

    @property
    def machine(self) -> dict[str, Any]:
        """The machine's facts, empty where the run has no record."""
        facts: dict[str, Any] = (self.view.record or {}).get("machine") or {}
        named = self.cells["machine"].dropna().unique()
        return {"machine": str(named[0]) if len(named) else None, **facts}

    @property
    def method(self) -> dict[str, Any]:
        """How it was measured, empty where the run has no record."""
        method: dict[str, Any] = (self.view.record or {}).get("method") or {}
        return method

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a frame that are of this arm and under these conditions."""
        return frame[under(frame, {**self.conditions, "arm": self.arms[0]})]

    def conversions(self, *, shares: bool) -> list[str]:
        """Return the conversions that share memory at every size, or that copy at some, under these conditions."""
        by_name = self.cells.groupby("conversion", sort=False, observed=True)["shares_memory"]
        sharing = {str(name): bool(own.eq(True).fillna(False).all()) for name, own in by_name}
        known = self.cells[self.cells["shares_memory"].notna()]["conversion"].astype(str).unique()
        return [name for name in sharing if sharing[name] == shares and name in known]


def read_material(path: Path) -> Material:
    """Return what a page about a run is made from; of several arms, the first.

    Raises:
        UsageError: the path holds no results with sizes.
    """
    view = read_run(path)
    explained = explanation(path)
    arms = tuple(str(arm) for arm in view.cells["arm"].astype(object).fillna("nan").unique())
    first = view.cells[view.cells["arm"].astype(str) == arms[0]]
    sized = first[first["bytes"].notna().to_numpy()]
    conditions = telling_conditions(sized)
    if conditions is None:
        raise UsageError(f"{path}: holds no benchmark with a known size: nothing to write about")
    cells = sized[under(sized, conditions)].sort_values("bytes", kind="stable")
    own = RunView(view.rounds, first, view.record)
    charted = run_data(select_one(str(path), path.parent))
    return Material(str(path.name), own, charted, explained, cells, conditions, arms)


def telling_sizes(cells: pd.DataFrame) -> list[float]:
    """Return the smallest and the largest size, and those nearest to the landmarks, ascending."""
    sizes = np.unique(floats(cells["bytes"]))
    near = [sizes[np.abs(np.log(sizes / mark)).argmin()] for mark in LANDMARKS if sizes[0] < mark < sizes[-1]]
    return sorted({float(sizes[0]), *map(float, near), float(sizes[-1])})

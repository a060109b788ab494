"""Made-up fleets: cells frames of machines of known kinds, without rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from copycost import estimate
from copycost.analyse.grouping import Floats
from copycost.analyse.machines import NEEDED
from copycost.analyse.run import Run
from tests.analyse.laws import machine_cells
from tests.made_up import Law, made_up_rounds

Kind = Callable[[pd.DataFrame], Floats]
BASE = estimate(made_up_rounds(Law(processes=6, visits=1, rounds=3, offset=0.005), machine_cells()), references=True)[
    list(NEEDED)
]
LARGE = 4 * 1024**2


def usual(cells: pd.DataFrame) -> Floats:
    return np.ones(len(cells))


def slower_machine(cells: pd.DataFrame) -> Floats:
    return np.full(len(cells), 1.3)


def slower_memory(cells: pd.DataFrame) -> Floats:
    return np.where(_copies(cells) & _above(cells, LARGE), 1.8, 1.0)


def slower_conversion(cells: pd.DataFrame) -> Floats:
    return np.where((cells["conversion"] == "torch.tensor").to_numpy() & _above(cells, 16 * 1024), 1.5, 1.0)


def slower_calls(cells: pd.DataFrame) -> Floats:
    return np.where(_above(cells, 16 * 1024), 1.0, 1.2)


KINDS = (usual, slower_machine, slower_memory, slower_conversion, slower_calls)


def fleet_cells(
    machines: Sequence[Kind],
    *,
    runs: int = 1,
    alike: float = 0.01,
    noise: float = 0.01,
    odd: dict[int, Kind] | None = None,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells of all runs, and the name of each row's machine.

    Args:
        machines: the kind of each.
        runs: of each machine.
        alike: standard deviation of machines of one kind, all cells together; half as much for each cell alone.
        noise: standard deviation of a run's cell, and of all its cells together.
        odd: what else is true of some machines, by their position.
        seed: of the noise.
    """
    draw = np.random.default_rng(seed)
    frames, names = [], []
    for number, kind in enumerate(machines):
        own = kind(BASE) * np.exp(draw.normal(0, alike) + draw.normal(0, alike / 2, len(BASE)))
        if odd and number in odd:
            own = own * odd[number](BASE)
        for run in range(runs):
            factor = own * np.exp(draw.normal(0, noise) + draw.normal(0, noise, len(BASE)))
            frames.append(BASE.assign(run=f"run-{number}-{run}", seconds=BASE["seconds"] * factor))
            names += [f"node-{number:03d}"] * len(BASE)
    return pd.concat(frames, ignore_index=True), names


def fleet_runs(
    machines: Sequence[Kind],
    *,
    runs: int = 1,
    facts: Callable[[int], dict[str, object]] = lambda _: {},
    alike: float = 0.01,
    odd: dict[int, Kind] | None = None,
) -> list[Run]:
    """Return the runs of a made-up fleet, whose cells are there already and need no reading.

    Args:
        machines: the kind of each.
        runs: of each machine.
        facts: of the machine at a position, beside its name.
        alike: as for `fleet_cells`.
        odd: as for `fleet_cells`.
    """
    cells, names = fleet_cells(machines, runs=runs, alike=alike, odd=odd)
    made = []
    for number, (name, rows) in enumerate(cells.assign(machine=names).groupby("run", sort=False)):
        run = Run(str(name), Path(str(name)))
        run.__dict__["cells"] = rows.reset_index(drop=True)
        run.files.__dict__["facts"] = {"machine": facts(number // runs)}
        run.__dict__["replicates"] = np.log(rows[["seconds"]].to_numpy()) + np.zeros(2)
        made.append(run)
    return made


def _copies(cells: pd.DataFrame) -> np.ndarray:
    return ~cells["shares_memory"].to_numpy(dtype=bool, na_value=False)


def _above(cells: pd.DataFrame, size: int) -> np.ndarray:
    return (cells["bytes"].fillna(0) > size).to_numpy(dtype=bool)

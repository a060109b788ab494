"""Laws drawn at random, and rounds that follow them: what the scaling model has to find again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.law import RESTART, Law
from tests.made_up import Law as Noise
from tests.made_up import MadeUpCell, made_up_rounds

SIZES = 8.0 * 4.0 ** np.arange(13)
"""Bytes of float64 arrays of 4^0 to 4^12 elements: the default grid."""
NOISE = Noise(processes=15, visits=1, rounds=3, noise=0.01, offset=0.03)
"""Every process's figure of every size is off by 3% (one standard deviation), and rounds by 1%."""


def draw_law(draw: np.random.Generator, regimes: int, jump: bool = False) -> Law:
    """Return a law whose regimes can be told apart on the default grid.

    Every regime holds at least two sizes (with one, a slope and two borders would be three unknowns
    for one figure), the first has eight-fold the bytes that cost as much as the call, and the cost
    per byte rises by a factor of 2 to 6 at each border.
    """
    while True:
        even = np.exp(draw.uniform(np.log(256), np.log(65536)))
        slopes = [np.exp(draw.uniform(np.log(2e-7), np.log(3e-6))) / even]
        fixed = slopes[0] * even
        borders = []
        place = even
        for number in range(regimes - 1):
            low, high = (8, 32) if number == 0 else (16, 64)
            place *= np.exp(draw.uniform(np.log(low), np.log(high)))
            borders.append(place)
            slopes.append(slopes[-1] * np.exp(draw.uniform(np.log(2), np.log(6))))
        if borders and borders[-1] > SIZES[-2] / 1.1:
            continue
        kinds = np.zeros(regimes - 1, dtype=np.int64)
        if jump:
            kinds[-1] = RESTART
        return Law(fixed, np.array(slopes), np.array(borders), kinds)


def constant(fixed: float = 4e-7) -> Law:
    """Return the law of a conversion that moves no bytes."""
    return Law(fixed, np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))


def law_cells(law: Law, name: str = "torch.tensor", sizes: np.ndarray = SIZES, **facts: object) -> list[MadeUpCell]:
    """Return a curve's cells that follow a law."""
    values: dict[str, object] = {"direction": "to_tensor", "expression": f"{name}(a)", "documented": "copies"}
    values |= {"dtype": "float64", "shares_memory": law.regimes == 0} | facts
    return [
        MadeUpCell(conversion=name, size=int(size // 8), seconds=float(seconds), **values)  # type: ignore[arg-type]
        for size, seconds in zip(sizes, law.seconds(sizes), strict=True)
    ]


def law_rounds(law: Law, seed: int = 0, noise: Noise = NOISE, sizes: np.ndarray = SIZES) -> pd.DataFrame:
    """Return the rounds of one curve that follows a law."""
    return made_up_rounds(noise, law_cells(law, sizes=sizes), seed)


FAULT = 1.5e-6
FREE = 1.5e-7
FAULTING = 32 * 1024**2
"""Result bytes from which made-up results are fresh pages."""


def faults_of(size: float) -> float:
    return size / 4096 if size >= FAULTING else 0.0


def machine_cells(sizes: np.ndarray = SIZES, threads: int = 1) -> list[MadeUpCell]:
    """Return conversions and references of one machine: 10 GB/s, 1.5 µs a fault, all parts adding up.

    torch copies at 8 GB/s, allocating takes longer by 2 µs a MiB. Freeing a page that was faulted in takes a tenth
    of faulting it in.
    """

    def cell(name: str, direction: str, expression: str, size: float, seconds: float, **facts: object) -> MadeUpCell:
        values: dict[str, object] = {"documented": "copies", "dtype": "float64", "shares_memory": False} | facts
        return MadeUpCell(
            conversion=name, direction=direction, expression=expression, size=int(size // 8), seconds=seconds,
            threads=threads, **values,  # type: ignore[arg-type]
        )  # fmt: skip

    cells = []
    for size in sizes:
        faults = faults_of(size)
        copying, paging, allocating = size / 1e10, faults * FAULT, size / 5e11
        by_torch, freeing, touched = size / 8e9, faults * FREE, allocating + paging + size / 1e12
        made = by_torch + paging + allocating + freeing
        fresh = {"page_faults": faults}
        cells += [
            cell("torch.from_numpy", "to_tensor", "torch.from_numpy(a)", size, 4e-7, shares_memory=True),
            cell("torch.tensor", "to_tensor", "torch.tensor(a)", size, 2e-6 + made, **fresh),
            cell("t.numpy", "to_array", "t.numpy()", size, 5e-7, shares_memory=True),
            cell("t.clone.numpy", "to_array", "t.clone().numpy()", size, 1.5e-6 + 1.2 * (copying + paging), **fresh),
            cell("plain copy (mapped)", "reference", "np.copyto(b, a)", size, 1e-7 + copying),
            cell("plain copy (fresh)", "reference", "np.array(a)", size, 2e-7 + copying + paging, **fresh),
            cell("allocate", "reference", "torch.empty", size, 3e-7 + allocating),
            cell("allocate and touch", "reference", "torch.empty", size, 4e-7 + touched, **fresh),
            cell("allocate, touch and free", "reference", "torch.empty", size, 5e-7 + touched + freeing, **fresh),
            cell("torch copy", "reference", "b.copy_(a)", size, 9e-7 + by_torch),
        ]
    return cells

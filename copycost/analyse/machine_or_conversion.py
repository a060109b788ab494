"""Slower machine or slower conversion: a ratio of two machines taken apart by each machine's own plain copies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.ceilings import MAPPED
from copycost.analyse.grouping import Codes, Floats, floats, group_codes
from copycost.analyse.law_fit import UNEXPLAINED
from copycost.analyse.machines import Figures
from copycost.units import format_bytes

BORDERS = (16 * 1024, 4 * 1024**2)
"""Source bytes: up to the first a call is what a copy costs, up to the second it stays in a core's caches."""
EVERY_SIZE = "every size"
BAND = ("conversion", "direction", "sizes")
ALL = ""
"""The conversion of rows that are about all of them together."""
PARTS = ("ratio", "machine_ratio", "own_ratio")
COLUMNS = (
    "machine",
    "base",
    *BAND,
    *(f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")),
    "why",
)
MARGIN = 0.05
"""Ratios nearer to 1 than this are the same."""
IN_ALL, CALLS, CACHED_COPIES, LARGE_COPIES = "in all", "calls", "copies inside the caches", "large copies"
KINDS = (IN_ALL, CALLS, CACHED_COPIES, LARGE_COPIES)
"""What is told first of a machine. Calls share memory or copy no more bytes than the first of ``BORDERS``."""
AGAINST_COLUMNS = ("machine", "base", "kind", "cells", *COLUMNS[5:-1], "side", "own_side")
NORMAL = 1.96
SAME = "the same"
UNDECIDED = "undecided"
UNKNOWN = "no plain copies were measured"
UNEXPLAINED_CHANGE = {1: "slower, undecided which", -1: "faster, undecided which"}
_MACHINE = {1: "slower machine", -1: "faster machine"}
_CONVERSION = {1: "slower conversion", -1: "faster conversion"}


def machine_or_conversion(figures: Figures, base: int) -> pd.DataFrame:
    """Return how each machine's times compare with those of one of them, and why.

    The yardstick of a cell is a plain copy of as many bytes into mapped memory on the same machine; of a
    call that shares memory, the smallest plain copy, which is little but a call. A ratio of times is the ratio
    of the yardsticks (the machine) times the ratio of what a conversion costs beside its yardstick (the
    conversion).

    Args:
        figures: with the references.
        base: the position of the machine that the others are compared with.

    Returns:
        One row for each other machine and band of cells: ``machine``, ``base``, ``conversion``, ``direction``,
        ``sizes``, the three ratios (geometric means over the cells that both have) with their 95% intervals, and
        ``why``. The conversion ``ALL`` is the one in the middle: what is true of it is true of most, whatever a
        single one does.
    """
    grid = np.flatnonzero((figures.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    codes, labels = bands(figures.cells.iloc[grid])
    frames = []
    for machine in range(len(figures.names)):
        rows = []
        yardstick = _yardsticks(figures, np.array([machine, base]))[grid]
        for number, row in labels.iterrows() if machine != base else ():
            member = codes == number
            parts = _parts(figures, grid[member], yardstick[member], machine, base)
            if parts is not None:
                rows.append([figures.names[machine], figures.names[base], *row[list(BAND)], *parts])
        of_machine = pd.DataFrame(rows, columns=list(COLUMNS))
        frames += [_middle(of_machine), of_machine]
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def against(figures: Figures, base: int) -> pd.DataFrame:
    """Return how much longer each machine takes than one of them: in all, for calls, and for copies.

    Cells of a run err together, by an unknown correlation, so the standard error of a mean is taken to be the mean of
    the standard errors, the largest that any correlation allows (Minkowski's inequality).

    Args:
        figures: with the references.
        base: the position of the machine that the others are compared with.

    Returns:
        One row for each other machine and each of ``KINDS`` that it has cells of: ``machine``, ``base``, ``kind``,
        ``cells`` (how many both have), the three ratios of ``machine_or_conversion`` with their 95% intervals, of plain
        copies only for copies, and whether the first and the last are above 1 (1), below (-1), neither (0) or unknown
        (NaN): ``side`` and ``own_side``.
    """
    grid = np.flatnonzero((figures.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    rows = []
    for machine in range(len(figures.names)):
        pair = np.array([machine, base])
        shared = grid[np.isfinite(figures.logs[np.ix_(pair, grid)]).all(axis=0)]
        yardstick = _yardsticks(figures, pair)
        for kind, of_kind in _kinds(figures.cells).items() if machine != base else ():
            among = shared[of_kind[shared]]
            if not len(among):
                continue
            total = _mean(figures, among, machine, base, together=True)
            beside, own, own_side = (np.nan,) * 3, (np.nan,) * 3, None
            timed = among[yardstick[among] >= 0]
            if kind in (CACHED_COPIES, LARGE_COPIES) and len(timed):
                plain = _mean(figures, yardstick[timed], machine, base, together=True)
                whole = _mean(figures, timed, machine, base, together=True)
                ratio = whole[0] - plain[0], float(np.hypot(whole[1], plain[1]))
                beside, own, own_side = _ends(*plain), _ends(*ratio), _side(*ratio)
            names = (figures.names[machine], figures.names[base], kind, len(among))
            rows.append((*names, *_ends(*total), *beside, *own, _side(*total), own_side))
    return pd.DataFrame(rows, columns=list(AGAINST_COLUMNS))


def _kinds(cells: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return which cells are of each of ``KINDS``."""
    sizes = floats(cells["bytes"])
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    small, large = BORDERS
    copies = ~shares & (sizes > small)
    return {
        IN_ALL: np.ones(len(cells), dtype=bool),
        CALLS: shares | (sizes <= small),
        CACHED_COPIES: copies & (sizes <= large),
        LARGE_COPIES: copies & (sizes > large),
    }


def bands(cells: pd.DataFrame) -> tuple[Codes, pd.DataFrame]:
    """Return each cell's band of size, few enough to read and alike enough to average; and the bands' names.

    What shares memory costs the same at every size and is one band, as are benchmarks without a size.
    """
    sizes = floats(cells["bytes"])
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    low, high = (format_bytes(border) for border in BORDERS)
    words = np.array([f"up to {low}", f"{low} to {high}", f"above {high}", EVERY_SIZE], dtype=object)
    number = np.where(shares | np.isnan(sizes), 3, np.searchsorted(BORDERS, np.nan_to_num(sizes)))
    names = cells[["conversion", "direction"]].astype(object).assign(sizes=words[number])
    codes, first = group_codes(names, BAND)
    return codes, names.iloc[first].reset_index(drop=True)


def _middle(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each band the row of the conversion in the middle, as that of all of them."""
    made = []
    for _, own in rows.groupby("sizes", sort=False):
        by = "own_ratio" if own["own_ratio"].notna().any() else "ratio"
        ordered = own.sort_values(by, kind="stable")
        made.append(ordered.iloc[[(len(ordered) - 1) // 2]].assign(conversion=ALL, direction=ALL))
    return pd.concat(made) if made else rows


def _yardsticks(figures: Figures, pair: Codes) -> Codes:
    """Return for each cell the position of its plain copy among those that both machines have, -1 without one."""
    cells = figures.cells
    plain = (cells["conversion"] == MAPPED) & (cells["direction"] == "reference")
    both = np.isfinite(figures.logs[pair]).all(axis=0)
    among = np.flatnonzero(plain.to_numpy(dtype=bool, na_value=False) & both)
    sizes, threads = floats(cells["bytes"]), cells["threads"].astype(str).to_numpy()
    same = {(sizes[place], threads[place]): int(place) for place in among}
    smallest = {threads[place]: int(place) for place in among[np.argsort(-sizes[among])]}
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    return np.array(
        [
            smallest.get(thread, -1) if sharing else same.get((size, thread), -1)
            for size, thread, sharing in zip(sizes, threads, shares, strict=True)
        ],
        dtype=np.int64,
    )


def _parts(figures: Figures, cells: Codes, yardstick: Codes, machine: int, base: int) -> list[float | str] | None:
    """Return the three ratios with their intervals, and why; None without a cell in common."""
    pair = np.array([machine, base])
    both = np.isfinite(figures.logs[np.ix_(pair, cells)]).all(axis=0)
    if not both.any():
        return None
    measured = both & (yardstick >= 0)
    if not measured.any():
        return [*_ends(*_mean(figures, cells[both], machine, base)), *(np.nan,) * 6, UNKNOWN]
    total = _mean(figures, cells[measured], machine, base)
    plain = _mean(figures, yardstick[measured], machine, base)
    beside = total[0] - plain[0], float(np.hypot(total[1], plain[1]))
    return [*_ends(*total), *_ends(*plain), *_ends(*beside), _why(_side(*total), _side(*plain), _side(*beside))]


def _mean(figures: Figures, cells: Codes, machine: int, base: int, *, together: bool = False) -> tuple[float, float]:
    """Return the mean log ratio over cells and its standard error; one cell may count several times.

    The error is NaN where the cells of one side tell none, as those of a single process.

    Args:
        figures: of machines.
        cells: the positions of the cells.
        machine: the position of one machine.
        base: that of the other.
        together: whether the cells may err together, instead of each by itself.
    """
    places, number = np.unique(cells, return_counts=True)
    share = number / number.sum()
    ratio = figures.logs[machine, places] - figures.logs[base, places]
    variance: Floats = figures.errors[machine, places] ** 2 + figures.errors[base, places] ** 2
    if not (figures.told[machine, places].any() and figures.told[base, places].any()):
        return float(share @ ratio), float("nan")
    # What one run cannot tell about itself does not average out over its cells.
    error = (share @ np.sqrt(variance)) ** 2 if together else share**2 @ variance
    return float(share @ ratio), float(np.sqrt(error + 2 * UNEXPLAINED**2))


def _ends(ratio: float, error: float) -> tuple[float, float, float]:
    return float(np.exp(ratio)), float(np.exp(ratio - NORMAL * error)), float(np.exp(ratio + NORMAL * error))


def _side(ratio: float, error: float) -> int | None:
    """Return 1 for slower, -1 for faster, 0 for the same, None where it cannot be told."""
    if abs(ratio) > max(NORMAL * error, np.log1p(MARGIN)):
        return 1 if ratio > 0 else -1
    return 0 if abs(ratio) + NORMAL * error < np.log1p(MARGIN) else None


def _why(total: int | None, machine: int | None, conversion: int | None) -> str:
    """Return the reason in words; a part that is sure beside a whole that is not says nothing about it."""
    if total is None:
        return UNDECIDED
    parts = [_MACHINE[machine]] if machine else []
    parts += [_CONVERSION[conversion]] if conversion else []
    if total == 0:
        return " but ".join(parts) if len(parts) == 2 else SAME
    if not parts:
        return UNEXPLAINED_CHANGE[total]
    return (" and " if machine == conversion else " but ").join(parts)

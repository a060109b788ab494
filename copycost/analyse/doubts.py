"""Doubts about estimates: each has a name, a sentence and a figure, and looks at one thing only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.grouping import ARM, Floats, floats, group_codes
from copycost.analyse.robust_mean import FEWEST
from copycost.units import format_ratio

PAGE_BYTES = 4096
SMALLEST_FAULT_BOUND = 1024**2
SWALLOWED = 0.5
UNSURE = 0.1
BUSY = 0.5
THROTTLED = 0.15
UNSTEADY = 0.05
INTERRUPTED_OFTEN = 0.03
IMPRECISE = "imprecise"

_BRACKETED_FIGURE = re.compile(r" \([^()]*\{figure\}[^()]*\)")


@dataclass(frozen=True)
class Doubt:
    """One reason to distrust an estimate.

    Attributes:
        name: as it stands in ``flags``.
        sentence: what it means, with ``{cells}`` for how many cells have it and ``{figure}`` for
            the worst.
        present: cells and the precision asked for to one boolean per cell.
        figure: cells to one number per cell, the larger the worse.
        written: a figure as text.
        whole_run: it says something about the run, so a table need not repeat it at every cell.
    """

    name: str
    sentence: str
    present: Callable[[pd.DataFrame, float | None], np.ndarray]
    figure: Callable[[pd.DataFrame], Floats]
    written: Callable[[float], str]
    whole_run: bool = False


def flags(cells: pd.DataFrame, precision: float | None = None) -> np.ndarray:
    """Return for each cell the names of its doubts, joined by ``;``, empty where there is none."""
    result = np.full(len(cells), "", dtype=object)
    if not len(cells):
        return result
    for doubt in DOUBTS:
        present = doubt.present(cells, precision)
        result[present] = [text + ";" + doubt.name if text else doubt.name for text in result[present]]
    return result


def sentences(cells: pd.DataFrame) -> list[tuple[Doubt, str]]:
    """Return each doubt present and its sentence: how many cells have it, and the worst figure."""
    said = []
    own = cells["flags"].fillna("").str.split(";")
    for doubt in DOUBTS:
        among = cells[np.array([doubt.name in names for names in own], dtype=bool)]
        if not len(among):
            continue
        figures = doubt.figure(among)
        known = figures[np.isfinite(figures)]
        cells_said = f"{len(among)} of {len(cells)} cells"
        if len(known):
            said.append((doubt, doubt.sentence.format(cells=cells_said, figure=doubt.written(float(known.max())))))
        else:  # what stands in brackets with the figure goes with it
            bare = _BRACKETED_FIGURE.sub("", doubt.sentence)
            said.append((doubt, bare.format(cells=cells_said, figure="unknown")))
    return said


def half_width(cells: pd.DataFrame) -> Floats:
    """Return half the interval's width as a share of the figure; NaN where there is no interval."""
    width = floats(cells["ci_high"]) - floats(cells["ci_low"])
    half: Floats = width / 2 / floats(cells["seconds"])
    return half


def _middle(cells: pd.DataFrame) -> Floats:
    return (floats(cells["overhead_low"]) + floats(cells["overhead_high"])) / 2


def _below_resolution(cells: pd.DataFrame, _: float | None) -> np.ndarray:
    seconds = floats(cells["seconds"])
    width = floats(cells["overhead_high"]) - floats(cells["overhead_low"])
    swallowed = _middle(cells) >= SWALLOWED * seconds
    unsure = width > UNSURE * floats(cells["net_seconds"])
    return swallowed | unsure | np.isnan(seconds)


def _page_fault_bound(cells: pd.DataFrame, _: float | None) -> np.ndarray:
    result_bytes = floats(cells["result_bytes"])
    faulted = floats(cells["page_faults"]) * PAGE_BYTES
    return (result_bytes >= SMALLEST_FAULT_BOUND) & (faulted >= result_bytes / 2)


def _run_quiet_share(cells: pd.DataFrame) -> Floats:
    return _of_arm(cells, floats(cells["quiet_share"]))


def _of_arm(cells: pd.DataFrame, share: Floats) -> Floats:
    """Return a share of each cell's rounds as that of all rounds of its arm."""
    arm, first = group_codes(cells, ARM)
    rounds = floats(cells["rounds"])
    known = np.where(np.isnan(share), 0.0, rounds)
    found = np.bincount(arm, weights=np.nan_to_num(share) * rounds, minlength=len(first))
    total = np.bincount(arm, weights=known, minlength=len(first))
    of_arm: Floats = np.divide(found, total, out=np.full(len(first), np.nan), where=total > 0)
    return of_arm[arm]


def interrupted_share(cells: pd.DataFrame) -> Floats:
    """Return for each cell the share of its arm's rounds whose clock reading was disturbed; NaN without a clock."""
    return _of_arm(cells, floats(cells["interrupted"]))


def _imprecise(cells: pd.DataFrame, precision: float | None) -> np.ndarray:
    if precision is None:
        return np.zeros(len(cells), dtype=bool)
    return ~(half_width(cells) <= precision)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _lowest_percent(negative: float) -> str:
    return _percent(-negative)


DOUBTS: tuple[Doubt, ...] = (
    Doubt(
        "few-quiet",
        "too few quiet rounds in {cells} (as little as {figure}): there, all rounds were used and there is no interval",
        lambda cells, _: ~cells["gated"].to_numpy(dtype=bool),
        lambda cells: -floats(cells["quiet_share"]),
        _lowest_percent,
    ),
    Doubt(
        "few-processes",
        "{cells} have figures from fewer than three processes (as few as {figure}): no 95% interval",
        lambda cells, _: floats(cells["processes"]) < FEWEST,
        lambda cells: -floats(cells["processes"]),
        lambda figure: f"{-figure:.0f}",
    ),
    Doubt(
        "few-sessions",
        "{cells} have figures from fewer than three sessions (as few as {figure}): no 95% interval",
        lambda cells, _: (floats(cells["sessions"]) < FEWEST) & (floats(cells["processes"]) >= FEWEST),
        lambda cells: -floats(cells["sessions"]),
        lambda figure: f"{-figure:.0f}",
    ),
    Doubt(
        "two-modes",
        "processes fall into two groups in {cells} (up to {figure} apart); the figure lies between",
        lambda cells, _: np.isfinite(floats(cells["mode_gap"])),
        lambda cells: floats(cells["mode_gap"]),
        format_ratio,
    ),
    Doubt(
        "unsteady",
        "processes differ by {figure} (one standard deviation) in {cells} though the core was quiet: shared cache or "
        "memory; another run may find another figure",
        lambda cells, _: floats(cells["between_processes"]) > UNSTEADY,
        lambda cells: floats(cells["between_processes"]),
        _percent,
    ),
    Doubt(
        "page-fault-bound",
        "{cells} spend their time on fresh pages (up to {figure} faults a call), not on copying",
        _page_fault_bound,
        lambda cells: floats(cells["page_faults"]),
        lambda figure: f"{figure:.0f}",
    ),
    Doubt(
        "below-resolution",
        "calling costs as much as, or is less certain than, what is called in {cells} (up to {figure} of the figure)",
        _below_resolution,
        lambda cells: _middle(cells) / floats(cells["seconds"]),
        _percent,
    ),
    Doubt(
        "drift",
        "{cells} changed from the first process to the last (by up to {figure})",
        lambda cells, _: np.isfinite(floats(cells["drift"])),
        lambda cells: np.abs(floats(cells["drift"])),
        _percent,
    ),
    Doubt(
        "busy-machine",
        "only {figure} of the run's rounds were quiet: the machine is busy or throttled ({cells})",
        lambda cells, _: _run_quiet_share(cells) < BUSY,
        lambda cells: -_run_quiet_share(cells),
        _lowest_percent,
        whole_run=True,
    ),
    Doubt(
        "throttled",
        "the processor's clock changed by {figure} between processes; times are given at one clock ({cells})",
        lambda cells, _: floats(cells["clock_change"]) > THROTTLED,
        lambda cells: floats(cells["clock_change"]),
        _percent,
        whole_run=True,
    ),
    Doubt(
        "interrupted",
        "the cores are interrupted again and again, {figure} of the clock's readings were: every figure has some "
        "percent of that in it, and another run that is interrupted less finds lower ones ({cells})",
        lambda cells, _: interrupted_share(cells) > INTERRUPTED_OFTEN,
        interrupted_share,
        _percent,
        whole_run=True,
    ),
    Doubt(
        "never-quiet",
        "{figure} processes never saw their core quiet; their rounds are left out of {cells}",
        lambda cells, _: floats(cells["contended_processes"]) > 0,
        lambda cells: floats(cells["contended_processes"]),
        lambda figure: f"{figure:.0f}",
        whole_run=True,
    ),
    Doubt(
        "partial-gating",
        "only one of the cores used was watched in {cells} (up to {figure} threads)",
        lambda cells, _: cells["partial_gating"].to_numpy(dtype=bool, na_value=False),
        lambda cells: floats(cells["threads"]),
        lambda figure: f"{figure:.0f}",
    ),
    Doubt(
        IMPRECISE,
        "{cells} are less precise than asked for (half an interval is up to {figure})",
        _imprecise,
        half_width,
        _percent,
    ),
)
"""All doubts, in the order in which they stand in ``flags``."""

"""Doubts about estimates: each has a name, a sentence and a figure, and looks at one thing only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.breakdown import MOST_OF_THE_TIME
from copycost.analyse.grouping import ARM, Floats, floats, group_codes
from copycost.analyse.process_patterns import FAR_APART
from copycost.analyse.robust_mean import FEWEST
from copycost.units import format_ratio

SOME_FAULTS = 0.1
"""Page faults for each page of the result by which processes differ that make times differ."""
SWALLOWED = 0.5
UNSURE = 0.1
BUSY = 0.5
THROTTLED = 0.15
UNSTEADY = 0.05
INTERRUPTED_OFTEN = 0.03
IMPRECISE = "imprecise"

_FIGURE_BESIDE = re.compile(r" \([^()]*\{figure\}[^()]*\)|, [^,]*\{figure\}[^,]*$")


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
        brief: the same in a few words, for who reads the figures; ``explain`` and reports have the sentence.
        why: the cells that have it to what stands for ``{why}`` in the sentence.
        whole_run: it says something about the run, so a table need not repeat it at every cell.
    """

    name: str
    sentence: str
    present: Callable[[pd.DataFrame, float | None], np.ndarray]
    figure: Callable[[pd.DataFrame], Floats]
    written: Callable[[float], str]
    brief: str = ""
    why: Callable[[pd.DataFrame], str] = lambda _: ""
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


def sentences(cells: pd.DataFrame, *, brief: bool = False) -> list[tuple[Doubt, str]]:
    """Return each doubt present and its sentence, or a few words: how many cells have it, and the worst figure."""
    said = []
    own = cells["flags"].fillna("").str.split(";")
    for doubt in DOUBTS:
        among = cells[np.array([doubt.name in names for names in own], dtype=bool)]
        if not len(among):
            continue
        figures = doubt.figure(among)
        known = figures[np.isfinite(figures)]
        cells_said = f"{len(among)} of {len(cells)} cells"
        sentence, figure = doubt.brief if brief else doubt.sentence, "unknown"
        if len(known):
            figure = doubt.written(float(known.max()))
        else:  # what stands in brackets, or after the last comma, with the figure goes with it
            sentence = _FIGURE_BESIDE.sub("", sentence)
        said.append((doubt, sentence.format(cells=cells_said, figure=figure, why="" if brief else doubt.why(among))))
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
    return floats(cells["page_faults_share"]) >= MOST_OF_THE_TIME


def _unsteady(cells: pd.DataFrame, _: float | None) -> np.ndarray:
    far = floats(cells["mode_gap"]) >= FAR_APART  # which says more
    return (floats(cells["between_processes"]) > UNSTEADY) & ~far


def _why_unsteady(cells: pd.DataFrame) -> str:
    """Return what makes processes differ, where probes and page faults tell."""
    differ = int((floats(cells["faults_apart"]) >= SOME_FAULTS).sum())
    faults = "the page faults that they take differ"
    if differ == len(cells):
        return f": {faults}"
    if cells["quiet_share"].isna().any():
        return f" ({faults} in {differ} of these)" if differ else ""
    of_some = f"; in {differ} of these, {faults}" if differ else ""
    return f" though the core was quiet: shared cache or memory{of_some}"


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
        brief="{cells} have too few quiet rounds (as little as {figure})",
    ),
    Doubt(
        "few-processes",
        "{cells} have figures from fewer than three processes (as few as {figure}): no 95% interval",
        lambda cells, _: floats(cells["processes"]) < FEWEST,
        lambda cells: -floats(cells["processes"]),
        lambda figure: f"{-figure:.0f}",
        brief="{cells}: fewer than three processes, so no interval",
    ),
    Doubt(
        "few-sessions",
        "{cells} have figures from fewer than three sessions (as few as {figure}): no 95% interval",
        lambda cells, _: (floats(cells["sessions"]) < FEWEST) & (floats(cells["processes"]) >= FEWEST),
        lambda cells: -floats(cells["sessions"]),
        lambda figure: f"{-figure:.0f}",
        brief="{cells}: fewer than three sessions, so no interval",
    ),
    Doubt(
        "two-modes",
        "processes fall into two groups in {cells} (up to {figure} apart); the figure lies between, or is that of the "
        f"larger group where they are {FAR_APART:.0f} times apart or more",
        lambda cells, _: np.isfinite(floats(cells["mode_gap"])),
        lambda cells: floats(cells["mode_gap"]),
        format_ratio,
        brief="{cells}: two groups of processes, by up to {figure} apart",
    ),
    Doubt(
        "unsteady",
        "processes differ by up to {figure} (one standard deviation) in {cells}{why}; another run may find another "
        "figure",
        _unsteady,
        lambda cells: floats(cells["between_processes"]),
        _percent,
        brief="{cells}: processes differ by up to {figure}",
        why=_why_unsteady,
    ),
    Doubt(
        "page-fault-bound",
        "{cells} spend most of their time on fresh pages (up to {figure} faults a call), not on copying",
        _page_fault_bound,
        lambda cells: floats(cells["page_faults"]),
        lambda figure: f"{figure:.0f}",
        brief="{cells}, with up to {figure} faults a call",
    ),
    Doubt(
        "below-resolution",
        "calling costs as much as, or is less certain than, what is called in {cells} (up to {figure} of the figure)",
        _below_resolution,
        lambda cells: _middle(cells) / floats(cells["seconds"]),
        _percent,
        brief="{cells}: calling is up to {figure} of the figure",
    ),
    Doubt(
        "drift",
        "{cells} changed from the first process to the last (by up to {figure})",
        lambda cells, _: np.isfinite(floats(cells["drift"])),
        lambda cells: np.abs(floats(cells["drift"])),
        _percent,
        brief="{cells}: changed during the run, by up to {figure}",
    ),
    Doubt(
        "busy-machine",
        "only {figure} of the run's rounds were quiet: the machine is busy or throttled ({cells})",
        lambda cells, _: _run_quiet_share(cells) < BUSY,
        lambda cells: -_run_quiet_share(cells),
        _lowest_percent,
        brief="only {figure} of the rounds were quiet: the machine is busy",
        whole_run=True,
    ),
    Doubt(
        "throttled",
        "the processor's clock changed by up to {figure} between processes; times are given at one clock ({cells})",
        lambda cells, _: floats(cells["clock_change"]) > THROTTLED,
        lambda cells: floats(cells["clock_change"]),
        _percent,
        brief="the clock changed by up to {figure}; times are given at one clock",
        whole_run=True,
    ),
    Doubt(
        "interrupted",
        "the cores are interrupted again and again, {figure} of the clock's readings were: every figure has some "
        "percent of that in it, and another run that is interrupted less finds lower ones ({cells})",
        lambda cells, _: interrupted_share(cells) > INTERRUPTED_OFTEN,
        interrupted_share,
        _percent,
        brief="the cores are, at {figure} of the clock's readings",
        whole_run=True,
    ),
    Doubt(
        "never-quiet",
        "{figure} processes never saw their core quiet; their rounds are left out of {cells}",
        lambda cells, _: floats(cells["contended_processes"]) > 0,
        lambda cells: floats(cells["contended_processes"]),
        lambda figure: f"{figure:.0f}",
        brief="{figure} processes never saw their core quiet and are left out",
        whole_run=True,
    ),
    Doubt(
        "partial-gating",
        "only one of the cores used was watched in {cells} (up to {figure} threads)",
        lambda cells, _: cells["partial_gating"].to_numpy(dtype=bool, na_value=False),
        lambda cells: floats(cells["threads"]),
        lambda figure: f"{figure:.0f}",
        brief="{cells}: only one core of up to {figure} was watched",
    ),
    Doubt(
        IMPRECISE,
        "{cells} are less precise than asked for (half an interval is up to {figure})",
        _imprecise,
        half_width,
        _percent,
        brief="{cells}: less precise than asked for, ± up to {figure}",
    ),
)
"""All doubts, in the order in which they stand in ``flags``."""

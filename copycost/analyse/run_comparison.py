"""Two runs compared as far as their records allow: methods, clocks and grids looked at, and what that means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.analyse.common_clock import first_clock
from copycost.analyse.comparison import OTHER_INTERRUPTIONS, OWN_CLOCK, PLAIN_COPY_TOO, add_flag, compare
from copycost.analyse.counts import LEAST_CHANGE, LEAST_CHANGE_ELSEWHERE, with_counts
from copycost.analyse.fingerprint import described, differing, differing_among, require_one, require_same
from copycost.analyse.quartiles import is_without_verdicts, with_quartiles
from copycost.analyse.run import Run
from copycost.errors import UsageError

MARGIN = 0.03
METHOD_DIFFERS = "method-differs"
GRID_DIFFERS = "grid-differs"
GRID_ALLOWANCE = 0.2
"""What a cell may differ by, in log units, because other cells were measured beside it: 16% was seen."""
TIDY_ALLOWANCE = 0.05
"""The same where the heap is tidied before each round: of five grids 95% of the cells came out within 3%."""
ONE_SESSION = "one-session"
ONE_SESSION_ALLOWANCE = 0.14
"""What a run of one session may differ by from another, in log units: address layouts differed by so much."""
SHARED_FRAMES = "shared-page-frames"
SHARED_FRAMES_ALLOWANCE = 0.05
"""What a run whose processes share the page frames of their code may differ by from another, in log units: 1 to 5% was
seen after the page cache had been moved or read again."""
SAME_CLOCK = 1e-4
"""Clocks that differ by no more, as a share, are the same."""
_PROGRAMS = ("python", "numpy", "torch", "libc")
_TIDY = "moved before each round"
_GRID_KEY = ("conversion", "dtype", "size", "cache", "layout")


@dataclass(frozen=True)
class RunComparison:
    """Two runs compared: the frame of ``copycost.analyse.comparison.compare``, with quartiles of the rounds where no
    verdict is possible, and remarks about it as a whole."""

    baseline: Run
    candidate: Run
    cells: pd.DataFrame
    remarks: list[str]
    margin: float
    anyway: bool
    least_change: float
    """of instructions that is called one, as a share."""


def compare_runs(baseline: Run, candidate: Run, *, margin: float = MARGIN, anyway: bool = False) -> RunComparison:
    """Return two runs of one arm each compared.

    Args:
        baseline: what the other is compared with.
        candidate: the other.
        margin: half-width of what counts as the same, as a share.
        anyway: whether to compare what different methods have measured, and flag every row.

    Raises:
        UsageError: a run cannot be read, the methods differ, or no cell is common.
    """
    sides = (("A", baseline), ("B", candidate))
    if not anyway:
        for letter, run in sides:
            require_one(letter, run.methods)
        require_same(baseline.method, candidate.method)
    across = _across(baseline, candidate, anyway)
    allowance = _grid_allowance(baseline, candidate)
    two_runs = baseline.path != candidate.path
    one_session = two_runs and (baseline.had_one_session or candidate.had_one_session)
    shared_frames = two_runs and not one_session and (baseline.shares_page_frames or candidate.shares_page_frames)
    least_apart = ONE_SESSION_ALLOWANCE if one_session else SHARED_FRAMES_ALLOWANCE if shared_frames else 0.0
    cells = compare(
        baseline,
        candidate,
        margin=margin,
        same_clock=_same_clock(baseline, candidate),
        across=[name for name, _, _ in across],
        allowance=max(allowance, least_apart),
        same_programs=_same_programs(baseline, candidate),
    )
    least = LEAST_CHANGE if _one_interpreter(baseline, candidate) else LEAST_CHANGE_ELSEWHERE
    if not (baseline.is_ours or candidate.is_ours) and is_without_verdicts(cells):
        cells = with_quartiles(cells, baseline.rounds, candidate.rounds)
    cells = with_counts(cells, baseline.estimates, candidate.estimates, least)
    methods = [*differing(baseline.method, candidate.method), *across]
    flags = [GRID_DIFFERS] if allowance else []
    flags += [ONE_SESSION] if one_session else [SHARED_FRAMES] if shared_frames else []
    flags += [METHOD_DIFFERS] if differing(baseline.method, candidate.method) else []
    flags += [METHOD_DIFFERS] if any(differing_among(run.methods) for _, run in sides) else []
    for flag in dict.fromkeys([*flags, *(f"{name}-differ" for name, _, _ in across)]):
        cells = add_flag(cells, flag)

    remarks = [
        f"same: the 95% interval lies within ±{100 * margin:.3g}%; faster and slower: 5% false discoveries at most"
    ]
    if baseline.path.resolve() == candidate.path.resolve() and baseline.arm == candidate.arm:
        remarks.insert(0, "A and B are the same run, in which nothing can differ")
    for letter, run in sides:
        if run.unfinished:
            remarks.append(f"{letter} is {run.unfinished}: compared as far as it goes, {run.process_count} processes")
    remarks += [text for flag, text in _TOLD.items() if cells["flags"].str.contains(flag).any()]
    remarks += [f"the methods differ: {described(methods)}"] if methods else []
    for letter, run in sides:
        fields = differing_among(run.methods)
        remarks += [f"{letter} holds runs of different methods: {', '.join(fields)}"] if fields else []
    if allowance:
        remarks.append(
            "A and B are runs of different grids, which alone may set them apart: "
            f"nothing below {allowance:.0%} is called a change"
        )
    if one_session:
        remarks.append(
            "measured by an earlier method, in one session: what another session would find is not known, and "
            f"nothing below {ONE_SESSION_ALLOWANCE:.0%} is called a change"
        )
    if shared_frames:
        remarks.append(
            "all processes of a run had their code in the same page frames: what other frames would cost is not "
            f"known, and nothing below {SHARED_FRAMES_ALLOWANCE:.0%} is called a change"
        )
    remarks += _paired(baseline, candidate, cells)
    remarks += _moved_clock(baseline, candidate, cells)
    return RunComparison(baseline, candidate, cells, remarks, margin, anyway, least)


def _moved_clock(a: Run, b: Run, cells: pd.DataFrame) -> list[str]:
    """Return what is said where B's times are given at another clock than of B alone."""
    clocks = [first_clock(run.estimates) for run in (a, b)]
    if not (cells["clock"] == "common").any() or not clocks[0] or not clocks[1]:
        return []
    moved = clocks[1] / clocks[0]
    same = abs(moved - 1) <= SAME_CLOCK
    return [] if same else [f"B's times are given at A's clock: at B's own they are {moved:.4g} times as long"]


def _paired(a: Run, b: Run, cells: pd.DataFrame) -> list[str]:
    """Return what is said of the pairs that differences were taken between, and of what intervals hold for."""
    sessions = all(run.estimates["sessions"].notna().any() for run in (a, b))
    if not sessions:
        return ["neighbouring processes of the two arms are paired"] if cells["paired"].any() else []
    if cells["paired"].any():
        return ["A and B were measured at the same address layouts, which are paired"]
    return ["A and B have no address layouts in common: the intervals hold for programs at any layout"]


_TOLD = {
    OWN_CLOCK: "A and B are read at a clock frequency of their own: another machine, Python or canary",
    PLAIN_COPY_TOO: f"{PLAIN_COPY_TOO}: a plain copy beside these cells changed too, and that much is not called a "
    "change",
    OTHER_INTERRUPTIONS: "one side was interrupted more often than the other: what that may cost is not called a "
    "change",
}
"""What is said of the whole where some cell has a flag."""


def _same_clock(a: Run, b: Run) -> bool:
    """Return whether both runs' clocks are the same work: one canary, one Python."""
    return all(
        one.get(name) == other.get(name)
        for one, other, name in (
            (a.method, b.method, "canary"),
            (a.method, b.method, "clock"),
            (a.machine, b.machine, "python"),
            (a.arm_entry, b.arm_entry, "python"),
        )
    )


def _same_programs(a: Run, b: Run) -> bool:
    """Return whether both were measured by the same interpreter and libraries, which lie alike at the same layout."""
    facts = [{**run.machine, **(run.arm_entry.get("machine") or {})} for run in (a, b)]
    pythons = [run.arm_entry.get("python") for run in (a, b)]
    return pythons[0] == pythons[1] and all(facts[0].get(name) == facts[1].get(name) for name in _PROGRAMS)


def _one_interpreter(a: Run, b: Run) -> bool:
    """Return whether they are arms of one run that the same interpreter has measured."""
    return a.path == b.path and a.arm_entry.get("python") == b.arm_entry.get("python")


def _across(a: Run, b: Run, anyway: bool) -> list[tuple[str, Any, Any]]:
    """Return the conditions in which no cell of one run is like one of the other.

    Arms of one run may differ in their threads, that is what they are for; for two runs it is a difference of method.
    """
    across = []
    for name in ("threads", "cache"):
        of_a, of_b = (set(run.estimates[name].dropna().unique()) for run in (a, b))
        if of_a and of_b and not of_a & of_b:
            across.append((name, _listed(of_a), _listed(of_b)))
    if across and not (anyway or a.path == b.path):
        raise UsageError(f"A and B have no cell in common: {described(across)}; --anyway compares them")
    return across


def _listed(values: set[Any]) -> str:
    return ", ".join(map(str, sorted(values)))


def _grid_allowance(a: Run, b: Run) -> float:
    """Return what cells may differ by, in log units, because the runs planned others; 0 where they planned the same."""
    if not (a.grids and b.grids) or not _other_grid([*a.grids, *b.grids]):
        return 0.0
    tidy = all(_TIDY in str(run.method.get("allocator")) for run in (a, b))
    return TIDY_ALLOWANCE if tidy else GRID_ALLOWANCE


def _other_grid(grids: Sequence[Any]) -> bool:
    """Return whether not all grids are the same: what a cell finds on the heap depends on the others."""
    keys = {frozenset(tuple(str(cell.get(key)) for key in _GRID_KEY) for cell in grid) for grid in grids if grid}
    return len(keys) > 1

"""Two sides compared as far as their records allow: methods, clocks and grids looked at, and what that means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from copycost.analyse.comparison import OTHER_INTERRUPTIONS, OWN_CLOCK, PLAIN_COPY_TOO, add_flag, compare
from copycost.analyse.fingerprint import described, differing, differing_among, require_one, require_same
from copycost.errors import UsageError
from copycost.show.compare_side import SideView

MARGIN = 0.03
METHOD_DIFFERS = "method-differs"
GRID_DIFFERS = "grid-differs"
GRID_ALLOWANCE = 0.2
"""What a cell may differ by, in log units, because other cells were measured beside it: 16% was seen."""
TIDY_ALLOWANCE = 0.05
"""The same where the heap is tidied before each round: of five grids 95% of the cells came out within 3%."""
_TIDY = "moved before each round"


@dataclass(frozen=True)
class Compared:
    """Two sides compared: the frame of ``copycost.analyse.comparison.compare``, and lines about it as a whole."""

    cells: pd.DataFrame
    notes: list[str]


def compared(
    side_a: SideView,
    side_b: SideView,
    *,
    margin: float = MARGIN,
    anyway: bool = False,
) -> Compared:
    """Return two sides compared; ``margin`` and ``anyway`` as for ``copycost.show.compare_view.compare_runs``.

    Raises:
        UsageError: the methods differ, or no cell is common.
    """
    if not anyway:
        for letter, side in (("A", side_a), ("B", side_b)):
            require_one(letter, side.methods)
        require_same(side_a.method, side_b.method)
    across = _across(side_a, side_b, anyway)
    cells = compare(
        side_a.rounds,
        side_b.rounds,
        margin=margin,
        same_clock=_same_clock(side_a, side_b),
        across=[name for name, _, _ in across],
        allowance=_grid_allowance(side_a, side_b),
    )
    if _other_grid(side_a, side_b):
        cells = add_flag(cells, GRID_DIFFERS)
    if _methods_differ(side_a, side_b):
        cells = add_flag(cells, METHOD_DIFFERS)
    for name, _, _ in across:
        cells = add_flag(cells, f"{name}-differ")
    return Compared(cells, _notes(side_a, side_b, across, cells, margin))


def _same_clock(a: SideView, b: SideView) -> bool:
    """Return whether both sides' clocks are the same work: one canary, one Python."""
    return all(
        own.get(name) == other.get(name)
        for own, other, name in (
            (a.method, b.method, "canary"),
            (a.method, b.method, "clock"),
            (a.machine, b.machine, "python"),
            (a.arm, b.arm, "python"),
        )
    )


def _across(a: SideView, b: SideView, anyway: bool) -> list[tuple[str, Any, Any]]:
    """Return the conditions in which no cell of one side is like one of the other.

    Arms of one run may differ in their threads, that is what they are for; for two runs it is a
    difference of method.
    """
    one_run = a.path == b.path
    found = []
    for name in ("threads", "cache"):
        own, other = (set(side.rounds.loc[_measured(side), name].dropna().unique()) for side in (a, b))
        if own and other and not own & other:
            found.append((name, _listed(own), _listed(other)))
    if found and not (anyway or one_run):
        raise UsageError(f"A and B have no cell in common: {described(found)}; --anyway compares them")
    return found


def _measured(side: SideView) -> pd.Series:
    return side.rounds["direction"] != "reference"


def _listed(values: set[Any]) -> str:
    return ", ".join(map(str, sorted(values)))


def _notes(
    a: SideView, b: SideView, across: Sequence[tuple[str, Any, Any]], cells: pd.DataFrame, margin: float
) -> list[str]:
    notes = [
        f"same: the 95% interval lies within ±{100 * margin:.3g}%; faster and slower: 5% false discoveries at most"
    ]
    for letter, side in (("A", a), ("B", b)):
        if side.unfinished:
            notes.append(f"{letter} is {side.unfinished}: compared as far as it goes, {side.processes} processes")
    if cells["flags"].str.contains(OWN_CLOCK).any():
        notes.append("A and B are read at a clock frequency of their own: another machine, Python or canary")
    if cells["flags"].str.contains(PLAIN_COPY_TOO).any():
        notes.append(
            f"{PLAIN_COPY_TOO}: a plain copy beside these cells changed too, and that much is not called a change"
        )
    if cells["flags"].str.contains(OTHER_INTERRUPTIONS).any():
        notes.append("one side was interrupted more often than the other: what that may cost is not called a change")
    found = [*differing(a.method, b.method), *across]
    if found:
        notes.append(f"the methods differ: {described(found)}")
    for letter, side in (("A", a), ("B", b)):
        fields = differing_among(side.methods)
        if fields:
            notes.append(f"{letter} holds runs of different methods: {', '.join(fields)}")
    if _other_grid(a, b):
        notes.append(
            "A and B are runs of different grids, which alone may set them apart: "
            f"nothing below {_grid_allowance(a, b):.0%} is called a change"
        )
    if cells["paired"].any():
        notes.append("neighbouring processes of the two arms are paired")
    return notes


def _grid_allowance(a: SideView, b: SideView) -> float:
    if not _other_grid(a, b):
        return 0.0
    tidy = all(_TIDY in str(side.method.get("allocator")) for side in (a, b))
    return TIDY_ALLOWANCE if tidy else GRID_ALLOWANCE


def _other_grid(a: SideView, b: SideView) -> bool:
    """Return whether runs planned different cells: what a cell finds on the heap depends on the others."""
    keys = ("conversion", "dtype", "size", "cache", "layout")
    grids = [
        frozenset(tuple(str(cell.get(key)) for key in keys) for cell in grid)
        for side in (a, b)
        for grid in side.grids
        if grid
    ]
    return bool(a.grids and b.grids) and len(set(grids)) > 1


def _methods_differ(a: SideView, b: SideView) -> bool:
    return bool(differing(a.method, b.method) or differing_among(a.methods) or differing_among(b.methods))

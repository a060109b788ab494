"""Two runs or arms compared, as charts are drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.frames import PAIR
from copycost.show.compare_side import SideView, read_sides
from copycost.show.compared import MARGIN, compared
from copycost.show.plot_subject import Subject, arms_of, source_name
from copycost.store.bad_files import OnBad

VERSIONS = (("torch", "torch"), ("numpy", "NumPy"))


def pair_subject(
    typed: Sequence[str], results: Path, choice: Mapping[str, Any], on_bad: OnBad | None = None
) -> Subject:
    """Return two sides compared; of one run, its first two arms. The rest is as in ``read_subject``.

    Raises:
        UsageError: there are not two, or they cannot be compared.
    """
    typed = arms_of(typed[0], results) if len(typed) == 1 else list(typed)
    if len(typed) != 2:
        raise UsageError(f"a comparison is of two runs or arms, not of {len(typed)}: {', '.join(typed)}")
    side_a, side_b = read_sides(typed, results, on_bad)
    made_with: dict[str, Any] = {"margin": float(choice.get("margin", MARGIN)), "anyway": bool(choice.get("anyway"))}
    found = compared(side_a, side_b, **made_with)
    return compared_subject(found.cells, side_a, side_b, [source_name(one, results) for one in typed], **made_with)


def compared_subject(
    cells: pd.DataFrame,
    a: SideView,
    b: SideView,
    sources: Sequence[str],
    *,
    margin: float = MARGIN,
    anyway: bool = False,
) -> Subject:
    """Return two sides that are compared already.

    Args:
        cells: the frame of ``copycost.analyse.comparison.compare``.
        a: one side.
        b: the other.
        sources: what each was read from.
        margin: with which they were compared.
        anyway: whether different methods were compared.
    """
    choice: dict[str, Any] = {"margin": margin} if margin != MARGIN else {}
    choice |= {"anyway": True} if anyway else {}
    return Subject(
        PAIR,
        cells,
        tuple(sources),
        machine=a.machine if a.machine_name == b.machine_name else None,
        names=_side_names(a, b),
        about=tuple(_about(a, b)),
        choice=choice,
    )


def _side_names(a: SideView, b: SideView) -> tuple[str, str]:
    """Return what the sides are called on a chart: arms of one run by their arms."""
    if a.path == b.path and a.arm and b.arm:
        return str(a.arm.get("name")), str(b.arm.get("name"))
    if a.name == b.name:
        return f"A ({a.name})", f"B ({b.name})"
    return a.name, b.name


def _about(a: SideView, b: SideView) -> list[str]:
    names = _side_names(a, b)
    one_machine = a.machine_name == b.machine_name
    parts = [a.machine_name or ""] if one_machine else []
    for letter, name, side in (("A", names[0], a), ("B", names[1], b)):
        own = [side.machine_name or "unknown machine"] if not one_machine else []
        own += [
            f"{label} {side.machine[key]}"
            for key, label in VERSIONS
            if side.machine.get(key) and a.machine.get(key) != b.machine.get(key)
        ]
        parts.append(f"{letter}: {name}" + (f" ({', '.join(own)})" if own else ""))
    if a.path == b.path:
        parts.insert(len(parts) - 2, f"run {a.path.name}")
    parts += [
        f"{label} {a.machine[key]}"
        for key, label in VERSIONS
        if a.machine.get(key) and a.machine.get(key) == b.machine.get(key)
    ]
    return parts

"""Planned cells that did not come back: a benchmark that raises leaves no trace in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

PLANNED = ["conversion", "direction", "dtype", "size", "threads", "cache", "layout"]
COLUMNS = [*PLANNED, "arm", "reason"]


def missing(record: Mapping[str, Any], cells: pd.DataFrame) -> pd.DataFrame:
    """Return the planned cells of a run that did not come back, with the reason the record has for
    each.

    Args:
        record: the content of ``run.json``.
        cells: the estimates of that run.

    Returns:
        One row per cell and arm: the plan's columns, ``arm`` and ``reason``.
    """
    plan = record.get("plan")
    planned = _objects(plan.get("cells")) if isinstance(plan, dict) else []
    planned = [cell for cell in planned if cell.get("direction") != "reference"]
    arms: Sequence[Mapping[str, Any]] = _objects(record.get("arms")) or [{}]
    measured = set()
    for cell in cells[[*PLANNED, "arm"]].astype(object).to_dict("records"):
        measured.add((_key(cell), None if arms == [{}] else cell["arm"]))
    reasons = {
        _key(item): item.get("reason") or item.get("error") or "unknown"
        for item in [*_objects(record.get("skipped")), *_objects(record.get("failed"))]
    }
    rows = [
        {name: cell.get(name) for name in PLANNED}
        | {"arm": arm.get("name"), "reason": reasons.get(_key(cell), "not measured")}
        for arm, cell in ((arm, _in(arm, cell)) for cell in planned for arm in arms)
        if (_key(cell), arm.get("name")) not in measured
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _in(arm: Mapping[str, Any], cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a planned cell as an arm measures it: with the threads that the arm sets."""
    return {**cell, "threads": arm["threads"]} if arm.get("threads") is not None else cell


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _key(cell: Mapping[Any, Any]) -> tuple[str, ...]:
    # As text, because a damaged record may hold lists and objects, which cannot be looked up.
    return tuple(str(cell.get(name)) for name in PLANNED)

"""The clock that a run's times are given at: one for all runs of a results folder on one machine and Python.

No quantile of a run's own clock readings is steady where the core's frequency wanders over minutes, and figures at
clocks of their own differ by it. So the first run sets the reference, and later ones take it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.run.record import Record
from copycost.store.places import run_folders
from copycost.store.record import read_record

_OF_A_CLOCK = ("machine", "python")


def set_references(record: Record, seen: Mapping[str, float]) -> None:
    """Set the reference clock of each arm of a run that has none: an earlier run's, or else its own.

    Args:
        record: of the run.
        seen: the median clock of the run's quiet rounds, in seconds, by arm.
    """
    wanted = {arm: facts for arm, facts in record.arms.items() if arm in seen and arm not in record.clock_references}
    if not wanted:
        return
    earlier = _earlier(record.settings.folder, record.method.get("clock"))
    for arm, facts in wanted.items():
        record.clock_references[arm] = earlier.setdefault(_clock_of(facts), float(f"{seen[arm]:.6g}"))


def _earlier(folder: Path, clock: object) -> dict[tuple[object, ...], float]:
    """Return the references of the other runs beside a run, those of the first one for each machine and Python."""
    found: dict[tuple[object, ...], tuple[str, float]] = {}
    for other in run_folders(folder.parent):
        try:
            record = read_record(other)
        except UsageError:
            continue
        if other == folder or record["method"].get("clock") != clock:
            continue
        for arm in record["arms"]:
            reference, key = arm.get("clock_reference"), _clock_of(arm.get("machine") or {})
            if reference is not None and (key not in found or record["created"] < found[key][0]):
                found[key] = record["created"], reference
    return {key: reference for key, (_, reference) in found.items()}


def _clock_of(facts: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(facts.get(name) for name in _OF_A_CLOCK)

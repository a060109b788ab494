"""Machines: what they are, in what they differ, and how their figures rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats, group_codes
from copycost.analyse.side import KEY
from copycost.units import format_bytes

FACTS = (
    ("machine", "machine"),
    ("cpu_model", "CPU"),
    ("cores", "cores"),
    ("caches", "caches"),
    ("memory_bytes", "memory"),
    ("hugepages", "hugepages"),
    ("allocator", "allocator"),
    ("libc", "libc"),
    ("system", "system"),
    ("kernel", "kernel"),
    ("virtual", "virtual"),
    ("python", "Python"),
    ("numpy", "NumPy"),
    ("torch", "torch"),
)
"""Facts in the order in which they are shown, and their headings."""


def describe(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per run record: ``run`` and the facts of its machine as text, None where unknown."""
    return pd.DataFrame(
        [
            {
                "run": str(record.get("name")),
                **facts_as_text({**record.get("machine", {}), "allocator": record.get("method", {}).get("allocator")}),
            }
            for record in records
        ],
        columns=["run", *(name for name, _ in FACTS)],
        dtype=object,
    )


def facts_as_text(machine: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a machine's facts as people read them; what is not known is None."""
    return {name: _text(name, machine.get(name)) for name, _ in FACTS}


def differences(machines: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str | None]]]:
    """Return each fact that is not the same for all machines, by its heading, with all values."""
    texts = [facts_as_text(machine) for machine in machines]
    found = [(heading, [text[name] for text in texts]) for name, heading in FACTS]
    return [(heading, values) for heading, values in found if len(set(values)) > 1]


def rank(cells: pd.DataFrame) -> pd.DataFrame:
    """Return machines ranked by their figures, the fastest first.

    Args:
        cells: estimates of all of them (``copycost.estimate``), one set per ``run``.

    Returns:
        One row per run: ``run``, ``cells`` (how many it has in common with the others), ``relative``
        (geometric mean of its seconds in those, over the fastest run's; NaN for a run that lacks some of
        them) and ``rank``. The common cells are those that the most runs have, so that one run with
        another grid does not leave the rest without any.
    """
    known = cells[np.isfinite(np.log(floats(cells["seconds"])))]
    codes, first = group_codes(known, KEY)
    runs = list(dict.fromkeys(cells["run"]))
    logs = np.full((len(runs), len(first)), np.nan)
    logs[[runs.index(run) for run in known["run"]], codes] = np.log(floats(known["seconds"]))
    has = np.isfinite(logs)
    common = has.sum(axis=0) == has.sum(axis=0).max(initial=0)
    complete = has[:, common].all(axis=1) & common.any()
    mean = np.full(len(runs), np.nan)
    mean[complete] = logs[np.ix_(complete, common)].mean(axis=1)
    relative = np.exp(mean - np.nanmin(mean)) if complete.any() else mean
    ranked = pd.DataFrame({"run": runs, "cells": has[:, common].sum(axis=1), "relative": relative})
    ranked = ranked.sort_values("relative", kind="stable", na_position="last").reset_index(drop=True)
    return ranked.assign(rank=np.where(ranked["relative"].notna(), np.arange(1, len(runs) + 1), 0))


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if name == "memory_bytes" and isinstance(value, int):
        return format_bytes(value)
    if name == "caches" and isinstance(value, list):
        return ", ".join(_cache(cache) for cache in value if isinstance(cache, dict)) or None
    return str(value)


def _cache(cache: Mapping[str, Any]) -> str:
    size = cache.get("bytes")
    shared = cache.get("shared_by")
    text = f"L{cache.get('level')} {format_bytes(size) if isinstance(size, int) else '?'}"
    return f"{text} shared by {shared}" if isinstance(shared, int) and shared > 1 else text

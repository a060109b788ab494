"""Machines: what they are, in what they differ, and how their figures rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.machine_figures import Figures, common
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


def rank(own: Figures, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return machines ranked by their figures, the fastest first.

    Args:
        own: figures of all of them; references do not count.
        names: of all machines; by default those that have figures.

    Returns:
        One row per machine: ``run`` (its name), ``cells`` (how many it has in common with the others),
        ``relative`` (geometric mean of its seconds in those, over the fastest's; NaN for one that lacks some
        of them), ``runs`` (how many it has) and ``rank``. The common cells are those of
        ``copycost.analyse.machine_figures.common``.
    """
    grid = np.flatnonzero((own.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True))
    figures = own.only(np.arange(len(own.names)), grid)
    complete, cells = common(figures)
    mean = np.full(len(own.names), np.nan)
    mean[complete] = figures.logs[np.ix_(complete, cells)].mean(axis=1)
    relative = np.exp(mean - np.nanmin(mean)) if len(complete) else mean
    has = np.isfinite(figures.logs[:, cells]).sum(axis=1)
    ranked = pd.DataFrame({"run": list(own.names), "cells": has, "relative": relative, "runs": own.runs})
    if names is not None:
        ranked = ranked.set_index("run").reindex(list(names)).reset_index(names="run")
        ranked = ranked.fillna({"cells": 0, "runs": 0}).astype({"cells": int, "runs": int})
    ranked = ranked.sort_values("relative", kind="stable", na_position="last").reset_index(drop=True)
    return ranked.assign(rank=np.where(ranked["relative"].notna(), np.arange(1, len(ranked) + 1), 0))


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

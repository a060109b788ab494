"""A machine's noise profile: how far apart identical measurements come out, by size."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats
from copycost.analyse.verdicts import FASTER, SAME, SLOWER
from copycost.errors import UsageError
from copycost.store.facts import as_count
from copycost.store.json_file import read_json
from copycost.store.record import check_schema
from copycost.store.writing import write_json

SCHEMA = 1
FLOOR_SHARE = 0.95
"""The floor is this quantile of what identical measurements differ by."""
ENOUGH = 40
"""Differences from which a size has a floor of its own; with fewer, its neighbours' are added."""
ZERO_COPY = "zero-copy"
COPY = "copy"
APART = (0.01, 0.02, 0.05)

_COUNTS = ("bytes", "cells", "pooled")
_SIZES = ("floor", "over_1", "over_2", "over_5", "same", "false_verdicts")
COLUMNS = ("kind", *_COUNTS, *_SIZES)


@dataclass(frozen=True)
class NoiseProfile:
    """What identical measurements of one machine, by one method, differ by.

    Attributes:
        machine: the machine's name.
        fingerprint: the method, as in ``run.json``.
        created: ISO 8601, UTC.
        repeats: how many comparisons of identical conditions it comes from.
        sizes: one row per kind (zero-copy, copy) and source bytes: ``cells`` compared, ``floor`` (95th
            percentile of the size of the log ratio, over ``pooled`` of them), and the shares of cells
            that were more than 1, 2 and 5% apart, called the same, and called faster or slower.
    """

    machine: str
    fingerprint: dict[str, Any]
    created: str
    repeats: int
    sizes: pd.DataFrame


def noise_profile(
    comparisons: Sequence[pd.DataFrame],
    *,
    machine: str,
    method: Mapping[str, Any],
    created: datetime | None = None,
) -> NoiseProfile:
    """Return the profile that comparisons of identical conditions, without a floor, give.

    Raises:
        UsageError: not one cell was measured on both sides.
    """
    frames = [one[["bytes", "shares_memory", "ratio", "verdict"]] for one in comparisons]
    cells = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["ratio"])
    cells = cells[np.isfinite(floats(cells["ratio"]))]
    if not len(cells):
        raise UsageError("no noise profile: not one cell was measured in both runs of a pair")
    size = np.abs(np.log(floats(cells["ratio"])))
    kind = np.where(cells["shares_memory"].eq(True).fillna(False), ZERO_COPY, COPY)
    cells = cells.assign(kind=kind, apart=size)
    sizes = pd.DataFrame(
        [row for kind in (ZERO_COPY, COPY) for row in _sizes(kind, cells[cells["kind"] == kind])],
        columns=list(COLUMNS),
    )
    when = (created or datetime.now(UTC)).isoformat()
    return NoiseProfile(machine, dict(method), when, len(comparisons), sizes)


def _sizes(kind: str, cells: pd.DataFrame) -> list[dict[str, Any]]:
    apart, size = floats(cells["apart"]), floats(cells["bytes"])
    rows = []
    for own in np.unique(size[np.isfinite(size)]):
        here = cells[size == own]
        away = np.abs(np.log1p(size) - np.log1p(own))
        # Neighbours come in whole sizes, so that no order among equals decides which of them counts.
        enough = np.sort(away)[min(ENOUGH, len(away)) - 1]
        pooled = apart[away <= max(enough, 0.0)]
        rows.append(
            {
                "kind": kind,
                "bytes": int(own),
                "cells": len(here),
                "pooled": len(pooled),
                "floor": float(np.quantile(pooled, FLOOR_SHARE)),
                **{f"over_{share:.0%}"[:-1]: float((here["apart"] > np.log1p(share)).mean()) for share in APART},
                "same": float((here["verdict"] == SAME).mean()),
                "false_verdicts": float(here["verdict"].isin([FASTER, SLOWER]).mean()),
            }
        )
    return rows


def profile_path(results: Path, machine: str) -> Path:
    """Return where a machine's profile is kept among its results."""
    name = "".join(sign if sign.isalnum() else "-" for sign in machine)
    return results / f"noise-{name}.json"


def write_profile(path: Path, profile: NoiseProfile) -> None:
    """Write a profile as JSON, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    write_json(
        path,
        {
            "schema": SCHEMA,
            "machine": profile.machine,
            "fingerprint": profile.fingerprint,
            "created": profile.created,
            "repeats": profile.repeats,
            "noise": profile.sizes.astype(object).to_dict("records"),
        },
    )


def read_profile(path: Path) -> NoiseProfile:
    """Return the profile in a file.

    Raises:
        UsageError: the file cannot be read or holds no noise profile.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("noise"), list):
        raise UsageError(f"{path}: not a noise profile (no list 'noise')")
    check_schema(path, content.get("schema"))
    machine, fingerprint = content.get("machine"), content.get("fingerprint")
    if not isinstance(machine, str) or not isinstance(fingerprint, dict):
        raise UsageError(f"{path}: not a noise profile (no machine or no fingerprint)")
    rows = content["noise"]
    if not rows or not all(map(_is_row, rows)):
        raise UsageError(f"{path}: not a noise profile (a row without kind, counts or shares)")
    sizes = pd.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], columns=list(COLUMNS))
    repeats = content.get("repeats")
    return NoiseProfile(
        machine,
        fingerprint,
        str(content.get("created")),
        repeats if isinstance(repeats, int) else 0,
        sizes.astype({name: np.float64 for name in _SIZES}),
    )


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or row.get("kind") not in (ZERO_COPY, COPY):
        return False
    counts = [as_count(row.get(name)) for name in _COUNTS]
    return None not in counts and all(_is_size(row.get(name)) for name in _SIZES)


def _is_size(value: object) -> bool:
    """Return whether a value is a number from 0 up that is neither beyond the floats nor infinite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max

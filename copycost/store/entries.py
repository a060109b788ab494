"""The benchmarks of one report: what holds for each of them, and the rounds of all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.benchmark_stats import benchmark_name, benchmark_stats, numbers
from copycost.store.labels import Test
from copycost.store.round_arrays import RoundArrays, one_after_the_other, only_known, rounds_together
from copycost.store.scalars import as_count, as_flag, as_text

TEXTS = (
    "conversion",
    "direction",
    "expression",
    "documented",
    "dtype",
    "cache",
    "layout",
    "result_dtype",
)
COUNTS = ("size", "source_bytes", "result_bytes", "threads", "block")
FLAGS = ("shares_memory", "partial_gating")
# What the record keeps of each round beside its time, and the factor that makes it seconds or a
# count.
PER_ROUND = {
    "visit": 1.0,
    "at": 1.0,
    "canary_ns": 1e-9,
    "clock_ns": 1e-9,
    "page_faults": 1.0,
    "copy_ns": 1e-9,
}


@dataclass(frozen=True)
class Entry:
    """One benchmark of a file: facts that hold for all its rounds.

    ``calls`` is the calls per round, None where the file does not say. ``test`` is what another suite calls it,
    None for a conversion.
    """

    facts: dict[str, str | int | bool | None]
    calls: int | None
    test: Test | None = None


def read_entries(path: Path, items: Sequence[Any], ours: bool) -> tuple[list[Entry], RoundArrays]:
    """Return the benchmarks of a report, and the rounds of all of them.

    Args:
        path: the file, for what is said of it.
        items: the report's ``benchmarks``.
        ours: whether it is this harness's file, so that it holds facts of conversions.

    Raises:
        UsageError: one of them is no benchmark, or has rounds that are not times.
    """
    infos = [_own_info(item, ours) for item in items]
    rounds = rounds_together(items, [info or {} for info in infos], PER_ROUND)
    if rounds is not None:
        return [_entry(path, *each) for each in zip(itertools.count(1), items, infos)], rounds
    entries, alone = [], []
    for number, item, info in zip(itertools.count(1), items, infos):
        entry, own = _entry_alone(path, number, item, info)
        entries.append(entry)
        alone.append(own)
    return entries, one_after_the_other(alone, ["seconds", *PER_ROUND])


def _own_info(item: Any, ours: bool) -> dict[str, Any] | None:
    """Return what the harness has noted of a benchmark, None for another suite's."""
    info = item.get("extra_info") if isinstance(item, dict) else None
    # Another suite may keep a "conversion" of its own there, which says nothing about ours.
    return info if ours and isinstance(info, dict) and isinstance(info.get("conversion"), str) else None


def _entry(path: Path, number: int, item: Any, info: dict[str, Any] | None) -> Entry:
    name = benchmark_name(path, number, item)
    calls = as_count(item["stats"].get("iterations")) or None
    if info is None:
        test = Test(name, as_text(item.get("fullname")) or name)
        return Entry(dict.fromkeys((*TEXTS, *COUNTS, *FLAGS)), calls, test)
    facts: dict[str, str | int | bool | None] = {key: as_text(info.get(key)) for key in TEXTS}
    facts |= {key: as_count(info.get(key)) for key in COUNTS}
    facts |= {key: as_flag(info.get(key)) for key in FLAGS}
    return Entry(facts, calls)


def _entry_alone(
    path: Path, number: int, item: Any, info: dict[str, Any] | None
) -> tuple[Entry, dict[str, NDArray[np.float64]]]:
    """Return a benchmark and its rounds, where those of all together could not be had."""
    name = benchmark_name(path, number, item)
    stats = benchmark_stats(path, name, item["stats"])
    rounds = _rounds(f"{path}: {name[:80]!r}", stats.rounds, info or {})
    return replace(_entry(path, number, item, info), calls=stats.calls), rounds


def _rounds(where: str, seconds: NDArray[np.float64], info: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    own = {key: _per_round(where, key, info.get(key), len(seconds)) * scale for key, scale in PER_ROUND.items()}
    return {"seconds": seconds, **own}


def _per_round(where: str, name: str, values: object, length: int) -> NDArray[np.float64]:
    if values is None:
        return np.full(length, np.nan)
    own = numbers(where, name, values)
    if len(own) != length:
        raise UsageError(f"{where}: {name} has {len(own)} values for {length} rounds")
    return only_known(name, own)

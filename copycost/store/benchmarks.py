"""The benchmarks of a report: the name and the figures of each, and the rounds of all of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.facts import as_count, as_text

Floats = NDArray[np.float64]

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
_SHORTEST, _LONGEST = 1e-15, 1e9
"""Seconds that a clock can have told; zero is what a coarse one reads."""
_LARGEST = 1e15
_SMALLEST_NS = 1e-3
_NUMBERS = {int, float, type(None)}
"""What a list of numbers in a JSON file may hold."""


@dataclass(frozen=True)
class Stats:
    """A benchmark's figures in seconds per call: all its rounds, or the median alone.

    ``low`` and ``high`` are the quartiles, NaN where unknown; ``count`` is how many rounds there
    were, None where the file does not say.
    """

    rounds: Floats
    low: float
    high: float
    count: int | None

    @property
    def median(self) -> float:
        """Return the median, in seconds per call."""
        return float(np.median(self.rounds))


@dataclass(frozen=True)
class RoundArrays:
    """The rounds of several benchmarks, one after the other.

    Attributes:
        counts: how many rounds each benchmark has.
        columns: ``seconds`` per call, and the names of ``PER_ROUND``, one number for each round, NaN where unknown.
    """

    counts: NDArray[np.int64]
    columns: dict[str, Floats]


def benchmark_name(path: Path, number: int, item: object) -> str:
    """Return the name of the benchmark at a place, counted from 1, of a report's list.

    Raises:
        UsageError: the item is not a benchmark.
    """
    name = as_text(item.get("name")) if isinstance(item, dict) and isinstance(item.get("stats"), dict) else None
    if name is None:
        raise UsageError(f"{path}: not a pytest-benchmark file (benchmark {number} without name or stats)")
    return name


def benchmark_stats(path: Path, name: str, stats: Mapping[str, object]) -> Stats:
    """Return the figures that a benchmark's ``stats`` holds.

    The rounds in ``data`` count, whatever ``rounds`` says of their number; quartiles are taken from
    them where the file has none.

    Raises:
        UsageError: they are not times.
    """
    where = f"{path}: {name[:80]!r}"
    data = stats.get("data")
    if data is None or data == []:
        rounds = _times(where, "stats.median", [stats.get("median")])
        count = as_count(stats.get("rounds"))
    else:
        rounds = _times(where, "stats.data", data)
        count = len(rounds)
    quartiles = [_quartile(stats.get(key)) for key in ("q1", "q3")]
    if data and np.isnan(quartiles).any():
        quartiles = np.quantile(rounds, [0.25, 0.75]).tolist()
    return Stats(rounds, quartiles[0], quartiles[1], count)


def read_rounds(path: Path, items: Sequence[Any], infos: Sequence[Mapping[str, Any]]) -> RoundArrays:
    """Return the rounds of all benchmarks of a report; without ``stats.data`` a benchmark has one, its median.

    Args:
        path: the file, for what is said of it.
        items: the report's ``benchmarks``.
        infos: for each benchmark the object that may hold ``PER_ROUND``'s lists.

    Raises:
        UsageError: an item is no benchmark, or has rounds that are not times.
    """
    return rounds_together(items, infos) or _rounds_one_by_one(path, items, infos)


def rounds_together(items: Sequence[Any], infos: Sequence[Mapping[str, Any]]) -> RoundArrays | None:
    """Return the rounds of all benchmarks, made into arrays together: one by one takes five times as long.

    None where an item is no benchmark, has no rounds, or has some that are not times: reading them one by one
    tells which.
    """
    try:
        data = [item["stats"]["data"] for item in items]
        lengths = list(map(len, data))
        seconds = _joined(data)
        if seconds is None or not all(lengths) or not _are_times(seconds):
            return None
        columns = {"seconds": seconds}
        unknown = [float("nan")] * max(lengths, default=0)
        for name, scale in PER_ROUND.items():
            lists = [info.get(name) for info in infos]
            if all(values is None for values in lists):
                columns[name] = np.full(len(seconds), np.nan)
                continue
            known = [unknown[:n] if values is None else values for values, n in zip(lists, lengths, strict=True)]
            column = _joined(known)
            if column is None or list(map(len, known)) != lengths:
                return None
            columns[name] = _measured(name, column) * scale
    except (KeyError, OverflowError, TypeError):
        return None
    return RoundArrays(np.array(lengths, dtype=np.int64), columns)


def _rounds_one_by_one(path: Path, items: Sequence[Any], infos: Sequence[Mapping[str, Any]]) -> RoundArrays:
    counts: list[int] = []
    columns: dict[str, list[Floats]] = {name: [np.empty(0)] for name in ("seconds", *PER_ROUND)}
    for number, (item, info) in enumerate(zip(items, infos, strict=True), 1):
        name = benchmark_name(path, number, item)
        seconds = benchmark_stats(path, name, item["stats"]).rounds
        counts.append(len(seconds))
        columns["seconds"].append(seconds)
        for key, scale in PER_ROUND.items():
            values = _per_round(f"{path}: {name[:80]!r}", key, info.get(key), len(seconds))
            columns[key].append(values * scale)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    return RoundArrays(np.array(counts, dtype=np.int64), joined)


def _per_round(where: str, name: str, values: object, length: int) -> Floats:
    if values is None:
        return np.full(length, np.nan)
    numbers = _numbers(where, name, values)
    if len(numbers) != length:
        raise UsageError(f"{where}: {name} has {len(numbers)} values for {length} rounds")
    return _measured(name, numbers)


def _measured(name: str, numbers: Floats) -> Floats:
    """Return what a key of ``extra_info`` holds, NaN where it cannot have been measured."""
    smallest = _SMALLEST_NS if name.endswith("_ns") else 0.0
    known = (numbers >= smallest) & (numbers <= _LARGEST)
    return numbers if known.all() else np.where(known, numbers, np.nan)


def _quartile(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        return float("nan")
    return float(value)


def _times(where: str, name: str, values: object) -> Floats:
    times = _numbers(where, name, values)
    if not _are_times(times):
        raise UsageError(f"{where}: {name} holds a value that is not a time in seconds")
    return times


def _are_times(seconds: Floats) -> bool:
    return bool((((seconds >= _SHORTEST) & (seconds <= _LONGEST)) | (seconds == 0)).all())


def _numbers(where: str, name: str, values: object) -> Floats:
    """Return a list of numbers as an array, null as NaN."""
    try:
        numbers = _joined([values])
    except OverflowError as error:
        raise UsageError(f"{where}: {name} holds a number too large for any clock") from error
    if numbers is None:
        raise UsageError(f"{where}: {name} is not a list of numbers")
    return numbers


def _joined(lists: Sequence[Any]) -> Floats | None:
    """Return lists of numbers as one array, or None where there is something else in them."""
    if not set(map(type, lists)) <= {list}:
        return None
    flat = list(chain.from_iterable(lists))
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not set(map(type, flat)) <= _NUMBERS:
        return None
    return np.array(flat, dtype=np.float64)

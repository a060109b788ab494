"""The name and the figures of one benchmark in a pytest-benchmark report of any version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.round_arrays import LONGEST, NUMBERS, are_times
from copycost.store.scalars import as_count, as_text


@dataclass(frozen=True)
class Stats:
    """A benchmark's figures in seconds per call: all its rounds, or the median alone.

    ``low`` and ``high`` are the quartiles, NaN where unknown; ``count`` is how many rounds there
    were, ``calls`` how many calls in each, None where the file does not say.
    """

    rounds: NDArray[np.float64]
    low: float
    high: float
    count: int | None
    calls: int | None

    @property
    def median(self) -> float:
        """Return the median, in seconds per call."""
        return float(np.median(self.rounds))


def benchmark_name(path: Path, number: int, item: object) -> str:
    """Return the name of the benchmark at a place, counted from 1, of a report's list.

    Raises:
        UsageError: it is not a benchmark.
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
        count, calls = as_count(stats.get("rounds")), None
    else:
        rounds = _times(where, "stats.data", data)
        count, calls = len(rounds), as_count(stats.get("iterations")) or None
    quartiles = [_time(stats.get(key)) for key in ("q1", "q3")]
    if data and np.isnan(quartiles).any():
        quartiles = np.quantile(rounds, [0.25, 0.75]).tolist()
    return Stats(rounds, quartiles[0], quartiles[1], count, calls)


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        return float("nan")
    return float(value)


def _times(where: str, name: str, values: object) -> NDArray[np.float64]:
    times = numbers(where, name, values)
    if not are_times(times):
        raise UsageError(f"{where}: {name} holds a value that is not a time in seconds")
    return times


def numbers(where: str, name: str, values: object) -> NDArray[np.float64]:
    """Return a list of numbers as an array, null as NaN.

    Raises:
        UsageError: it is not a list of numbers.
    """
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not isinstance(values, list) or not set(map(type, values)) <= NUMBERS:
        raise UsageError(f"{where}: {name} is not a list of numbers")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise UsageError(f"{where}: {name} holds a number too large for any clock") from error

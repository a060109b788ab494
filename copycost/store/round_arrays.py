"""The rounds of all benchmarks of a file, made into arrays together: one by one takes five times as long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTEST, LONGEST = 1e-15, 1e9
"""Seconds that a clock can have told; zero is what a coarse one reads."""
LARGEST = 1e15
SMALLEST_NS = 1e-3
NUMBERS = {int, float, type(None)}
"""What a list of numbers in a JSON file may hold."""


@dataclass(frozen=True)
class RoundArrays:
    """The rounds of several benchmarks, one after the other.

    Attributes:
        counts: how many rounds each benchmark has.
        columns: ``seconds`` per call, and other numbers by their names, one for each round, NaN where unknown.
    """

    counts: NDArray[np.int64]
    columns: dict[str, Floats]


def rounds_together(
    items: Sequence[Any], infos: Sequence[Mapping[str, Any]], per_round: Mapping[str, float]
) -> RoundArrays | None:
    """Return the rounds of all benchmarks, or None where one of them has to be looked at alone.

    It has to where it is no benchmark, has no rounds, or has some that are not times: who reads them one by one
    can say which.

    Args:
        items: the benchmarks of a report.
        infos: of each, where its numbers are that are one for each round.
        per_round: the names of those numbers, each with what makes them seconds or a count.
    """
    try:
        data = [item["stats"]["data"] for item in items]
        lengths = list(map(len, data))
        seconds = _together(data)
        if seconds is None or not all(lengths) or not are_times(seconds):
            return None
        columns = {"seconds": seconds}
        unknown = [float("nan")] * max(lengths, default=0)
        for name, scale in per_round.items():
            lists = [info.get(name) for info in infos]
            if all(own is None for own in lists):
                columns[name] = np.full(len(seconds), np.nan)
                continue
            known = [unknown[:length] if own is None else own for own, length in zip(lists, lengths, strict=True)]
            column = _together(known)
            if column is None or list(map(len, known)) != lengths:
                return None
            columns[name] = only_known(name, column) * scale
    except (KeyError, OverflowError, TypeError):
        return None
    return RoundArrays(np.array(lengths, dtype=np.int64), columns)


def one_after_the_other(benchmarks: Sequence[Mapping[str, Floats]], names: Sequence[str]) -> RoundArrays:
    """Return the rounds of benchmarks that were looked at one by one, each of them with all the names."""
    counts = np.array([len(own["seconds"]) for own in benchmarks], dtype=np.int64)
    none = np.empty(0)
    return RoundArrays(counts, {name: np.concatenate([none, *(own[name] for own in benchmarks)]) for name in names})


def only_known(name: str, numbers: Floats) -> Floats:
    """Return what a key of ``extra_info`` holds, NaN where it cannot have been measured."""
    smallest = SMALLEST_NS if name.endswith("_ns") else 0.0
    known = (numbers >= smallest) & (numbers <= LARGEST)
    return numbers if known.all() else np.where(known, numbers, np.nan)


def _together(lists: Sequence[Any]) -> Floats | None:
    """Return lists of numbers as one array, or None where there is something else in them."""
    if not set(map(type, lists)) <= {list}:
        return None
    flat = list(chain.from_iterable(lists))
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not set(map(type, flat)) <= NUMBERS:
        return None
    return np.array(flat, dtype=np.float64)


def are_times(seconds: Floats) -> bool:
    """Return whether all of these can be seconds that a clock has told."""
    return bool((((seconds >= SHORTEST) & (seconds <= LONGEST)) | (seconds == 0)).all())

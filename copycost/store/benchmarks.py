"""The benchmarks of a report: the name and the figures of each, and the rounds of all of them as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.facts import as_count, as_text, shortened

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
_UNSERIALIZABLE = "UNSERIALIZABLE["
PARAM = "param"
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
    key, values = _recorded(stats)
    rounds = _numbers(where, f"stats.{key}", values)
    if not _are_times(rounds):
        valid = f"0 or from {_SHORTEST:g} to {_LONGEST:g}"
        raise UsageError(f"{where}: stats.{key} holds a value that is not a time in seconds, {valid}")
    low, high = (_quartile(stats.get(key)) for key in ("q1", "q3"))
    if key == "median":
        return Stats(rounds, low, high, as_count(stats.get("rounds")))
    if np.isnan([low, high]).any():
        low, high = np.quantile(rounds, [0.25, 0.75]).tolist()
    return Stats(rounds, low, high, len(rounds))


def suite_facts(name: str, item: Mapping[str, Any]) -> dict[str, str | float | int | None]:
    """Return what a benchmark of another suite tells beside its times, by the names of columns.

    ``params`` and ``extra_info`` are JSON texts; figures are seconds per call, None where they are not told.
    ``rounds_told`` is how many rounds there were, whether or not the file has kept them.
    """
    stats, info = item["stats"], item.get("extra_info")
    figures = {key: _quartile(stats.get(key)) for key in ("min", "mean", "stddev", "q1", "q3")}
    return {
        "name": name,
        "fullname": as_text(item.get("fullname")) or name,
        "group": as_text(item.get("group")),
        "params": _params_as_json(name, item),
        "extra_info": as_json(info) if isinstance(info, dict) and info else None,
        **{key: None if np.isnan(value) else value for key, value in figures.items()},
        "rounds_told": as_count(stats.get("rounds")),
    }


def as_json(value: object) -> str:
    """Return a value of a JSON file as the JSON text that columns hold."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def keeps_rounds(stats: Mapping[str, Any]) -> bool:
    """Return whether a benchmark's ``stats`` holds rounds; some tools leave a text where they were."""
    return bool(stats.get("data")) and not isinstance(stats.get("data"), str)


def read_rounds(
    path: Path, names: Sequence[str], items: Sequence[Mapping[str, Any]], infos: Sequence[Mapping[str, Any]]
) -> RoundArrays:
    """Return the rounds of all benchmarks of a report; without ``stats.data`` a benchmark has one, its median.

    All benchmarks are made into arrays together: one by one takes five times as long.

    Args:
        path: the file, for what is said of it.
        names: the benchmarks' names, likewise.
        items: the report's ``benchmarks``, each with ``stats``.
        infos: for each benchmark the object that may hold ``PER_ROUND``'s lists.

    Raises:
        UsageError: a benchmark has rounds that are not times, or lists of another length than its rounds.
    """
    lists = [_recorded(item["stats"])[1] for item in items]
    seconds = _joined(lists)
    if seconds is None or not _are_times(seconds):
        # One by one, which ends at the bad benchmark and says which that is.
        each = zip(names, items, strict=True)
        seconds = np.concatenate([benchmark_stats(path, name, item["stats"]).rounds for name, item in each])
    lengths = [len(times) for times in lists]
    columns = {"seconds": seconds}
    unknown = [float("nan")] * max(lengths, default=0)
    for key, scale in PER_ROUND.items():
        if all(info.get(key) is None for info in infos):
            columns[key] = np.full(len(seconds), np.nan)
            continue
        lists = [
            unknown[:n] if (values := info.get(key)) is None else values for n, info in zip(lengths, infos, strict=True)
        ]
        numbers = _joined(lists)
        if numbers is None or [len(values) for values in lists] != lengths:
            columns_of_each = zip(names, lists, lengths, strict=True)
            numbers = np.concatenate([_per_round(path, name, key, *rest) for name, *rest in columns_of_each])
        columns[key] = _measured(key, numbers) * scale
    return RoundArrays(np.array(lengths, dtype=np.int64), columns)


def params_of_item(name: str, item: Mapping[str, Any]) -> dict[str, object]:
    """Return a benchmark's parameters by their names, as people know their values.

    A list, an object or what could not be written is its id in the brackets where that can be told, else its text.
    Where a file does not say its parameters, ``param`` is what stands in the brackets.
    """
    params = item.get("params")
    inside = _inside(name, item)
    if not isinstance(params, dict) or not params:
        return {PARAM: _number(inside)} if inside else {}
    ids = _ids(params, inside)
    return {shortened(str(key)): _value(value, ids.get(key)) for key, value in params.items()}


def _params_as_json(name: str, item: Mapping[str, Any]) -> str | None:
    """Return a benchmark's parameters as they were written, those that could not be by their ids; None without any."""
    params = item.get("params")
    if not isinstance(params, dict) or not params:
        return as_json({PARAM: inside}) if (inside := _inside(name, item)) else None
    ids = _ids(params, _inside(name, item))
    values = {key: ids.get(key, value) if _lost(value) else value for key, value in params.items()}
    return as_json(
        {shortened(key): shortened(value) if isinstance(value, str) else value for key, value in values.items()}
    )


def _inside(name: str, item: Mapping[str, Any]) -> str:
    """Return what stands in a test's brackets, the ids of its parameters."""
    inside = as_text(item.get("param"))
    return name.partition("[")[2].removesuffix("]") if inside is None else inside


def _ids(params: Mapping[str, object], inside: str) -> dict[str, str]:
    """Return each parameter's part of the id, where the id can be taken apart without doubt.

    An id may say a value in other words, such as 1K; a value that stands in another one's place tells that the order is
    another.
    """
    parts = inside.split("-") if len(params) > 1 else [inside]
    if not inside or len(parts) != len(params):
        return {}
    ids = dict(zip(params, parts, strict=True))
    plain = {key: str(value) for key, value in params.items() if isinstance(value, str | int | float)}
    astray = (text != ids[key] and text in parts for key, text in plain.items() if not _lost(text))
    return {} if any(astray) else ids


def _value(value: object, id: str | None) -> object:
    if _lost(value):
        return id or shortened(str(value)).removeprefix(_UNSERIALIZABLE).removesuffix("]")
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list | dict):
        return id or shortened(as_json(value))
    return shortened(value) if isinstance(value, str) else value


def _lost(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_UNSERIALIZABLE)


def _number(text: str) -> object:
    for as_number in (int, float):
        try:
            return as_number(text)
        except ValueError:
            continue
    return text


def _recorded(stats: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the rounds in a benchmark's ``stats``, or its median where there are none, each after its key."""
    data = stats.get("data")
    left_out = data is None or data == [] or (isinstance(data, str) and stats.get("median") is not None)
    return ("median", [stats.get("median")]) if left_out else ("data", data)


def _per_round(path: Path, name: str, key: str, values: object, length: int) -> Floats:
    where = f"{path}: {name[:80]!r}"
    numbers = _numbers(where, key, values)
    if len(numbers) != length:
        raise UsageError(f"{where}: {key} has {len(numbers)} values for {length} rounds")
    return numbers


def _measured(key: str, numbers: Floats) -> Floats:
    """Return what a key of ``extra_info`` holds, NaN where it cannot have been measured."""
    smallest = _SMALLEST_NS if key.endswith("_ns") else 0.0
    known = (numbers >= smallest) & (numbers <= _LARGEST)
    return numbers if known.all() else np.where(known, numbers, np.nan)


def _quartile(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        return float("nan")
    return float(value)


def _are_times(seconds: Floats) -> bool:
    return bool((((seconds >= _SHORTEST) & (seconds <= _LONGEST)) | (seconds == 0)).all())


def _numbers(where: str, name: str, values: object) -> Floats:
    """Return a list of numbers as an array, null as NaN."""
    if not isinstance(values, list) or not set(map(type, values)) <= _NUMBERS:
        raise UsageError(f"{where}: {name} is not a list of numbers")
    numbers = _joined([values])
    if numbers is None:
        raise UsageError(f"{where}: {name} holds a number too large for any clock")
    return numbers


def _joined(lists: Sequence[Any]) -> Floats | None:
    """Return lists of numbers as one array, None where there is something else, or a number beyond the floats."""
    if not set(map(type, lists)) <= {list}:
        return None
    flat = list(chain.from_iterable(lists))
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not set(map(type, flat)) <= _NUMBERS:
        return None
    try:
        return np.array(flat, dtype=np.float64)
    except OverflowError:
        return None

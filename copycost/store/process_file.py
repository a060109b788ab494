"""One pytest-benchmark JSON file, ours or any other suite's, checked and read into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.fact_kinds import known_machine
from copycost.store.foreign import created, foreign_machine
from copycost.store.json_lines import read_reports
from copycost.store.labels import Test, labels
from copycost.store.round_arrays import RoundArrays, one_after_the_other, only_known, rounds_together
from copycost.store.run_folder import check_schema

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
_NUMBERS = {int, float, type(None)}
_LARGEST_COUNT = 2**62
_LONGEST = 1e9


@dataclass(frozen=True)
class Entry:
    """One benchmark of a file: facts that hold for all its rounds.

    ``calls`` is the calls per round, None where the file does not say. ``test`` is what another suite calls it,
    None for a conversion.
    """

    facts: dict[str, str | int | bool | None]
    calls: int | None
    test: Test | None = None


@dataclass(frozen=True)
class ProcessFile:
    """Everything the harness takes from one pytest-benchmark report.

    ``rounds`` are those of all entries, in their order. ``machine`` is the machine's name, ``machine_facts`` what
    the report tells of it, under the names that a run's record has; ``created`` is when it was made, ISO 8601 with a
    zone.
    """

    path: Path
    run: str | None
    arm: str | None
    process: int | None
    machine: str | None
    entries: list[Entry]
    rounds: RoundArrays
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    machine_facts: dict[str, Any] = field(default_factory=dict)
    created: str | None = None


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


def read_process_file(path: Path) -> ProcessFile:
    """Read a pytest-benchmark JSON file, of any version and from any suite.

    Benchmarks that are not ours get their name as conversion and nothing else; without
    ``stats.data`` they have one round, the median. Facts of the wrong type are unknown.

    Raises:
        UsageError: the file is truncated, not JSON, not pytest-benchmark, of a newer schema, or
            holds times that are not times; the message has the file and the reason. Or it is JSON
            Lines of several reports.
    """
    reports = read_process_files(path)
    if len(reports) != 1:
        raise UsageError(f"{path}: holds {len(reports)} reports, not one")
    return reports[0]


def read_process_files(path: Path) -> list[ProcessFile]:
    """Read all reports of a file: one of a JSON file, and as many as there are of JSON Lines.

    Raises:
        UsageError: as ``read_process_file`` does; one bad report is enough.
    """
    return [_process_file(path, report) for report in read_reports(path)]


def benchmark_name(path: Path, number: int, item: object) -> str:
    """Return the name of the benchmark at a place, counted from 1, of a report's list.

    Raises:
        UsageError: it is not a benchmark.
    """
    name = _text(item.get("name")) if isinstance(item, dict) and isinstance(item.get("stats"), dict) else None
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
        count, calls = _count(stats.get("rounds")), None
    else:
        rounds = _times(where, "stats.data", data)
        count, calls = len(rounds), _count(stats.get("iterations")) or None
    quartiles = [_time(stats.get(key)) for key in ("q1", "q3")]
    if data and np.isnan(quartiles).any():
        quartiles = np.quantile(rounds, [0.25, 0.75]).tolist()
    return Stats(rounds, quartiles[0], quartiles[1], count, calls)


def relabelled(files: Sequence[ProcessFile]) -> list[ProcessFile]:
    """Return files with other suites' benchmarks named so that the same test has the same name in all."""
    own = [[entry.test for entry in file.entries if entry.test is not None] for file in files]
    result = []
    for file, names in zip(files, labels(own), strict=True):
        left = iter(names)
        entries = [
            entry if entry.test is None else replace(entry, facts=entry.facts | {"conversion": next(left)})
            for entry in file.entries
        ]
        result.append(replace(file, entries=entries))
    return result


def _process_file(path: Path, content: Mapping[str, Any]) -> ProcessFile:
    ours = content.get("copycost")
    if ours is not None and not isinstance(ours, dict):
        raise UsageError(f"{path}: its 'copycost' entry is not an object")
    if ours is not None:
        check_schema(path, ours.get("schema"))
    info = content.get("machine_info")
    facts = _machine_facts(info)
    own = ours or {}
    entries, rounds = _entries(path, content["benchmarks"], ours is not None)
    file = ProcessFile(
        path=path,
        run=_text(own.get("run")),
        arm=_text(own.get("arm")),
        process=_count(own.get("process")),
        machine=_text(facts.get("machine")),
        entries=entries,
        rounds=rounds,
        skipped=_objects(own.get("skipped")),
        failed=_objects(own.get("failed")),
        machine_facts=facts,
        created=created(content.get("datetime")),
    )
    return relabelled([file])[0]


def _entries(path: Path, items: Sequence[Any], ours: bool) -> tuple[list[Entry], RoundArrays]:
    infos = [_own_info(item, ours) for item in items]
    rounds = rounds_together(items, [info or {} for info in infos], PER_ROUND)
    if rounds is not None:
        return [_entry(path, *each) for each in zip(count(1), items, infos)], rounds
    entries, alone = [], []
    for number, item, info in zip(count(1), items, infos):
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
    calls = _count(item["stats"].get("iterations")) or None
    if info is None:
        test = Test(name, _text(item.get("fullname")) or name)
        return Entry(dict.fromkeys((*TEXTS, *COUNTS, *FLAGS)), calls, test)
    facts: dict[str, str | int | bool | None] = {key: _text(info.get(key)) for key in TEXTS}
    facts |= {key: _count(info.get(key)) for key in COUNTS}
    facts |= {key: _flag(info.get(key)) for key in FLAGS}
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


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        return float("nan")
    return float(value)


def _times(where: str, name: str, values: object) -> NDArray[np.float64]:
    times = _numbers(where, name, values)
    # Zero is what a coarse timer reads; other figures beyond these bounds come from no clock.
    if not (((times >= 1e-15) & (times <= _LONGEST)) | (times == 0)).all():
        raise UsageError(f"{where}: {name} holds a value that is not a time in seconds")
    return times


def _per_round(where: str, name: str, values: object, length: int) -> NDArray[np.float64]:
    if values is None:
        return np.full(length, np.nan)
    numbers = _numbers(where, name, values)
    if len(numbers) != length:
        raise UsageError(f"{where}: {name} has {len(numbers)} values for {length} rounds")
    return only_known(name, numbers)


def _numbers(where: str, name: str, values: object) -> NDArray[np.float64]:
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not isinstance(values, list) or not set(map(type, values)) <= _NUMBERS:
        raise UsageError(f"{where}: {name} is not a list of numbers")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise UsageError(f"{where}: {name} holds a number too large for any clock") from error


def _machine_facts(info: object) -> dict[str, Any]:
    ours = info.get("copycost") if isinstance(info, dict) else None
    return known_machine(ours) if isinstance(ours, dict) else foreign_machine(info)


def _text(value: object) -> str | None:
    return value if type(value) is str else None


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _LARGEST_COUNT else None


def _flag(value: object) -> bool | None:
    return value if type(value) is bool else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

"""One pytest-benchmark JSON file, ours or any other suite's, checked and read into arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.json_file import read_json
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


@dataclass(frozen=True)
class Entry:
    """One benchmark of a file: facts that hold for all its rounds, and one array per measured
    quantity.

    ``rounds["seconds"]`` is seconds per call; in the other arrays NaN means unknown. ``calls`` is
    the calls per round, None where the file does not say.
    """

    facts: dict[str, str | int | bool | None]
    calls: int | None
    rounds: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class ProcessFile:
    """Everything the harness takes from one pytest-benchmark file."""

    path: Path
    run: str | None
    arm: str | None
    process: int | None
    machine: str | None
    entries: list[Entry]
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)


def read_process_file(path: Path) -> ProcessFile:
    """Read a pytest-benchmark JSON file, of any version and from any suite.

    Benchmarks that are not ours get their name as conversion and nothing else; without
    ``stats.data`` they have one round, the median. Facts of the wrong type are unknown.

    Raises:
        UsageError: the file is truncated, not JSON, not pytest-benchmark, of a newer schema, or
            holds times that are not times; the message has the file and the reason.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        raise UsageError(f"{path}: not a pytest-benchmark file (no list of benchmarks)")
    ours = content.get("copycost")
    if ours is None:
        ours = {}
    elif not isinstance(ours, dict):
        raise UsageError(f"{path}: its 'copycost' entry is not an object")
    else:
        check_schema(path, ours.get("schema"))
    return ProcessFile(
        path=path,
        run=_text(ours.get("run")),
        arm=_text(ours.get("arm")),
        process=_count(ours.get("process")),
        machine=_machine(content.get("machine_info")),
        entries=_entries(path, content["benchmarks"]),
        skipped=_objects(ours.get("skipped")),
        failed=_objects(ours.get("failed")),
    )


def _entries(path: Path, items: list[object]) -> list[Entry]:
    names = Counter(item.get("name") for item in items if isinstance(item, dict) and _text(item.get("name")))
    return [_entry(path, number, item, names) for number, item in enumerate(items, 1)]


def _entry(path: Path, number: int, item: object, names: Counter[object]) -> Entry:
    stats = item.get("stats") if isinstance(item, dict) else None
    name = _text(item.get("name")) if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(stats, dict) or name is None:
        raise UsageError(f"{path}: not a pytest-benchmark file (benchmark {number} without name or stats)")
    where = f"{path}: {name[:80]!r}"
    data = stats.get("data")
    if data is None or data == []:
        seconds = _times(where, "stats.median", [stats.get("median")])
        calls = None
    else:
        seconds = _times(where, "stats.data", data)
        calls = _count(stats.get("iterations", item.get("iterations"))) or None
    info = item.get("extra_info")
    if not isinstance(info, dict) or not isinstance(info.get("conversion"), str):
        facts: dict[str, str | int | bool | None] = dict.fromkeys((*TEXTS, *COUNTS, *FLAGS))
        # Two files of a suite may have a test of the same name; they must not become one cell.
        facts["conversion"] = name if names[name] == 1 else _text(item.get("fullname")) or name
        info = {}
    else:
        facts = {key: _text(info.get(key)) for key in TEXTS}
        facts |= {key: _count(info.get(key)) for key in COUNTS}
        facts |= {key: _flag(info.get(key)) for key in FLAGS}
    rounds = {key: _per_round(where, key, info.get(key), len(seconds)) * scale for key, scale in PER_ROUND.items()}
    return Entry(facts, calls, {"seconds": seconds, **rounds})


def _times(where: str, name: str, values: object) -> NDArray[np.float64]:
    times = _numbers(where, name, values)
    # Zero is what a coarse timer reads; other figures beyond these bounds come from no clock.
    if not (((times >= 1e-15) & (times <= 1e9)) | (times == 0)).all():
        raise UsageError(f"{where}: {name} holds a value that is not a time in seconds")
    return times


def _per_round(where: str, name: str, values: object, length: int) -> NDArray[np.float64]:
    if values is None:
        return np.full(length, np.nan)
    numbers = _numbers(where, name, values)
    if len(numbers) != length:
        raise UsageError(f"{where}: {name} has {len(numbers)} values for {length} rounds")
    smallest = 1e-3 if name.endswith("_ns") else 0.0
    known = (numbers >= smallest) & (numbers <= 1e15)
    return numbers if known.all() else np.where(known, numbers, np.nan)


def _numbers(where: str, name: str, values: object) -> NDArray[np.float64]:
    # Types are looked at first because numpy would read True as 1.0 and "12" as 12.0.
    if not isinstance(values, list) or not set(map(type, values)) <= _NUMBERS:
        raise UsageError(f"{where}: {name} is not a list of numbers")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise UsageError(f"{where}: {name} holds a number too large for any clock") from error


def _machine(info: object) -> str | None:
    ours = info.get("copycost") if isinstance(info, dict) else None
    return _text(ours.get("machine")) if isinstance(ours, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST_COUNT:
        return None
    return value


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

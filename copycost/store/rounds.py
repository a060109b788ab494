"""The rounds frame: one row per round, from run folders and pytest-benchmark files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.store.process_file import Entry, ProcessFile, read_process_file
from copycost.store.run_folder import RECORD, read_record

COLUMNS = (
    "run",
    "machine",
    "arm",
    "process",
    "conversion",
    "direction",
    "expression",
    "documented",
    "dtype",
    "size",
    "bytes",
    "result_bytes",
    "threads",
    "cache",
    "layout",
    "visit",
    "at",
    "seconds",
    "calls",
    "block",
    "canary",
    "clock",
    "page_faults",
    "copy_seconds",
    "shares_memory",
    "result_dtype",
    "partial_gating",
)


def load(source: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """Return the rounds of one or several run folders or pytest-benchmark JSON files.

    Args:
        source: a run folder, a pytest-benchmark file of any suite, or several of them.

    Returns:
        One row per round. ``seconds`` and ``page_faults`` are per call, ``calls`` is calls per
        round; ``canary``, ``clock``, ``copy_seconds`` and ``at`` are seconds, ``bytes`` (of the
        source) and ``result_bytes`` bytes; unknown is NaN or NA. ``run`` is the folder's name, or
        the file's without its ending.

    Raises:
        UsageError: a path does not exist, holds no results, or holds a file that cannot be read.
    """
    paths = [source] if isinstance(source, str | Path) else list(source)
    files: list[tuple[str, ProcessFile]] = []
    homes: dict[str, Path] = {}
    for path in dict.fromkeys(Path(path).resolve() for path in paths):
        for home, file in _read(path):
            files.append((_run_name(home, homes), file))
    return rounds_frame(files)


def rounds_frame(files: Sequence[tuple[str, ProcessFile]]) -> pd.DataFrame:
    """Return the rounds frame of process files already read, each with the name of its run."""
    entries = [entry for _, file in files for entry in file.entries]
    per_file = [len(file.entries) for _, file in files]
    counts = np.array([len(entry.rounds["seconds"]) for entry in entries], dtype=np.int64)
    per_entry = _Repeat(entries, counts)

    def of_file(values: list[str | None]) -> pd.Categorical:
        return _categorical(_spread(values, per_file), counts)

    processes = _process_numbers(files)
    calls = per_entry.whole([entry.calls for entry in entries])
    columns = {
        "run": of_file([run for run, _ in files]),
        "machine": of_file([file.machine for _, file in files]),
        "arm": of_file([file.arm for _, file in files]),
        "process": np.repeat(np.repeat(np.array(processes, dtype=np.int64), per_file), counts),
        "bytes": per_entry.count("source_bytes"),
        "visit": _whole(per_entry.measured("visit")),
        "at": per_entry.measured("at"),
        "seconds": per_entry.measured("seconds"),
        "calls": calls,
        "canary": per_entry.measured("canary_ns"),
        "clock": per_entry.measured("clock_ns"),
        "page_faults": per_entry.measured("page_faults") / calls.to_numpy(np.float64, na_value=np.nan),
        "copy_seconds": per_entry.measured("copy_ns"),
        "shares_memory": per_entry.flag("shares_memory"),
        "partial_gating": per_entry.flag("partial_gating"),
    }
    for name in ("size", "result_bytes", "threads", "block"):
        columns[name] = per_entry.count(name)
    for name in COLUMNS:
        if name not in columns:
            columns[name] = _categorical([entry.facts[name] for entry in entries], counts)
    return pd.DataFrame({name: columns[name] for name in COLUMNS}, copy=False)


class _Repeat:
    """Columns made from facts of entries, each repeated once per round of its entry."""

    def __init__(self, entries: list[Entry], counts: NDArray[np.int64]) -> None:
        self.entries = entries
        self.counts = counts

    def measured(self, name: str) -> NDArray[np.float64]:
        arrays = [entry.rounds[name] for entry in self.entries]
        return np.concatenate(arrays) if arrays else np.empty(0)

    def count(self, name: str) -> pd.arrays.IntegerArray:
        return self.whole([entry.facts[name] for entry in self.entries])

    def whole(self, values: Sequence[object]) -> pd.arrays.IntegerArray:
        unknown = np.array([value is None for value in values], dtype=bool)
        known = np.array([0 if value is None else value for value in values], dtype=np.int64)
        return pd.arrays.IntegerArray(np.repeat(known, self.counts), np.repeat(unknown, self.counts))

    def flag(self, name: str) -> pd.arrays.BooleanArray:
        values = [entry.facts[name] for entry in self.entries]
        unknown = np.array([value is None for value in values], dtype=bool)
        known = np.array([value is True for value in values], dtype=bool)
        return pd.arrays.BooleanArray(np.repeat(known, self.counts), np.repeat(unknown, self.counts))


def _read(path: Path) -> list[tuple[Path, ProcessFile]]:
    """Return the files of one source, each with the path that names its run."""
    if path.is_file():
        return [(path.with_suffix(""), read_process_file(path))]
    if not path.is_dir():
        raise UsageError(f"{path}: no such run folder or results file")
    if (path / RECORD).is_file():
        read_record(path)  # refuses a schema that this version would misread
    own = sorted(path.glob("process-*.json"))
    if own:
        return [(path, read_process_file(file)) for file in own]
    if (path / RECORD).is_file():
        raise UsageError(f"{path}: no process of this run has been finished yet")
    others = sorted(file for file in path.glob("*.json") if not file.name.startswith("."))
    if not others:
        raise UsageError(f"{path}: holds no results (no JSON files)")
    return [(file.with_suffix(""), read_process_file(file)) for file in others]


def _run_name(home: Path, homes: dict[str, Path]) -> str:
    """Return a run's name, with its parent's before it where another place has the same."""
    name = home.name
    parent = home.parent
    while homes.setdefault(name, home) != home:
        name = f"{parent.name}/{name}"
        parent = parent.parent
    return name


def _process_numbers(files: Sequence[tuple[str, ProcessFile]]) -> list[int]:
    taken: dict[tuple[str, int], Path] = {}
    numbers = []
    for run, file in files:
        number = 1 if file.process is None else file.process
        other = taken.setdefault((run, number), file.path)
        if other != file.path:
            raise UsageError(f"{file.path}: says it is process {number}, and so does {other.name}")
        numbers.append(number)
    return numbers


def _spread(values: list[str | None], per_file: list[int]) -> list[str | None]:
    return [value for value, n in zip(values, per_file, strict=True) for _ in range(n)]


def _categorical(values: Sequence[object], counts: NDArray[np.int64]) -> pd.Categorical:
    known: dict[object, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    return pd.Categorical.from_codes(
        np.repeat(np.array(codes, dtype=np.int32), counts),
        categories=pd.Index(list(known), dtype="str"),
    )


def _whole(values: NDArray[np.float64]) -> pd.arrays.IntegerArray:
    unknown = np.isnan(values) | (values % 1 != 0)
    return pd.arrays.IntegerArray(np.where(unknown, 0, values).astype(np.int64), unknown)

"""The rounds frame: one row per round of process files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.store.process_file import Entry, ProcessFile

# fmt: off
COLUMNS = (
    "run", "machine", "arm", "process", "conversion", "direction", "expression", "documented", "dtype", "size",
    "bytes", "result_bytes", "threads", "cache", "layout", "visit", "at", "seconds", "calls", "block", "canary",
    "clock", "page_faults", "copy_seconds", "shares_memory", "result_dtype", "partial_gating",
)
# fmt: on


def rounds_frame(files: Sequence[tuple[str, ProcessFile]]) -> pd.DataFrame:
    """Return the rounds frame of process files already read, each with the name of its run."""
    entries = [entry for _, file in files for entry in file.entries]
    per_file = [len(file.entries) for _, file in files]
    counts = np.concatenate([np.empty(0, dtype=np.int64), *(file.rounds.counts for _, file in files)])
    per_entry = _Repeat(entries, counts)

    def measured(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(file.rounds.columns[name] for _, file in files)])

    def of_file(values: list[str | None]) -> pd.Categorical:
        return _categorical(_spread(values, per_file), counts)

    processes = [1 if file.process is None else file.process for _, file in files]
    calls = per_entry.whole([entry.calls for entry in entries])
    columns = {
        "run": of_file([run for run, _ in files]),
        "machine": of_file([file.machine_facts.get("machine") for _, file in files]),
        "arm": of_file([file.arm for _, file in files]),
        "process": np.repeat(np.repeat(np.array(processes, dtype=np.int64), per_file), counts),
        "bytes": per_entry.count("source_bytes"),
        "visit": _whole(measured("visit")),
        "at": measured("at"),
        "seconds": measured("seconds"),
        "calls": calls,
        "canary": measured("canary_ns"),
        "clock": measured("clock_ns"),
        "page_faults": measured("page_faults") / calls.to_numpy(np.float64, na_value=np.nan),
        "copy_seconds": measured("copy_ns"),
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


def _spread(values: list[str | None], per_file: list[int]) -> list[str | None]:
    return [value for value, n in zip(values, per_file, strict=True) for _ in range(n)]


def _categorical(values: Sequence[object], counts: NDArray[np.int64]) -> pd.Categorical:
    known: dict[object, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    # As small as pandas makes them in the end: of a million rounds each column is written once, not twice.
    small = np.int8 if len(known) < 127 else np.int32
    repeated = np.repeat(np.array(codes, dtype=small), counts)
    return pd.Categorical.from_codes(repeated, categories=pd.Index(list(known), dtype="str"), validate=False)


def _whole(values: NDArray[np.float64]) -> pd.arrays.IntegerArray:
    whole = np.zeros(len(values), dtype=np.int64)
    unknown = np.isnan(values)
    if not unknown.all():
        unknown |= np.floor(values) != values
        whole[~unknown] = values[~unknown]
    return pd.arrays.IntegerArray(whole, unknown)

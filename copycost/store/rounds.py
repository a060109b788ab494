"""The rounds frame: one row per round of process files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.store.labels import Test, labels
from copycost.store.process_file import ProcessFile

SUITE_TEXTS = ("name", "fullname", "group", "params", "extra_info")
SUITE_NUMBERS = ("min", "mean", "stddev", "q1", "q3", "rounds_told")
"""What is kept of another suite's benchmark beside its times, in columns of rounds and cells."""
# fmt: off
COLUMNS = (
    "run", "machine", "arm", "process", "session", "address_layout", "conversion", "direction", "expression",
    "documented", "dtype", "size", "bytes", "result_bytes", "threads", "cache", "layout", "visit", "at", "seconds",
    "calls", "block", "canary", "clock", "page_faults", "copy_seconds", "shares_memory", "result_dtype",
    "partial_gating",
)
# fmt: on


def rounds_frame(files: Sequence[tuple[str, ProcessFile]]) -> pd.DataFrame:
    """Return the rounds frame of process files already read, each with the name of its run.

    Where one is of another suite, the columns of ``SUITE_TEXTS`` and ``SUITE_NUMBERS`` come last.
    """
    entries = [entry for _, file in files for entry in file.entries]
    per_file = [len(file.entries) for _, file in files]
    counts = np.concatenate([np.empty(0, dtype=np.int64), *(file.rounds.counts for _, file in files)])

    def facts(name: str) -> list[str | int | bool | None]:
        return [entry.facts[name] for entry in entries]

    def measured(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(file.rounds.columns[name] for _, file in files)])

    def of_file(values: list[str | None]) -> pd.Categorical:
        of_entries = [value for value, n in zip(values, per_file, strict=True) for _ in range(n)]
        return _categorical(of_entries, counts)

    def of_process(values: list[int | None]) -> pd.arrays.IntegerArray:
        return _counts_of([value for value, n in zip(values, per_file, strict=True) for _ in range(n)], counts)

    processes = [1 if file.process is None else file.process for _, file in files]
    calls = _counts_of([entry.calls for entry in entries], counts)
    columns = {
        "run": of_file([run for run, _ in files]),
        "machine": of_file([file.machine_facts.get("machine") for _, file in files]),
        "arm": of_file([file.arm for _, file in files]),
        "process": np.repeat(np.repeat(np.array(processes, dtype=np.int64), per_file), counts),
        "session": of_process([file.session for _, file in files]),
        "address_layout": of_process([file.address_layout for _, file in files]),
        "bytes": _counts_of(facts("source_bytes"), counts),
        "visit": _whole(measured("visit")),
        "at": measured("at"),
        "seconds": measured("seconds"),
        "calls": calls,
        "canary": measured("canary_ns"),
        "clock": measured("clock_ns"),
        "page_faults": measured("page_faults") / calls.to_numpy(np.float64, na_value=np.nan),
        "copy_seconds": measured("copy_ns"),
        "shares_memory": _flags_of(facts("shares_memory"), counts),
        "partial_gating": _flags_of(facts("partial_gating"), counts),
    }
    for name in ("size", "result_bytes", "threads", "block"):
        columns[name] = _counts_of(facts(name), counts)
    for name in COLUMNS:
        if name not in columns:
            columns[name] = _categorical(facts(name), counts)
    made = {name: columns[name] for name in COLUMNS}
    told = [entry.told for entry in entries]
    if any(told):
        made |= {name: _categorical([one.get(name) for one in told], counts) for name in SUITE_TEXTS}
        numbers = {name: np.array([one.get(name) for one in told], dtype=np.float64) for name in SUITE_NUMBERS}
        made |= {name: np.repeat(values, counts) for name, values in numbers.items()}
    return pd.DataFrame(made, copy=False)


def named_alike(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return rounds frames that were loaded one by one with the same name for the same test of another suite in all."""
    own = [_tests(frame) for frame in frames]
    named = labels([list(tests.values()) for tests in own])
    renamed = []
    for frame, tests, names in zip(frames, own, named, strict=True):
        longer = {short: name for short, name in zip(tests, names, strict=True) if short != name}
        column = frame["conversion"].astype(object)
        renamed.append(
            frame.assign(conversion=column.map(lambda name, to=longer: to.get(name, name))) if longer else frame
        )
    return renamed


def _tests(frame: pd.DataFrame) -> dict[str, Test]:
    """Return what another suite calls its tests, by their names in the frame."""
    if "fullname" not in frame:
        return {}
    told = frame[["conversion", "name", "fullname"]].drop_duplicates("conversion").dropna()
    rows = told.astype(str).itertuples(index=False, name=None)
    return {conversion: Test(name, fullname) for conversion, name, fullname in rows}


def _counts_of(values: Sequence[object], counts: NDArray[np.int64]) -> pd.arrays.IntegerArray:
    unknown = np.array([value is None for value in values], dtype=bool)
    known = np.array([0 if value is None else value for value in values], dtype=np.int64)
    return pd.arrays.IntegerArray(np.repeat(known, counts), np.repeat(unknown, counts))


def _flags_of(values: Sequence[object], counts: NDArray[np.int64]) -> pd.arrays.BooleanArray:
    unknown = np.array([value is None for value in values], dtype=bool)
    known = np.array([value is True for value in values], dtype=bool)
    return pd.arrays.BooleanArray(np.repeat(known, counts), np.repeat(unknown, counts))


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

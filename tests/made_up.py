"""Made-up rounds from a known law, as a rounds frame or as a run folder on disk.

Every test that needs measurements takes them from here: the law says what the right answer is, and
no clock is involved.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.store.rounds import COLUMNS

CLOCK = 2.5e-6
CANARY = 2.35e-6
WIDTH = {"float32": 4, "float64": 8, "int64": 8}
MACHINE = "AMD EPYC 2c 3f9a1c"
METHOD = {
    "protocol": 2,
    "canary": "python-100",
    "clock": "crc_hqx-1024",
    "address_layout": "chosen",
    "start": "fork",
    "page_frames": "own",
}


@dataclass(frozen=True)
class MadeUpCell:
    """A cell and its true cost: ``seconds`` per call at the clock ``CLOCK`` on a quiet core."""

    conversion: str
    direction: str
    expression: str
    documented: str
    dtype: str
    size: int
    seconds: float
    shares_memory: bool | None
    threads: int = 1
    cache: str = "warm"
    layout: str = "contiguous"
    page_faults: float = 0.0
    copy_seconds: float = float("nan")
    block: int = 10

    @property
    def bytes(self) -> int:
        return self.size * WIDTH[self.dtype]

    @property
    def calls(self) -> int:
        return max(2, round(1e-4 / self.seconds))


# name, direction, expression, documented, fixed cost in seconds, whether it copies
CORE = (
    ("torch.from_numpy", "to_tensor", "torch.from_numpy(a)", "shares", 4.3e-7, False),
    ("torch.tensor", "to_tensor", "torch.tensor(a)", "copies", 2.1e-6, True),
    ("torch.Tensor", "to_tensor", "torch.Tensor(a)", "copies", 1.3e-6, True),
    ("t.numpy", "to_array", "t.numpy()", "shares", 3.1e-7, False),
    ("t.clone.numpy", "to_array", "t.clone().numpy()", "copies", 1.4e-6, True),
)
EMPTY_CALL = MadeUpCell("empty call", "reference", "pass", "shares", "float64", 0, 4e-8, None, block=1)
BANDWIDTH = 1e10
FAULT = 2.5e-7
_LAYOUTS = 99


def core_cells(
    sizes: Sequence[int] = (1, 4096, 1024**2), dtypes: Sequence[str] = ("float32", "float64")
) -> list[MadeUpCell]:
    """Return the core conversions: a fixed cost; copies at 10 GB/s, fresh pages from 32 MiB."""
    cells = []
    for name, direction, expression, documented, fixed, copies in CORE:
        for dtype in dtypes:
            for size in sizes:
                moved = size * WIDTH[dtype]
                copies_here = copies and not (name == "torch.Tensor" and dtype == "float32")
                faults = moved / 4096 if copies_here and moved >= 32 * 1024**2 else 0.0
                copy = moved / BANDWIDTH
                cells.append(
                    MadeUpCell(
                        name,
                        direction,
                        expression,
                        documented,
                        dtype,
                        size,
                        fixed + (copy if copies_here else 0.0) + faults * FAULT,
                        not copies_here,
                        page_faults=faults,
                        copy_seconds=copy if copies_here and moved >= 1024**2 else float("nan"),
                    )
                )
    return cells


@dataclass(frozen=True)
class Law:
    """How made-up noise behaves; the defaults are those of a quiet machine.

    Attributes:
        processes: how many there are.
        visits: of each cell in each process.
        rounds: in each visit.
        noise: standard deviation of the log of one round.
        contended: share of visits during which a neighbour shares the core.
        slowdown: factor of a contended round; the canary slows by the same, the clock by 1.04.
        drift: size of the clock's wander over the run, common to all cells, as a share.
        offset: standard deviation between processes of the log of a cell, its own for each cell.
        never_quiet: processes (numbers from 1) that are contended from first to last round.
        outliers: processes in which every call is 1.5 times slower without contention.
        trend: change of every cell from the first to the last process that the clock does not show,
            as a share.
        modes: factor by which every second process is slower, without contention.
        canary: whether a canary and a clock were taken.
        runs: names of the runs, each made up afresh.
        arm: the name of the arm.
        factor: by which all cells are slower, for comparing arms.
        sessions: how many there are, processes taking turns; 0 where files do not say, as before there were sessions.
        chosen: whether their address layouts were chosen: session 1 has layout 1 and so on.
        layout_offset: standard deviation between layouts of the log of a cell; the same layouts in every run.
        session_offset: the same between sessions, other ones in every run.
    """

    processes: int = 6
    visits: int = 4
    rounds: int = 5
    noise: float = 0.01
    contended: float = 0.0
    slowdown: float = 1.7
    drift: float = 0.0
    offset: float = 0.0
    never_quiet: tuple[int, ...] = ()
    outliers: tuple[int, ...] = ()
    trend: float = 0.0
    modes: float = 1.0
    canary: bool = True
    runs: tuple[str, ...] = ("made-up",)
    arm: str = "base"
    factor: float = 1.0
    partial_gating: bool = False
    sessions: int = 0
    chosen: bool = True
    layout_offset: float = 0.0
    session_offset: float = 0.0


def made_up_rounds(law: Law | None = None, cells: Sequence[MadeUpCell] | None = None, seed: int = 0) -> pd.DataFrame:
    """Return a rounds frame that follows a law, with the columns and types of ``store.loading.load``."""
    law = law or Law()
    cells = [*core_cells(), EMPTY_CALL] if cells is None else list(cells)
    draw = np.random.default_rng(seed)
    # One row per visit first (run, process, visit, cell: the order of time), then each repeated.
    shape = (len(law.runs), law.processes, law.visits, len(cells))
    run, process, visit, cell = (axis.ravel() for axis in np.indices(shape))
    time = (process + (visit + draw.random(len(visit))) / law.visits) / law.processes
    phase = draw.random(len(law.runs))[run]
    wander = 1 + law.drift * (np.sin(2 * np.pi * (time + phase)) / 2 + time)
    own = draw.normal(0, law.offset, (len(law.runs), law.processes, len(cells)))
    offset = np.exp(own[run, process, cell])
    offset *= np.where(np.isin(process + 1, law.outliers), 1.5, 1.0)
    offset *= 1 + law.trend * process / max(law.processes - 1, 1)
    offset *= np.where(process % 2 == 1, law.modes, 1.0)
    if law.sessions:
        session = process % law.sessions
        layouts = draw if not law.chosen else np.random.default_rng(_LAYOUTS)
        offset *= np.exp(layouts.normal(0, law.layout_offset, (law.sessions, len(cells)))[session, cell])
        offset *= np.exp(
            draw.normal(0, law.session_offset, (len(law.runs), law.sessions, len(cells)))[run, session, cell]
        )
    contended = draw.random(len(visit)) < law.contended
    contended |= np.isin(process + 1, law.never_quiet)

    of_visit = np.repeat(np.arange(len(visit)), law.rounds)
    count = len(of_visit)
    slow = contended[of_visit]

    def noisy(middle: np.ndarray) -> np.ndarray:
        return middle * wander[of_visit] * np.exp(draw.normal(0, law.noise, count))

    def fact(name: str) -> np.ndarray:
        return np.array([getattr(c, name) for c in cells], dtype=object)[cell][of_visit]

    true = fact("seconds").astype(float) * law.factor
    seconds = noisy(true * offset[of_visit] * np.where(slow, law.slowdown, 1.0))
    copy = noisy(fact("copy_seconds").astype(float) * np.where(slow, law.slowdown, 1.0))
    canary = noisy(CANARY * np.where(slow, law.slowdown, 1.0))
    clock = CLOCK * wander[of_visit] * np.where(slow, 1.04, 1.0)
    clock *= np.exp(draw.normal(0, law.noise / 3, count))
    if not law.canary:
        canary, clock = np.full(count, np.nan), np.full(count, np.nan)
    shares = pd.array(fact("shares_memory"), dtype="boolean")
    columns: dict[str, Any] = {
        "run": np.array(law.runs, dtype=object)[run][of_visit],
        "machine": [MACHINE] * count,
        "arm": [law.arm] * count,
        "process": (process + 1)[of_visit],
        "session": _numbers(process % max(law.sessions, 1) + 1, of_visit, law.sessions > 0),
        "address_layout": _numbers(process % max(law.sessions, 1) + 1, of_visit, law.sessions > 0 and law.chosen),
        "visit": pd.array(visit[of_visit], dtype="Int64"),
        "at": np.round(time * 4, 4)[of_visit],
        "seconds": seconds,
        "canary": canary,
        "clock": clock,
        "page_faults": fact("page_faults").astype(float),
        "copy_seconds": copy,
        "shares_memory": shares,
        "result_bytes": pd.array(fact("bytes"), dtype="Int64"),
        "result_dtype": fact("dtype"),
        "partial_gating": pd.array([law.partial_gating] * count, dtype="boolean"),
    }
    for name in ("size", "bytes", "threads", "calls", "block"):
        columns[name] = pd.array(fact(name), dtype="Int64")
    for name in COLUMNS:
        values = columns.get(name)
        if values is None:
            values = fact(name)
        if isinstance(values, list) or getattr(values, "dtype", None) == np.dtype(object):
            values = pd.Categorical(pd.array(values, dtype="str"))
        columns[name] = values
    return pd.DataFrame({name: columns[name] for name in COLUMNS})


def _numbers(values: np.ndarray, of_visit: np.ndarray, known: bool) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values[of_visit].astype(np.int64), np.full(len(of_visit), not known))


def write_run(
    folder: Path,
    rounds: pd.DataFrame | None = None,
    *,
    record: dict[str, Any] | None = None,
) -> Path:
    """Write rounds as a run folder in the record's format, and return it.

    Args:
        folder: to be made; its name is the run's.
        rounds: one run's, as from ``made_up_rounds``; the default law without.
        record: keys of ``run.json`` that are to be different.
    """
    rounds = made_up_rounds() if rounds is None else rounds
    folder.mkdir(parents=True)
    files = []
    key = ["arm", "process"]
    for number, ((arm, process), own) in enumerate(rounds.groupby(key, sort=False, observed=True), 1):
        name = f"process-{number:04d}.json"
        content = process_json(own, run=folder.name, arm=str(arm), process=int(process))
        (folder / name).write_text(json.dumps(content, default=np.generic.item))
        files.append({"file": name, "arm": arm, "started": "2026-01-02T03:04:05+00:00"})
        files[-1] |= {"seconds": 4.0, "timed_seconds": 2.5}
    grid = ["conversion", "direction", "dtype", "size", "threads", "cache", "layout"]
    cells = rounds[rounds["direction"] != "reference"][grid].drop_duplicates()
    arms = [{"name": arm, "environment": {}, "python": None} for arm in rounds["arm"].unique()]
    content = {
        "schema": 1,
        "name": folder.name,
        "created": "2026-01-02T03:04:05+00:00",
        "status": "complete",
        "plan": {
            "preset": "default",
            "cells": cells.astype(object).to_dict("records"),
            "precision": 0.01,
            "budget": 60.0,
        },
        "method": METHOD,
        "arms": arms,
        "machine": machine_facts() | {"machine": str(rounds["machine"].iloc[0])},
        "skipped": [],
        "failed": [],
        "processes": files,
    }
    (folder / "run.json").write_text(json.dumps(content | (record or {}), default=np.generic.item))
    return folder


def machine_facts() -> dict[str, Any]:
    """Return the machine's facts as a record holds them."""
    sizes = [(1, "data", 32 * 1024), (2, "unified", 512 * 1024), (3, "unified", 32 * 1024**2)]
    return {
        "machine": MACHINE,
        "cpu_model": "AMD EPYC",
        "cores": 2,
        "caches": [{"level": level, "type": kind, "bytes": size, "shared_by": 1} for level, kind, size in sizes],
        "memory_bytes": 8 * 1024**3,
        "hugepages": "madvise",
        "libc": "glibc 2.36",
        "numpy": "2.4.6",
        "torch": "2.13.0",
        "virtual": "kvm",
    }


def process_json(rounds: pd.DataFrame, *, run: str, arm: str, process: int) -> dict[str, Any]:
    """Return one process's rounds as the content of a file in the record's format."""
    grid = ["conversion", "direction", "dtype", "size", "threads", "cache", "layout"]
    cells = rounds.groupby(grid, sort=False, observed=True).ngroup().to_numpy()
    # As arrays, once: most tests spend their time on writing rounds, and a frame for each cell takes milliseconds.
    columns = {name: rounds[name].astype(object).to_numpy() for name in rounds}
    entries = [_entry(columns, np.flatnonzero(cells == number)) for number in range(cells.max() + 1)]
    return {
        "machine_info": {
            "node": "3f9a1c",
            "machine": "x86_64",
            "system": "Linux",
            "release": "6.1",
            "python_version": "3.11.2",
            "python_implementation": "CPython",
            "cpu": {"brand_raw": "AMD EPYC", "count": 2},
            "copycost": machine_facts() | {"machine": str(rounds["machine"].iloc[0])},
        },
        "commit_info": {"id": "unknown", "time": None, "dirty": False},
        "benchmarks": entries,
        "datetime": "2026-01-02T03:04:05+00:00",
        "version": "5.3.1",
        "copycost": {
            "schema": 1,
            "run": run,
            "arm": arm,
            "process": process,
            "skipped": [],
            "failed": [],
            **_session(rounds),
        },
    }


def _session(rounds: pd.DataFrame) -> dict[str, int]:
    known = {name: rounds[name].iloc[0] for name in ("session", "address_layout")}
    return {name: int(value) for name, value in known.items() if not pd.isna(value)}


def _entry(columns: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, Any]:
    first = {name: None if pd.isna(values[rows[0]]) else values[rows[0]] for name, values in columns.items()}
    data = columns["seconds"][rows].astype(np.float64)
    params = {name: first[name] for name in ("conversion", "dtype", "size", "threads", "cache")}
    name = f"test_{first['direction']}[{'-'.join(map(str, params.values()))}]"
    facts = [
        "conversion",
        "direction",
        "expression",
        "documented",
        "dtype",
        "size",
        "threads",
        "cache",
        "layout",
        "result_bytes",
        "result_dtype",
        "shares_memory",
        "block",
        "partial_gating",
    ]
    extra = {key: first[key] for key in facts} | {"source_bytes": first["bytes"]}
    extra["visit"] = [int(visit) for visit in columns["visit"][rows]]
    extra["at"] = columns["at"][rows].tolist()
    extra["page_faults"] = (columns["page_faults"][rows] * first["calls"]).tolist()
    for key, column in (
        ("canary_ns", "canary"),
        ("clock_ns", "clock"),
        ("copy_ns", "copy_seconds"),
    ):
        values = columns[column][rows].astype(np.float64) * 1e9
        if not np.isnan(values).all():
            extra[key] = [None if np.isnan(value) else round(value, 2) for value in values]
    quarter, median, three = np.quantile(data, [0.25, 0.5, 0.75])
    return {
        "group": first["direction"],
        "name": name,
        "fullname": f"benchmarks/test_core.py::{name}",
        "params": params,
        "param": "-".join(map(str, params.values())),
        "extra_info": extra,
        "options": {"disable_gc": False, "timer": "perf_counter", "warmup": False},
        "stats": {
            "min": data.min(),
            "max": data.max(),
            "mean": data.mean(),
            "stddev": data.std(),
            "rounds": len(data),
            "median": median,
            "iqr": three - quarter,
            "q1": quarter,
            "q3": three,
            "iqr_outliers": 0,
            "stddev_outliers": 0,
            "outliers": "0;0",
            "ld15iqr": data.min(),
            "hd15iqr": data.max(),
            "ops": 1 / data.mean(),
            "total": data.sum(),
            "iterations": first["calls"],
            "data": data.tolist(),
        },
    }

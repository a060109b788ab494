"""Estimates of many runs as a Parquet dataset: a folder for each machine, as data tools expect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from copycost.errors import UsageError
from copycost.store.cell_table import require_pyarrow, to_table
from copycost.store.writing import LEFTOVERS, write_bytes

MARK = "_copycost.json"
"""What says that a folder is a dataset of ours; names that begin so are passed over by what reads datasets."""
_FILE = "cells.parquet"
_UNKNOWN = "unknown"
"""Not the usual mark of no value: pyarrow cannot read that beside other values."""


def write_dataset(cells: pd.DataFrame, folder: Path) -> list[Path]:
    """Write cells as one Parquet file for each machine, `machine=…/cells.parquet`, and return the files.

    Files of machines that an earlier dataset in this folder had and this one has not are removed. Each file is
    written whole or not at all; seconds and bytes, as in the frame. Where it was cut off it can be written again.

    Args:
        cells: the cells frame, with whatever columns beside it.
        folder: a new folder, an empty one, or one with an earlier dataset.

    Raises:
        UsageError: the folder has something else in it, it cannot be written, or pyarrow is not installed.
    """
    require_pyarrow("dataset")
    before = _partitions(folder)
    names = [_name(machine) for machine in cells["machine"].unique()]
    # The mark comes first, with what was there and what is to be: else a cut-off leaves a folder of other files.
    _mark(folder, [*names, *sorted(before - set(names))])
    written = []
    for name, own in partitions(cells):
        _make(folder / name)
        write_bytes(folder / name / _FILE, _parquet(own))
        written.append(folder / name / _FILE)
    for name in before - set(names):
        _remove(folder / name)
    _mark(folder, names)
    return written


def _mark(folder: Path, names: Sequence[str]) -> None:
    _make(folder)
    write_bytes(folder / MARK, json.dumps({"schema": 1, "partitions": names}, indent=1).encode() + b"\n")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from error


def partitions(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return the cells of each machine, without that column, after the name of their folder."""
    for machine, own in cells.groupby("machine", sort=True, dropna=False):
        yield _name(machine), own.drop(columns="machine").reset_index(drop=True)


def _name(machine: Any) -> str:
    return f"machine={_UNKNOWN if pd.isna(machine) else quote(str(machine), safe='')}"


def _parquet(cells: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    # Without our own notes on types: the columns are to be what any reader makes of them.
    pq.write_table(to_table(cells).replace_schema_metadata(None), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _partitions(folder: Path) -> set[str]:
    """Return the machines' folders of an earlier dataset.

    Raises:
        UsageError: the folder holds something that is not such a dataset.
    """
    try:
        # The mark itself may have been cut off.
        if not folder.is_dir() or all(path.match(LEFTOVERS) for path in folder.iterdir()):
            return set()
        mark = json.loads((folder / MARK).read_bytes())
        names = {name for name in mark["partitions"] if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder}: holds other files; a dataset needs a folder of its own") from error
    return {name for name in names if name.startswith("machine=") and Path(name).name == name}


def _remove(partition: Path) -> None:
    try:
        if not partition.is_dir():
            return  # it was to be, and was cut off before
        for path in (partition / _FILE, *partition.glob(LEFTOVERS)):
            path.unlink(missing_ok=True)
        partition.rmdir()
    except OSError as error:
        raise UsageError(f"{partition}: cannot be removed ({error.strerror})") from error

"""Estimates of many runs as a Parquet dataset: a folder for each machine, as data tools expect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from copycost.errors import UsageError
from copycost.store.cell_table import require_pyarrow, to_table
from copycost.store.writing import write_bytes

MARK = "_copycost.json"
"""What says that a folder is a dataset of ours; names that begin so are passed over by what reads datasets."""
_FILE = "cells.parquet"
_UNKNOWN = "unknown"
"""Not the usual mark of no value: pyarrow cannot read that beside other values."""


def write_dataset(cells: pd.DataFrame, folder: Path) -> list[Path]:
    """Write cells as one Parquet file for each machine, `machine=…/cells.parquet`, and return the files.

    Files of machines that an earlier dataset in this folder had and this one has not are removed. Each file is
    written whole or not at all; seconds and bytes, as in the frame.

    Args:
        cells: the cells frame, with whatever columns beside it.
        folder: a new folder, an empty one, or one with an earlier dataset.

    Raises:
        UsageError: the folder has something else in it, it cannot be written, or pyarrow is not installed.
    """
    require_pyarrow("dataset")
    before = _partitions(folder)
    written = []
    for name, own in partitions(cells):
        path = folder / name / _FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{path.parent}: cannot be written ({error.strerror})") from error
        write_bytes(path, _parquet(own))
        written.append(path)
    mark = {"schema": 1, "partitions": [path.parent.name for path in written]}
    write_bytes(folder / MARK, json.dumps(mark, indent=1).encode() + b"\n")
    for name in before - {path.parent.name for path in written}:
        _remove(folder / name)
    return written


def partitions(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return the cells of each machine, without that column, after the name of their folder."""
    for machine, own in cells.groupby("machine", sort=True, dropna=False):
        name = _UNKNOWN if pd.isna(machine) else quote(str(machine), safe="")
        yield f"machine={name}", own.drop(columns="machine").reset_index(drop=True)


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
        if not folder.is_dir() or not any(folder.iterdir()):
            return set()
        mark = json.loads((folder / MARK).read_bytes())
        names = {name for name in mark["partitions"] if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder}: holds other files; a dataset needs a folder of its own") from error
    return {name for name in names if name.startswith("machine=") and Path(name).name == name}


def _remove(partition: Path) -> None:
    try:
        (partition / _FILE).unlink(missing_ok=True)
        partition.rmdir()
    except OSError as error:
        raise UsageError(f"{partition}: cannot be removed ({error.strerror})") from error

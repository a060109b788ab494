"""The cells frame as an Arrow table, and back without a changed bit; as Parquet, one file or one for each machine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from copycost.errors import UsageError
from copycost.store.writing import write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

_DTYPES = b"copycost.dtypes"
_PARTITION_FILE = "cells.parquet"
_UNKNOWN = "unknown"
"""Not the usual mark of no value: pyarrow cannot read that beside other values."""


def to_table(cells: pd.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table; text is always of the type string, even where none is known."""
    import pyarrow as pa

    arrays, fields = [], []
    for name in cells.columns:
        column = cells[name]
        arrow_type = _arrow_type(column)
        arrays.append(pa.array(column, type=arrow_type, from_pandas=True))
        fields.append(pa.field(str(name), arrow_type))
    dtypes = {str(name): str(dtype) for name, dtype in cells.dtypes.items()}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={_DTYPES: json.dumps(dtypes)}))


def to_parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    # Statistics are of no use in a file that is always read whole, and cost as much as the data.
    pq.write_table(table, sink, compression="zstd", write_statistics=False, store_schema=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(data: bytes) -> pa.Table:
    """Return the table that the bytes of a Parquet file hold.

    Raises:
        ValueError: the bytes are no Parquet file, or not of a table that `to_table` has made.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    if _DTYPES not in (table.schema.metadata or {}):
        raise ValueError("not a table of cells")
    return table


def renamed(table: pa.Table, run: str) -> pa.Table:
    """Return a table with another name in its column ``run``."""
    import pyarrow as pa

    names = pa.array([run] * len(table), type=pa.string())
    return table.set_column(table.schema.get_field_index("run"), "run", names)


def rows_of_arm(table: pa.Table, arm: str) -> pa.Table:
    """Return the rows of one arm."""
    import pyarrow.compute as pc

    return table.filter(pc.field("arm") == arm)


def to_frame(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return the rows of all tables as one frame, with the types that `to_table` was given."""
    import pyarrow as pa

    # Only cells of another suite have its columns.
    table = pa.concat_tables(tables, promote_options="default")
    dtypes = {name: dtype for each in tables for name, dtype in json.loads(each.schema.metadata[_DTYPES]).items()}
    return pd.DataFrame({name: _series(table.column(name), dtypes[name]) for name in table.column_names}, copy=False)


def write_partitions(cells: pd.DataFrame, folder: Path) -> list[Path]:
    """Write cells as one Parquet file for each machine, ``machine=…/cells.parquet``, and return the files by machine.

    All files are written beside the folder first, and then take its place: the folder is never half-written.

    Args:
        cells: the cells frame, with whatever columns beside it.
        folder: a new folder, an empty one, or one that was written in this way before, which is replaced.

    Raises:
        UsageError: the folder holds something else, cannot be written, or pyarrow is not installed.
    """
    folder = folder.resolve()
    token = secrets.token_hex(4)
    temporary = folder.with_name(f".{folder.name}.{token}.tmp")
    before = folder.with_name(f".{folder.name}.{token}.old.tmp")
    try:
        if folder.exists() and not all(_is_partition(path) for path in folder.iterdir()):
            raise UsageError(f"{folder}: holds other files; partitions need a folder of their own")
        written = []
        for machine, rows in cells.groupby("machine", sort=True, dropna=False):
            name = f"machine={_UNKNOWN if pd.isna(machine) else quote(str(machine), safe='')}"
            (temporary / name).mkdir(parents=True)
            table = to_table(rows.drop(columns="machine"))
            # Without the notes on pandas' types: any reader is to make of the columns what it can.
            write_bytes(temporary / name / _PARTITION_FILE, to_parquet(table.replace_schema_metadata(None)))
            written.append(folder / name / _PARTITION_FILE)
        temporary.mkdir(exist_ok=True)
        if folder.exists():
            os.rename(folder, before)
        os.rename(temporary, folder)
    except ImportError as error:
        raise UsageError("parquet needs pyarrow: pip install pyarrow") from error
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from error
    finally:
        if before.exists() and not folder.exists():
            os.rename(before, folder)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
    return written


def _is_partition(path: Path) -> bool:
    """Return whether a path is a machine's folder as ``write_partitions`` makes it."""
    is_folder = path.name.startswith("machine=") and path.is_dir()
    return is_folder and [file.name for file in path.iterdir()] == [_PARTITION_FILE]


def _series(column: pa.ChunkedArray, dtype: str) -> pd.Series:
    import pyarrow as pa

    if dtype == "object":
        # Of each text there is one object, however many rows have it.
        codes = column.combine_chunks().dictionary_encode()
        texts = np.array([*codes.dictionary.to_pylist(), np.nan], dtype=object)
        return pd.Series(texts[codes.indices.fill_null(-1).to_numpy()], dtype=object)
    nullable: dict[Any, Any] = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    series: pd.Series = column.to_pandas(types_mapper=nullable.get)
    return series if str(series.dtype) == dtype else series.astype(dtype)  # type: ignore[call-overload]


def _arrow_type(column: pd.Series) -> pa.DataType:
    import pyarrow as pa

    if pd.api.types.is_bool_dtype(column):
        return pa.bool_()
    if pd.api.types.is_integer_dtype(column):
        return pa.int64()
    if pd.api.types.is_float_dtype(column):
        return pa.float64()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pa.timestamp("us", tz="UTC")
    return pa.string()

"""The cells frame as an Arrow table and as Parquet, and back without a changed bit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from copycost.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

_DTYPES = b"copycost.dtypes"


def require_pyarrow(what: str) -> None:
    """Refuse what cannot be done without pyarrow.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError(f"{what} needs pyarrow: pip install 'copycost[parquet]'") from error


def to_table(cells: pd.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table; text is always of the type string, even where none is known."""
    import pyarrow as pa

    arrays, fields = [], []
    for name in cells.columns:
        column = cells[name]
        kind = _arrow_type(column)
        arrays.append(pa.array(column, type=kind, from_pandas=True))
        fields.append(pa.field(str(name), kind))
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
        ValueError: they are no Parquet file, or one that `to_table` has not made.
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


def to_frame(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return the rows of all tables as one frame, with the types that `to_table` was given."""
    import pyarrow as pa

    table = pa.concat_tables(tables)
    dtypes = json.loads(tables[0].schema.metadata[_DTYPES])
    return pd.DataFrame({name: _series(table.column(name), dtypes[name]) for name in table.column_names}, copy=False)


def _series(column: pa.ChunkedArray, dtype: str) -> pd.Series:
    import pyarrow as pa

    if dtype == "object":
        # Of each text there is one object, however many rows have it.
        codes = column.combine_chunks().dictionary_encode()
        texts = np.array([*codes.dictionary.to_pylist(), np.nan], dtype=object)
        return pd.Series(texts[codes.indices.fill_null(-1).to_numpy()], dtype=object)
    nullable: dict[Any, Any] = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    own: pd.Series = column.to_pandas(types_mapper=nullable.get)
    return own if str(own.dtype) == dtype else own.astype(dtype)  # type: ignore[call-overload]


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

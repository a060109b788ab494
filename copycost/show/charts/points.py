"""From the cells frame to the points of a chart: value, interval, kind of sharing, doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Cells that differ in one of these are never on one line, nor compared with each other.
CONDITIONS = ["run", "machine", "arm", "dtype", "threads", "cache", "layout"]

_ORDER = [
    *CONDITIONS[:3],
    "direction",
    "conversion",
    "dtype",
    "threads",
    "cache",
    "layout",
    "bytes",
]

_TEXTS = ("run", "machine", "arm", "direction", "conversion", "dtype", "cache", "layout")
_NUMBERS = {
    "seconds",
    "ci_low",
    "ci_high",
    "gb_per_s",
    "page_faults",
    "copy_ratio",
    "copy_ratio_low",
    "copy_ratio_high",
    "share_of_mapped",
    "share_of_mapped_low",
    "share_of_mapped_high",
}


#: Doubts that a chart shows by itself: a wide interval is drawn, and what pages cost is part of the figure.
_SHOWN_OTHERWISE = {"", "imprecise", "page-fault-bound"}


def doubtful(flags: object) -> bool:
    """Return whether a cell's flags name a doubt that a chart has to mark."""
    return isinstance(flags, str) and not set(flags.split(";")) <= _SHOWN_OTHERWISE


def prepare(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells in a fixed order, with plain types and without references and empty arrays.

    Adds ``kind`` ("shares", "copies" or "unknown", by the evidence in ``shares_memory``) and
    ``flagged`` (bool). A frame with the same cells in another order gives the same result.
    """
    frame = measured(cells)
    for column in _NUMBERS & set(frame.columns):
        frame[column] = frame[column].astype("Float64").astype(float)
    shares = frame["shares_memory"]
    frame["kind"] = np.select(
        [shares.isna().to_numpy(bool), shares.fillna(False).to_numpy(bool)],
        ["unknown", "shares"],
        "copies",
    )
    frame["flagged"] = [doubtful(flags) for flags in frame["flags"]]
    return frame.sort_values(_ORDER, kind="stable").reset_index(drop=True)


def measured(frame: pd.DataFrame, *, unsized: bool = False) -> pd.DataFrame:
    """Return cells or rounds of conversions that convert something, with plain types in their key.

    Leaves out references and empty arrays; text that is missing is "", a number of threads 0. With
    ``unsized``, those whose number of bytes is not known are kept, with 0.
    """
    frame = frame.copy()
    if "layout" not in frame:
        frame["layout"] = "contiguous"
    for column in _TEXTS:
        frame[column] = text_column(frame[column])
    # Nullable integers, where a foreign file may know neither bytes nor threads.
    unknown = frame["bytes"].isna().to_numpy(bool)
    frame["bytes"] = frame["bytes"].astype("Float64").fillna(0).astype(float)
    frame["threads"] = frame["threads"].astype("Float64").fillna(0).astype(int)
    sized = (frame["bytes"] > 0) | (unknown & unsized)
    return frame[(frame["direction"] != "reference") & sized].reset_index(drop=True)


def reference_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the references of a cells frame that have bytes, in a fixed order, with plain types."""
    references = cells[(cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)]
    return prepare(references.assign(direction="to_tensor"))


def text_column(column: pd.Series) -> pd.Series:
    """Return a column as plain strings, "" where it has none."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        # Tens of thousands of rounds have a handful of names.
        names = column.cat.categories.map(str)
        codes = column.cat.codes.to_numpy()
        return pd.Series(np.append(names, "")[codes], index=column.index, dtype=object)
    return column.astype(object).where(column.notna(), "").map(str)


def points(cells: pd.DataFrame, value: pd.Series, low: pd.Series | None, high: pd.Series | None) -> pd.DataFrame:
    """Return prepared cells as the points of lines against bytes, where there is a value.

    Adds ``value``, ``low`` and ``high`` (NaN where no interval is known), ``x`` (the bytes), ``line``
    (the conversion) and ``label`` (the expression that a user would type, "" where it is not known).
    """
    frame = cells.assign(
        value=value.astype(float).where(np.isfinite(value.astype(float))),
        low=np.nan if low is None else low.astype(float),
        high=np.nan if high is None else high.astype(float),
        x=cells["bytes"],
        line=cells["conversion"],
        label=cells.get("expression", ""),
    )
    return frame.dropna(subset=["value"])


def ratio(top: pd.DataFrame, bottom: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the ratio of two times and its interval, row by row (same index in both frames).

    Both frames have seconds, ci_low and ci_high. The half-widths of the logarithms are added in
    quadrature, as for independent estimates; NaN where either interval is unknown.
    """
    value = top["seconds"] / bottom["seconds"]
    below = np.hypot(np.log(top["seconds"] / top["ci_low"]), np.log(bottom["ci_high"] / bottom["seconds"]))
    above = np.hypot(np.log(top["ci_high"] / top["seconds"]), np.log(bottom["seconds"] / bottom["ci_low"]))
    return value, value * np.exp(-below), value * np.exp(above)

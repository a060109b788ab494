"""Estimates as tables for a terminal: sizes down, conversions across, one table for each dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from copycost.analyse.doubts import DOUBTS, Doubt, half_width, sentences
from copycost.units import format_bytes, format_ratio, format_seconds

SHARES = "="
UNKNOWN = "?"
NOTHING = "\N{EN DASH}"
NOTES = "¹²³⁴⁵⁶⁷⁸⁹"
MOST_MISSING = 5
MOST_BLANK = 20
"""Places of a grid for each figure; conversions that have no size in common are listed below each other."""
_CONDITIONS = ["run", "machine", "arm", "dtype", "threads", "cache", "layout"]
_USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}


def cells_view(cells: pd.DataFrame, missing: pd.DataFrame | None = None, *, width: int = 100) -> RenderableType:
    """Return tables, legend and doubts of estimates, ready to be printed on a Rich console.

    Args:
        cells: the frame of ``copycost.estimate``.
        missing: planned cells that did not come back, from ``copycost.analyse.missing``.
        width: columns to keep to; conversions that do not fit beside each other go into a second
            table.
    """
    parts: list[RenderableType] = []
    for table in tables(cells, width=width):
        parts += [table, Text()]
    lines = [*legend(cells), *doubt_lines(cells), *ratio_lines(cells)]
    parts += [Text(line) for line in lines]
    if missing is not None:
        parts += [Text(line) for line in missing_lines(missing)]
    return Group(*parts)


def tables(cells: pd.DataFrame, *, width: int = 100) -> list[Table]:
    """Return one table for each dtype and other condition; other suites' benchmarks as a list."""
    marks = notes(cells)
    text = cells.assign(
        value=[_value(row) for row in _rows(cells)],
        signs=[_signs(row, marks) for row in _rows(cells)],
        row=[_size(row) for row in _rows(cells)],
    )
    sized = cells["size"].notna().to_numpy()
    made = []
    varied = [name for name in _CONDITIONS if cells[name].nunique(dropna=False) > 1]
    grid = text[sized]
    if len(grid):
        for _, own in grid.groupby(_CONDITIONS, sort=False, dropna=False, observed=True):
            made += _grid_tables(own, _title(own.iloc[0], varied), width)
    if not sized.all():
        made.append(_list_table(text[~sized]))
    return made


def notes(cells: pd.DataFrame) -> dict[str, str]:
    """Return the footnote sign of each doubt that some of the cells have and others have not."""
    own = [set(str(flags).split(";")) for flags in cells["flags"].fillna("")]
    marked = [
        doubt.name
        for doubt in DOUBTS
        if not doubt.whole_run and 0 < sum(doubt.name in names for names in own) < len(own)
    ]
    return {name: NOTES[n] for n, name in enumerate(marked[: len(NOTES)])}


def legend(cells: pd.DataFrame) -> list[str]:
    """Return the lines that say how to read a value."""
    parts = ["time per call"]
    if cells["ci_low"].notna().any():
        parts.append("± half of the 95% interval")
    if cells["shares_memory"].eq(True).fillna(False).any():
        parts.append(f"{SHARES} shares memory (zero-copy), the others copy")
    unknown = cells["size"].notna() & cells["shares_memory"].isna()
    if unknown.any():
        parts.append(f"{UNKNOWN} not known whether it shares memory")
    return ["; ".join(parts)]


def doubt_lines(cells: pd.DataFrame) -> list[str]:
    """Return one line for each doubt, with its footnote sign where it has one."""
    marks = notes(cells)
    return [f"{marks.get(doubt.name, '!')} {_said(doubt, text)}" for doubt, text in sentences(cells)]


def ratio_lines(cells: pd.DataFrame) -> list[str]:
    """Return how many plain copies a cell costs, where that is known better than its time."""
    ratio = cells["copy_ratio"]
    half = (cells["copy_ratio_high"] - cells["copy_ratio_low"]) / 2 / ratio
    better = cells["flags"].str.contains("imprecise") & (half < half_width(cells) / 2)
    lines = [
        plain(
            f"  {row['conversion']} {row['dtype']} {_size(row)}: {format_ratio(row['copy_ratio'])} "
            f"the time of a plain copy{_spread(row['ratio_half'])}"
        )
        for row in _rows(cells.assign(ratio_half=half)[better])
    ]
    return ["more precise beside a plain copy of the same bytes:", *lines] if lines else []


def missing_lines(missing: pd.DataFrame) -> list[str]:
    """Return lines that name planned cells which did not come back, the first few one by one."""
    if missing.empty:
        return []
    lines = [f"! {len(missing)} planned cells did not come back:"]
    for row in _rows(missing.head(MOST_MISSING)):
        lines.append(plain(f"  {row['conversion']} {row['dtype']} {row['size']}: {row['reason']}"))
    if len(missing) > MOST_MISSING:
        lines.append(f"  and {len(missing) - MOST_MISSING} more")
    return lines


def plain(text: object) -> str:
    """Return text without control characters: names come from files that others wrote."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text))


def _said(doubt: Doubt, text: str) -> str:
    return f"{doubt.name}: {text}"


def _grid_tables(cells: pd.DataFrame, title: str, width: int) -> list[Table]:
    conversions = list(dict.fromkeys(cells["conversion"]))
    sizes = list(dict.fromkeys(cells.sort_values("bytes", kind="stable")["row"]))
    if len(conversions) * len(sizes) > MOST_BLANK * len(cells):
        return [_sparse_table(cells, title)]
    own = {(row["row"], row["conversion"]): row for row in _rows(cells)}
    columns = [_aligned(plain(name), [own.get((size, name)) for size in sizes]) for name in conversions]
    first = max(len(text) for text in ["bytes", *sizes])
    made = []
    for chunk in _shared_out([len(column[0]) for column in columns], width - first):
        table = _table(title, ["bytes".rjust(first), *(columns[n][0] for n in chunk)])
        for line, size in enumerate(sizes, 1):
            values = [columns[n][line] for n in chunk]
            if any(value.strip() for value in values):
                table.add_row(*map(Text, [size.rjust(first), *values]))
        made.append(table)
    return made


def _shared_out(widths: Sequence[int], width: int) -> list[np.ndarray]:
    """Return columns by their numbers, in as few groups as keep to a width."""
    numbers = np.arange(len(widths))
    # Shared out evenly: three and two read better than four and one.
    for most in range(max(1, min(len(widths), width)), 0, -1):
        groups = np.array_split(numbers, -(-len(widths) // most))
        if all(sum(widths[number] + 1 for number in group) < width for group in groups):
            break
    return groups


def _sparse_table(cells: pd.DataFrame, title: str) -> Table:
    table = _table(title, ["conversion", "bytes", "time"])
    _fold_names(table)
    for row in _rows(cells.sort_values("bytes", kind="stable")):
        table.add_row(*map(Text, [plain(row["conversion"]), row["row"], row["value"] + row["signs"]]))
    return table


def _aligned(name: str, rows: Sequence[dict[str, Any] | None]) -> list[str]:
    """Return a column, heading first: digits under each other, footnote signs after them."""
    values = ["" if row is None else row["value"] for row in rows]
    signs = ["" if row is None else row["signs"] for row in rows]
    signs_width = max(map(len, signs))
    value_width = max(len(name) - signs_width, *map(len, values))
    lines = [value.rjust(value_width) + sign.ljust(signs_width) for value, sign in zip(values, signs, strict=True)]
    return [name.rjust(value_width + signs_width), *lines]


def _list_table(cells: pd.DataFrame) -> Table:
    runs = cells["run"].nunique() > 1
    table = _table("", ["benchmark", "time", "rounds"])
    _fold_names(table)
    for row in _rows(cells):
        name = f"{row['run']}: {row['conversion']}" if runs else row["conversion"]
        table.add_row(Text(plain(name)), Text(row["value"] + row["signs"]), Text(str(row["rounds"])))
    return table


def _fold_names(table: Table) -> None:
    table.columns[0].no_wrap = False
    table.columns[0].overflow = "fold"


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(
        title=Text(plain(title)) if title else None,
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for name in names:
        table.add_column(Text(plain(name)), no_wrap=True)
    return table


def _title(row: pd.Series, varied: Sequence[str]) -> str:
    parts = [str(row["dtype"])]
    for name in ("threads", "cache", "layout"):
        known = not pd.isna(row[name])
        if known and (name in varied or str(row[name]) != _USUAL[name]):
            parts.append(f"{row[name]} {name}" if name != "layout" else str(row[name]))
    parts += [f"{name} {row[name]}" for name in ("run", "machine", "arm") if name in varied]
    return ", ".join(parts)


def _value(row: dict[str, Any]) -> str:
    """Return such as ``=378 ns ±0.4%``."""
    kind = ""
    if not pd.isna(row["size"]) and row["direction"] != "reference":
        shares = row["shares_memory"]
        kind = UNKNOWN if pd.isna(shares) else SHARES if shares else ""
    return f"{kind}{format_seconds(row['seconds'])}{_spread(row['half_width'])}"


def _signs(row: dict[str, Any], marks: dict[str, str]) -> str:
    own = row["flags"].split(";")
    return "".join(sign for name, sign in marks.items() if name in own)


def _spread(half: float) -> str:
    return f" ±{100 * half:.{1 if half < 0.0995 else 0}f}%" if math.isfinite(half) else ""


def _size(row: dict[str, Any]) -> str:
    return NOTHING if pd.isna(row["bytes"]) else format_bytes(row["bytes"])


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    if "seconds" in frame:
        frame = frame.assign(half_width=half_width(frame))
    return [{str(name): value for name, value in row.items()} for row in frame.astype(object).to_dict("records")]

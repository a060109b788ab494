"""The table of all cells: every figure of every estimate, and what the charts draw from."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.doubts import half_width
from copycost.show.document import Column, Table

NAME = "cells"
_IDENTITY = ("run", "machine", "arm", "direction", "dtype", "threads", "cache", "layout")
_HEADINGS = {
    "run": ("run", "name"),
    "machine": ("machine", "name"),
    "arm": ("arm", "name"),
    "conversion": ("conversion", "name"),
    "direction": ("direction", "text"),
    "dtype": ("dtype", "text"),
    "size": ("elements", "count"),
    "bytes": ("bytes", "bytes"),
    "threads": ("threads", "count"),
    "cache": ("cache", "text"),
    "layout": ("layout", "text"),
    "seconds": ("time per call", "seconds"),
    "half_width": ("± 95%", "share"),
    "ci_low": ("from", "seconds"),
    "ci_high": ("to", "seconds"),
    "net_seconds": ("net of the call", "seconds"),
    "overhead_low": ("overhead from", "seconds"),
    "overhead_high": ("overhead to", "seconds"),
    "raw_seconds": ("median of all rounds", "seconds"),
    "shares_memory": ("memory", "sharing"),
    "multiple": ("× zero-copy", "multiple"),
    "multiple_low": ("× zero-copy from", "multiple"),
    "multiple_high": ("× zero-copy to", "multiple"),
    "gb_per_s": ("GB/s of the source", "speed"),
    "moved_gb_per_s": ("GB/s moved", "speed"),
    "moved_gb_per_s_low": ("GB/s moved from", "speed"),
    "moved_gb_per_s_high": ("GB/s moved to", "speed"),
    "share_of_mapped": ("of a plain copy", "share"),
    "share_of_mapped_low": ("of a plain copy from", "share"),
    "share_of_mapped_high": ("of a plain copy to", "share"),
    "share_of_fresh": ("of a plain copy, fresh", "share"),
    "share_of_fresh_low": ("of a plain copy, fresh, from", "share"),
    "share_of_fresh_high": ("of a plain copy, fresh, to", "share"),
    "copy_ratio": ("× plain copy", "multiple"),
    "copy_ratio_low": ("× plain copy from", "multiple"),
    "copy_ratio_high": ("× plain copy to", "multiple"),
    "speed_up": ("speed-up", "multiple"),
    "speed_up_low": ("speed-up from", "multiple"),
    "speed_up_high": ("speed-up to", "multiple"),
    "against_first": ("× first run", "multiple"),
    "against_first_low": ("× first run from", "multiple"),
    "against_first_high": ("× first run to", "multiple"),
    "page_faults": ("page faults", "number"),
    "rounds": ("rounds", "count"),
    "quiet_share": ("quiet", "share"),
    "processes": ("processes", "count"),
    "between_processes": ("between processes", "share"),
    "result_dtype": ("result", "text"),
    "result_bytes": ("result's bytes", "bytes"),
    "expression": ("expression", "name"),
    "documented": ("documented", "text"),
    "flags": ("doubts", "doubts"),
}
_SHOWN = {
    *("conversion", "bytes", "seconds", "half_width", "shares_memory", "multiple", "moved_gb_per_s", "copy_ratio"),
    *("speed_up", "against_first", "page_faults", "quiet_share", "flags"),
}


def cells_table(cells: pd.DataFrame) -> Table:
    """Return the table; columns of which nothing is known are left out, and conditions that do not vary not shown.

    Args:
        cells: estimates with their quantities.
    """
    rows = cells.assign(half_width=half_width(cells), flags=cells["flags"].replace("", None))
    columns = []
    for name, (heading, unit) in _HEADINGS.items():
        if not rows[name].notna().any():
            continue
        shown = name in _SHOWN or (name in _IDENTITY[:-1] and name != "direction" and varies(rows[name]))
        shown = shown or (name == "layout" and varies(rows[name]))
        columns.append(Column(name, heading, unit, shown=shown))
    return Table(NAME, rows, tuple(columns), caption=f"All {len(rows)} cells")


def varies(column: pd.Series) -> bool:
    """Return whether a column has more than one value; unknown is one."""
    return column.nunique(dropna=False) > 1

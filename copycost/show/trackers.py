"""Estimates with their intervals as programs that follow benchmarks over time read them.

Their own readers of pytest-benchmark's files take the raw mean of one process, which another process differs from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from copycost.errors import UsageError, one_line
from copycost.show.sections.comparison import cell_name

_NANOSECONDS = 1e9
_LABELS = ("machine", "conversion", "dtype", "size", "threads", "cache", "layout")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def bencher_json(cells: pd.DataFrame) -> str:
    """Return cells in Bencher Metric Format: ``latency`` in nanoseconds with its 95% interval, and ``instructions``.

    The format: https://bencher.dev/docs/reference/bencher-metric-format.

    Args:
        cells: estimates; those without a figure are left out, and so is an interval that is not known.

    Raises:
        UsageError: two cells would have one name.
    """
    metrics: dict[str, Any] = {}
    for name, row in _named(cells):
        value = {"value": row["seconds"] * _NANOSECONDS}
        if _has_interval(row):
            value |= {"lower_value": row["ci_low"] * _NANOSECONDS, "upper_value": row["ci_high"] * _NANOSECONDS}
        counted = {} if pd.isna(row["instructions"]) else {"instructions": {"value": row["instructions"]}}
        metrics[name] = {"latency": value, **counted}
    return _json(metrics)


def github_action_benchmark_json(cells: pd.DataFrame) -> str:
    """Return cells as github-action-benchmark's tool ``customSmallerIsBetter`` reads them, in nanoseconds.

    ``range`` is half the width of the 95% interval, written as that program reads it.

    Args:
        cells: as for `bencher_json`.

    Raises:
        UsageError: two cells would have one name.
    """
    entries: list[dict[str, Any]] = []
    for name, row in _named(cells):
        entry = {"name": name, "unit": "ns", "value": row["seconds"] * _NANOSECONDS}
        extra = [f"{row['rounds']} rounds of {row['processes']} processes"]
        if _has_interval(row):
            low, high = (row[end] * _NANOSECONDS for end in ("ci_low", "ci_high"))
            entry["range"] = f"± {_digits((high - low) / 2, 3)}"
            extra.insert(0, f"95% interval: {_digits(low, 6)} to {_digits(high, 6)} ns")
        if isinstance(row["flags"], str) and row["flags"]:
            extra.append(f"doubts: {row['flags'].replace(';', ', ')}")
        entries.append({**entry, "extra": "\n".join(extra)})
        if not pd.isna(row["instructions"]):
            entries.append({"name": f"{name}: instructions", "unit": "instructions", "value": row["instructions"]})
    return _json(entries)


def openmetrics_text(cells: pd.DataFrame) -> str:
    """Return cells in the text format of OpenMetrics 1.0: gauges of seconds, and of their 95% interval's two ends.

    Samples have no time of their own, which node_exporter would refuse.

    Args:
        cells: as for `bencher_json`.

    Raises:
        UsageError: two cells would have one name.
    """
    families = (
        ("seconds", "copycost_call_seconds", "seconds", "Time of one call."),
        ("ci_low", "copycost_call_lower_seconds", "seconds", "Lower end of the 95% interval of the time of one call."),
        ("ci_high", "copycost_call_upper_seconds", "seconds", "Upper end of the 95% interval of the time of one call."),
        ("instructions", "copycost_call_instructions", "instructions", "Instructions of one call."),
    )
    labels = (*(name for name in ("run", "arm") if cells[name].nunique() > 1), *_LABELS)
    rows = [row for _, row in _named(cells)]
    lines = []
    for column, family, unit, help_text in families:
        known = [row for row in rows if np.isfinite(row[column])]
        if known:
            lines += [f"# TYPE {family} gauge", f"# UNIT {family} {unit}", f"# HELP {family} {help_text}"]
        for row in known:
            told = [f'{name}="{_label(row[name])}"' for name in labels if not pd.isna(row[name])]
            lines.append(f"{family}{{{','.join(told)}}} {float(row[column])!r}")
    return "\n".join([*lines, "# EOF"]) + "\n"


def _named(cells: pd.DataFrame) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield each cell that has a figure, after a name that stays the same from run to run where it can.

    What all cells have in common, the run and the arm, is no part of it, so that a series goes on in the next run.
    """
    told = [name for name in ("run", "arm") if cells[name].nunique() > 1]
    taken = set()
    for row in cells[np.isfinite(cells["seconds"].astype("float64"))].astype(object).to_dict("records"):
        name = cell_name(pd.Series(row, dtype=object))
        name += "" if pd.isna(row["size"]) else f", {row['size']} element{'' if row['size'] == 1 else 's'}"
        where = "@".join(str(row[part]) for part in told if not pd.isna(row[part]))
        name = one_line(f"{where}: {name}" if where else name)
        if name in taken:
            raise UsageError(f"two cells would be called {name!r}: narrow them with --where, or export one run")
        taken.add(name)
        yield name, row


def _has_interval(row: dict[Any, Any]) -> bool:
    return bool(np.isfinite(row["ci_low"]) and np.isfinite(row["ci_high"]))


def _digits(value: float, count: int) -> str:
    """Return so many significant digits, never with an exponent."""
    return np.format_float_positional(value, precision=count, fractional=False, trim="-")


def _label(value: object) -> str:
    return one_line(str(value)).translate(_ESCAPES)


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

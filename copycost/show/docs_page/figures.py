"""Figures as a page shows them, with their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from copycost.units import format_bytes, format_seconds

NO_BREAK = "\N{NO-BREAK SPACE}"


def seconds_text(seconds: float) -> str:
    """Return a duration that stays on one line."""
    return format_seconds(seconds).replace(" ", NO_BREAK)


def bytes_text(count: float) -> str:
    """Return a byte count that stays on one line."""
    return format_bytes(count).replace(" ", NO_BREAK)


def with_interval(row: pd.Series, name: str, written: Callable[[float], str] = seconds_text) -> str:
    """Return a figure and its 95% interval, where it has one: ``2.22 µs (2.21 µs to 2.23 µs)``."""
    return written(row[name]) + ends(row[f"{name}_low"], row[f"{name}_high"], written)


def ends(low: float, high: float, written: Callable[[float], str]) -> str:
    """Return an interval in brackets after a space; empty where an end is not known."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return ""
    return f" ({written(low)} to {written(high)})"


def half_percent(half: float) -> str:
    """Return half an interval, such as `` ±0.8%``; empty where it is not known."""
    return f" ±{100 * half:.{1 if half < 0.0995 else 0}f}%" if np.isfinite(half) else ""


def percent(share: float) -> str:
    """Return a share, such as ``87%``."""
    return f"{100 * share:.{1 if share < 0.0995 else 0}f}%"


def speed(gb_per_s: float) -> str:
    """Return a bandwidth without its unit."""
    return f"{gb_per_s:.3g}"

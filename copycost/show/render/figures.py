"""Values as people read them, by their unit; the same words in a terminal, in Markdown and on a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED
from copycost.errors import one_line
from copycost.units import format_bytes, format_ratio, format_seconds

NOTHING = "\N{EN DASH}"
"""What stands where a value is not known."""
VERDICT_MARKS = {SLOWER: "▲", FASTER: "▼", SAME: "·", UNDECIDED: "?"}
"""Signs that tell verdicts apart without colour."""
WORDS = {"text", "name", "verdict", "doubts", "sharing", "command"}
"""Units whose values are words, which stand to the left and may be broken over lines."""

_LEAST_SHARE = 0.0005
"""Half of the smallest share that is written: less would read as nothing."""


def written(value: Any, unit: str) -> str:
    """Return a value on one line, without control characters; a dash where it is not known."""
    if isinstance(value, tuple | list):
        return "; ".join(written(part, unit) for part in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    return _WRITTEN[unit](value)


def ratio(value: float) -> str:
    """Return a ratio with as many digits as a comparison can know, such as ``1.052``, ``13.2`` or ``1,270``."""
    if 0 < value < 0.0005 or math.inf > value >= 1e15:
        return f"{value:.3g}"
    digits = 3 if value < 2 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}" if math.isfinite(value) else NOTHING


def share(value: float) -> str:
    """Return a share as per cent, such as ``87%`` or ``0.8%``."""
    return f"{100 * value:.{1 if abs(value) < 0.0995 else 0}f}%" if math.isfinite(value) else NOTHING


def half_width(half: float) -> str:
    """Return half an interval's width as it stands after the figure, such as `` ±0.8%``; empty where unknown.

    No measurement is known without any error: an interval without a width is not known either.
    """
    if not math.isfinite(half) or half == 0:
        return ""
    if half < _LEAST_SHARE:
        return f" ±<{share(2 * _LEAST_SHARE)}"
    return " ±>100%" if half > 1 else f" ±{share(half)}"


def ends(low: float, high: float, unit: str) -> str:
    """Return an interval as it stands after the figure, such as `` (2.21 µs to 2.23 µs)``.

    Empty where it is unknown, and where it has no width: no measurement is exact, so the method could not tell one.
    """
    if low == high or (math.isnan(low) and math.isnan(high)):
        return ""
    if math.isnan(high):
        return f" ({written(low, unit)} or more)"
    return f" ({written(low, unit)} to {written(high, unit)})"


def with_ends(row: Mapping[str, Any] | pd.Series, name: str, unit: str) -> str:
    """Return a figure with its interval, whose ends stand beside it as ``_low`` and ``_high``."""
    return written(row[name], unit) + ends(row[f"{name}_low"], row[f"{name}_high"], unit)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number of things, such as ``1 run`` or ``3,211 cells``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(parts: list[str], last: str = "and") -> str:
    """Return parts as a list in a sentence, such as ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def _count(value: Any) -> str:
    return str(int(value))


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _verdict(value: Any) -> str:
    return f"{VERDICT_MARKS.get(str(value), NOTHING)} {one_line(value)}"


def _doubts(value: Any) -> str:
    return one_line(", ".join(name for name in str(value).split(";") if name))


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "text": one_line,
    "name": one_line,
    "command": one_line,
    "seconds": format_seconds,
    "bytes": format_bytes,
    "ratio": ratio,
    "multiple": format_ratio,
    "share": share,
    "count": _count,
    "number": _number,
    "speed": lambda value: f"{value:.3g}",
    "verdict": _verdict,
    "doubts": _doubts,
    "sharing": lambda value: "shares" if value else "copies",
}

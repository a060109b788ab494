"""Units at the edge: what people type and read. Inside the program there are seconds and bytes only."""

from __future__ import annotations

import math
import re

from copycost.errors import UsageError

PAGE_BYTES = 4096
"""Bytes of a small page of memory: what one minor page fault brings in."""

_BINARY = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DURATION = {"ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}


def format_seconds(seconds: float) -> str:
    """Return a duration with three significant digits, such as ``1.20 µs``."""
    if not math.isfinite(seconds):
        return "–"
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if abs(seconds) < 999.5 * scale:
            return f"{_three_digits(seconds / scale)} {unit}"
    return f"{_three_digits(seconds)} s"


def format_bytes(count: float) -> str:
    """Return a byte count in binary units, such as ``1 MiB``."""
    for unit, scale in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= scale:
            return f"{count / scale:.4g} {unit}"
    return f"{count:.0f} B"


def format_ratio(ratio: float) -> str:
    """Return a ratio such as ``1.03×``."""
    return f"{_three_digits(ratio)}×" if math.isfinite(ratio) else "–"


def parse_count(text: str) -> int:
    """Return the number of elements in ``64``, ``4K`` or ``16M`` (binary multiples), ``1e6`` or ``512x512x3``.

    Raises:
        UsageError: the text is no such whole number.
    """
    parts = [_whole(part) for part in re.split(r"[x×*]", text.strip().lower())]
    if any(part is None for part in parts):
        raise UsageError(f"size {text!r} is not a count such as 64, 4K, 16M, 1e6 or 512x512x3")
    return math.prod(part for part in parts if part is not None)


def _whole(text: str) -> int | None:
    if match := re.fullmatch(r"(\d{1,20})\s*([kmg]?)", text.strip()):
        return int(match[1]) * _BINARY[match[2]]
    if match := re.fullmatch(r"(\d)(?:\.(\d{1,15}))?e\+?(\d{1,2})", text.strip()):
        digits, power = match[2] or "", int(match[3])
        return int(match[1] + digits) * 10 ** (power - len(digits)) if power >= len(digits) else None
    return None


def parse_bytes(text: str) -> int:
    """Return the bytes in ``512M``, ``4G``, ``1.5GiB`` or ``1000000000``; the multiples are binary.

    Raises:
        UsageError: the text is not a positive number of bytes.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?", text.strip().lower())
    count = int(float(match[1]) * _BINARY[match[2]]) if match else 0
    if count < 1:
        raise UsageError(f"memory {text!r} is not a number of bytes such as 512M or 4G")
    return count


def parse_data_size(text: str) -> int | None:
    """Return the bytes in ``100MB`` (decimal multiples) or ``64KiB`` (binary); None where no unit of bytes is named.

    Raises:
        UsageError: the text names bytes, and not a whole number of them.
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmg]?)(i?)b", text.strip().lower())
    if match is None:
        return None
    multiple = _BINARY[match[2]] if match[3] else 1000 ** ("", "k", "m", "g").index(match[2])
    count = float(match[1]) * multiple
    if count < 1 or count != int(count):
        raise UsageError(f"size {text!r} is not a whole number of bytes")
    return int(count)


def parse_seconds(text: str) -> float:
    """Return the seconds in ``60``, ``60s``, ``500ms``, ``2min`` or ``1h``.

    Raises:
        UsageError: the text is not a positive duration.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)", text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise UsageError(f"duration {text!r} is not a positive time such as 60s, 2min or 1h")
    return float(match[1]) * _DURATION[match[2] or "s"]


def parse_share(text: str) -> float:
    """Return the share in ``1%`` or ``0.01``.

    Raises:
        UsageError: the text is not a share above 0 and below 1.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < share < 1:
        raise UsageError(f"share {text!r} is not above 0% and below 100%, such as 1% or 0.01")
    return share


def _three_digits(value: float) -> str:
    if 0 < abs(value) < 0.00995:  # two decimals would tell nothing
        return f"{value:.3g}"
    decimals = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{decimals}f}"

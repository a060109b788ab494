"""Where the ticks of an axis are, and how they read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from copycost.show.charts.labels import text_width
from copycost.show.charts.sheet import TICK_SIZE
from copycost.units import format_bytes

Spell = Callable[[float], str]

_GAP = 8.0
_SHORT, _FEW = 3.0, 4
"""An axis that spans less than this factor is short, and has few ticks below this number."""
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_SPANS = (
    *(_MINUTE * count for count in (1, 2, 5, 10, 20, 30)),
    *(_HOUR * count for count in (1, 2, 4, 6, 12)),
    *(_DAY * count for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)),
)


def seconds_tick(seconds: float) -> str:
    """Return a round time such as ``100 ns``, ``2 µs`` or ``1 s``."""
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds:.4g} s"


def number_tick(value: float) -> str:
    """Return a number such as ``0.01``, ``20`` or ``10,000``."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def multiple_tick(value: float) -> str:
    """Return a multiple such as ``100×``."""
    return number_tick(value) + "×"


def percent_tick(share: float) -> str:
    """Return a share such as ``5%``."""
    return number_tick(100 * share) + "%"


def number(value: float) -> str:
    """Return a parameter as short as it can be told: ``4096``, ``0.25``, ``1e+07``."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e6 else f"{value:.4g}"


def date(time: float) -> str:
    """Return the day of a time in seconds since 1970, such as ``2026-02-28``."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"


def day_and_time(time: float) -> str:
    """Return a time in seconds since 1970 without its year, such as ``02-28 14:05``."""
    return f"{datetime.fromtimestamp(time, UTC):%m-%d %H:%M}"


def decimal_ticks(low: float, high: float, most: int) -> list[float]:
    """Return ticks of a logarithmic axis, at most ``most`` of them where that is possible.

    As many in each decade as there is room for: at 1, 1.5, 2, 3, 5 and 7, at 1, 2 and 5, or at 1
    and 3; else at every decade, every second, third … decade. Where that leaves a short axis with few, plain
    steps, such as 0.9, 1, 1.1. ``low`` and ``high`` are positive.
    """
    ticks: list[float] = []
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = _in_decades(low, high, steps, 1)
        if 2 <= len(ticks) <= max(2, most):
            break
    every = 1
    while len(ticks) > max(2, most):
        every += 1
        ticks = _in_decades(low, high, (1.0,), every)
    enough = _FEW if high < _SHORT * low else 2
    if len(ticks) >= min(enough, most):
        return ticks
    return max(ticks, _plain_steps(low, high, most), key=len) or [low]


def _plain_steps(low: float, high: float, most: int) -> list[float]:
    step = 10 ** math.floor(math.log10(high - low)) if high > low else low
    for factor in (0.2, 0.5, 1.0, 2.0, 5.0):
        ticks = _multiples(low, high, factor * step)
        if 1 <= len(ticks) <= max(2, most):
            return ticks
    return []


def _multiples(low: float, high: float, width: float) -> list[float]:
    return [k * width for k in range(math.ceil(low / width - 1e-9), math.floor(high / width + 1e-9) + 1)]


def _in_decades(low: float, high: float, steps: tuple[float, ...], every: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [step * 10.0**decade for decade in range(first, last + 1) if decade % every == 0 for step in steps]
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def byte_ticks(low: float, high: float, pixels: float) -> list[float]:
    """Return ticks of a byte axis at powers of 4, or of 8, 16, 32 … where those would touch.

    A short axis has powers of 2, or it would have no ticks to speak of.
    """
    return binary_ticks(low, high, pixels, format_bytes, 1 if high < 64 * low else 2)


def binary_ticks(low: float, high: float, pixels: float, spell: Spell, least: int = 1) -> list[float]:
    """Return ticks at powers of two, ``least`` octaves apart or more, on ``pixels`` CSS pixels."""
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    octave = pixels / max(math.log2(high / low), 1e-9)
    ticks: list[float] = []
    for every in (step for step in (1, 2, 3, 4, 5, 6, 8, 10, 20, 40) if step >= least):
        ticks = [2.0**power for power in range(first, last + 1) if power % every == 0]
        if len(ticks) < 2 or _fits(ticks, every * octave, spell):
            break
    return ticks or [low]


def spelled_decimal_ticks(low: float, high: float, pixels: float, spell: Spell) -> list[float]:
    """Return as many ticks of a logarithmic axis as do not touch on ``pixels`` CSS pixels."""
    for most in range(max(2, int(pixels / 30)), 1, -1):
        ticks = decimal_ticks(low, high, most)
        nearest = min((math.log(right / left) for left, right in pairwise(ticks)), default=math.inf)
        if _fits(ticks, nearest / math.log(high / low) * pixels, spell):
            return ticks
    return decimal_ticks(low, high, 2)[:1]


def even_ticks(low: float, high: float, pixels: float, spell: Spell) -> list[float]:
    """Return ticks of a linear axis, as many as do not touch on ``pixels`` CSS pixels."""
    step = 10.0 ** math.floor(math.log10((high - low) / 10 or 1.0))
    for factor in (base * 10.0**power for power in range(4) for base in (1.0, 2.0, 5.0)):
        width = factor * step
        ticks = _multiples(low, high, width)
        if len(ticks) < 2 or _fits(ticks, pixels * width / (high - low), spell):
            return ticks or [low]
    return [low]


def date_ticks(low: float, high: float, pixels: float, spell: Spell) -> list[float]:
    """Return ticks of an axis of time, in seconds since 1970: at whole days where days are spelled."""
    for span in _SPANS:
        if span < _DAY and spell is date:
            continue
        ticks = [k * span for k in range(math.ceil(low / span), math.floor(high / span) + 1)]
        if len(ticks) < 2 or (len(ticks) < pixels and _fits(ticks, pixels * span / (high - low), spell)):
            return ticks or [low]
    return [low]


def _fits(ticks: Sequence[float], apart: float, spell: Spell) -> bool:
    widths = [text_width(spell(tick), TICK_SIZE) for tick in ticks]
    return max(((one + other) / 2 for one, other in pairwise(widths)), default=0.0) + _GAP <= apart

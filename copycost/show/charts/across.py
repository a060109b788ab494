"""The horizontal axis of a chart of lines: bytes, another number, or time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from copycost.show.charts.labels import plain, text_width
from copycost.show.charts.sheet import TICK_SIZE
from copycost.show.charts.ticks import byte_ticks, decimal_ticks, seconds_tick
from copycost.units import format_bytes

_GAP = 8.0
_WIDE = 20.0
_STEPS = (1.0, 2.0, 5.0)
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_SPANS = (
    *(_MINUTE * count for count in (1, 2, 5, 10, 20, 30)),
    *(_HOUR * count for count in (1, 2, 4, 6, 12)),
    *(_DAY * count for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)),
)


@dataclass(frozen=True)
class Across:
    """The horizontal axis: its label, how a place on it reads, and where its ticks are.

    ``ticks`` takes the lowest and the highest place and the length of the axis in CSS pixels.
    """

    label: str
    format: Callable[[float], str]
    ticks: Callable[[float, float, float], list[float]]
    logarithmic: bool = True


def _tick_width(text: str) -> float:
    return text_width(text, TICK_SIZE)


BYTES = Across(
    "bytes of the source", format_bytes, lambda low, high, pixels: byte_ticks(low, high, pixels, _tick_width)
)


SECONDS = Across("time per call", seconds_tick, lambda low, high, pixels: _decimal(low, high, pixels, seconds_tick))


def number(value: float) -> str:
    """Return a number as short as it can be told: ``4096``, ``0.25``, ``1e+07``."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e6 else f"{value:.4g}"


def numbers(label: str, values: Sequence[float]) -> Across:
    """Return the axis of a parameter: logarithmic where its values are positive and far apart.

    Powers of two have their ticks at powers of two.
    """
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low >= _WIDE
    if logarithmic and all(math.log2(value).is_integer() for value in values):
        return Across(plain(label), number, _powers_of_two)
    if logarithmic:
        return Across(plain(label), number, lambda low, high, pixels: _decimal(low, high, pixels, number))
    return Across(plain(label), number, _even, logarithmic=False)


def dates(label: str, times: Sequence[float]) -> Across:
    """Return the axis of time, in seconds since 1970, UTC; a day's time of day is told where runs are near."""
    near = max(times) - min(times) < 3 * _DAY
    spell = _moment if near else _date
    return Across(label, spell, lambda low, high, pixels: _calendar(low, high, pixels, spell), logarithmic=False)


def _moment(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%m-%d %H:%M}"


def _date(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"


def _fits(ticks: Sequence[float], apart: float, spell: Callable[[float], str]) -> bool:
    return max((_tick_width(spell(tick)) for tick in ticks), default=0.0) + _GAP <= apart


def _powers_of_two(low: float, high: float, pixels: float) -> list[float]:
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    octave = pixels / max(math.log2(high / low), 1e-9)
    for every in (1, 2, 4, 6, 10, 20, 40):
        ticks = [2.0**power for power in range(first, last + 1) if power % every == 0]
        if len(ticks) < 2 or _fits(ticks, every * octave, number):
            break
    return ticks or [low]


def _decimal(low: float, high: float, pixels: float, spell: Callable[[float], str]) -> list[float]:
    for most in range(max(2, int(pixels / 30)), 1, -1):
        ticks = decimal_ticks(low, high, most)
        nearest = min((math.log(b / a) for a, b in pairwise(ticks)), default=math.inf)
        if _fits(ticks, nearest / math.log(high / low) * pixels, spell):
            return ticks
    return decimal_ticks(low, high, 2)[:1]


def _even(low: float, high: float, pixels: float) -> list[float]:
    step = 10.0 ** math.floor(math.log10((high - low) / 10 or 1.0))
    for factor in (base * 10.0**power for power in range(4) for base in _STEPS):
        width = factor * step
        ticks = [k * width for k in range(math.ceil(low / width - 1e-9), math.floor(high / width + 1e-9) + 1)]
        if len(ticks) < 2 or _fits(ticks, pixels * width / (high - low), number):
            return ticks or [low]
    return [low]


def _calendar(low: float, high: float, pixels: float, spell: Callable[[float], str]) -> list[float]:
    for span in _SPANS:
        if span < _DAY and spell is _date:
            continue
        ticks = [k * span for k in range(math.ceil(low / span), math.floor(high / span) + 1)] if span else []
        if len(ticks) < 2 or (len(ticks) < pixels and _fits(ticks, pixels * span / (high - low), spell)):
            return ticks or [low]
    return [low]
